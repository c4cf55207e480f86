from typing import Any

import pytest

from memoqa import bibliography

ARTICLE = {
    "type": "article-journal",
    "title": "Clusters at Work",
    "author": [{"given": "Ada", "family": "Byron"}, {"literal": "The Group"}, {"family": "Ono"}],
    "issued": {"date-parts": [[2005, 3]]},
    "container-title": "Annals",
    "volume": "51",
    "issue": "4",
    "page": "499-511",
    "language": "en",
    "ISSN": "0004-5683",
    "DOI": "10.1/x",
    "custom": {
        "container-title-original": "経済地理学年報",
        "licence": "CC0",
        "questions": ["Why?"],
    },
}


def test_an_article_is_described_in_sentences_that_name_it() -> None:
    assert bibliography.describe(ARTICLE) == (
        "“Clusters at Work”, a journal article by Ada Byron, The Group and Ono, was published in "
        "2005 in Annals (経済地理学年報), volume 51, issue 4, pages 499-511. "
        "“Clusters at Work” is written in English. "
        "The ISSN of the journal of “Clusters at Work” is 0004-5683. "
        "The DOI of “Clusters at Work” is 10.1/x. "
        "The full text of “Clusters at Work” is not held among these documents."
    )


def test_a_report_is_described() -> None:
    report = {
        "type": "report", "title": "R", "genre": "a final report", "number": 17, "language": "pt",
        "publisher": "The Press",
    }  # fmt: skip
    assert bibliography.describe(report) == (
        "“R”, a report, was published as a final report, by The Press. “R” is written in pt. "
        "The number of “R” is 17. The full text of “R” is not held among these documents."
    )


def test_a_title_alone_is_enough() -> None:
    assert bibliography.describe({"title": "T"}) == (
        "“T”, a work, was published. The full text of “T” is not held among these documents."
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], None),
        ([{"family": "Ono"}], "Ono"),
        ([{"given": "A", "family": "B"}, {"literal": "C D"}], "A B and C D"),
    ],
)
def test_author(names: list[dict[str, str]], expected: str | None) -> None:
    assert bibliography.author({"author": names}) == expected


def test_no_author_at_all() -> None:
    assert bibliography.author({}) is None


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ({"date-parts": [[2005, 3]]}, 2005),
        ({"date-parts": [["2005"]]}, 2005),
        ({"date-parts": [[]]}, None),
        ({}, None),
    ],
)
def test_year(issued: dict[str, Any], expected: int | None) -> None:
    assert bibliography.year({"issued": issued}) == expected


def test_licence_and_questions_stand_under_custom() -> None:
    assert bibliography.licence(ARTICLE) == "CC0"
    assert bibliography.questions(ARTICLE) == ("Why?",)
    assert bibliography.licence({}) is None
    assert bibliography.questions({"custom": {}}) == ()

import json
import re
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


def test_a_single_record_is_named_by_its_file() -> None:
    assert bibliography.records('{"id": "x", "title": "T"}', "references/a b.json") == {
        "a b": {"id": "x", "title": "T"}
    }


def test_a_list_of_records_and_bibtex_are_named_by_their_keys() -> None:
    listed = json.dumps([{"id": "doi:10.1/x", "title": "T"}, {"id": 7, "title": "U"}])
    assert bibliography.records(listed, "all.json") == {
        "doi-10.1-x": {"id": "doi-10.1-x", "title": "T"},
        "7": {"id": "7", "title": "U"},
    }
    entries = "@misc{DBLP:a/b, title = {T}}"
    assert bibliography.records(entries, "all.BIB") == {
        "DBLP-a-b": {"id": "DBLP-a-b", "type": "document", "title": "T"}
    }


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("[]", "a.json", "it must be one JSON object, a list of them, or BibTeX entries"),
        ("", "a.bib", "it must be one JSON object, a list of them, or BibTeX entries"),
        ("{", "a.json", "Expecting property name"),
        ("[" * 5_000, "a.json", "it is nested too deeply"),
        ("@misc{a, title = {" + "{" * 5_000 + "}" * 5_000 + "}}", "a.bib", "nested too deeply"),
        ("@misc{a, author = {B}}", "a.bib", "record 'a': it needs a 'title'"),
        ("@misc{a, title = {T}, url = {javascript:x}}", "a.bib", "'URL' must start with http"),
        ('[{"title": "T"}]', "a.json", "record 1: '' is no key"),
        ('[{"id": "../..", "title": "T"}]', "a.json", "record '../..': '../..' is no key"),
        ('[{"id": "a/b", "title": "T"}, {"id": "a:b", "title": "T"}]', "a.json", "has this key"),
        ("[7]", "a.json", "record 1: it must be one JSON object"),
        ('{"title": "\\ud800"}', "a.json", "surrogates not allowed"),
        ('{"title": "T", "editor": [7]}', "a.json", "'editor' must be a list of names"),
        ('{"title": "T", "author": [{"given": 5}]}', "a.json", "an author's name must be a"),
        ('{"title": "T", "volume": {}}', "a.json", "'volume' must be a string or a number"),
    ],
)
def test_records_that_cannot_be_used_say_why(text: str, name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        bibliography.records(text, name)

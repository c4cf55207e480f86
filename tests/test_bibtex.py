from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoqa import bibtex

ENTRIES = r"""
@string{aer = "American Economic Review"}
@comment{not an entry}
@Article{porter90,
  author = {Porter, Michael E. and {The {OECD} Group} and van der Ber{\'e}, Andr{\"u} and others},
  title = {The {Competitive} Advantage of {\'E}tats \& Nations: 50% {$n^2$}},
  journal = aer, year = 1990, month = mar, volume = {80}, number = {3}, pages = {73 -- 91},
  doi = {10.1/ab_c}, url = {https://example.org/a_b~c?x=%20}
}
@book{ito, author = "伊藤, 太郎 and 山﨑朗", title = {産業クラスター}, date = {2005-03-01},
  langid = {japanese}, isbn = {978-4-00-000000-0}, publisher = {Pub}, location = {東京}}
@techreport{r1, author = {A. B. Smith}, title = {Rep}, institution = {METI}, number = 17,
  year = {in press}}
"""


def test_an_article_is_read_with_accents_braces_and_abbreviations() -> None:
    article = bibtex.parse(ENTRIES)[0]
    assert article == {
        "id": "porter90",
        "type": "article-journal",
        "title": "The Competitive Advantage of États & Nations: 50% $n^2$",
        "container-title": "American Economic Review",
        "volume": "80",
        "issue": "3",
        "page": "73-91",
        "DOI": "10.1/ab_c",
        "URL": "https://example.org/a_b~c?x=%20",
        "author": [
            {"family": "Porter", "given": "Michael E."},
            {"literal": "The OECD Group"},
            {"family": "van der Beré", "given": "Andrü"},
        ],
        "issued": {"date-parts": [[1990, 3]]},
    }


def test_a_biblatex_book_is_read_with_its_date_and_language() -> None:
    book = bibtex.parse(ENTRIES)[1]
    assert book["author"] == [{"family": "伊藤", "given": "太郎"}, {"family": "山﨑朗"}]
    assert (book["issued"], book["language"]) == ({"date-parts": [[2005, 3, 1]]}, "ja")
    assert (book["publisher"], book["publisher-place"]) == ("Pub", "東京")


def test_a_report_keeps_its_number_and_a_date_in_words() -> None:
    report = bibtex.parse(ENTRIES)[2]
    assert (report["number"], report["publisher"]) == ("17", "METI")
    assert report["issued"] == {"literal": "in press"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("@article{a, title={T}}\n@article{a, title={U}}", 2),
        ("@article{a, title={T}}\n\n@article{b c\n@misc{c, title={V}}", 3),
        ("@article{a, title={T}, author={a, b, c, d, e}}", 1),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=f"^the entry at line {line}: ") as raised:
        bibtex.parse(text)
    assert "\n" not in str(raised.value)


words = st.text("aé産%&$#_~\\Z", min_size=1, max_size=20)
titles = st.lists(words, min_size=1, max_size=3).map(" ".join)


@given(title=titles, family=st.text("aé産&_", min_size=1), given_=st.text("bZ.", min_size=1))
def test_what_is_written_reads_the_same(title: str, family: str, given_: str) -> None:
    record: dict[str, Any] = {
        "id": "k",
        "type": "article-journal",
        "title": title,
        "container-title": title,
        "author": [{"family": family, "given": given_}, {"literal": title}],
        "volume": "5",
        "issue": "3",
        "page": "1-2",
        "DOI": "10.1/a_b",
        "URL": "https://example.org/~a?b=%20#c",
        "issued": {"date-parts": [[2005, 12]]},
        "language": "ja",
    }
    assert bibtex.parse(bibtex.write(record, "k")) == [record]


def test_a_report_is_written_with_its_own_fields() -> None:
    written = bibtex.write(
        {"type": "report", "title": "R & D", "publisher": "METI", "number": 17, "genre": "Final"},
        "r1",
    )
    assert written == (
        "@techreport{r1,\n  title = {R \\& D},\n  institution = {METI},\n"
        "  type = {Final},\n  number = {17},\n}\n"
    )

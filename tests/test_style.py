from typing import Any

import pytest

from memoqa import style
from memoqa.bibliography import records

ARTICLE: dict[str, Any] = {
    "type": "article-journal",
    "title": "Clusters & <Work>",
    "author": [{"given": "Ada", "family": "Byron"}, {"literal": "The Group"}],
    "issued": {"date-parts": [[2005, 3]]},
    "container-title": "Annals",
    "volume": 51,
    "issue": "4",
    "page": "499-511",
    "DOI": "10.1/x",
    "language": "en",
    "custom": {"licence": "CC0"},
}


def test_apa() -> None:
    assert style.apa(ARTICLE) == (
        "Byron, A., & The Group. (2005). Clusters & <Work>. Annals, 51(4), 499–511. "
        "https://doi.org/10.1/x"
    )


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"title": "T"}, "T. (n.d.)."),
        ({"title": "T", "type": "no-such-type", "issued": {"literal": "soon"}}, "T. (n.d.)."),
        (
            {
                "title": "産業クラスター",
                "type": "book",
                "author": [{"family": "伊藤", "given": "太郎"}, {"literal": "山﨑朗"}],
                "issued": {"date-parts": [["2005"]]},
                "publisher": "有斐閣",
            },
            "伊藤太郎, & 山﨑朗. (2005). 産業クラスター. 有斐閣.",
        ),
        (
            {"title": "R", "type": "report", "number": 17, "publisher": "METI"},
            "R. (n.d.). No. 17. METI.",
        ),
    ],
)
def test_apa_of_records_that_say_little(record: dict[str, Any], text: str) -> None:
    assert style.apa(record) == text


def test_ris() -> None:
    assert style.ris(ARTICLE, "byron-2005").split("\r\n") == [
        "TY  - JOUR",
        "ID  - byron-2005",
        "AU  - Byron, Ada",
        "AU  - The Group",
        "TI  - Clusters & <Work>",
        "T2  - Annals",
        "VL  - 51",
        "IS  - 4",
        "DO  - 10.1/x",
        "LA  - en",
        "PY  - 2005",
        "SP  - 499",
        "EP  - 511",
        "ER  - ",
        "",
    ]


def test_no_line_break_in_a_record_adds_a_tag() -> None:
    assert "\nUR" not in style.ris({"title": "T\r\nUR  - http://e.org"}, "k")


@pytest.mark.parametrize("suffix", ["bib", "json"])
def test_what_is_downloaded_reads_again(suffix: str) -> None:
    _, write = style.FORMATS[suffix]
    (again,) = records(write(ARTICLE, "byron-2005"), f"x.{suffix}").values()
    assert again["id"] == "byron-2005"
    for field in ("type", "title", "author", "issued", "container-title", "page", "DOI"):
        assert again[field] == ARTICLE[field]
    assert "custom" not in again

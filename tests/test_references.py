import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import document
from memoqa import bibliography
from memoqa.references import Asked, asks_for_claims, asks_for_record, works
from memoqa.references.entry import parse
from memoqa.references.fold import fold, fold_with_places
from memoqa.references.mentions import Cited
from memoqa.types import Document, Work

CORPUS = Path(__file__).parents[1] / "corpus"


def found(
    *documents: Document, records: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Work]:
    return {work.key: work for work in works(documents, records or {})}


def cited(
    text: str, records: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, list[str]]:
    """The words of each work's mentions in one text, by its key."""
    held = document(text)
    return {
        key: [text[span.start : span.end] for span in work.mentions]
        for key, work in found(held, records=records).items()
    }


def work(title: str, year: int, *families: str, **more: Any) -> dict[str, Any]:
    authors = [{"family": family, "given": "A."} for family in families]
    return {"title": title, "issued": {"date-parts": [[year]]}, "author": authors, **more}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Porter, M. E., & Kramer, M. R. (2011a). Creating shared value: How to reinvent "
            "capitalism. Harvard Business Review, 89(1/2), 62–77. https://doi.org/10.1000/abc-12.3",
            "Porter M. E.; Kramer M. R. | Creating shared value: How to reinvent capitalism | "
            "2011 | Harvard Business Review 89 1/2 62-77 | 10.1000/abc-12.3",
        ),
        (
            "M. E. Porter. The competitive advantage of nations. Harvard Business Review, "
            "68(2):73–93, 1990.",
            "Porter M. E. | The competitive advantage of nations | 1990 | "
            "Harvard Business Review 68 2 73-93 | ",
        ),
        (
            "A. Ono and B. van Buren, “Regional clusters,” J. Econ. Geogr., vol. 5, no. 2, "
            "pp. 1–10, 2005.",
            "Ono A.; van Buren B. | Regional clusters | 2005 | J. Econ. Geogr 5 2 1-10 | ",
        ),
        (
            "K. Tanaka, Regional clusters and policy, Journal of Regional Studies 12 (2005) 33–50.",
            "Tanaka K. | Regional clusters and policy | 2005 | "
            "Journal of Regional Studies 12  33-50 | ",
        ),
        (
            "Porter, Michael E., and Mark R. Kramer. 1990. “Strategy and Society.” Harvard "
            "Business Review 84 (12): 78–92.",
            "Porter Michael E.; Kramer Mark R. | Strategy and Society | 1990 | "
            "Harvard Business Review 84 12 78-92 | ",
        ),
        (
            "Sato, T., Tanaka, K. and Ito, M. (2011) ‘Cluster policy’, in Mori, H. (ed.) Regional "
            "Policy. pp. 12-34.",
            "Sato T.; Tanaka K.; Ito M. | Cluster policy | 2011 | Regional Policy   12-34 | ",
        ),
        (
            "山﨑朗（2005）「日本の産業クラスター計画」『経済地理学年報』第51巻第5号、499-511頁。",
            "山﨑朗 | 日本の産業クラスター計画 | 2005 | 経済地理学年報 51 5 499-511 | ",
        ),
        (
            "Institute of Trade. Small Firms Together. Dornholt: Institute Press, 1989.",
            "Institute of Trade | Small Firms Together | 1989 |     | ",
        ),
    ],
)
def test_entries_of_many_styles_are_read(text: str, expected: str) -> None:
    record = parse(text)
    assert record is not None
    names = [
        n.get("literal") or f"{n['family']} {n.get('given', '')}".strip() for n in record["author"]
    ]
    place = [record.get(field, "") for field in ("container-title", "volume", "issue", "page")]
    said = [
        "; ".join(names),
        record["title"],
        str(bibliography.year(record)),
        " ".join(place),
        record.get("DOI", ""),
    ]
    assert " | ".join(said) == expected


@pytest.mark.parametrize(
    "text", ["", "See https://example.org for more.", "This says a lot of 2005. It ends here."]
)
def test_what_is_no_entry_is_none(text: str) -> None:
    assert parse(text) is None


def shipped() -> tuple[Document, dict[str, Any]]:
    """The memo, and every record of the corpus."""
    records: dict[str, Any] = {}
    for path in sorted(CORPUS.rglob("*.json")):
        records |= bibliography.records(path.read_text(encoding="utf-8"), path.name)
    text = (CORPUS / "memo-208.txt").read_text(encoding="utf-8")
    return document(text, "memo-208"), records


def test_a_memo_in_its_links_cites_the_works_whose_records_are_given() -> None:
    memo, records = shipped()
    by_key = found(memo, records=records)
    assert by_key.keys() == records.keys()
    assert by_key["memo-208"].document == "memo-208"
    for key in ("yamasaki-2003", "yamasaki-2005", "yamasaki-2008"):
        (place,) = by_key[key].mentions
        assert memo.text[place.start : place.end].startswith(f"“{records[key]['title']}”")
        assert by_key[key].document is None


NUMBERED = """# A paper

Firms meet [1], lend [2, 5–7] and part [12].[3] A range [1-2] too.

## References

[1] A. Ono. The first of all works. Some Press, 1990.

[2] B. Ito. The second of all works. Some Press, 1991.

## Appendix

Not a list [2].
"""


def test_numbers_cite_the_entries_of_their_own_list() -> None:
    assert cited(NUMBERED) == {
        "ono-1990": ["[1]", "[1-2]", "A. Ono. The first of all works. Some Press, 1990."],
        "ito-1991": [
            "[2, 5–7]",
            "[1-2]",
            "B. Ito. The second of all works. Some Press, 1991.",
            "[2]",
        ],
    }
    other = document("Elsewhere [1] is something else.", "other")
    spans = found(document(NUMBERED), other)["ono-1990"].mentions
    assert {span.doc_id for span in spans} == {"doc"}


def test_a_number_that_also_marks_a_note_cites_nothing() -> None:
    noted = NUMBERED + "\n[1] A remark, with nothing cited.\n"
    assert cited(noted)["ono-1990"] == ["A. Ono. The first of all works. Some Press, 1990."]


def test_a_note_that_holds_a_work_is_cited_by_its_mark() -> None:
    text = (
        "Firms part.[1] They meet.[2]\n\n[1] B. Ito, “The second of all works”, Journal, 5: 1–9, "
        "1991.\n\n[2] This was said to us."
    )
    assert cited(text) == {
        "ito-1991": ["[1]", "B. Ito, “The second of all works”, Journal, 5: 1–9, 1991."]
    }


RECORDS = {
    "porter": work("The advantage of nations", 1990, "Porter"),
    "pk": work("Shared value", 2011, "Porter", "Kramer"),
    "sato": work("Policy in Tohoku", 2011, "Sato", "Tanaka", "Ito"),
    "a": work("One", 2005, "Ono", custom={"year-suffix": "a"}),
    "b": work("Two", 2005, "Ono", custom={"year-suffix": "b"}),
    "twin-1": work("Three", 2007, "Mori"),
    "twin-2": work("Four", 2007, "Mori"),
    "office": {**work("Five", 2006), "author": [{"literal": "Office of Trade"}]},
    "yama": {
        **work("Six", 2005, "Yamasaki"),
        "custom": {"author-original": "山﨑朗"},
    },
    "ja": {
        **work("日本の産業集積の研究", 2005),
        "author": [{"literal": "山﨑朗"}, {"literal": "伊藤太郎"}],
    },
}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("as (Porter, 1990) says", ["porter"]),
        ("Porter (1990) says", ["porter"]),
        ("However, Porter (1990) says", ["porter"]),
        ("In Porter (1990) it", ["porter"]),
        ("Porter’s 1990 book", ["porter"]),
        ("(Sato et al., 2011; Porter 1990)", ["porter", "sato"]),
        ("Sato, Tanaka, and Ito (2011)", ["sato"]),
        ("Porter and Kramer (2011)", ["pk"]),
        ("Porter & Kramer 2011", ["pk"]),
        ("(Porter 1989, 1990)", ["porter"]),
        ("(Ono 2005a, 2005b)", ["a", "b"]),
        ("the Office of Trade (2006)", ["office"]),
        ("山﨑（2005）は", ["yama"]),
        ("山崎・伊藤（2005）は", ["ja"]),
        ("山﨑朗 2005", ["yama"]),
        # No work, two works, or another work.
        ("Porter (1991) and Kramer (2011)", []),
        ("Porter (2011) says", []),
        ("Kramer and Porter (1990)", []),
        ("Porter et al. (1990)", []),
        ("Ono (2005) says", []),
        ("Mori (2007) says", []),
        ("Reporter (1990) and Porterfield 1990", []),
        ("in 1990 Porter went", []),
        ("the Trade (2006)", []),
    ],
)
def test_authors_and_year_cite_the_one_work_that_fits(text: str, keys: list[str]) -> None:
    assert sorted(key for key, words in cited(text, RECORDS).items() if words) == keys


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("It says “Shared  Value” there", ["Shared  Value"]),
        ("It says “shared—VALUE” there", ["shared—VALUE"]),
        ("of shared value there", []),
        ("“Unshared value”", []),
        ("“shared values”", []),
    ],
)
def test_a_short_title_is_cited_in_quotation_marks(text: str, mentions: list[str]) -> None:
    assert cited(text, {"s": work("Shared Value!", 2011)}) == {"s": mentions}


def test_a_long_title_is_cited_with_other_case_width_and_dashes() -> None:
    title = "Japan’s Industrial Cluster Plan: Background and Characteristics"
    text = "See JAPAN'S INDUSTRIAL CLUSTER PLAN – BACKGROUND AND CHARACTERISTICS, as said."
    assert cited(text, {"k": work(title, 2005)}) == {"k": [text[4:-10]]}
    address = "https://e.org/japans-industrial-cluster-plan-background-and-characteristics"
    assert cited(address, {"k": work(title, 2005)}) == {"k": []}


def test_the_same_work_is_one() -> None:
    listed = document(
        "References\n\nA. Ono. The first of all works. Press, 1990.\n\n"
        "Ono, A. (1990). The First of All Works: With a Subtitle. Other.\n\n"
        "B. Ito. “Elsewhere”. Journal 5: 1–2, 1991. doi:10.1234/AB.\n\n"
        "Ito, B. (1991) Something else entirely. https://doi.org/10.1234/ab\n\n"
        "A. Ono. The first of all works. Press, 1995."
    )
    by_key = found(listed, records={"x": work("The first of all works", 1990, "Ono")})
    assert {key: len(work.mentions) for key, work in by_key.items()} == {
        "x": 2,
        "ito-1991": 2,
        "ono-1995": 1,
    }


LISTS = (
    "Ono, A. (2001). Regional clusters and their growth. A Press.",
    "Ono, A. (2001). Regional clusters and their growth. A Press. https://doi.org/10.1000/ab-1",
    "Ono, A. (2001). Regional clusters: A survey of growth. https://doi.org/10.1000/ab-1",
    "Ono, A. (2001). Regional clusters of growth. B Press. https://doi.org/10.1000/ab-1",
    "Sato, T. (2003). The survey of towns and villages. A Press.",
)
TEXTS = st.builds(
    lambda title, said, entries: document(
        "\n\n".join([said, *(["## References"] if entries else []), *entries]), title=title
    ),
    st.sampled_from(["A title", "The survey of towns and villages"]),
    st.sampled_from(
        ["Growth (Ono, 2001).", "See “Regional clusters of growth”, and Sato (2003).", "Nothing."]
    ),
    st.lists(st.sampled_from(LISTS), max_size=3),
)
DESCRIBED = st.dictionaries(
    st.sampled_from(["a", "ono", "sato"]),
    st.sampled_from(
        [work("Regional clusters", 2001, "Ono"), work("The survey of towns", 2003, "Sato")]
    ),
)
CORPORA = st.tuples(st.dictionaries(st.sampled_from("abc"), TEXTS, min_size=1), DESCRIBED)


@hypothesis.settings(max_examples=300)
@given(CORPORA, CORPORA)
def test_works_made_from_those_before_are_the_same_as_anew(
    one: tuple[dict[str, Document], dict[str, Any]],
    other: tuple[dict[str, Document], dict[str, Any]],
) -> None:
    documents: dict[str, Document] = {}
    before: dict[str, Work] = {}
    texts, records = one
    # All at once, then document by document: most of a corpus stays the same most of the time.
    for changes, known in (
        (texts, records),
        *(({id: text}, records) for id, text in other[0].items()),
        ({}, other[1]),
    ):
        now = documents | {id: replace(text, id=id) for id, text in changes.items()}
        anew = works(list(now.values()), known)
        assert works(list(now.values()), known, documents, before) == anew
        documents, before = now, {work.key: work for work in anew}


def test_what_a_document_lists_may_change_what_an_entry_of_another_stands_for() -> None:
    records = {
        "growth": work("Regional clusters and their growth", 2001, "Ono"),
        "survey": work("Regional clusters of growth", 2001, "Ono"),
    }
    one, same = (document(f"## References\n\n{LISTS[n]}", id) for n, id in ((1, "a"), (3, "b")))
    before = {work.key: work for work in works([one, same], records)}
    assert [span.doc_id for span in before["growth"].mentions] == ["a", "b"]
    other = document(f"## References\n\n{LISTS[0]}", "a")
    after = works([other, same], records, {"a": one, "b": same}, before)
    assert {work.key: [span.doc_id for span in work.mentions] for work in after} == {
        "growth": ["a"],
        "survey": ["b"],
    }


def test_only_documents_that_changed_are_searched_for_mentions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = {"ono": work("Regional clusters", 2001, "Ono")}
    documents = [document(f"{LISTS[4]} By Ono (2001).", id) for id in "abc"]
    before = works(documents, records)
    searched = []
    find = Cited.find

    def heard(self: Cited, text: Document, *entries: Any) -> Any:
        searched.append(text.id)
        return find(self, text, *entries)

    monkeypatch.setattr(Cited, "find", heard)
    changed = [*documents[:2], document("By Ono (2001).", "c")]
    again = works(changed, records, {d.id: d for d in documents}, {w.key: w for w in before})
    assert searched == ["c"]
    assert [span.doc_id for span in again[0].mentions] == ["a", "b", "c"]


def test_chapters_of_one_book_are_not_one_work() -> None:
    records = {
        "one": {"title": "The first chapter", "ISBN": "978-4-00-000000-0"},
        "two": {"title": "The second chapter", "ISBN": "9784000000000"},
    }
    assert found(document("x"), records=records).keys() == {"one", "two"}


def test_a_work_is_held_by_the_document_with_its_title_or_doi() -> None:
    listed = document(
        "References\n\nA. Ono. The first of all works. Press, 1990.\n\n"
        "B. Ito. “Elsewhere”. Journal 5: 1–2, 1991. doi:10.1234/AB.\n\n"
        "C. Ide. “Nowhere”. Journal 5: 1–2, 1992. doi:10.1234/cd."
    )
    by_title = document("Words.", "a", "reference", "The First of all Works")
    by_doi = document("doi:10.1234/ab.\n\nWords, as in 10.1234/cd", "b", "reference", "Scan 7")
    by_key = found(listed, by_title, by_doi)
    assert {key: work.document for key, work in by_key.items()} == {
        "ono-1990": "a",
        "ito-1991": "b",
        "ide-1992": None,
    }


def test_keys_of_listed_works_do_not_take_those_of_documents() -> None:
    listed = document("References\n\nA. Ono. The first of all works. Press, 1990.")
    other = document("Words.", "ono-1990")
    assert found(listed, other).keys() == {"ono-1990-2"}


@pytest.mark.parametrize("name", ["References", "7. REFERENCES:", "# Works cited", "参考文献"])
def test_many_headings_begin_a_list(name: str) -> None:
    text = f"Words.\n\n{name}\n\nA. Ono. The first of all works. Press, 1990.\n"
    assert cited(text).keys() == {"ono-1990"}


def test_entries_run_together_are_taken_apart() -> None:
    numbered = (
        "References\n\n[1] A. Ono. The first of all. Press, 1990. "
        "[2] B. Ito. The next of all. Press, 1991."
    )
    assert cited(numbered).keys() == {"ono-1990", "ito-1991"}
    lines = (
        "References\n\nOno, A. (1990). The first of all. Press.\n"
        "Ito, B. (1991). The next of\nall. Press."
    )
    assert cited(lines).keys() == {"ono-1990", "ito-1991"}


@given(st.text(alphabet="aéＡﬁ産﨑-–’ \u0301ß", max_size=30))
def test_folding_keeps_the_place_of_every_character(text: str) -> None:
    folded, places = fold_with_places(text)
    assert folded == fold(text)
    assert len(places) == len(folded)
    assert all(fold(text[place]).find(c) >= 0 for c, place in zip(folded, places, strict=True))


@given(st.text(alphabet="AbO n.,(1905)[]“”‘’:\n–-山産『』第号pEt al&", max_size=80))
def test_any_text_gives_mentions_within_it(text: str) -> None:
    whole = f"References\n\n{text}\n\n{json.dumps(text)}"
    for found_work in works([document(whole)], RECORDS):
        assert all(span.end <= len(whole) for span in found_work.mentions)


def test_questions_about_works_that_are_not_held_are_told_from_others() -> None:
    memo, records = shipped()
    missing = {key: record for key, record in records.items() if key.startswith("yamasaki-")}
    asked = Asked(works([memo], missing))
    path = Path(__file__).parent / "questions/references.jsonl"
    questions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    told: dict[str, list[bool]] = {"reference_not_held": [], "not_in_documents": []}
    for question in (q for q in questions if q["reason"]):
        about = asked.about(question["question"], None)
        told[question["reason"]].append(about is not None)
        assert about is None or question["reference"] in (None, about.key)
    assert sum(told["reference_not_held"]) >= 0.9 * len(told["reference_not_held"])
    assert not any(told["not_in_documents"])


@pytest.mark.parametrize(
    ("question", "claims", "record"),
    [
        ("What does the 2003 paper argue?", True, False),
        ("In which journal did the 2003 paper appear?", False, True),
        ("How many firms took part in the 2003 paper’s survey?", False, False),
        ("2003年の論文は何を論じていますか。", True, False),
        ("2003年の論文は何語で書かれていますか。", False, True),
        ("その報告書はどこで読めますか。", False, True),
        ("報告書によると、企業は何社?", True, False),
    ],
)
def test_a_question_asks_what_a_work_says_or_what_it_is(
    question: str, claims: bool, record: bool
) -> None:
    assert (asks_for_claims(question), asks_for_record(question)) == (claims, record)

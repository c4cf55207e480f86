import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeEmbedder, document, models
from memoqa import ingest
from memoqa.answer import Assistant
from memoqa.bibliography import describe
from memoqa.chunk import sentences
from memoqa.rerank import open_reranker
from memoqa.support import SUPPORTED
from memoqa.types import Answer, Document

MEMO = document(
    "Clusters raise wages in small towns (Porter, 1990). Nothing else is cited here.\n\n"
    "Banks lend to small firms (Ito, 1991). Ferries sail at noon.\n\n"
    "References\n\n"
    "M. E. Porter. The advantage of towns. Press, 1990.\n\n"
    "B. Ito. “The lending of banks”. Journal of Lending, 5: 1–9, 1991.\n",
    "memo",
    title="A memo",
)
PORTER: dict[str, Any] = {
    "title": "The advantage of towns",
    "author": [{"family": "Porter", "given": "M. E."}],
    "issued": {"date-parts": [[1990]]},
    "type": "book",
}
HELD = document(
    "Rivers flow to the sea.\n\nClusters raise wages in towns, we find, and small ones most.",
    "porter-1990",
    "reference",
    PORTER["title"],
)


def assistant(*documents: Document, **records: dict[str, Any]) -> Assistant:
    index, _ = ingest.assemble(documents, FakeEmbedder(), {}, {}, records)
    return Assistant(index, models())


def ask(question: str, *documents: Document, **records: dict[str, Any]) -> Answer:
    return assistant(*documents, **records).ask(question)


def test_a_quote_names_the_works_it_cites() -> None:
    [citation] = ask("Do clusters raise wages in small towns?", MEMO).citations
    [work] = citation.works
    assert (work.key, work.held, work.document) == ("porter-1990", False, None)
    assert work.text == "Porter, M. E. (1990). The advantage of towns. Press."
    assert (work.href, work.support) == ("/works/porter-1990", None)


def test_a_quote_without_a_citation_names_none() -> None:
    [citation] = ask("Do ferries sail at noon?", MEMO).citations
    assert citation.works == ()


def test_a_held_work_is_quoted_where_it_bears_the_sentence_out() -> None:
    answer = ask("Do clusters raise wages in small towns?", MEMO, HELD)
    [work] = next(c for c in answer.citations if c.document.id == "memo").works
    assert (work.held, work.document, work.href) == (True, HELD.id, "/documents/porter-1990")
    support = work.support
    assert support is not None
    assert support.document.id == HELD.id
    assert support.quote == "Clusters raise wages in towns, we find, and small ones most."
    assert support.quote == HELD.text[support.start : support.end]
    assert support.works == ()


def test_a_held_work_about_something_else_supports_nothing() -> None:
    other = replace(HELD, text="Rivers flow to the sea. Clusters of stars shine.")
    other = document(other.text, HELD.id, "reference", HELD.title)
    answer = ask("Do clusters raise wages in small towns?", MEMO, other)
    [work] = answer.citations[0].works
    assert (work.held, work.support) == (True, None)


def test_a_list_entry_claims_nothing_that_could_be_supported() -> None:
    ito = document(
        "Banks lend in a journal of lending.", "scan", "reference", "The lending of banks"
    )
    [citation] = ask(
        "Ito The lending of banks Journal of Lending 5: 1–9, 1991", MEMO, ito
    ).citations
    assert citation.quote == "Journal of Lending, 5: 1–9, 1991."
    assert [(work.document, work.support) for work in citation.works] == [("scan", None)]


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("What does Porter (1990) argue about patents?", "porter-1990"),
        ("What does “The lending of banks” conclude on interest?", "ito-1991"),
        ("Which tables are in Ito's article from 1991 on patents?", "ito-1991"),
    ],
)
def test_a_question_about_a_work_that_is_not_held_names_it(question: str, key: str) -> None:
    answer = ask(question, MEMO)
    assert (answer.answered, answer.reason) == (False, "reference_not_held")
    reference = answer.reference
    assert reference is not None
    assert (reference.key, reference.add) == (key, f"memoqa add FILE --reference {key}")


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "Which patents did the ministry grant in 1990?",
        "What does Porter (1980) argue about patents?",
        "What did newspapers report about patents?",
    ],
)
def test_other_questions_without_an_answer_name_none(question: str) -> None:
    answer = ask(question, MEMO)
    assert (answer.answered, answer.reason) == (False, "not_in_documents")
    assert answer.reference is None


def test_no_question_names_none() -> None:
    assert ask("?!", MEMO).reference is None


def test_what_a_held_work_does_not_say_is_not_missing() -> None:
    answer = ask("What does Porter (1990) argue about patents?", MEMO, HELD)
    assert (answer.reason, answer.reference) == ("not_in_documents", None)


def test_a_sentence_that_relays_a_work_answers_what_it_says() -> None:
    answer = ask("What does Porter (1990) say clusters raise in towns?", MEMO)
    assert answer.answered
    assert answer.citations[0].quote.startswith("Clusters raise wages")


def test_a_sentence_that_names_a_work_by_its_number_answers_about_it() -> None:
    record = {**PORTER, "type": "report", "number": "17530216"}
    note = document("Project 17530216 ran in Mito from spring to autumn. Ferries sail at noon.")
    asked = assistant(note, **{"porter-1990": record})
    told = asked.ask("In which town was project 17530216 run from spring?")
    assert told.answered
    assert told.citations[0].quote.startswith("Project 17530216")
    refused = asked.ask("Which ferries does report 17530216 say sail at noon?")
    assert (refused.answered, refused.reason) == (False, "reference_not_held")


def test_a_record_tells_what_a_work_is_and_not_what_it_says() -> None:
    record = replace(
        document(describe(PORTER), "porter-1990", "reference", PORTER["title"]), held=False
    )
    asked = assistant(record, document("Ferries sail at noon."), **{record.id: PORTER})
    told = asked.ask("When was “The advantage of towns” published?")
    assert told.answered
    assert told.citations[0].document.held is False
    assert [work.key for work in told.citations[0].works] == [record.id]
    refused = asked.ask("What does “The advantage of towns” argue?")
    assert (refused.answered, refused.reason) == (False, "reference_not_held")
    assert refused.nearest


@pytest.mark.models
def test_the_least_score_of_a_support_tells_what_supports_from_what_does_not() -> None:
    root = Path(__file__).parents[1]
    reranker = open_reranker()
    kept = {True: 0, False: 0}
    for line in (root / "tests/questions/support.jsonl").read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        (path,) = (root / "corpus").rglob(f"{pair['document']}.[mt][dx]*")
        text = path.read_text(encoding="utf-8")
        claimed = [text[a:b] for a, b in sentences(text, 0, len(text))]
        kept[pair["supported"]] += max(reranker.score(pair["claim"], claimed)) >= SUPPORTED
    assert kept == {True: 17, False: 0}

"""The question set agrees with the corpus that it asks about."""

import json
from pathlib import Path
from typing import Any

import pytest

from memoqa import corpus
from memoqa.parse import Limits, Parser
from memoqa.settings import Settings
from memoqa.types import Document

ROOT = Path(__file__).parents[1]
TYPES = {
    "how", "list", "near-miss", "number", "off-topic", "paraphrase", "reference", "what", "when",
    "where", "who", "why",
}  # fmt: skip
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for name in ("memo.jsonl", "unseen.jsonl", "memo-ja.jsonl", "unseen-ja.jsonl")
    for line in (ROOT / "tests" / "questions" / name).read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    with Parser(Limits.of(Settings())) as parser:
        read = corpus.load(ROOT / "corpus", parser)
    assert read.left_out == ()
    return {document.id: document for document in read.documents}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question["id"]))
def test_every_answer_stands_verbatim_in_the_documents(
    question: dict[str, Any], documents: dict[str, Document]
) -> None:
    assert set(question) == {"id", "question", "answers", "documents", "type"}
    assert question["question"].strip() == question["question"] != ""
    assert question["type"] in TYPES
    texts = [documents[name].text for name in question["documents"]]
    assert all(answer and any(answer in t for t in texts) for answer in question["answers"])
    # Nor is a document named in which no answer stands.
    assert all(any(answer in text for answer in question["answers"]) for text in texts)
    unanswerable = question["type"] in ("near-miss", "off-topic")
    assert unanswerable == (question["answers"] == []) == (question["documents"] == [])


def test_ids_and_questions_are_unique() -> None:
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    # The files were written apart, and may ask the same once each.
    asked = [(question["id"][0], question["question"].casefold()) for question in QUESTIONS]
    assert len(set(asked)) == len(asked)


def test_there_are_enough_questions_of_every_type() -> None:
    assert len(QUESTIONS) >= 60
    assert {question["type"] for question in QUESTIONS} == TYPES
    assert sum(question["answers"] == [] for question in QUESTIONS) >= 20
    asked = {name for question in QUESTIONS for name in question["documents"]}
    assert asked == {path.stem for path in (ROOT / "corpus").rglob("*.*") if path.is_file()}


def test_the_questions_that_the_memo_suggests_are_set_apart_from_no_document(
    documents: dict[str, Document],
) -> None:
    assert documents["memo-208"].questions
    assert all(question.endswith("?") for question in documents["memo-208"].questions)

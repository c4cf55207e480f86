"""The shipped corpus asked with the shipped models."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from memoqa.answer import Assistant
from memoqa.corpus import Sources, sha256_text
from memoqa.embed import open_embedder
from memoqa.settings import Settings
from memoqa.store import load
from memoqa.types import Answer, Timings, Turn

pytestmark = pytest.mark.models

QUESTIONS = Path(__file__).parent / "questions" / "memo.jsonl"
IN_1990 = "How many manufacturing establishments were there in 1990?"


def without_timings(answer: Answer) -> Answer:
    return replace(answer, timings_ms=Timings(0, 0, 0, 0))


def test_the_number_of_1990_is_quoted_from_the_memo(
    real_assistant: Assistant, real_settings: Settings
) -> None:
    answer = real_assistant.ask(IN_1990)
    assert answer.answered
    first = answer.citations[0]
    assert first.document.id == "memo-208"
    text = (real_settings.corpus / "memo-208.txt").read_bytes().decode()
    assert text[first.start : first.end] == first.quote
    assert "728,853" in first.quote
    assert first.document.sha256 == sha256_text(text)
    assert answer.answer is not None
    assert answer.answer in first.quote
    assert text[first.highlight.start : first.highlight.end] == answer.answer
    assert answer.index.stale is False


@pytest.mark.parametrize(("asked", "good"), [("problems", False), ("benefits", True)])
def test_a_question_and_its_opposite_are_told_apart(
    real_assistant: Assistant, asked: str, good: bool
) -> None:
    answer = real_assistant.ask(f"What are the {asked} of the Industrial Cluster Program?")
    assert answer.answered
    assert ("positive effects" in answer.citations[0].quote) is good


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "How many manufacturing establishments were there in 1970?",
    ],
)
def test_what_the_documents_do_not_say_is_refused(real_assistant: Assistant, question: str) -> None:
    answer = real_assistant.ask(question)
    assert (answer.answered, answer.answer, answer.citations) == (False, None, ())
    assert answer.reason is not None
    assert answer.nearest


def test_a_follow_up_is_understood(real_assistant: Assistant) -> None:
    before = [Turn("How many manufacturing establishments were there in Japan in 1950?")]
    answer = real_assistant.ask("And in 2009?", before)
    assert answer.answered
    assert "448,147" in answer.citations[0].quote


def test_the_same_question_is_answered_the_same(real_assistant: Assistant) -> None:
    first, second = real_assistant.ask(IN_1990), real_assistant.ask(IN_1990)
    assert without_timings(first) == without_timings(second)


def test_every_citation_of_the_whole_question_set_is_exact(
    real_assistant: Assistant, real_settings: Settings
) -> None:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    answers = [real_assistant.ask(json.loads(line)["question"]) for line in lines]
    texts = {id: document.text for id, document in load(real_settings.index).documents.items()}
    cited = 0
    for answer in answers:
        for citation in (*answer.citations, *answer.nearest):
            text = texts[citation.document.id]
            assert citation.quote == text[citation.start : citation.end] != ""
            assert citation.document.sha256 == sha256_text(text)
            assert text[: citation.start].endswith(citation.prefix)
            assert text[citation.end :].startswith(citation.suffix)
            cited += 1
    assert cited >= len(answers)


def test_the_index_is_of_the_corpus_as_it_stands(real_settings: Settings) -> None:
    assert load(real_settings.index).manifest.sources == Sources(real_settings.corpus).read()


OFFLINE = """
import json, socket, sys
from dataclasses import asdict
from pathlib import Path

def refuse(*arguments, **named):
    raise AssertionError(f"the network was asked for: {arguments[1:]!r}")

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)

from memoqa import ingest
from memoqa.answer import open_assistant
from memoqa.settings import Settings
from memoqa.weigh import open_models

settings = Settings(home=Path(sys.argv[1]))
models = open_models(settings)
ingest.build(settings, models.embedder)
print(json.dumps(asdict(open_assistant(settings, models).ask(sys.argv[2]))))
"""


def test_indexing_and_answering_need_no_network(
    real_assistant: Assistant, real_settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "corpus").symlink_to(real_settings.corpus)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    ran = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(tmp_path), IN_1990],
        env=clean | {"HF_HOME": str(tmp_path / "nothing")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["citations"][0]["quote"] == real_assistant.ask(IN_1990).citations[0].quote
    assert "the network was asked for" not in ran.stderr


def test_the_embedding_of_a_sentence_has_not_drifted(real_settings: Settings) -> None:
    embedder = open_embedder(real_settings.embedder)
    (passage,) = embedder.embed_passages(["Twenty consortia were created."])
    question = embedder.embed_question("How many consortia were created?")
    assert passage.shape == question.shape == (384,)
    np.testing.assert_allclose(passage[:4], PASSAGE, atol=1e-3)
    np.testing.assert_allclose(question[:4], QUESTION, atol=1e-3)


PASSAGE = [0.0698, -0.0014, -0.0419, -0.0523]
QUESTION = [0.0825, -0.0190, -0.0575, 0.0065]

import json
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import assistant_of, document
from memoqa import evaluate, feedback
from memoqa.errors import Changed, FeedbackError
from memoqa.feedback import Judgement, Place, Record
from memoqa.types import Answer, Document, Range

MEMO = document("Notes\n\nThe cat sat on the mat. 犬は庭で🐕眠った。", id="memo")
DOCUMENTS = {"memo": MEMO}


def place_of(words: str, within: Document = MEMO) -> Place:
    start = within.text.index(words)
    return Place(within.id, within.sha256, start, start + len(words), Range(start, start + 3))


def record_of(question: str, words: str | None, taken_as: str | None = None) -> Record:
    places = [place_of(words)] if words else []
    return Record(
        question=question,
        taken_as=taken_as,
        answered=words is not None,
        confidence=0.9,
        fingerprint="0" * 16,
        quoted=feedback.confirmed(places, DOCUMENTS),
    )


def test_the_words_are_cut_from_the_document() -> None:
    (quoted,) = feedback.confirmed([place_of("犬は庭で🐕眠った。")], DOCUMENTS)
    assert (quoted.quote, quoted.answer) == ("犬は庭で🐕眠った。", "犬は庭")


@pytest.mark.parametrize(
    "place",
    [
        replace(place_of("The cat"), document="other"),
        replace(place_of("The cat"), sha256="0" * 64),
        replace(place_of("The cat"), end=10_000),
        replace(place_of("The cat"), start=-1),
        replace(place_of("The cat"), highlight=Range(0, 3)),
        replace(place_of("The cat"), highlight=Range(9, 9)),
    ],
)
def test_a_place_that_the_index_does_not_hold_is_refused(place: Place) -> None:
    with pytest.raises(Changed, match=r"'(memo|other)'.*ask again"):
        feedback.confirmed([place], DOCUMENTS)


def test_what_is_kept_is_read_again_in_order(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    first, second = record_of("What sat?", "The cat sat"), record_of("What flew?", None)
    assert feedback.keep(path, "right", "", first) == 1
    assert feedback.keep(path, "wrong", "A 🐦\nflew.", second) == 2
    kept = feedback.read(path)
    assert [(f.judgement, f.note, f.record) for f in kept] == [
        ("right", "", first),
        ("wrong", "A 🐦\nflew.", second),
    ]


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    record = record_of("What sat?", "The cat sat")
    start = threading.Barrier(8)

    def write() -> None:
        start.wait()
        for _ in range(5):
            feedback.keep(path, "right", "", record)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(feedback.read(path)) == 40


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    path.write_bytes(b"not a database, and long enough to be looked at" * 10)
    with pytest.raises(FeedbackError, match=r"feedback\.sqlite3.*move it away"):
        feedback.keep(path, "right", "", record_of("What sat?", None))


def test_a_file_of_a_later_format_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(FeedbackError, match="format 99"):
        feedback.keep(path, "right", "", record_of("What sat?", None))


def test_without_a_file_there_is_no_feedback(tmp_path: Path) -> None:
    with pytest.raises(FeedbackError, match="no feedback in"):
        feedback.read(tmp_path / "feedback.sqlite3")
    assert not list(tmp_path.iterdir())


def exported(tmp_path: Path, *given: tuple[Judgement, Record]) -> list[tuple[str, list[str]]]:
    for judgement, record in given:
        feedback.keep(tmp_path / "f", judgement, "", record)
    lines = feedback.questions(feedback.read(tmp_path / "f"))
    return [(line["question"], line["answers"]) for line in lines]


def test_a_wrong_answer_does_not_tell_the_right_one(tmp_path: Path) -> None:
    assert exported(
        tmp_path,
        ("right", record_of("What sat?", "The cat sat")),
        ("wrong", record_of("Who sat?", "The cat sat")),
        ("should_have_said_no", record_of("Which cow sat?", "The cat sat")),
        ("right", record_of("What flew?", None)),
        ("wrong", record_of("Where did the dog sleep?", None)),
    ) == [("What sat?", ["The"]), ("Which cow sat?", []), ("What flew?", [])]


def test_the_last_judgement_on_a_question_counts(tmp_path: Path) -> None:
    assert exported(
        tmp_path,
        ("right", record_of("What sat?", "The cat sat")),
        ("wrong", record_of("What sat?", "The cat sat")),
        ("wrong", record_of("Where?", "on the mat")),
        ("right", record_of("Where?", "on the mat")),
    ) == [("Where?", ["on "])]


def test_a_follow_up_is_exported_with_the_words_that_it_was_lent(tmp_path: Path) -> None:
    follow_up = record_of("Where?", "on the mat", taken_as="What sat? Where?")
    assert exported(tmp_path, ("right", follow_up)) == [("What sat? Where?", ["on "])]


def test_the_export_is_an_evaluation_file(tmp_path: Path) -> None:
    assistant = assistant_of(MEMO)
    answer = assistant.ask("cat sat mat")
    assert answer.answered
    record = Record(
        "cat sat mat", None, True, 0.9, "", feedback.confirmed(places(answer), DOCUMENTS)
    )
    feedback.keep(tmp_path / "f", "right", "", record)
    file = tmp_path / "out.jsonl"
    lines = feedback.questions(feedback.read(tmp_path / "f"))
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    _, (question,) = evaluate.questions.read(file)
    assert question.type == "right"
    assert evaluate.questions.holds(question, "memo", answer.citations[0].quote)


def places(answer: Answer) -> list[Place]:
    return [
        Place(c.document.id, c.document.sha256, c.start, c.end, c.highlight)
        for c in answer.citations
    ]


def test_the_compact_form_holds_the_places_alone() -> None:
    answer = assistant_of(MEMO).ask("cat sat mat")
    fields = json.loads(feedback.compact(answer))
    assert fields["citations"][0]["start"] == answer.citations[0].start
    assert "The cat" not in feedback.compact(answer)

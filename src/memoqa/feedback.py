"""What readers say of answers, kept with each answer in one SQLite file of the home.

The file is not part of the index: it outlives every build.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from memoqa.errors import Changed, FeedbackError
from memoqa.types import Answer, Citation, Document, Range

Judgement = Literal["right", "wrong", "should_have_said_no"]

MAX_NOTE = 2_000
"""Code points."""

_VERSION = 1
_BUSY_SECONDS = 10
_SCHEMA = """
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    given_at TEXT NOT NULL,
    judgement TEXT NOT NULL,
    note TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a citation says that its words stand: offsets in the document whose text has this
    sha256.
    """

    document: str
    sha256: str
    start: int
    end: int
    highlight: Range


@dataclass(frozen=True, slots=True)
class Quoted:
    """A place with its words, cut out of the document."""

    place: Place
    quote: str
    answer: str


@dataclass(frozen=True, slots=True)
class Record:
    """An answer as it is kept. `taken_as` is the question with the words that the conversation
    lent it, None where it lent none; `quoted` are the citations, and where the answer was no, the
    nearest passages.
    """

    question: str
    taken_as: str | None
    answered: bool
    confidence: float
    fingerprint: str
    quoted: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """A judgement on an answer, with an optional note; `given_at` is ISO 8601, UTC."""

    judgement: Judgement
    note: str
    record: Record
    given_at: str


def confirmed(places: Iterable[Place], documents: Mapping[str, Document]) -> tuple[Quoted, ...]:
    """The places with the words that the documents hold there.

    Raises:
        Changed: when a document is not the one that was quoted, or has no such place.
    """
    return tuple(_quoted(place, documents.get(place.document)) for place in places)


def keep(path: Path, judgement: Judgement, note: str, record: Record) -> int:
    """Add feedback to the file, which is made where there is none, and return its number.

    Raises:
        FeedbackError: when the file cannot be written.
    """
    with _opened(path) as connection, connection:
        cursor = connection.execute(
            "INSERT INTO feedback (given_at, judgement, note, record) VALUES (?, ?, ?, ?)",
            (
                datetime.now(UTC).isoformat(timespec="seconds"),
                judgement,
                note,
                json.dumps(asdict(record), ensure_ascii=False),
            ),
        )
        number = cursor.lastrowid
    assert number is not None
    return number


def read(path: Path) -> list[Feedback]:
    """All feedback in the order in which it was given.

    Raises:
        FeedbackError: when there is none, or the file cannot be read.
    """
    if not path.is_file():
        raise FeedbackError(f"there is no feedback in {str(path)!r}; it is given on the chat page")
    with _opened(path) as connection:
        rows = connection.execute(
            "SELECT judgement, note, record, given_at FROM feedback ORDER BY id"
        ).fetchall()
    return [Feedback(row[0], row[1], _record(json.loads(row[2])), row[3]) for row in rows]


def questions(given: Iterable[Feedback]) -> Iterator[dict[str, Any]]:
    """The lines of an evaluation file, one for each question whose right answer is known.

    A right answer gives its words; a right no and «should have said no» give none. A wrong answer
    does not tell the right one, so its question is left out. The last judgement on a question
    counts.
    """
    last = {feedback.record.taken_as or feedback.record.question: feedback for feedback in given}
    for number, (question, feedback) in enumerate(last.items(), start=1):
        if feedback.judgement == "wrong":
            continue
        right = feedback.judgement == "right" and feedback.record.answered
        best = feedback.record.quoted[:1] if right else ()
        yield {
            "id": f"feedback-{number:03}",
            "question": question,
            "answers": [quoted.answer for quoted in best],
            "documents": [quoted.place.document for quoted in best],
            "type": feedback.judgement.replace("_", "-"),
        }


def compact(answer: Answer) -> str:
    """The answer as JSON with no more than feedback on it needs, for a form to carry."""
    return json.dumps(
        {
            "question": answer.question,
            "taken_as": answer.taken_as,
            "answered": answer.answered,
            "confidence": answer.confidence,
            "citations": list(map(_place, answer.citations)),
            "nearest": list(map(_place, answer.nearest)),
            "index": {"fingerprint": answer.index.fingerprint},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _place(citation: Citation) -> dict[str, Any]:
    return {
        "document": {"id": citation.document.id, "sha256": citation.document.sha256},
        "start": citation.start,
        "end": citation.end,
        "highlight": asdict(citation.highlight),
    }


def _quoted(place: Place, document: Document | None) -> Quoted:
    if document is None or document.sha256 != place.sha256:
        raise Changed(f"the document {place.document!r} has changed since; ask again")
    words = place.highlight
    if not 0 <= place.start <= words.start < words.end <= place.end <= len(document.text):
        raise Changed(f"the document {place.document!r} has no such place; ask again")
    text = document.text
    return Quoted(place, text[place.start : place.end], text[words.start : words.end])


def _record(fields: dict[str, Any]) -> Record:
    quoted = [
        Quoted(
            Place(**(found["place"] | {"highlight": Range(**found["place"]["highlight"])})),
            found["quote"],
            found["answer"],
        )
        for found in fields["quoted"]
    ]
    return Record(**(fields | {"quoted": tuple(quoted)}))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            with connection:
                # Takes the lock before it looks, so that of two first writers one makes the table.
                connection.execute("BEGIN IMMEDIATE")
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    connection.execute(_SCHEMA)
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
            if version > _VERSION:
                raise FeedbackError(
                    f"{str(path)!r} is of format {version}, not {_VERSION}; "
                    "update memoqa, or move the file away"
                )
            yield connection
    except sqlite3.Error as error:
        raise FeedbackError(
            f"{str(path)!r} cannot be used ({error}); move it away if it is damaged"
        ) from error

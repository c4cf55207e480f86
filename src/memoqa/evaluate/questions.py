"""Questions with known answers, read from a file.

Two formats are read: SQuAD JSON (https://rajpurkar.github.io/SQuAD-explorer/), where every
context becomes a document of one open corpus, and JSON lines of questions about the documents of
the home's index:

    {"id": …, "question": …, "answers": [verbatim strings], "documents": [ids], "type": …}

Without answers a question is unanswerable. `type` may be left out.
"""

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memoqa.corpus import sha256_text
from memoqa.errors import QuestionsError
from memoqa.types import Document

_QUESTION_WORD = re.compile(
    r"\b(how many|how much|how|what|when|where|which|who|why)\b"
    r"|何年|いつ|どこ|誰|だれ|なぜ|どう|いくつ|いくら|どの|何|なに",
    re.IGNORECASE,
)

_JAPANESE = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"}


@dataclass(frozen=True, slots=True)
class Question:
    """`answers` are verbatim strings, each of which stands in one of `documents` at least."""

    id: str
    text: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]
    type: str


def read(path: Path) -> tuple[tuple[Document, ...], list[Question]]:
    """The documents that the file brings, none for JSON lines, and its questions.

    Raises:
        QuestionsError: when the file is in neither format, or holds no question.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            questions = [_memo_question(json.loads(line)) for line in text.split("\n") if line]
            documents: tuple[Document, ...] = ()
        else:
            documents, questions = read_squad(json.loads(text))
    except OSError as error:
        raise QuestionsError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise QuestionsError(
            f"{str(path)!r} holds neither SQuAD JSON nor lines of memo questions: {error!r}"
        ) from error
    if not questions:
        raise QuestionsError(f"there is no question in {str(path)!r}")
    return documents, questions


def read_squad(data: dict[str, Any]) -> tuple[tuple[Document, ...], list[Question]]:
    """Each context as a document under its article's title, and the questions."""
    documents: list[Document] = []
    questions: list[Question] = []
    for article in data["data"]:
        title = article.get("title", "").replace("_", " ")
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            document = Document(
                # Titles may be missing, or the same for several articles.
                id=f"{article.get('title', '')}-{len(documents)}",
                title=title or text[:60],
                kind="reference",
                text=text,
                sha256=sha256_text(text),
                source="",
            )
            documents.append(document)
            questions.extend(
                Question(
                    id=str(asked["id"]),
                    text=_string(asked["question"]),
                    answers=tuple(dict.fromkeys(_string(a["text"]) for a in asked["answers"])),
                    documents=(document.id,),
                    type=question_word(asked["question"]),
                )
                for asked in paragraph["qas"]
            )
    return tuple(documents), questions


def question_word(question: str) -> str:
    """The first English or Japanese word that asks, or «other»."""
    found = _QUESTION_WORD.search(question)
    return found.group().lower() if found else "other"


def language(question: str) -> str:
    """The script of most of the question's letters, such as Latin; Japanese is written in three."""
    letters = (c for c in unicodedata.normalize("NFKC", question) if c.isalpha())
    scripts = Counter(unicodedata.name(c, "unknown").split()[0] for c in letters)
    scripts["Japanese"] = sum(scripts.pop(script, 0) for script in _JAPANESE)
    script, count = scripts.most_common(1)[0]
    return script.capitalize() if count else "None"


def holds(question: Question, document_id: str, text: str) -> bool:
    """Whether `text`, of this document, holds an answer to the question."""
    return document_id in question.documents and any(answer in text for answer in question.answers)


def _memo_question(fields: dict[str, Any]) -> Question:
    text = _string(fields["question"])
    return Question(
        id=str(fields["id"]),
        text=text,
        answers=_strings(fields["answers"]),
        documents=_strings(fields["documents"]),
        type=_string(fields.get("type", question_word(text))),
    )


def _strings(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return tuple(map(_string, values))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value

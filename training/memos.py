"""Questions over short memos written for training, as readers of a memo ask them.

Each file of `memos/` is a document of one language with questions in English and in most cases
Japanese; a question without an answer is a near miss or off the topic. Passages are cut and led by
their context as the product does it. Whole documents are held out, by their number.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from data import Example
from memoqa import chunk
from memoqa.corpus import sha256_text
from memoqa.index import context, text_of
from memoqa.lexical import tokens
from memoqa.types import Document, Passage

FOLDER = Path(__file__).parent / "memos"
DEV = ("04", "08", "12", "16")
"""Numbers of the documents to fit the confidence on; those of TEST only to measure."""
TEST = ("20", "24")


@dataclass(frozen=True, slots=True)
class Asked:
    """`answer` is a span of the text of the document `source`, or None; `language` is that of the
    question, and `native` is the question in the language of the document.
    """

    source: str
    question: str
    language: str
    native: str
    answer: tuple[int, int] | None
    type: str


@dataclass(frozen=True, slots=True)
class Memo:
    document: Document
    asked: tuple[Asked, ...]


def read_memos(folder: Path = FOLDER) -> dict[str, list[Memo]]:
    """The memos of each part: `train`, `dev` and `test`."""
    parts: dict[str, list[Memo]] = {"train": [], "dev": [], "test": []}
    for path in sorted(folder.glob("*.json")):
        memo = json.loads(path.read_text(encoding="utf-8"))
        text = memo["text"]
        document = Document(
            id=path.stem,
            title=memo["title"],
            kind="memo",
            text=text,
            sha256=sha256_text(text),
            source=path.name,
            language=memo["language"],
        )
        asked = []
        for question in memo["questions"]:
            at = text.index(question["answer"])
            span = (at, at + len(question["answer"])) if question["answer"] else None
            asked += [
                Asked(
                    path.stem,
                    question[language],
                    language,
                    question[document.language],
                    span,
                    question["type"],
                )
                for language in ("en", "ja")
                if language in question
            ]
        number = path.stem[-2:]
        part = "dev" if number in DEV else "test" if number in TEST else "train"
        parts[part].append(Memo(document, tuple(asked)))
    return parts


def memo_epoch(memos: list[Memo], pairs: frozenset[tuple[str, str]], seed: int) -> list[Example]:
    """Each question with the passage that answers it and with one or two that do not.

    These are the document's passages most like the question, and sometimes another document's.
    `pairs` are the languages wanted, (of the document, of the question).
    """
    rng = random.Random(seed)
    cut = {memo.document.id: chunk.passages(memo.document) for memo in memos}
    out = []
    for memo in memos:
        others = [m for m in memos if m.document.language == memo.document.language]
        for asked in memo.asked:
            if (memo.document.language, asked.language) not in pairs:
                continue
            right = [p for p in cut[memo.document.id] if _holds(p, asked)]
            wrong = [p for p in cut[memo.document.id] if not _says(memo.document, p, asked)]
            words = set(tokens(asked.native))
            wrong.sort(
                key=lambda p: len(words & set(tokens(text_of(memo.document, p)))) + 2 * rng.random()
            )
            misses = 1 if right and rng.random() < 0.5 else 2
            chosen = [(memo.document, p) for p in right + wrong[-misses:]]
            if rng.random() < 0.2:
                other = rng.choice(others).document
                if other is not memo.document:
                    chosen.append((other, rng.choice(cut[other.id])))
            out += [_example(document, passage, asked) for document, passage in chosen]
    return out


def _holds(passage: Passage, asked: Asked) -> bool:
    span = passage.span
    return (
        asked.answer is not None and span.start <= asked.answer[0] and asked.answer[1] <= span.end
    )


def _says(document: Document, passage: Passage, asked: Asked) -> bool:
    """Whether the answer's words stand in the passage, there or elsewhere."""
    if asked.answer is None:
        return False
    words = document.text[slice(*asked.answer)].casefold()
    return _holds(passage, asked) or words in text_of(document, passage).casefold()


def _example(document: Document, passage: Passage, asked: Asked) -> Example:
    golds: tuple[tuple[int, int], ...] = ()
    if asked.answer is not None and asked.source == document.id and _holds(passage, asked):
        start = passage.span.start
        golds = ((asked.answer[0] - start, asked.answer[1] - start),)
    return Example(
        id=f"{asked.source}:{asked.question}",
        article=document.id,
        question=asked.question,
        text=text_of(document, passage),
        golds=golds,
        heading=context(document, passage),
    )

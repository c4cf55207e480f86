"""How good the answers are, on questions with known answers.

Two formats are read: SQuAD JSON (https://rajpurkar.github.io/SQuAD-explorer/), where every
context becomes a document of one open corpus, and JSON lines of questions about the documents of
the home's index:

    {"id": …, "question": …, "answers": [verbatim strings], "documents": [ids], "type": …}

Without answers a question is unanswerable.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from memoqa import ingest
from memoqa.answer import Assistant, open_assistant, open_models
from memoqa.cite import check
from memoqa.corpus import sha256_text
from memoqa.errors import QuestionsError
from memoqa.settings import Settings
from memoqa.types import Answer, Citation, Document, Retrieved

_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Question:
    """`answers` are verbatim strings, each of which stands in one of `documents` at least."""

    id: str
    text: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]
    type: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one question. `rank` is that of the first retrieved passage that holds an
    answer, or None; `right` says that the first quote, or the nearest one, holds an answer.
    """

    question: Question
    answer: Answer
    rank: int | None
    right: bool
    exact: bool

    @property
    def wrong(self) -> str:
        """What went wrong, in a line, or an empty string."""
        asked, answer = self.question, self.answer
        best = (*answer.citations, *answer.nearest)
        quote = best[0].quote if best else ""
        said = f"{asked.id} {asked.text!r} ({answer.confidence:.2f}) → {quote!r}"
        if asked.answers and not answer.answered:
            return f"refused{'' if self.right else ', and nearest is wrong'}: {said}"
        if asked.answers and not self.right:
            return f"wrong quote: {said}"
        if not asked.answers and answer.answered:
            return f"should have refused: {said}"
        return ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over `count` questions, with its 95 % bootstrap interval."""

    name: str
    value: float
    low: float
    high: float
    count: int


class Run:
    """The results of asking, one by one as they are iterated."""

    def __init__(self, assistant: Assistant, questions: Sequence[Question]) -> None:
        self.assistant = assistant
        self.questions = questions

    def __len__(self) -> int:
        return len(self.questions)

    def __iter__(self) -> Iterator[Result]:
        return (_result(self.assistant, question) for question in self.questions)


def prepare(path: Path, settings: Settings, sample: int | None, seed: int) -> Run:
    """Read the questions and open what answers them.

    Raises:
        QuestionsError: when the file is not in one of the two formats.
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
    if sample is not None and sample < len(questions):
        questions = random.Random(seed).sample(questions, sample)
    if not documents:
        return Run(open_assistant(settings, open_models(settings)), questions)
    models = open_models(settings)
    index, _ = ingest.assemble(documents, models.embedder, known={}, sources={})
    return Run(Assistant(index, models), questions)


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
                    type=asked["question"].split(" ")[0].lower(),
                )
                for asked in paragraph["qas"]
            )
    return tuple(documents), questions


def figures(results: Sequence[Result], seed: int) -> list[Figure]:
    """Retrieval, quotation and refusal, each with a bootstrap interval over questions.

    Recall and MRR are of retrieval, before reranking. Refusal precision is the share of refusals
    that were right, refusal recall the share of unanswerable questions refused. AUROC is the
    chance that an answerable question has more confidence than an unanswerable one.
    """
    answerable = [r for r in results if r.question.answers]
    unanswerable = [r for r in results if not r.question.answers]
    answered = [r for r in results if r.answer.answered]
    refused = [r for r in results if not r.answer.answered]
    shares: list[tuple[str, Sequence[Result], Callable[[Result], float]]] = [
        ("recall@1", answerable, lambda r: float(r.rank == 1)),
        ("recall@5", answerable, lambda r: float(r.rank is not None and r.rank <= 5)),
        ("MRR", answerable, lambda r: 0.0 if r.rank is None else 1 / r.rank),
        ("answer in the best quote", answerable, lambda r: float(r.right)),
        (
            "answered, and in the first quote",
            answerable,
            lambda r: float(r.right and r.answer.answered),
        ),
        (
            "precision of answers",
            answered,
            lambda r: float(r.right and bool(r.question.answers)),
        ),
        ("refusal precision", refused, lambda r: float(not r.question.answers)),
        ("refusal recall", unanswerable, lambda r: float(not r.answer.answered)),
        ("citations exact", results, lambda r: float(r.exact)),
    ]
    found = [_share(name, [of(r) for r in among], seed) for name, among, of in shares if among]
    if answerable and unanswerable:
        found.append(_auroc(answerable, unanswerable, seed))
    return found


def _memo_question(fields: dict[str, Any]) -> Question:
    return Question(
        id=str(fields["id"]),
        text=_string(fields["question"]),
        answers=_strings(fields["answers"]),
        documents=_strings(fields["documents"]),
        type=fields["type"],
    )


def _strings(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is not a list")
    return tuple(map(_string, values))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value


def _result(assistant: Assistant, question: Question) -> Result:
    retrieved: list[Retrieved] = []
    answer = assistant.ask(question.text, limit=1, retrieved=retrieved.extend)
    best = (*answer.citations, *answer.nearest)
    documents = assistant.index.documents
    ranks = (hit.rank for hit in retrieved if holds(question, hit.passage.span.doc_id, hit.text))
    return Result(
        question=question,
        answer=answer,
        rank=next(ranks, None),
        right=bool(best) and holds(question, best[0].document.id, best[0].quote),
        exact=all(_is_exact(citation, documents) for citation in best),
    )


def holds(question: Question, document_id: str, text: str) -> bool:
    """Whether `text`, of this document, holds an answer to the question."""
    return document_id in question.documents and any(answer in text for answer in question.answers)


def _is_exact(citation: Citation, documents: dict[str, Document]) -> bool:
    source = citation.document
    place = (source.id, source.sha256, citation.start, citation.end, citation.quote)
    return check(*place, documents).verbatim


def _share(name: str, values: Sequence[float], seed: int) -> Figure:
    sample = np.asarray(values)
    draws = np.random.default_rng(seed).integers(len(sample), size=(_RESAMPLES, len(sample)))
    low, high = np.quantile(sample[draws].mean(axis=1), (0.025, 0.975))
    return Figure(name, float(sample.mean()), float(low), float(high), len(sample))


def _auroc(answerable: Sequence[Result], unanswerable: Sequence[Result], seed: int) -> Figure:
    yes = np.array([r.answer.confidence for r in answerable])
    no = np.array([r.answer.confidence for r in unanswerable])
    # The share of pairs in the right order, ties counted half (Mann and Whitney).
    pairs = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
    random_ = np.random.default_rng(seed)
    draws = [
        pairs[random_.integers(len(yes), size=len(yes))][
            :, random_.integers(len(no), size=len(no))
        ].mean()
        for _ in range(_RESAMPLES)
    ]
    low, high = np.quantile(draws, (0.025, 0.975))
    return Figure("AUROC", float(pairs.mean()), float(low), float(high), len(yes) + len(no))

"""Questions asked, and what came of each."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from memoqa import ingest
from memoqa.answer import Assistant, open_assistant
from memoqa.corpus import sha256_text
from memoqa.evaluate import match
from memoqa.evaluate.questions import Question, holds, read
from memoqa.settings import Settings
from memoqa.types import Answer, Citation, Document, Retrieved
from memoqa.weigh import open_models


@dataclass(frozen=True, slots=True)
class Seen:
    """A passage that was retrieved, best first, under its `context`; `score` is the fused one,
    and `holds` says whether an answer stands in it.
    """

    context: str
    text: str
    score: float
    holds: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one question; `exact` says that every citation is verbatim."""

    question: Question
    answer: Answer
    seen: tuple[Seen, ...]
    exact: bool

    @property
    def best(self) -> Citation | None:
        """The first quote, or where the question is refused, the nearest one."""
        return next(iter((*self.answer.citations, *self.answer.nearest)), None)

    @property
    def short(self) -> str:
        """The short answer: the words that the best quote marks."""
        if self.best is None:
            return ""
        marked, start = self.best.highlight, self.best.start
        return self.best.quote[marked.start - start : marked.end - start]

    @property
    def right(self) -> bool:
        """Whether the best quote holds an answer."""
        best = self.best
        return best is not None and holds(self.question, best.document.id, best.quote)

    @property
    def rank(self) -> int | None:
        """The rank, from 1, of the first passage that holds an answer."""
        return next((rank for rank, seen in enumerate(self.seen, start=1) if seen.holds), None)

    @property
    def exact_match(self) -> float:
        return match.exact_match(self.short, self.question.answers)

    @property
    def f1(self) -> float:
        return match.f1(self.short, self.question.answers)

    @property
    def wrong(self) -> str:
        """What went wrong, in a line, or an empty string."""
        asked, answer = self.question, self.answer
        quote = self.best.quote if self.best else ""
        said = f"{asked.id} {asked.text!r} ({answer.confidence:.2f}) → {quote!r}"
        if asked.answers and not answer.answered:
            return f"refused{'' if self.right else ', and nearest is wrong'}: {said}"
        if asked.answers and not self.right:
            return f"wrong quote: {said}"
        if not asked.answers and answer.answered:
            return f"should have refused: {said}"
        return ""


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
    """Read the questions, draw `sample` of them when given, and open what answers them.

    Raises:
        QuestionsError: when the file is in neither format, or holds no question.
    """
    documents, questions = read(path)
    if sample is not None and sample < len(questions):
        questions = random.Random(seed).sample(questions, sample)
    models = open_models(settings)
    if not documents:
        return Run(open_assistant(settings, models), questions)
    index, _ = ingest.assemble(documents, models.embedder, known={}, sources={})
    return Run(Assistant(index, models), questions)


def _result(assistant: Assistant, question: Question) -> Result:
    retrieved: list[Retrieved] = []
    answer = assistant.ask(question.text, limit=1, retrieved=retrieved.extend)
    documents = assistant.index.documents
    return Result(
        question=question,
        answer=answer,
        seen=tuple(
            Seen(
                context=hit.context,
                text=hit.text,
                score=hit.score,
                holds=holds(question, hit.passage.span.doc_id, hit.text),
            )
            for hit in retrieved
        ),
        exact=all(_is_exact(c, documents) for c in (*answer.citations, *answer.nearest)),
    )


def _is_exact(citation: Citation, documents: dict[str, Document]) -> bool:
    text = documents[citation.document.id].text
    same_text = sha256_text(text) == citation.document.sha256
    return same_text and text[citation.start : citation.end] == citation.quote

"""The online path: a question to an answer by quotation, or a no."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

from memoqa import corpus
from memoqa import index as index_folder
from memoqa.cite import cite
from memoqa.confidence import Confidence, features, open_confidence
from memoqa.embed import Embedder, open_embedder
from memoqa.errors import LimitExceeded
from memoqa.index import Index
from memoqa.lexical import tokens
from memoqa.read import Reader, SentenceReader
from memoqa.rerank import Reranker, open_reranker, rerank
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.types import Answer, Citation, Extract, IndexState, Reason, Retrieved, Timings, Turn

RETRIEVED = 16
"""Passages that the reranker reads."""

READ = 8
"""Passages that the reader reads."""

MAX_QUESTION = 2_000
NEAREST = 3

CANDIDATES = 10
"""Extracts, the reader's best, whose probability is worked out."""

CLOSE = 0.05

_RANK_OF_KIND = {"memo": 0, "reference": 1, "note": 2}
_FOLLOW_UP = re.compile(
    r"^\W*(and|but|so|or|what about|how about|why\W*$|when\W*$|where\W*$|who\W*$)\b"
    r"|\b(it|its|they|them|their|this|that|these|those|he|she|his|her|there|then|ones?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Models:
    """The opened models that answer."""

    embedder: Embedder
    reranker: Reranker
    reader: Reader
    confidence: Confidence


class Assistant:
    """Answers questions from one opened index.

    `stale` says whether the corpus has changed since; it is asked at every answer.
    """

    def __init__(
        self,
        index: Index,
        models: Models,
        stale: Callable[[], bool] = lambda: False,
    ) -> None:
        self.index = index
        self.stale = stale
        self._models = models
        self._retriever = Retriever(index, models.embedder)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        limit: int = 3,
        documents: Iterable[str] | None = None,
        retrieved: Callable[[Sequence[Retrieved]], object] = lambda _: None,
    ) -> Answer:
        """Answer with up to `limit` quotations, only from `documents` when given.

        `history`, newest last, lends words to a follow-up. `retrieved` hears of the passages as
        soon as they are found.

        Raises:
            LimitExceeded: when the question has more than `MAX_QUESTION` characters.
        """
        if len(question) > MAX_QUESTION:
            raise LimitExceeded(
                f"the question has {len(question):,} characters; ask in at most {MAX_QUESTION:,}"
            )
        started = perf_counter()
        taken_as = _taken_as(question, history)
        among = None if documents is None else frozenset(documents)
        passages = self._retriever.retrieve(taken_as, RETRIEVED, among)
        retrieved(passages)
        after_retrieve = perf_counter()
        ranked = rerank(self._models.reranker, taken_as, passages, READ)
        after_rerank = perf_counter()
        extracts = self._memo_first(taken_as, self._models.reader.read(taken_as, ranked), ranked)
        after_read = perf_counter()

        best = extracts[0][1] if extracts else 0.0
        asks = _asks(question)
        answered = asks and best >= self._models.confidence.threshold
        quoted = [
            e for e, p in extracts[:limit] if answered and p >= self._models.confidence.threshold
        ]
        nearest = [extract for extract, _ in extracts[:NEAREST]] if asks and not answered else []
        citations = cite(quoted, self.index.documents)
        reason: Reason = "not_in_documents" if asks else "no_question"
        finished = perf_counter()
        return Answer(
            question=question,
            answered=answered,
            answer=_highlighted(citations[0]) if answered else None,
            confidence=round(best, 4),
            citations=citations,
            reason=None if answered else reason,
            nearest=cite(nearest, self.index.documents),
            index=IndexState(
                fingerprint=self.index.manifest.fingerprint,
                built_at=self.index.manifest.built_at,
                stale=self.stale(),
            ),
            timings_ms=Timings(
                retrieve=_ms(after_retrieve - started),
                rerank=_ms(after_rerank - after_retrieve),
                read=_ms(after_read - after_rerank),
                total=_ms(finished - started),
            ),
        )

    def _memo_first(
        self, question: str, extracts: Sequence[Extract], ranked: Sequence[Retrieved]
    ) -> list[tuple[Extract, float]]:
        """Extracts with their probabilities, best first; where they differ by less than
        `CLOSE`, the memo's own words come before a reference's, and these before a note's.
        """
        scored = [
            (e, self._models.confidence.probability(features(question, e, ranked)))
            for e in extracts[:CANDIDATES]
        ]
        scored.sort(key=lambda pair: -pair[1])
        best = scored[0][1] if scored else 0.0

        def order(pair: tuple[Extract, float]) -> tuple[int, float]:
            extract, probability = pair
            if probability < best - CLOSE:
                return (len(_RANK_OF_KIND), -probability)
            kind = self.index.documents[extract.span.doc_id].kind
            return (_RANK_OF_KIND[kind], -probability)

        return sorted(scored, key=order)


def open_models(settings: Settings) -> Models:
    """Raises:
    ModelNotFound, ModelMismatch: each says what mends it.
    """
    reranker = open_reranker()
    reader = SentenceReader(reranker)
    return Models(
        open_embedder(settings.embedder), reranker, reader, open_confidence(reader.identity)
    )


def open_assistant(settings: Settings) -> Assistant:
    """Open the models and the index that the settings name.

    Raises:
        ModelNotFound, ModelMismatch, IndexNotFound, IndexMismatch, IndexCorrupt: each says what
            mends it.
    """
    models = open_models(settings)
    index = index_folder.open_index(settings.index, models.embedder.identity)
    sources = corpus.Sources(settings.corpus)
    return Assistant(index, models, stale=lambda: sources.read() != index.manifest.sources)


def _asks(question: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in question)


def _taken_as(question: str, history: Sequence[Turn]) -> str:
    """The question with the words of the one before it, when it leans on that."""
    if not history:
        return question
    leans = bool(_FOLLOW_UP.search(question)) or len(tokens(question)) < 2
    return f"{history[-1].question} {question}" if leans else question


def _highlighted(citation: Citation) -> str:
    start, end = citation.highlight.start, citation.highlight.end
    return citation.quote[start - citation.start : end - citation.start]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)

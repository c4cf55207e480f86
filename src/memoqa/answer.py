"""The online path: a question to an answer by quotation, or a no."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

from memoqa import corpus, store
from memoqa.cite import cite
from memoqa.confidence import Confidence, features, open_confidence
from memoqa.embed import Embedder, open_embedder
from memoqa.errors import InvalidQuestion, LimitExceeded
from memoqa.followup import understood
from memoqa.index import Index
from memoqa.read import Reader, narrowed, open_reader
from memoqa.rerank import Reranker, open_reranker, rerank
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.support import Support
from memoqa.types import Answer, Citation, Extract, IndexState, Reason, Retrieved, Timings, Turn

RETRIEVED = 16
"""Passages that the reranker reads."""

READ = 8
"""Passages that the reader reads."""

MAX_QUESTION = 2_000
NEAREST = 3

CANDIDATES = 6
"""Extracts, the reader's best, whose probability is worked out."""

_RANK_OF_KIND = {"memo": 0, "reference": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Models:
    """The opened models that answer."""

    embedder: Embedder
    reranker: Reranker
    reader: Reader
    confidence: Confidence


Weighed = tuple[Extract, dict[str, float]]
"""An extract with its features."""


class Assistant:
    """Answers questions from one opened index.

    `stale` says whether the corpus has changed since the index was built, and is asked at every
    answer; `outdated` whether another index has taken this one's place.
    """

    def __init__(
        self,
        index: Index,
        models: Models,
        stale: Callable[[], bool] = lambda: False,
        outdated: Callable[[], bool] = lambda: False,
    ) -> None:
        self.index = index
        self.stale = stale
        self.outdated = outdated
        self.confidence = models.confidence
        self._models = models
        self._retriever = Retriever(index, models.embedder)
        self._support = Support(index, self._retriever, models.reranker)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        limit: int = 3,
        documents: Iterable[str] | None = None,
        retrieved: Callable[[Sequence[Retrieved]], object] = lambda _: None,
        read: Callable[[Sequence[Retrieved]], object] = lambda _: None,
    ) -> Answer:
        """Answer with up to `limit` quotations, only from `documents` when given.

        `history`, newest last, lends words to a follow-up. `retrieved` hears of the passages as
        soon as they are found, and `read` of those that are read, with the reranker's scores.

        Raises:
            LimitExceeded: when the question has more than `MAX_QUESTION` characters.
            InvalidQuestion: when it holds half a surrogate pair, which is no character.
        """
        if len(question) > MAX_QUESTION:
            raise LimitExceeded(
                f"the question has {len(question):,} characters; ask in at most {MAX_QUESTION:,}"
            )
        if any("\ud800" <= character <= "\udfff" for character in question):
            raise InvalidQuestion("the question is not whole Unicode text; ask again in UTF-8")
        started = perf_counter()
        taken_as = understood(question, history)
        among = None if documents is None else frozenset(documents)
        passages = self._retriever.retrieve(taken_as, RETRIEVED, among)
        retrieved(passages)
        after_retrieve = perf_counter()
        ranked = rerank(self._models.reranker, taken_as, passages, READ)
        read(ranked)
        after_rerank = perf_counter()
        extracts = self._memo_first(weigh(taken_as, ranked, self._models))
        after_read = perf_counter()

        best = extracts[0][1] if extracts else 0.0
        asks = _asks(question)
        answered = asks and best >= self._models.confidence.threshold
        missing = None
        if asks and extracts:
            missing = self._support.missing(taken_as, extracts[0][0].span, answered)
            answered = answered and missing is None
        likely = [e for e, p in extracts[:limit] if p >= self._models.confidence.threshold]
        nearest = [extract for extract, _ in extracts[:NEAREST]] if asks and not answered else []
        citations = tuple(
            map(self._support.follow, cite(likely if answered else [], self.index.documents))
        )
        reason: Reason = "no_question"
        if asks:
            reason = "reference_not_held" if missing else "not_in_documents"
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
            reference=missing,
            taken_as=None if taken_as == question else taken_as,
        )

    def _memo_first(self, weighed: Sequence[Weighed]) -> list[tuple[Extract, float]]:
        """Extracts with their probabilities, in their order but for this: answers come before
        what is none alone, and of those that give the same words as the first, the memo before a
        reference, and this before a note.
        """
        threshold = self._models.confidence.threshold
        scored = [(e, self._models.confidence.probability(f)) for e, f in weighed]
        answers = [pair for pair in scored if pair[1] >= threshold]
        others = [pair for pair in scored if pair[1] < threshold]
        if answers:
            first = self._words(answers[0][0])
            same = [p for p in answers if first in self._words(p[0]) or self._words(p[0]) in first]
            same.sort(key=lambda p: _RANK_OF_KIND[self.index.documents[p[0].span.doc_id].kind])
            answers = same + [pair for pair in answers if pair not in same]
        return answers + others

    def _words(self, extract: Extract) -> str:
        span = extract.highlight
        return self.index.documents[span.doc_id].text[span.start : span.end].casefold()


def weigh(question: str, ranked: Sequence[Retrieved], models: Models) -> list[Weighed]:
    """Read the passages, order the reader's best extracts, and say what speaks for each.

    The order is by the reader's score, to which half of its score of the quote alone and half of
    the reranker's score of the quote alone are added: a near miss often leans on its neighbours,
    and the reranker was trained on other questions, so that it knows other phrasings.
    """
    hits = {hit.passage: hit for hit in ranked}
    extracts = models.reader.read(question, ranked)[:CANDIDATES]
    quotes = [narrowed(hits[extract.passage], extract.span) for extract in extracts]
    scores = models.reranker.score(question, [quote.text for quote in quotes])
    alone = {again.span: again for again in models.reader.read(question, quotes)}
    found = [
        (extract, quote, score, alone[extract.span])
        for extract, quote, score in zip(extracts, quotes, scores, strict=True)
    ]
    found.sort(key=lambda one: -(one[0].score + (one[2] + one[3].score) / 2))
    return [
        (extract, features(question, extract, again, hits[extract.passage], quote, score))
        for extract, quote, score, again in found
    ]


def open_models(settings: Settings, embedder: Embedder | None = None) -> Models:
    """Open the models that the settings name, but for an embedder that is open already.

    Raises:
        ModelNotFound, ModelMismatch: each says what mends it.
    """
    reader = open_reader(settings.reader)
    confidence = open_confidence(reader.identity)
    return Models(embedder or open_embedder(settings.embedder), open_reranker(), reader, confidence)


def open_assistant(settings: Settings, models: Models) -> Assistant:
    """Open the index that the settings name.

    Raises:
        IndexNotFound, IndexMismatch, IndexCorrupt: each says what mends it.
    """
    state = store.state(settings.index)
    index = store.open_index(settings.index, models.embedder.identity)
    sources = corpus.Sources(settings.corpus)
    return Assistant(
        index,
        models,
        stale=lambda: sources.read() != index.manifest.sources,
        outdated=lambda: store.state(settings.index) != state,
    )


def _asks(question: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in question)


def _highlighted(citation: Citation) -> str:
    start, end = citation.highlight.start, citation.highlight.end
    return citation.quote[start - citation.start : end - citation.start]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)

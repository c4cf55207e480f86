"""The online path: a question to an answer by quotation, or a no."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

from memoqa import corpus, store
from memoqa.cite import cite
from memoqa.confidence import Confidence
from memoqa.errors import InvalidQuestion, LimitExceeded
from memoqa.followup import understood
from memoqa.index import Index
from memoqa.lexical import with_years
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.support import Support
from memoqa.types import Answer, Citation, IndexState, Reason, Retrieved, Timings, Turn
from memoqa.weigh import Models, Weighed, rank, weighed

RETRIEVED = 12
"""Passages that are read."""

MAX_QUESTION = 2_000
NEAREST = 3

_RANK_OF_KIND = {"memo": 0, "reference": 1, "note": 2}


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
        self._models = models
        self._retriever = Retriever(index, models.embedder)
        self._support = Support(index, self._retriever, models.english.second)

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
        soon as they are found, and `read` of them in the order and with the scores of the reranker.

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
        taken_as = with_years(understood(question, history))
        among = None if documents is None else frozenset(documents)
        passages = self._retriever.retrieve(taken_as, RETRIEVED, among)
        retrieved(passages)
        after_retrieve = perf_counter()
        ranked = rank(taken_as, passages, self._models)
        read([hit for _, hits in ranked for hit in hits])
        after_rerank = perf_counter()
        found = self._memo_first(weighed(taken_as, ranked, limit))
        after_read = perf_counter()

        asks = _asks(question)
        answered = asks and bool(found) and found[0].answers
        missing = None
        if asks and found:
            missing = self._support.missing(taken_as, found[0].extract.span, answered)
            answered = answered and missing is None
        likely = [one.extract for one in found[:limit] if one.answers]
        nearest = [one.extract for one in found[:NEAREST]] if asks and not answered else []
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
            confidence=round(found[0].probability, 4) if found else 0.0,
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

    def confidence(self, answer: Answer) -> Confidence:
        """The model that the answer's confidence is of."""
        asked = answer.taken_as or answer.question
        shown = answer.citations or answer.nearest
        return self._models.reading(asked, shown[0].quote if shown else "").confidence

    def _memo_first(self, found: Sequence[Weighed]) -> list[Weighed]:
        """The extracts in their order but for this: answers come before what is none alone, and
        of those that give the same words as the first, the memo before a reference, and this
        before a note.
        """
        answers = [one for one in found if one.answers]
        others = [one for one in found if not one.answers]
        if answers:
            first = self._words(answers[0])
            same = [a for a in answers if first in self._words(a) or self._words(a) in first]
            same.sort(key=self._rank_of_kind)
            answers = same + [one for one in answers if one not in same]
        return answers + others

    def _rank_of_kind(self, one: Weighed) -> int:
        return _RANK_OF_KIND[self.index.documents[one.extract.span.doc_id].kind]

    def _words(self, one: Weighed) -> str:
        span = one.extract.highlight
        return self.index.documents[span.doc_id].text[span.start : span.end].casefold()


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

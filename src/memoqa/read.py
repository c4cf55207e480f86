"""Passages to answer spans."""

from collections.abc import Sequence
from typing import Protocol

from memoqa.rerank import Reranker
from memoqa.types import Extract, Retrieved, Span


class Reader(Protocol):
    @property
    def identity(self) -> str: ...

    def read(self, question: str, retrieved: Sequence[Retrieved]) -> list[Extract]:
        """What may answer the question, best first, at most one extract for each place.

        Scores of one reading are comparable; whether the best is good enough to be an answer is
        not the reader's to say.
        """
        ...


class SentenceReader:
    """Reads by sentences: the extract is the sentence that the reranker scores best.

    A sentence's score is its own logit plus `passage_weight` times its passage's, which knows
    what the sentences around it are about.
    """

    def __init__(self, reranker: Reranker, passage_weight: float = 0.3) -> None:
        self._reranker = reranker
        self._passage_weight = passage_weight
        self.identity = f"sentences:{reranker.identity}:{passage_weight}"

    def read(self, question: str, retrieved: Sequence[Retrieved]) -> list[Extract]:
        # Neighbouring passages share a sentence; it is read once, in the better passage.
        places: dict[Span, Retrieved] = {}
        for hit in retrieved:
            for start, end in hit.passage.sentences:
                places.setdefault(Span(hit.passage.span.doc_id, start, end), hit)
        texts = [_words(hit, span) for span, hit in places.items()]
        scores = self._reranker.score(question, texts)
        extracts = [
            Extract(
                passage=hit.passage,
                span=span,
                highlight=span,
                score=score + self._passage_weight * hit.score,
            )
            for (span, hit), score in zip(places.items(), scores, strict=True)
        ]
        return sorted(extracts, key=lambda e: (-e.score, e.span.doc_id, e.span.start))


def _words(hit: Retrieved, span: Span) -> str:
    start = hit.passage.span.start
    return hit.text[span.start - start : span.end - start]

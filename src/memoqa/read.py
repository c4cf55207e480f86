"""Passages to answer spans."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memoqa.encode import PairEncoder
from memoqa.rerank import Reranker
from memoqa.types import Extract, Passage, Retrieved, Span

MAX_SPAN = 30
"""The most tokens that a span has."""


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
        texts = [quoted(span, hit) for span, hit in places.items()]
        scores = self._reranker.score(question, texts)
        extracts = [
            Extract(
                passage=hit.passage,
                span=span,
                highlight=span,
                score=score + self._passage_weight * hit.score,
                relevance=hit.score,
            )
            for (span, hit), score in zip(places.items(), scores, strict=True)
        ]
        return sorted(extracts, key=lambda e: (-e.score, e.span.doc_id, e.span.start))


def quoted(span: Span, hit: Retrieved) -> str:
    """The words of a span that lies in a retrieved passage."""
    start = hit.passage.span.start
    return hit.text[span.start - start : span.end - start]


class SpanReader:
    """Reads by tokens: start and end logits over each passage, and null logits at [CLS].

    The best span that starts in a sentence is an extract, so that a passage can answer more than
    once. Its score is its logits less the null logits (Devlin et al. 2019, section 4.3): above
    zero, the model holds the span likelier than that there is no answer. The quote is every
    sentence that the span touches.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self._encoder = PairEncoder(folder)
        self.identity = identity

    def read(self, question: str, retrieved: Sequence[Retrieved]) -> list[Extract]:
        # Neighbouring passages share a sentence; its better reading stays.
        best: dict[Span, Extract] = {}
        for hit in retrieved:
            for extract in self._extracts(question, hit):
                known = best.get(extract.span)
                if known is None or extract.score > known.score:
                    best[extract.span] = extract
        return sorted(best.values(), key=lambda e: (-e.score, e.span.doc_id, e.span.start))

    def _extracts(self, question: str, hit: Retrieved) -> Iterator[Extract]:
        lead = f"{hit.context}\n"
        (start, end, relevance), encoding = self._encoder.run(question, lead + hit.text)
        # No span starts in the question or in the context, which are not the document's words.
        tokens = [
            index
            for index, (part, (first, last)) in enumerate(
                zip(encoding.sequence_ids, encoding.offsets, strict=True)
            )
            if part == 1 and len(lead) <= first < last
        ]
        begins, ends = (
            np.array([encoding.offsets[i][side] for i in tokens], dtype=np.int64) - len(lead)
            for side in (0, 1)
        )
        null = float(start[0, 0] + end[0, 0])
        scores = _span_scores(start[0, tokens], end[0, tokens])
        origin = hit.passage.span.start
        for first, last in hit.passage.sentences:
            rows = np.flatnonzero((begins >= first - origin) & (begins < last - origin))
            if not len(rows):
                continue
            row, column = np.unravel_index(int(scores[rows].argmax()), scores[rows].shape)
            score = float(scores[rows[row], column])
            bounds = whole_words(hit.text, int(begins[rows[row]]), int(ends[column]))
            highlight = Span(hit.passage.span.doc_id, *(origin + at for at in bounds))
            yield Extract(
                passage=hit.passage,
                span=_sentences_around(hit.passage, highlight),
                highlight=highlight,
                score=score - null,
                relevance=float(relevance[0]),
            )


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to the ends of the spaced words that it cuts; Japanese has none."""
    while start > 0 and _joined(text[start - 1], text[start]):
        start -= 1
    while end < len(text) and _joined(text[end - 1], text[end]):
        end += 1
    return start, end


def _joined(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and left < "\u2e80" and right < "\u2e80"


def _span_scores(start: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """(tokens, tokens): the score of each span by its first and last token; -inf where the last
    comes before the first or the span is longer than `MAX_SPAN`.
    """
    scores = start[:, None] + end[None, :]
    distance = np.arange(len(end))[None, :] - np.arange(len(start))[:, None]
    return np.where((distance >= 0) & (distance < MAX_SPAN), scores, -np.inf)


def _sentences_around(passage: Passage, highlight: Span) -> Span:
    touched = [
        (start, end)
        for start, end in passage.sentences
        if start < highlight.end and end > highlight.start
    ]
    return Span(passage.span.doc_id, touched[0][0], touched[-1][1])

"""Passages to answer spans."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memoqa.encode import Encoder, Output, PairEncoder, QuestionAnsweringEncoder
from memoqa.fold import parts_character
from memoqa.models import BILINGUAL_READER, READER, folder_identity, named_folder
from memoqa.types import Extract, Retrieved, Span

MAX_SPAN = 60
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


class SpanReader:
    """Reads by tokens: start and end logits over each passage, and null logits at [CLS].

    The best span of each sentence is an extract, so that a passage can answer more than once.
    Its score is its logits less the null logits (Devlin et al. 2019, section 4.3): above zero, the
    model holds the span likelier than that there is no answer.
    """

    def __init__(self, encoder: Encoder, identity: str) -> None:
        self.encoder = encoder
        self.identity = identity

    def read(self, question: str, retrieved: Sequence[Retrieved]) -> list[Extract]:
        # Neighbouring passages share a sentence; its better reading stays.
        best: dict[Span, Extract] = {}
        # The context lets the model know what the passage is about.
        outputs = self.encoder.run(question, [hit.in_context for hit in retrieved])
        for hit, output in zip(retrieved, outputs, strict=True):
            for extract in _extracts(hit, output):
                known = best.get(extract.span)
                if known is None or extract.score > known.score:
                    best[extract.span] = extract
        return sorted(best.values(), key=lambda e: (-e.score, e.span.doc_id, e.span.start))


def open_bilingual_reader() -> SpanReader:
    """Open the shipped reader of English and Japanese.

    Raises:
        ModelNotFound, ModelMismatch: when the model's files are not the pinned ones.
    """
    return SpanReader(PairEncoder(BILINGUAL_READER.path()), BILINGUAL_READER.identity)


def open_reader(name: str) -> SpanReader:
    """Open the shipped reader of English, or the Hugging Face folder or hub name that `name` is:
    any model for extractive question answering that was taught to say no (as on SQuAD 2.0).

    Raises:
        ModelNotFound: when there is no such model.
        ModelMismatch: when the shipped model's files are not the pinned ones.
    """
    if name == READER.name:
        return SpanReader(PairEncoder(READER.path()), READER.identity)
    folder = named_folder(name, "reader")
    return SpanReader(QuestionAnsweringEncoder(folder), folder_identity(folder))


def narrowed(hit: Retrieved, span: Span) -> Retrieved:
    """A hit cut to one of its sentences."""
    passage = replace(hit.passage, span=span, sentences=((span.start, span.end),))
    return replace(hit, passage=passage, text=quoted(span, hit))


def quoted(span: Span, hit: Retrieved) -> str:
    """The words of a span that lies in a retrieved passage."""
    start = hit.passage.span.start
    return hit.text[span.start - start : span.end - start]


def _extracts(hit: Retrieved, output: Output) -> Iterator[Extract]:
    (start, end, relevance), read = output
    lead = len(hit.in_context) - len(hit.text)
    # No span starts in the question or in the context, which are not the document's words.
    places = {
        index: (_skip_space(hit.text, max(first - lead, 0)), last - lead)
        for index, (first, last) in read
        if lead < last
    }
    tokens = [index for index, (begin, end) in places.items() if begin < end]
    begins, ends = (np.array([places[i][side] for i in tokens], dtype=np.int64) for side in (0, 1))
    null = float(start[0, 0] + end[0, 0])
    scores = _span_scores(start[0, tokens], end[0, tokens])
    doc_id, origin = hit.passage.span.doc_id, hit.passage.span.start
    for first, last in hit.passage.sentences:
        inside = np.flatnonzero((begins >= first - origin) & (ends <= last - origin))
        if not len(inside):
            continue
        part = scores[np.ix_(inside, inside)]
        row, column = np.unravel_index(int(part.argmax()), part.shape)
        bounds = whole_words(
            quoted(Span(doc_id, first, last), hit),
            int(begins[inside[row]]) + origin - first,
            int(ends[inside[column]]) + origin - first,
        )
        yield Extract(
            passage=hit.passage,
            span=Span(doc_id, first, last),
            highlight=Span(doc_id, *(first + at for at in bounds)),
            score=float(part[row, column]) - null,
            relevance=float(relevance[0]),
        )


def _skip_space(text: str, at: int) -> int:
    """The next place that is no white space: some tokenizers count that before a word to it."""
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to the ends of the spaced words and of the characters that it cuts; Japanese
    has no spaced words.
    """
    while start > 0 and _joined(text, start):
        start -= 1
    while end < len(text) and _joined(text, end):
        end += 1
    return start, end


def _joined(text: str, at: int) -> bool:
    left, right = text[at - 1], text[at]
    spaced = left.isalnum() and right.isalnum() and left < "\u2e80" and right < "\u2e80"
    return spaced or parts_character(text, at)


def _span_scores(start: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """(tokens, tokens): the score of each span by its first and last token; -inf where the last
    comes before the first or the span is longer than `MAX_SPAN`.
    """
    scores = start[:, None] + end[None, :]
    distance = np.arange(len(end))[None, :] - np.arange(len(start))[:, None]
    return np.where((distance >= 0) & (distance < MAX_SPAN), scores, -np.inf)

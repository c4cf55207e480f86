"""Score texts for a question by reading both together."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from memoqa.encode import Encoder, PairEncoder
from memoqa.models import RERANKER
from memoqa.types import Retrieved


class Reranker(Protocol):
    @property
    def identity(self) -> str: ...

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """A logit for each text: the higher, the more the text answers the question.

        A text's score does not depend on the other texts.
        """
        ...


class CrossEncoder:
    """An encoder of pairs whose last output is a logit for the pair."""

    def __init__(self, encoder: Encoder, identity: str) -> None:
        self._encoder = encoder
        self.identity = identity

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        return [float(np.ravel(out[-1])[0]) for out, _ in self._encoder.run(question, texts)]


def open_reranker() -> CrossEncoder:
    """Open the packaged reranker.

    Raises:
        ModelNotFound, ModelMismatch: when the model's files are not the pinned ones.
    """
    return CrossEncoder(PairEncoder(RERANKER.path()), RERANKER.identity)


def rerank(reranker: Reranker, question: str, retrieved: Sequence[Retrieved]) -> list[Retrieved]:
    """The retrieved passages in the reranker's order, with its scores."""
    scores = reranker.score(question, [hit.in_context for hit in retrieved])
    order = sorted(zip(scores, retrieved, strict=True), key=lambda pair: (-pair[0], pair[1].rank))
    return [
        replace(hit, score=score, rank=rank) for rank, (score, hit) in enumerate(order, start=1)
    ]

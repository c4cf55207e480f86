"""Score texts for a question by reading both together."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from memoqa.encode import PairEncoder
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


class OnnxReranker:
    """A BERT cross-encoder run by onnxruntime."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._encoder = PairEncoder(folder)
        self.identity = identity

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        outputs = self._encoder.run(question, texts)
        return [float(logits[0, 0]) for (logits,), _ in outputs]


def open_reranker() -> OnnxReranker:
    """Open the packaged reranker.

    Raises:
        ModelNotFound, ModelMismatch: when the model's files are not the pinned ones.
    """
    return OnnxReranker(RERANKER.path(), RERANKER.identity)


def rerank(
    reranker: Reranker, question: str, retrieved: Sequence[Retrieved], limit: int
) -> list[Retrieved]:
    """The `limit` best of the retrieved passages, in the reranker's order with its scores."""
    scores = reranker.score(question, [f"{hit.context}. {hit.text}" for hit in retrieved])
    order = sorted(zip(scores, retrieved, strict=True), key=lambda pair: (-pair[0], pair[1].rank))
    return [
        replace(hit, score=score, rank=rank)
        for rank, (score, hit) in enumerate(order[:limit], start=1)
    ]

"""Score texts for a question by reading both together."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from memoqa.models import RERANKER
from memoqa.types import Retrieved

_MAX_TOKENS = 384


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
        options = onnxruntime.SessionOptions()
        # Waiting threads would otherwise spin and take the cores from the rest of the service.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS, strategy="longest_first")
        self.identity = identity

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        # One pair at a time: the quantised model scales by what else is in a batch, and on a CPU
        # a batch is no faster.
        return [self._logit(question, text) for text in texts]

    def _logit(self, question: str, text: str) -> float:
        encoding = self._tokenizer.encode(question, text)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
        }
        return float(self._session.run(None, inputs)[0][0, 0])


def open_reranker() -> OnnxReranker:
    """Raises:
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

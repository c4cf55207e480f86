"""Run a BERT that reads a question and a text together, by onnxruntime and tokenizers alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

_MAX_TOKENS = 512


class Encoder(Protocol):
    def run(self, question: str, text: str) -> tuple[Sequence[NDArray[Any]], Encoding]:
        """The model's outputs for one pair, and the pair's tokens with their offsets."""
        ...


class PairEncoder:
    """The model and tokenizer of a folder: `model.onnx`, `tokenizer.json`."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        # Waiting threads would otherwise spin and take the cores from the rest of the service.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS, strategy="longest_first")

    def run(self, question: str, text: str) -> tuple[Sequence[NDArray[Any]], Encoding]:
        # One pair at a time: quantised arithmetic scales by what else is in a batch, so that a
        # score would depend on its neighbours, and on a CPU a batch is no faster.
        encoding = self._tokenizer.encode(question, text)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
        }
        return self._session.run(None, inputs), encoding

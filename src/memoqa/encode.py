"""Run a BERT that reads a question and a text together, by onnxruntime and tokenizers alone."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

_MAX_TOKENS = 512


Output = tuple[Sequence[NDArray[Any]], Encoding]
"""The model's outputs for one pair, and the pair's tokens with their offsets."""


class Encoder(Protocol):
    def run(self, question: str, texts: Sequence[str]) -> list[Output]:
        """What the model makes of the question with each of the texts."""
        ...


class PairEncoder:
    """The model and tokenizer of a folder: `model.onnx`, `tokenizer.json`.

    Each pair is run alone and on one thread, as many at a time as there are cores: that is faster
    than sharing one pair among the cores, and a batch would make a score depend on its neighbours,
    for quantised arithmetic scales by what else is in it.
    """

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS, strategy="longest_first")
        self._cores = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="memoqa-encode")

    def run(self, question: str, texts: Sequence[str]) -> list[Output]:
        return list(self._cores.map(lambda text: self._pair(question, text), texts))

    def _pair(self, question: str, text: str) -> Output:
        encoding = self._tokenizer.encode(question, text)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
        }
        return self._session.run(None, inputs), encoding

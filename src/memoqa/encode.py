"""Run a model that reads a question and a text together.

The shipped ones need onnxruntime and tokenizers alone; one that the user names is run by
transformers.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from memoqa.errors import ModelNotFound
from memoqa.fold import Folded, fold

_MAX_TOKENS = 512
_REMEMBERED = 32

Output = tuple[Sequence[NDArray[Any]], list[tuple[int, tuple[int, int]]]]
"""The model's outputs for one pair; and of each of the text's tokens, its number among the pair's
and its (start, end) in the text.
"""


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
            str(folder / "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            # Sum and normalization take longer as one operator than apart, a tenth of the pass.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS, strategy="longest_first")
        self._cores = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="memoqa-encode")
        # What one question is asked of: a model that ranks and reads is run once for both.
        self._pair = lru_cache(_REMEMBERED)(self._encode)

    def run(self, question: str, texts: Sequence[str]) -> list[Output]:
        # The longest first, so that the cores are done at about the same time.
        outputs = {
            text: self._cores.submit(self._pair, question, text)
            for text in sorted(set(texts), key=len, reverse=True)
        }
        return [outputs[text].result() for text in texts]

    def _encode(self, question: str, text: str) -> Output:
        folded = fold(text)
        encoding = self._tokenizer.encode(fold(question).text, folded.text)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
        }
        return self._session.run(None, inputs), _tokens(encoding, folded)


class QuestionAnsweringEncoder:
    """A Hugging Face folder with a model for extractive question answering (SQuAD's kind).

    Gives what memoqa's own reader gives: start and end logits, (1, tokens) each, with the null
    logits at the first token, and for the relevance, which such models do not say, zero.

    Raises:
        ModelNotFound: when the folder holds no such model or no fast tokenizer.
    """

    def __init__(self, folder: Path) -> None:
        # torch takes seconds to import, so it is not imported before such a model is opened.
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModelForQuestionAnswering.from_pretrained(
                folder, local_files_only=True
            ).eval()
            self._tokenizer: Tokenizer = tokenizer.backend_tokenizer
        except (OSError, ValueError, AttributeError) as error:
            raise ModelNotFound(
                f"{str(folder)!r} holds no extractive question answering model that transformers "
                f"opens: {error}; set MEMOQA_READER to another, or leave it out"
            ) from error
        longest = min(tokenizer.model_max_length, _MAX_TOKENS)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest, strategy="longest_first")

    def run(self, question: str, texts: Sequence[str]) -> list[Output]:
        return [self._pair(question, text) for text in texts]

    def _pair(self, question: str, text: str) -> Output:
        import torch

        folded = fold(text)
        encoding = self._tokenizer.encode(fold(question).text, folded.text)
        inputs = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask}
        if getattr(self._model.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = encoding.type_ids
        with torch.inference_mode():
            out = self._model(**{name: torch.tensor([ids]) for name, ids in inputs.items()})
        logits = (out.start_logits.numpy(), out.end_logits.numpy(), np.zeros(1))
        return logits, _tokens(encoding, folded)


def _tokens(encoding: Encoding, text: Folded) -> list[tuple[int, tuple[int, int]]]:
    parts = zip(encoding.sequence_ids, encoding.offsets, strict=True)
    return [(at, text.untouched(*place)) for at, (part, place) in enumerate(parts) if part == 1]

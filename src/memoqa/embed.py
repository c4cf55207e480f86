"""Texts to unit vectors."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from memoqa.fold import fold
from memoqa.models import EMBEDDER, folder_identity, named_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

_BATCH = 32
_REMEMBERED = 4096
_MAX_TOKENS = 512


class Embedder(Protocol):
    """Passages and questions to vectors of one space.

    `identity` is kept with the index: vectors of different identities never meet.
    """

    @property
    def identity(self) -> str: ...

    def embed_passages(
        self, texts: Sequence[str], advance: Callable[[int], object] = ...
    ) -> Vectors:
        """(n, dimension) unit vectors; `advance` hears how many more texts are done."""
        ...

    def embed_question(self, text: str) -> Vectors:
        """(dimension,) unit vector."""
        ...


class OnnxEmbedder:
    """An E5 model (Wang et al. 2024, arXiv 2402.05672), run by onnxruntime: it was trained with
    these words before passages and questions.

    Each text is run alone and on one thread, as many at a time as there are cores: quantised
    arithmetic scales by what else is in a batch, and a passage's vector is to be its own.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._cores = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="memoqa-embed")
        # The sentences of a few documents are compared with question after question, and a question
        # with passages, then with sentences; 6 MB.
        self._remembering = lru_cache(_REMEMBERED)(self._embed)
        self.identity = identity

    def embed_passages(
        self, texts: Sequence[str], advance: Callable[[int], object] = lambda _: None
    ) -> Vectors:
        vectors = np.empty((len(texts), self._session.get_outputs()[0].shape[-1]), np.float32)
        found = self._cores.map(self._remembering, (f"passage: {text}" for text in texts))
        for number, vector in enumerate(found):
            vectors[number] = vector
            advance(1)
        return vectors

    def embed_question(self, text: str) -> Vectors:
        return self._remembering(f"query: {text}").copy()

    def _embed(self, text: str) -> Vectors:
        encoding = self._tokenizer.encode(fold(text).text)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
        }
        vector: Vectors = self._session.run(None, inputs)[0][0]
        return vector


class SentenceTransformerEmbedder:
    """A sentence-transformers model, opened on the CPU."""

    def __init__(self, model: "SentenceTransformer", identity: str) -> None:
        self._model = model
        self.identity = identity

    def embed_passages(
        self, texts: Sequence[str], advance: Callable[[int], object] = lambda _: None
    ) -> Vectors:
        batches = []
        for start in range(0, len(texts), _BATCH):
            batch = [fold(text).text for text in texts[start : start + _BATCH]]
            batches.append(
                self._model.encode_document(
                    batch, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
                )
            )
            advance(len(batch))
        if not batches:
            return np.empty((0, self._model.get_embedding_dimension() or 0), dtype=np.float32)
        return np.concatenate(batches).astype(np.float32, copy=False)

    def embed_question(self, text: str) -> Vectors:
        vector: Vectors = self._model.encode_query(
            fold(text).text, normalize_embeddings=True, show_progress_bar=False
        )
        return vector


def open_embedder(name: str) -> Embedder:
    """Open the packaged model, or the sentence-transformers folder or hub name that `name` is.

    Raises:
        ModelNotFound: when there is no such model.
        ModelMismatch: when the packaged model's files are not the pinned ones.
    """
    if name == EMBEDDER.name:
        return OnnxEmbedder(EMBEDDER.path(), EMBEDDER.identity)
    folder = named_folder(name, "embedder")
    # torch takes seconds to import, so it is not imported before such a model is opened.
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return SentenceTransformerEmbedder(model, folder_identity(folder))

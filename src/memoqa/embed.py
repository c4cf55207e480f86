"""Texts to unit vectors."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from memoqa.models import EMBEDDER, folder_identity, named_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

_BATCH = 32
_MAX_TOKENS = 256
"""What all-MiniLM-L6-v2 was made to read (https://www.sbert.net/docs/pretrained_models.html)."""


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
    """A BERT whose vectors are the means over a text's tokens, run by onnxruntime."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._session = onnxruntime.InferenceSession(
            str(folder / "onnx" / "model.onnx"), providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self.identity = identity

    def embed_passages(
        self, texts: Sequence[str], advance: Callable[[int], object] = lambda _: None
    ) -> Vectors:
        # Texts of like length stand in a batch together, which leaves little to pad.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.empty((len(texts), self._session.get_outputs()[0].shape[-1]), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._embed([texts[i] for i in batch])
            advance(len(batch))
        return vectors

    def embed_question(self, text: str) -> Vectors:
        vector: Vectors = self._embed([text])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch(list(texts))
        mask = np.array([e.attention_mask for e in encodings], dtype=np.int64)
        inputs = {
            "input_ids": np.array([e.ids for e in encodings], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        (states,) = self._session.run(None, inputs)
        sums = (states * mask[:, :, None]).sum(axis=1, dtype=np.float32)
        vectors: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return vectors


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
            batch = list(texts[start : start + _BATCH])
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
            text, normalize_embeddings=True, show_progress_bar=False
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

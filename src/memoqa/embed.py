"""Texts to unit vectors."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from memoqa.models import EMBEDDER, folder_identity, named_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

_BATCH = 32


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


def open_embedder(name: str) -> SentenceTransformerEmbedder:
    """Open the packaged model, or the sentence-transformers folder or hub name that `name` is.

    Raises:
        ModelNotFound: when there is no such model.
        ModelMismatch: when the packaged model's files are not the pinned ones.
    """
    # torch takes seconds to import, so it is not imported before a model is opened.
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    if name == EMBEDDER.name:
        folder, identity = EMBEDDER.path(), EMBEDDER.identity
    else:
        folder = named_folder(name, "embedder")
        identity = folder_identity(folder)
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return SentenceTransformerEmbedder(model, identity)

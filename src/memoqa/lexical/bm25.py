"""An index of texts by their terms."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray

from memoqa.lexical.terms import tokens

K1, B = 1.2, 0.75
SETTINGS = f"bm25-5:lucene:{K1}:{B}"


class Lexical:
    """A BM25 index over texts, which are named by their positions.

    It keeps the numbers of each text's terms, one text after the other with `lengths` of each, so
    that another index can take them over: finding the terms of a text takes most of the time.
    """

    def __init__(
        self, bm25: bm25s.BM25, terms: NDArray[np.int32], lengths: NDArray[np.int32]
    ) -> None:
        self._bm25 = bm25
        self._terms = terms
        self._lengths = lengths

    @classmethod
    def build(
        cls,
        texts: Sequence[str],
        before: "Lexical | None" = None,
        known: Mapping[str, int] = {},
    ) -> "Lexical":
        """Index the texts; `known` are positions of texts in the index `before`."""
        vocabulary: dict[str, int] = {}
        old: list[NDArray[np.int32]] = []
        if before is not None:
            vocabulary = dict(before._bm25.vocab_dict)
            old = np.split(before._terms, np.cumsum(before._lengths)[:-1])
        found = []
        for text in texts:
            position = known.get(text)
            if position is None:
                # An unseen term keeps the vocabulary from being empty.
                named = tokens(text) or ["\0"]
                numbers = [vocabulary.setdefault(term, len(vocabulary)) for term in named]
                found.append(np.array(numbers, dtype=np.int32))
            else:
                found.append(old[position])
        terms = np.concatenate(found)
        lengths = np.array([len(numbers) for numbers in found], dtype=np.int32)
        vocabulary, terms = _compact(vocabulary, terms)
        # What its own `index` sets, which takes a second for ten thousand texts.
        bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        bm25.vocab_dict = vocabulary
        bm25.unique_token_ids_set = set(vocabulary.values())
        bm25.scores = _scores(terms, lengths, len(vocabulary))
        bm25.nonoccurrence_array = None
        return cls(bm25, terms, lengths)

    def save(self, folder: Path) -> None:
        self._bm25.save(folder, show_progress=False)
        np.save(folder / "terms.npy", self._terms)
        np.save(folder / "lengths.npy", self._lengths)

    @classmethod
    def load(cls, folder: Path) -> "Lexical":
        bm25 = bm25s.BM25.load(folder, load_vocab=True)
        return cls(bm25, np.load(folder / "terms.npy"), np.load(folder / "lengths.npy"))

    def search(
        self, question: str, limit: int, among: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """(position, score) of the texts that share a term, best first; ties by position."""
        terms = tokens(question)
        if not terms:
            return []
        scores = self._bm25.get_scores(terms)
        positions = np.arange(len(scores)) if among is None else np.asarray(among, dtype=np.int64)
        order = positions[np.lexsort((positions, -scores[positions]))][:limit]
        return [(int(i), float(scores[i])) for i in order if scores[i] > 0]


def _compact(
    vocabulary: Mapping[str, int], terms: NDArray[np.int32]
) -> tuple[dict[str, int], NDArray[np.int32]]:
    """The vocabulary without terms that no text has any more, numbered anew."""
    used = np.bincount(terms, minlength=len(vocabulary)) > 0
    numbers = np.cumsum(used, dtype=np.int32) - 1
    kept = {term: int(numbers[old]) for term, old in vocabulary.items() if used[old]}
    return kept, numbers[terms]


def _scores(
    terms: NDArray[np.int32], lengths: NDArray[np.int32], vocabulary: int
) -> dict[str, Any]:
    """What bm25s makes of the same terms, as a matrix by columns, for all texts at once.

    Lucene's BM25 (Kamphuis, de Vries, Boytsov and Lin, ECIR 2020): the sum over terms of
    log(1 + (N - df + 0.5) / (df + 0.5)) * tf / (tf + k1 * (1 - b + b * length / mean length)).
    """
    texts = len(lengths)
    rows = np.repeat(np.arange(texts), lengths)
    pairs, counts = np.unique(terms.astype(np.int64) * texts + rows, return_counts=True)
    columns, indices = np.divmod(pairs, texts)
    document_counts = np.bincount(columns, minlength=vocabulary)
    idf = np.log(1 + (texts - document_counts + 0.5) / (document_counts + 0.5))
    norms = K1 * (1 - B + B * lengths / lengths.mean())
    data = idf[columns] * counts / (counts + norms[indices])
    return {
        "data": data.astype(np.float32),
        "indices": indices.astype(np.int32),
        "indptr": np.concatenate([[0], np.cumsum(document_counts)]),
        "num_docs": texts,
    }

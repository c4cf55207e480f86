"""The BM25 leg: which passages share the question's words."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import bm25s
import numpy as np
import Stemmer

SETTINGS = "bm25-2:lucene:1.2:0.75"

_JAPANESE = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff々ー"
_WORD = re.compile(rf"[{_JAPANESE}]+|[^\W{_JAPANESE}]+(?:(?<=\d)[.,]\d+)*")
_UNSPACED = re.compile(rf"[{_JAPANESE}]")
_STOPWORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how "
    "i if in into is it its me my of on or our she should so such than that the their them then "
    "there these they this those to was we were what when where which who whom whose why will "
    "with would you your tell please".split()
)


def tokens(text: str) -> list[str]:
    """The terms that count: stems of words, whole numbers, and pairs of Japanese characters.

    Stop words are left out; without any other word a text has no terms.
    """
    return list(_terms(unicodedata.normalize("NFKC", text).casefold()))


def _terms(text: str) -> Iterator[str]:
    stem = Stemmer.Stemmer("english").stemWord
    for match in _WORD.finditer(text):
        word = match[0]
        if _UNSPACED.match(word):
            yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif word[0].isdigit():
            # 728,853 and 728853 are one number; a decimal point stays.
            yield word.replace(",", "")
        elif word not in _STOPWORDS:
            yield stem(word)


class Lexical:
    """A BM25 index over texts, which are named by their positions."""

    def __init__(self, bm25: bm25s.BM25) -> None:
        self._bm25 = bm25

    @classmethod
    def build(cls, texts: Sequence[str]) -> "Lexical":
        bm25 = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
        # An unseen term keeps the vocabulary from being empty, which bm25s cannot index.
        terms = [tokens(text) or ["\0"] for text in texts]
        bm25.index(terms, show_progress=False)
        return cls(bm25)

    def save(self, folder: Path) -> None:
        self._bm25.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> "Lexical":
        return cls(bm25s.BM25.load(folder, load_vocab=True))

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

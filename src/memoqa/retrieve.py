"""A question to ranked passages: by meaning (dense) and by words (BM25), fused."""

from collections.abc import Sequence

from memoqa.embed import Embedder
from memoqa.index import Index, context, text_of
from memoqa.types import Retrieved

DEPTH = 50
"""How many passages each leg gives to the fusion."""

NEAREST = 2 / 3
"""The share of what is retrieved that is nearest by meaning, whatever its words: passages that say
the question's name crowd out those on its matter that do not repeat the name.
"""

Hits = Sequence[tuple[int, float]]


class Retriever:
    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    def retrieve(
        self, question: str, limit: int, documents: frozenset[str] | None = None
    ) -> list[Retrieved]:
        """The `limit` best passages, only of these `documents` when given."""
        vector = self._embedder.embed_question(question)
        dense = self._index.search_dense(vector, DEPTH, documents)
        lexical = self._index.search_lexical(question, DEPTH, documents)
        return [
            self._retrieved(position, score, rank)
            for rank, (position, score) in enumerate(fused(dense, lexical, limit), start=1)
        ]

    def _retrieved(self, position: int, score: float, rank: int) -> Retrieved:
        passage = self._index.passages[position]
        document = self._index.documents[passage.span.doc_id]
        return Retrieved(
            passage=passage,
            context=context(document, passage),
            text=text_of(document, passage),
            score=score,
            rank=rank,
        )


def fused(dense: Hits, lexical: Hits, limit: int) -> list[tuple[int, float]]:
    """The `limit` best of both legs, best first, with those nearest by meaning (`NEAREST`)."""
    ordered = min_max(dense, lexical)
    kept = {position for position, _ in dense[: int(limit * NEAREST)]}
    others = [position for position, _ in ordered if position not in kept]
    kept.update(others[: limit - len(kept)])
    return [hit for hit in ordered if hit[0] in kept]


def min_max(dense: Hits, lexical: Hits) -> list[tuple[int, float]]:
    """Fuse by the sum of each leg's scores, scaled to 0..1 over what it found."""
    return _summed(_scaled(dense), _scaled(lexical))


def _scaled(hits: Hits) -> dict[int, float]:
    if not hits:
        return {}
    scores = [score for _, score in hits]
    low, high = min(scores), max(scores)
    if high == low:
        return dict.fromkeys((position for position, _ in hits), 1.0)
    return {position: (score - low) / (high - low) for position, score in hits}


def _summed(*legs: dict[int, float]) -> list[tuple[int, float]]:
    total: dict[int, float] = {}
    for leg in legs:
        for position, score in leg.items():
            total[position] = total.get(position, 0.0) + score
    return sorted(total.items(), key=lambda hit: (-hit[1], hit[0]))

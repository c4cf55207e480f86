"""Which fusion of the dense and the BM25 leg ranks the right passage higher?

    python benchmarks/fusion.py QUESTIONS.json [--sample 500]

reads a SQuAD-format file as one open corpus, or a .jsonl of questions about the home's corpus,
and prints recall and MRR of each leg alone and of both fusions, on the same questions.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from memoqa import index as index_folder
from memoqa.answer import open_models
from memoqa.evaluate import holds, prepare
from memoqa.retrieve import DEPTH, Hits, min_max, reciprocal_rank
from memoqa.settings import Settings

RULES: dict[str, Callable[[Hits, Hits], Hits]] = {
    "dense alone": lambda dense, _lexical: dense,
    "BM25 alone": lambda _dense, lexical: lexical,
    "reciprocal rank": reciprocal_rank,
    "min-max": min_max,
}


def main(path: Path, sample: int) -> None:
    run = prepare(path, Settings(), sample, seed=0)
    index, embedder = run.assistant.index, open_models(Settings()).embedder
    ranks: dict[str, list[int]] = {name: [] for name in RULES}
    for question in track([q for q in run.questions if q.answers], console=Console(stderr=True)):
        dense = index.search_dense(embedder.embed_question(question.text), DEPTH)
        lexical = index.search_lexical(question.text, DEPTH)
        for name, rule in RULES.items():
            passages = (index.passages[position] for position, _ in rule(dense, lexical))
            texts = (
                (p.span.doc_id, index_folder.text_of(index.documents[p.span.doc_id], p))
                for p in passages
            )
            right = (rank for rank, hit in enumerate(texts, 1) if holds(question, *hit))
            ranks[name].append(next(right, 0))
    table = Table("rule", "recall@1", "recall@5", "recall@16", "MRR", "questions")
    for name, found in ranks.items():
        rank = np.array(found)
        recalls = [f"{((rank > 0) & (rank <= k)).mean():.3f}" for k in (1, 5, 16)]
        mrr = np.where(rank > 0, 1 / np.maximum(rank, 1), 0).mean()
        table.add_row(name, *recalls, f"{mrr:.3f}", str(len(rank)))
    Console().print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--sample", type=int, default=500)
    arguments = parser.parse_args()
    main(arguments.questions, arguments.sample)

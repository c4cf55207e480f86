"""Does retrieval find the right paragraph in Japanese? Each leg alone, and both.

    python benchmarks/japanese.py FOLDER [--every N]

FOLDER holds SQuAD files, such as JaQuAD's dev part. All their paragraphs are one open corpus; every
Nth question is asked. Prints a table in Markdown: recall and MRR of the question's paragraph.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from memoqa import ingest
from memoqa.embed import open_embedder
from memoqa.evaluate.questions import read
from memoqa.index import Index
from memoqa.retrieve import DEPTH, Hits, min_max
from memoqa.settings import Settings


def rank(index: Index, hits: Hits, right: str) -> float:
    """The right document's place among those whose passages were found, from 1; else infinite."""
    found = dict.fromkeys(index.passages[position].span.doc_id for position, _ in hits)
    return list(found).index(right) + 1 if right in found else np.inf


def row(name: str, ranks: Iterable[float]) -> str:
    found = np.array(list(ranks))
    figures = ((found <= 1).mean(), (found <= 5).mean(), (1 / found).mean())
    return f"| {name} | {' | '.join(f'{figure:.3f}' for figure in figures)} |"


def main(folder: Path, every: int) -> None:
    parts = [read(path) for path in sorted(folder.glob("*.json"))]
    documents = tuple(document for some, _ in parts for document in some)
    questions = [question for _, some in parts for question in some][::every]
    embedder = open_embedder(Settings().embedder)
    index, _ = ingest.assemble(documents, embedder, known={}, sources={})
    ranks: dict[str, list[float]] = {"BM25": [], "dense": [], "both": []}
    for question in track(questions, console=Console(stderr=True), transient=True):
        dense = index.search_dense(embedder.embed_question(question.text), DEPTH)
        lexical = index.search_lexical(question.text, DEPTH)
        for name, hits in (
            ("BM25", lexical),
            ("dense", dense),
            ("both", min_max(dense, lexical)),
        ):
            ranks[name].append(rank(index, hits, question.documents[0]))
    print(f"{len(questions)} questions over {len(documents)} paragraphs\n")
    print("| | recall@1 | recall@5 | MRR |\n| --- | --- | --- | --- |")
    for name, found in ranks.items():
        print(row(name, found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    main(arguments.folder, arguments.every)

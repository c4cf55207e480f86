"""Which choices find the passage and the quote that answer? One is varied at a time.

    python benchmarks/retrieval.py QUESTIONS [--articles TITLE…] [--sample 150]

QUESTIONS is a .jsonl of questions about the home's documents, or a SQuAD file, of which all
articles, or those named, make one open corpus. Prints a table in Markdown, over the answerable
questions: recall and MRR of retrieval; whether an answer is among the passages that the reader is
given; and whether it is in the quote that is chosen. Then the time that each embedder takes.
"""

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from embedders import Bge, mini_lm
from memoqa import chunk, ingest
from memoqa.answer import RETRIEVED, open_assistant
from memoqa.embed import Embedder
from memoqa.encode import Encoder, Output
from memoqa.evaluate.questions import Question, holds, read
from memoqa.evaluate.statistic import bootstrap, interval, mean
from memoqa.index import Index, context, text_of
from memoqa.models import EMBEDDER
from memoqa.read import SpanReader
from memoqa.rerank import Reranker, rerank
from memoqa.retrieve import DEPTH, NEAREST, Hits
from memoqa.settings import Settings
from memoqa.types import Document, Retrieved
from memoqa.weigh import Models, Reading, open_models, weigh

COLUMNS = ("recall@1", "recall@5", "MRR", "answer among what is read", "answer in the best quote")
TIMED = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """The setting in use, but for what is given."""

    embedder: str = EMBEDDER.name
    dense: float = 1
    lexical: float = 1
    reciprocal: bool = False
    passage: int = chunk.MAX_PASSAGE
    read: int = RETRIEVED
    nearest: float = NEAREST


CHOICES = {
    "in use": Choice(),
    "embedder: bge-small-en-v1.5": Choice(embedder="bge-small-en-v1.5"),
    "embedder: all-MiniLM-L6-v2": Choice(embedder="all-MiniLM-L6-v2"),
    "BM25 × 0 (dense alone)": Choice(lexical=0),
    "BM25 × 0.25": Choice(lexical=0.25),
    "BM25 × 0.5": Choice(lexical=0.5),
    "BM25 × 2": Choice(lexical=2),
    "BM25 alone": Choice(dense=0),
    "fusion: reciprocal rank": Choice(reciprocal=True),
    "nearest by meaning: none for certain": Choice(nearest=0),
    "nearest by meaning: a third": Choice(nearest=1 / 3),
    "passages of 450": Choice(passage=450),
    "passages of 1,800": Choice(passage=1_800),
    "read: 6": Choice(read=6),
    "read: 8": Choice(read=8),
    "read: 16": Choice(read=16),
    "read: 32": Choice(read=32),
}


class Remembered:
    """A reranker and an encoder that run each pair of question and text once."""

    def __init__(self, reranker: Reranker, encoder: Encoder) -> None:
        self.identity = reranker.identity
        self._reranker = reranker
        self._encoder = encoder
        self._scores: dict[tuple[str, str], float] = {}
        self._outputs: dict[tuple[str, str], Output] = {}

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        new = [text for text in dict.fromkeys(texts) if (question, text) not in self._scores]
        scores = self._reranker.score(question, new)
        self._scores |= {(question, text): s for text, s in zip(new, scores, strict=True)}
        return [self._scores[question, text] for text in texts]

    def run(self, question: str, texts: Sequence[str]) -> list[Output]:
        new = [text for text in dict.fromkeys(texts) if (question, text) not in self._outputs]
        outputs = self._encoder.run(question, new)
        self._outputs |= {(question, text): o for text, o in zip(new, outputs, strict=True)}
        return [self._outputs[question, text] for text in texts]


def remembering(models: Models) -> Models:
    """The same models, which run each pair of question and text once for all choices."""

    def kept(reading: Reading) -> Reading:
        assert isinstance(reading.reader, SpanReader)
        both = Remembered(reading.reranker, reading.reader.encoder)
        return replace(
            reading,
            reranker=both,
            reader=SpanReader(both, reading.reader.identity),
            second=Remembered(reading.second, both),
        )

    return replace(
        models,
        english=kept(models.english),
        japanese=kept(models.japanese),
        crossed=kept(models.crossed),
    )


def fused(dense: Hits, lexical: Hits, choice: Choice) -> list[int]:
    """Positions by the weighted sum of what each leg gives, the best first."""
    scaled = reciprocal_rank if choice.reciprocal else min_max
    total: dict[int, float] = {}
    for hits, weight in ((dense, choice.dense), (lexical, choice.lexical)):
        for position, score in scaled(hits) if weight else ():
            total[position] = total.get(position, 0) + weight * score
    return sorted(total, key=lambda position: (-total[position], position))


def min_max(hits: Hits) -> Iterable[tuple[int, float]]:
    scores = [score for _, score in hits]
    span = max(scores, default=0) - min(scores, default=0)
    return ((position, (s - min(scores)) / span if span else 1) for position, s in hits)


def reciprocal_rank(hits: Hits) -> Iterable[tuple[int, float]]:
    """Cormack, Clarke and Büttcher (SIGIR 2009), with their constant."""
    return ((position, 1 / (60 + rank)) for rank, (position, _) in enumerate(hits, start=1))


def retrieve(index: Index, embedder: Embedder, question: str, choice: Choice) -> list[Retrieved]:
    """The best passages, those that are read first, and as many as are looked at by any choice."""
    dense = index.search_dense(embedder.embed_question(question), DEPTH)
    lexical = index.search_lexical(question, DEPTH)
    ordered = fused(dense, lexical, choice)
    kept = {position for position, _ in dense[: int(choice.read * choice.nearest)]}
    kept.update([p for p in ordered if p not in kept][: choice.read - len(kept)])
    ordered.sort(key=lambda position: position not in kept)
    found = []
    for rank, position in enumerate(ordered[:32], start=1):
        passage = index.passages[position]
        document = index.documents[passage.span.doc_id]
        text = text_of(document, passage)
        found.append(Retrieved(passage, context(document, passage), text, 1 / rank, rank))
    return found


def measured(
    question: Question, index: Index, embedder: Embedder, reading: Reading, choice: Choice
) -> tuple[float, ...]:
    """One row of `COLUMNS` for one question."""
    hits = retrieve(index, embedder, question.text, choice)
    right = [holds(question, hit.passage.span.doc_id, hit.text) for hit in hits]
    rank = right.index(True) + 1 if any(right) else np.inf
    given = rerank(reading.reranker, question.text, hits[: choice.read])
    found = weigh(question.text, given, reading)
    quoted = False
    if found:
        span = found[0][0].span
        text = index.documents[span.doc_id].text[span.start : span.end]
        quoted = holds(question, span.doc_id, text)
    in_read = any(holds(question, hit.passage.span.doc_id, hit.text) for hit in given)
    return rank <= 1, rank <= 5, 1 / rank, in_read, quoted


def row(name: str, values: NDArray[np.float64], in_use: NDArray[np.float64]) -> str:
    """A line of the table; a star says that a figure differs from that of the setting in use, by
    the 95 % interval of the difference over the same questions.
    """
    cells = []
    for column, base in zip(values.T, in_use.T, strict=True):
        low, high = interval(bootstrap(mean, [column], 0))
        less, more = interval(bootstrap(mean, [column - base], 0))
        star = "*" if less > 0 or more < 0 else ""
        cells.append(f"{column.mean():.3f}{star} ({low:.3f}–{high:.3f})")
    return f"| {name} | {' | '.join(cells)} |"


def milliseconds(embedders: dict[str, Embedder], questions: Sequence[Question]) -> dict[str, float]:
    """The median of each, asked in turn, so that whatever else runs slows all alike."""
    times: dict[str, list[float]] = {name: [] for name in embedders}
    for question in questions[:TIMED]:
        for name, embedder in embedders.items():
            unknown = f"{question.text} "  # one that is remembered takes no time
            started = perf_counter()
            embedder.embed_question(unknown)
            times[name].append((perf_counter() - started) * 1_000)
    return {name: float(np.median(found)) for name, found in times.items()}


def main(path: Path, articles: Sequence[str], sample: int) -> None:
    models = open_models(Settings())
    documents, questions = read(path)
    if not documents:
        documents = tuple(open_assistant(Settings(), models).index.documents.values())
    elif articles:
        wanted = {title.replace("_", " ") for title in articles}
        documents = tuple(d for d in documents if d.title in wanted)
    held = {document.id for document in documents}
    questions = [q for q in questions if q.answers and held & set(q.documents)]
    questions = random.Random(0).sample(questions, min(sample, len(questions)))
    embedders: dict[str, Embedder] = {
        EMBEDDER.name: models.embedder,
        "bge-small-en-v1.5": Bge(),
        "all-MiniLM-L6-v2": mini_lm(),
    }
    remembered = remembering(models)
    console = Console(stderr=True)
    print(f"{len(questions)} questions over {len(documents)} documents of {path.name}\n")
    print(f"| | {' | '.join(COLUMNS)} |\n|{' --- |' * (1 + len(COLUMNS))}")
    in_use = np.empty(0)
    index_of = cache(lambda name, size: index_by(documents, embedders[name], size))
    for name, choice in CHOICES.items():
        index = index_of(choice.embedder, choice.passage)
        values = np.array(
            [
                measured(
                    question,
                    index,
                    embedders[choice.embedder],
                    remembered.reading(question.text, documents[0].text),
                    choice,
                )
                for question in track(questions, name, console=console, transient=True)
            ],
            dtype=np.float64,
        )
        in_use = in_use if len(in_use) else values
        print(row(name, values, in_use), flush=True)
    times = milliseconds(embedders, questions)
    base = times[EMBEDDER.name]
    print("\nOne question embedded, in medians of milliseconds and as a multiple of the first:")
    print("; ".join(f"{name} {ms:.1f} ({ms / base:.1f})" for name, ms in times.items()))


def index_by(documents: tuple[Document, ...], embedder: Embedder, size: int) -> Index:
    chunk.MAX_PASSAGE = size
    return ingest.assemble(documents, embedder, known={}, sources={})[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--articles", nargs="+", default=[])
    parser.add_argument("--sample", type=int, default=150)
    arguments = parser.parse_args()
    main(arguments.questions, arguments.articles, arguments.sample)

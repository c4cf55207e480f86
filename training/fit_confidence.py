"""Fit the weights that turn a reading into a probability, and choose the threshold.

    python training/fit_confidence.py DATA

Fits on four sources that the reader was not trained on: the articles and the memos held out as
`dev` (see data.py and memos.py), tests/questions/memo.jsonl, and tests/questions/formats.jsonl with
its documents. Counts how often each level is right on three others: the articles and memos held
out as `test`, and tests/questions/unseen.jsonl. Each article and memo is a corpus of its own, as a
user's is small; its questions are asked as the service asks, with a sixth as many of other
articles' that are off the topic. Sources count alike, however many questions they have. Writes
src/memoqa/confidence.json and prints how the weights do on each source.
"""

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from data import split_articles
from memoqa import corpus, ingest
from memoqa.answer import READ, RETRIEVED, Models, weigh
from memoqa.confidence import FEATURES, Confidence
from memoqa.embed import open_embedder
from memoqa.evaluate import Question, holds, read_squad
from memoqa.evaluate.questions import read
from memoqa.parse import Limits, Parser
from memoqa.read import open_reader
from memoqa.rerank import open_reranker, rerank
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.types import Document
from memos import read_memos

ROOT = Path(__file__).parents[1]
OUT = ROOT / "src" / "memoqa" / "confidence.json"
PRECISION = 0.85
"""The share of answers that are to be right, over all sources, which sets the threshold."""

LEVELS = (0.9, 0.8, 0.6, 0.0)
SAMPLE = 120
"""Questions drawn of each article."""

Part = tuple[tuple[Document, ...], list[Question]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A question's extracts, best first: (extracts, features), and which hold an answer; `share`
    is the weight of the question in the fit.
    """

    question: Question
    features: NDArray[np.float64]
    right: NDArray[np.bool_]
    share: float


def articles(data: Path) -> dict[str, list[Part]]:
    """For each of `dev` and `test`, every article's paragraphs, with questions on them and some of
    articles that are not held out.
    """
    found = {
        article["title"]: article
        for path in sorted(data.glob("squad/*.json"))
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]
    }
    with_impossible = json.loads((data / "squad" / "squad2-dev-a.json").read_text("utf-8"))["data"]
    titles = split_articles(article["title"] for article in with_impossible)
    held_out = {*titles["dev"], *titles["test"]}
    _, others = read_squad({"data": [a for title, a in found.items() if title not in held_out]})
    parts: dict[str, list[Part]] = {"dev": [], "test": []}
    for name, among in parts.items():
        rng = random.Random(1)
        for title in titles[name]:
            documents, questions = read_squad({"data": [found[title]]})
            questions = rng.sample(questions, min(len(questions), SAMPLE))
            off_topic = rng.sample(others, len(questions) // 6)
            among.append((documents, questions + [replace(q, answers=()) for q in off_topic]))
    return parts


def memos(part: str) -> Iterator[Part]:
    """Each English memo with its English questions."""
    for memo in read_memos()[part]:
        document = memo.document
        if document.language == "en":
            yield (
                (document,),
                [
                    Question(
                        f"{document.id}-{number}",
                        asked.question,
                        (document.text[slice(*asked.answer)],) if asked.answer else (),
                        (document.id,),
                        asked.type,
                    )
                    for number, asked in enumerate(memo.asked)
                    if asked.language == "en"
                ],
            )


def own(folder: Path, name: str) -> list[Part]:
    """A folder's documents with the questions on them of tests/questions."""
    settings = Settings()
    with Parser(Limits.of(settings)) as parser:
        documents = corpus.load(folder, parser).documents
    _, questions = read(ROOT / "tests" / "questions" / name)
    return [(documents, questions)]


def read_all(parts: list[Part], models: Models) -> list[Reading]:
    total = sum(len(questions) for _, questions in parts)
    readings = []
    for documents, questions in track(parts, console=Console(stderr=True)):
        index, _ = ingest.assemble(documents, models.embedder, known={}, sources={})
        retriever = Retriever(index, models.embedder)
        for question in questions:
            hits = retriever.retrieve(question.text, RETRIEVED)
            ranked = rerank(models.reranker, question.text, hits, READ)
            weighed = weigh(question.text, ranked, models)
            texts = [
                index.documents[e.span.doc_id].text[e.span.start : e.span.end] for e, _ in weighed
            ]
            right = [
                holds(question, e.span.doc_id, text)
                for (e, _), text in zip(weighed, texts, strict=True)
            ]
            readings.append(
                Reading(
                    question,
                    np.array([[row[name] for name in FEATURES] for _, row in weighed]),
                    np.array(right),
                    1 / total,
                )
            )
    return readings


def fit(readings: list[Reading]) -> tuple[dict[str, float], float]:
    """Weights and intercept, on the best extract of each question."""
    rows = np.array([r.features[0] for r in readings])
    right = np.array([r.right[0] for r in readings])
    share = np.array([r.share for r in readings])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(max_iter=1_000)
    model.fit((rows - mean) / spread, right, sample_weight=share * len(share) / share.sum())
    weights = model.coef_[0] / spread
    intercept = float(model.intercept_[0] - weights @ mean)
    return dict(zip(FEATURES, weights.tolist(), strict=True)), intercept


def judge(
    readings: list[Reading], confidence: Confidence
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The probability of each question's best extract, and whether it is right."""
    rows = (dict(zip(FEATURES, reading.features[0], strict=True)) for reading in readings)
    best = np.array([confidence.probability(row) for row in rows])
    return best, np.array([reading.right[0] for reading in readings])


def threshold_for(
    best: NDArray[np.float64], right: NDArray[np.bool_], share: NDArray[np.float64]
) -> float:
    """The lowest threshold at which `PRECISION` of the answers are right, rounded down."""
    order = np.argsort(-best)
    precise = np.cumsum((right * share)[order]) / np.cumsum(share[order]) >= PRECISION
    return int(best[order][np.flatnonzero(precise)[-1]] * 1_000) / 1_000


def levels(best: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """How many answers of each level of probability were right, the highest level first."""
    counted, upper = [], np.inf
    for start in LEVELS:
        inside = (best >= start) & (best < upper)
        counted.append({"from": start, "right": int(right[inside].sum()), "of": int(inside.sum())})
        upper = start
    return counted


def report(name: str, readings: list[Reading], confidence: Confidence) -> None:
    best, right = judge(readings, confidence)
    answerable = np.array([bool(r.question.answers) for r in readings])
    answered = best >= confidence.threshold
    bins = np.array_split(np.argsort(best), 10)
    error = sum(abs(best[b].mean() - right[b].mean()) * len(b) for b in bins) / len(best)
    print(
        f"{name}: {len(best)} questions, AUROC answerable {roc_auc_score(answerable, best):.3f}, "
        f"AUROC right {roc_auc_score(right, best):.3f}, ECE {error:.3f}, "
        f"answered {answered.sum()}, of them right {right[answered].sum()}, "
        f"best quote right {right[answerable].mean():.3f} of {answerable.sum()} answerable"
    )


def main(data: Path) -> None:
    neutral = Confidence(dict.fromkeys(FEATURES, 0.0), 0.0, 0.5)
    settings = Settings()
    models = Models(
        open_embedder(settings.embedder), open_reranker(), open_reader(settings.reader), neutral
    )
    squad = articles(data)
    memo = ROOT / "corpus"
    sources = {
        ("SQuAD", "dev"): squad["dev"],
        ("memos", "dev"): list(memos("dev")),
        ("memo.jsonl", "dev"): own(memo, "memo.jsonl"),
        ("formats.jsonl", "dev"): own(ROOT / "tests" / "files" / "documents", "formats.jsonl"),
        ("SQuAD", "test"): squad["test"],
        ("memos", "test"): list(memos("test")),
        ("unseen.jsonl", "test"): own(memo, "unseen.jsonl"),
    }
    readings = {source: read_all(parts, models) for source, parts in sources.items()}
    dev = [r for (_, part), among in readings.items() if part == "dev" for r in among]
    test = [r for (_, part), among in readings.items() if part == "test" for r in among]
    weights, intercept = fit(dev)
    unset = Confidence(weights, intercept, 0.0)
    threshold = threshold_for(*judge(dev, unset), np.array([r.share for r in dev]))
    best, right = judge(test, unset)
    answered = best >= threshold
    fitted = {
        "reader": models.reader.identity,
        "fitted_on": f"{len(dev)} questions over held-out articles, memos and own documents",
        "at_threshold": f"{right[answered].sum()} of {answered.sum()} answers to "
        f"{len(test)} other questions were right",
        "weights": {name: round(weight, 4) for name, weight in weights.items()},
        "intercept": round(intercept, 4),
        "threshold": threshold,
        "levels": levels(best, right),
    }
    OUT.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    for (kind, part), among in readings.items():
        report(f"{kind} {part}", among, Confidence(weights, intercept, threshold))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    main(parser.parse_args().data)

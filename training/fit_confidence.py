"""Fit the weights that turn a reading into a probability, and choose the threshold.

    python training/fit_confidence.py DATA SPLITS

DATA is a folder of SQuAD-format files, and SPLITS a JSON file that names the articles to use as
`dev`, which the reader was not trained on, and as `test`. Questions of the dev articles are asked
over one open corpus of these articles, as the service asks; a tenth as many questions of the other
articles stand for those that are off the topic. Writes src/memoqa/confidence.json and prints how
the weights do on the test articles.
"""

import argparse
import json
import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from memoqa import ingest
from memoqa.answer import READ, RETRIEVED, Models, weigh
from memoqa.confidence import FEATURES, Confidence
from memoqa.embed import open_embedder
from memoqa.evaluate import Question, holds, read_squad
from memoqa.read import open_reader
from memoqa.rerank import open_reranker, rerank
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.types import Document

OUT = Path(__file__).parents[1] / "src" / "memoqa" / "confidence.json"


@dataclass(frozen=True, slots=True)
class Reading:
    """A question's extracts, best first: (extracts, features), and which hold an answer."""

    question: Question
    features: NDArray[np.float64]
    right: NDArray[np.bool_]


def read_all(
    documents: tuple[Document, ...], questions: list[Question], models: Models
) -> list[Reading]:
    index, _ = ingest.assemble(documents, models.embedder, known={}, sources={})
    retriever = Retriever(index, models.embedder)
    readings = []
    for question in track(questions, console=Console(stderr=True)):
        hits = retriever.retrieve(question.text, RETRIEVED)
        ranked = rerank(models.reranker, question.text, hits, READ)
        weighed = weigh(question.text, ranked, models)
        texts = (index.documents[e.span.doc_id].text[e.span.start : e.span.end] for e, _ in weighed)
        right = [
            holds(question, e.span.doc_id, text)
            for (e, _), text in zip(weighed, texts, strict=True)
        ]
        readings.append(
            Reading(
                question,
                np.array([[row[name] for name in FEATURES] for _, row in weighed]),
                np.array(right),
            )
        )
    return readings


def fit(readings: list[Reading]) -> tuple[dict[str, float], float]:
    """Weights and intercept, on the reader's best extract of each question."""
    rows = np.array([r.features[0] for r in readings])
    right = np.array([r.right[0] for r in readings])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(max_iter=1_000).fit((rows - mean) / spread, right)
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


def threshold_for(best: NDArray[np.float64], right: NDArray[np.bool_], answerable: int) -> float:
    """The threshold with the best F1 of right answers: of precision, the share of answers that
    are right, and recall, the share of answerable questions that get a right answer.
    """
    order = np.argsort(-best)
    hits = np.cumsum(right[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + answerable)
    return float(best[order][int(f1.argmax())])


def report(name: str, readings: list[Reading], confidence: Confidence) -> None:
    best, right = judge(readings, confidence)
    answerable = np.array([bool(r.question.answers) for r in readings])
    answered = best >= confidence.threshold
    bins = np.minimum((best * 10).astype(int), 9)
    gaps = [
        abs(best[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in set(bins.tolist())
    ]
    print(
        f"{name}: {len(best)} questions, AUROC answerable {roc_auc_score(answerable, best):.3f}, "
        f"AUROC right {roc_auc_score(right, best):.3f}, ECE {sum(gaps):.3f}, "
        f"answered {answered.sum()}, of them right {right[answered].sum()}, "
        f"best quote right {right[answerable].mean():.3f} of {answerable.sum()} answerable"
    )


def main(data: Path, splits: Path) -> None:
    parts = json.loads(splits.read_text(encoding="utf-8"))
    articles = {
        article["title"]: article
        for path in sorted(data.glob("*.json"))
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]
    }
    neutral = Confidence(dict.fromkeys(FEATURES, 0.0), 0.0, 0.5)
    models = Models(
        open_embedder(Settings().embedder), open_reranker(), open_reader(Settings().reader), neutral
    )
    readings = {}
    for part in ("dev", "test"):
        inside = [articles[title] for title in parts[part]]
        outside = [a for title, a in articles.items() if title not in parts["dev"] + parts["test"]]
        documents, questions = read_squad({"data": inside})
        _, off_topic = read_squad({"data": outside})
        off_topic = random.Random(1).sample(off_topic, len(questions) // 10)
        questions += [replace(question, answers=()) for question in off_topic]
        readings[part] = read_all(documents, questions, models)
    weights, intercept = fit(readings["dev"])
    best, right = judge(readings["dev"], Confidence(weights, intercept, 0.0))
    answerable = sum(bool(reading.question.answers) for reading in readings["dev"])
    # Rounded down, so that the extract at the threshold is still an answer.
    threshold = int(threshold_for(best, right, answerable) * 1_000) / 1_000
    answered = best >= threshold
    fitted = {
        "reader": models.reader.identity,
        "fitted_on": f"{len(best)} questions over {len(parts['dev'])} articles",
        "at_threshold": f"{right[answered].sum()} of {answered.sum()} answers were right",
        "weights": {name: round(weight, 4) for name, weight in weights.items()},
        "intercept": round(intercept, 4),
        "threshold": threshold,
    }
    OUT.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    for part, among in readings.items():
        report(part, among, Confidence(weights, intercept, threshold))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("splits", type=Path)
    arguments = parser.parse_args()
    main(arguments.data, arguments.splits)

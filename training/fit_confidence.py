"""Fit the weights that turn a reading into a probability, and choose the threshold.

    python training/fit_confidence.py DATA [LANGUAGES…]

once for each of `english`, `japanese` (questions and documents) and `crossed` (one in each), or for
those that are named.

Fits on sources that the reader was not trained on: the memos held out as `dev` (see memos.py), the
last articles of JaQuAD's train part (in Japanese), tests/questions/memo.jsonl and formats.jsonl
with its documents (in English), and memo-ja.jsonl (across). Counts how often each level is right on
others: the memos held out as `test`, JaQuAD's dev set, unseen.jsonl and unseen-ja.jsonl. SQuAD is
left out: half of its questions are made to trap a reader, so that what is fitted on them says too
little of a memo's. Each article and memo is a corpus of its own, as a user's is small; questions
are asked as the service asks. JaQuAD has no question without an answer, so that every third
paragraph is left out, and not its questions, and a sixth as many are added of another article.
Sources count alike, however many questions they have. Writes src/memoqa/confidence.json and prints
how the weights do on each source.
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
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold

from memoqa import corpus, ingest
from memoqa.answer import RETRIEVED
from memoqa.confidence import Confidence
from memoqa.evaluate import Question, holds, read_squad
from memoqa.evaluate.questions import read
from memoqa.parse import Limits, Parser
from memoqa.rerank import rerank
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.types import Document
from memoqa.weigh import Models, open_models, weigh
from memos import read_memos

ROOT = Path(__file__).parents[1]
OUT = ROOT / "src" / "memoqa" / "confidence.json"
PRECISION = {"english": 0.91, "japanese": 0.85, "crossed": 0.85}
"""The share of answers that are to be right, over all sources, which sets the threshold."""

STRENGTHS = (0.3, 1, 3, 10, 30, 100)
"""Of the L2 penalty, among which the fit chooses."""

LEVELS = (0.9, 0.8, 0.6)
"""Where levels start; the last one that is counted starts at the threshold."""

Part = tuple[tuple[Document, ...], list[Question]]


@dataclass(frozen=True, slots=True)
class Read:
    """What speaks for a question's extracts, best first, and which of them hold an answer; `share`
    is the weight of the question in the fit, and `among` names the corpus that it was asked of.
    """

    question: Question
    among: str
    features: list[dict[str, float]]
    right: NDArray[np.bool_]
    share: float


def japanese_articles(folder: Path, titles: int, per_title: int) -> list[Part]:
    """The last articles of a part of JaQuAD, with every third paragraph left out."""
    found = [
        article
        for path in sorted(folder.glob("*.json"))
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]
    ]
    found = found[-titles:]
    rng = random.Random(1)
    parts = []
    for number, article in enumerate(found):
        documents, questions = read_squad({"data": [article]})
        kept = {d.id for position, d in enumerate(documents) if position % 3 != 1}
        _, others = read_squad({"data": [found[number - 1]]})
        asked = rng.sample(questions, min(len(questions), per_title))
        asked += rng.sample(others, min(len(others), per_title // 6))
        parts.append(
            (
                tuple(d for d in documents if d.id in kept),
                [q if q.documents[0] in kept else replace(q, answers=()) for q in asked[:per_title]]
                + [replace(q, answers=()) for q in asked[per_title:]],
            )
        )
    return parts


def memos(part: str, pairs: set[tuple[str, str]]) -> Iterator[Part]:
    """Each memo with its questions, for these languages of (document, question)."""
    for memo in read_memos()[part]:
        document = memo.document
        asked = [q for q in memo.asked if (document.language, q.language) in pairs]
        if asked:
            yield (
                (document,),
                [
                    Question(
                        f"{document.id}-{number}",
                        question.question,
                        (document.text[slice(*question.answer)],) if question.answer else (),
                        (document.id,),
                        question.type,
                    )
                    for number, question in enumerate(asked)
                ],
            )


def own(folder: Path, name: str) -> list[Part]:
    """A folder's documents with the questions on them of tests/questions."""
    settings = Settings()
    with Parser(Limits.of(settings)) as parser:
        documents = corpus.load(folder, parser).documents
    _, questions = read(ROOT / "tests" / "questions" / name)
    return [(documents, questions)]


def read_all(parts: list[Part], models: Models, languages: str) -> list[Read]:
    """What the models for these languages read, whatever an answer may choose."""
    reading = getattr(models, languages)
    total = sum(len(questions) for _, questions in parts)
    readings = []
    for documents, questions in track(parts, console=Console(stderr=True)):
        index, _ = ingest.assemble(documents, models.embedder, known={}, sources={})
        retriever = Retriever(index, models.embedder)
        for question in questions:
            hits = retriever.retrieve(question.text, RETRIEVED)
            ranked = rerank(reading.reranker, question.text, hits)
            weighed = weigh(question.text, ranked, reading)
            if not weighed:
                continue
            texts = [
                index.documents[e.span.doc_id].text[e.span.start : e.span.end] for e, _ in weighed
            ]
            right = [
                holds(question, e.span.doc_id, text)
                for (e, _), text in zip(weighed, texts, strict=True)
            ]
            readings.append(
                Read(
                    question,
                    documents[0].id,
                    [speaks for _, speaks in weighed],
                    np.array(right),
                    1 / total,
                )
            )
    return readings


def fit(readings: list[Read]) -> tuple[dict[str, float], float]:
    """Weights and intercept, on the best extract of each question.

    How strongly weights are held back is chosen by the likelihood of left-out corpora.
    """
    names = list(readings[0].features[0])
    rows = np.array([[r.features[0][name] for name in names] for r in readings])
    right = np.array([r.right[0] for r in readings])
    share = np.array([r.share for r in readings])
    share *= len(share) / share.sum()
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    rows = (rows - mean) / spread
    folds = list(GroupKFold(5).split(rows, groups=[r.among for r in readings]))

    def fitted(strength: float, kept: NDArray[np.intp]) -> LogisticRegression:
        model = LogisticRegression(C=1 / strength, max_iter=1_000)
        return model.fit(rows[kept], right[kept], sample_weight=share[kept])

    def loss(strength: float) -> float:
        losses = (
            log_loss(
                right[left_out],
                fitted(strength, kept).predict_proba(rows[left_out])[:, 1],
                sample_weight=share[left_out],
                normalize=False,
            )
            for kept, left_out in folds
        )
        return float(sum(losses))

    model = fitted(min(STRENGTHS, key=loss), np.arange(len(rows)))
    weights = model.coef_[0] / spread
    intercept = float(model.intercept_[0] - weights @ mean)
    return dict(zip(names, weights.tolist(), strict=True)), intercept


def judge(
    readings: list[Read], confidence: Confidence
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The probability of each question's best extract, and whether it is right."""
    best = np.array([confidence.probability(reading.features[0]) for reading in readings])
    return best, np.array([reading.right[0] for reading in readings])


def threshold_for(
    best: NDArray[np.float64],
    right: NDArray[np.bool_],
    share: NDArray[np.float64],
    precision: float,
) -> float:
    """The lowest threshold at which `precision` of the answers are right, rounded down."""
    order = np.argsort(-best)
    precise = np.cumsum((right * share)[order]) / np.cumsum(share[order]) >= precision
    return int(best[order][np.flatnonzero(precise)[-1]] * 1_000) / 1_000


def levels(
    best: NDArray[np.float64], right: NDArray[np.bool_], threshold: float
) -> list[dict[str, float]]:
    """How many answers of each level of probability were right, the highest level first."""
    counted, upper = [], np.inf
    for start in (*(level for level in LEVELS if level > threshold), threshold):
        inside = (best >= start) & (best < upper)
        counted.append({"from": start, "right": int(right[inside].sum()), "of": int(inside.sum())})
        upper = start
    return counted


def report(name: str, readings: list[Read], confidence: Confidence) -> None:
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


def sources(data: Path, languages: str) -> dict[tuple[str, str], list[Part]]:
    """By name and by what they are for, `dev` or `test`."""
    memo = ROOT / "corpus"
    if languages == "english":
        pair = {("en", "en")}
        return {
            ("memos", "dev"): list(memos("dev", pair)),
            ("memo.jsonl", "dev"): own(memo, "memo.jsonl"),
            ("formats.jsonl", "dev"): own(ROOT / "tests" / "files" / "documents", "formats.jsonl"),
            ("memos", "test"): list(memos("test", pair)),
            ("unseen.jsonl", "test"): own(memo, "unseen.jsonl"),
        }
    if languages == "japanese":
        pair = {("ja", "ja")}
        return {
            ("JaQuAD", "dev"): japanese_articles(data / "jaquad" / "train", 20, 20),
            ("memos", "dev"): list(memos("dev", pair)),
            ("JaQuAD", "test"): japanese_articles(data / "jaquad" / "dev", 10, 20),
            ("memos", "test"): list(memos("test", pair)),
        }
    pair = {("en", "ja"), ("ja", "en")}
    return {
        ("memos", "dev"): list(memos("dev", pair)),
        ("memo-ja.jsonl", "dev"): own(memo, "memo-ja.jsonl"),
        ("memos", "test"): list(memos("test", pair)),
        ("unseen-ja.jsonl", "test"): own(memo, "unseen-ja.jsonl"),
    }


def main(data: Path, languages: str) -> None:
    models = open_models(Settings())
    readings = {
        source: read_all(parts, models, languages)
        for source, parts in sources(data, languages).items()
    }
    dev = [r for (_, part), among in readings.items() if part == "dev" for r in among]
    test = [r for (_, part), among in readings.items() if part == "test" for r in among]
    weights, intercept = fit(dev)
    unset = Confidence(weights, intercept, 0.0)
    shares = np.array([r.share for r in dev])
    threshold = threshold_for(*judge(dev, unset), shares, PRECISION[languages])
    best, right = judge(test, unset)
    answered = best >= threshold
    fitted = json.loads(OUT.read_text(encoding="utf-8"))
    fitted[languages] = {
        "reader": getattr(models, languages).reader.identity,
        "fitted_on": f"{len(dev)} questions over held-out memos, articles and own documents",
        "at_threshold": f"{right[answered].sum()} of {answered.sum()} answers to "
        f"{len(test)} other questions were right",
        "weights": {name: round(weight, 4) for name, weight in weights.items()},
        "intercept": round(intercept, 4),
        "threshold": threshold,
        "levels": levels(best, right, threshold),
    }
    OUT.write_text(json.dumps(fitted, indent=2) + "\n", encoding="utf-8")
    for (kind, part), among in readings.items():
        report(f"{languages}, {kind} {part}", among, Confidence(weights, intercept, threshold))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("languages", nargs="*", default=["english", "japanese", "crossed"])
    options = parser.parse_args()
    for each in options.languages:
        main(options.data, each)

"""Figures on held-out articles, the right passage given.

python measure.py DATA MODEL TOKENIZER [--rerank N] [--japanese]    MODEL: .onnx or .pt

The threshold is chosen on the dev articles and then used on the test articles.
"""

import argparse
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

import data
import decode
import jaquad
from memoqa.evaluate import match
from model import Reader, load

Outputs = tuple[decode.Floats, decode.Floats, decode.Floats]
Runner = Callable[[dict[str, NDArray[np.int64]]], Outputs]
TOKENS_PER_BATCH = 6144


def torch_runner(reader: Reader, *, half: bool = False) -> Runner:
    def run(inputs: dict[str, NDArray[np.int64]]) -> Outputs:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            start, end, relevance = reader(*(torch.from_numpy(v) for v in inputs.values()))
        return start.float().numpy(), end.float().numpy(), relevance.float().numpy()

    return run


def onnx_runner(path: Path, threads: int = 2) -> Runner:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(inputs: dict[str, NDArray[np.int64]]) -> Outputs:
        start, end, relevance = session.run(["start", "end", "relevance"], inputs)
        return start, end, relevance

    return run


def runner(path: Path) -> Runner:
    return onnx_runner(path) if path.suffix == ".onnx" else torch_runner(load(path))


def predict(run: Runner, examples: list[data.Example], tok: Tokenizer) -> list[decode.Prediction]:
    """One prediction for each example, in the examples' order."""
    pairs = [decode.pair(e.question, e.heading, e.text) for e in examples]
    encodings = tok.encode_batch(pairs)
    order = sorted(range(len(examples)), key=lambda i: len(encodings[i].ids))
    out: dict[int, decode.Prediction] = {}
    for group in by_tokens(order, encodings):
        start, end, relevance = run(decode.batch([encodings[i] for i in group]))
        for row, i in enumerate(group):
            out[i] = decode.decode(
                encodings[i],
                examples[i].heading,
                examples[i].text,
                start[row],
                end[row],
                float(relevance[row]),
            )
    return [out[i] for i in range(len(examples))]


def by_tokens(order: list[int], encodings: list[Encoding]) -> list[list[int]]:
    groups: list[list[int]] = []
    for i in order:
        fits = groups and (len(groups[-1]) + 1) * len(encodings[i].ids) <= TOKENS_PER_BATCH
        if fits:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def auroc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The chance that an answerable question outscores an unanswerable one."""
    order = np.sort(scores[~positive])
    above = np.searchsorted(order, scores[positive], "left")
    ties = np.searchsorted(order, scores[positive], "right") - above
    return float((above + ties / 2).mean() / len(order))


def scored(
    examples: list[data.Example], predictions: list[decode.Prediction]
) -> NDArray[np.float64]:
    """A row each: exact, F1, margin, relevance, answerable."""
    rows = []
    for e, p in zip(examples, predictions, strict=True):
        found, golds = e.text[p.start : p.end], [e.text[a:b] for a, b in e.golds]
        exact, f1 = match.exact_match(found, golds), match.f1(found, golds)
        rows.append((exact, f1, p.margin, p.relevance, float(bool(golds))))
    return np.array(rows)


def best_threshold(rows: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Where the overall F1 is highest: answer when the score is above."""
    order = np.argsort(-score)
    answered = np.cumsum(np.where(rows[order, 4] > 0, rows[order, 1], 0.0))
    refused = (rows[:, 4] == 0).sum() - np.cumsum(rows[order, 4] == 0)
    best = int(np.argmax(answered + refused))
    below = score[order[best + 1]] if best + 1 < len(order) else score[order[best]] - 1
    return float((score[order[best]] + below) / 2)


def overall(rows: NDArray[np.float64], score: NDArray[np.float64], threshold: float) -> list[float]:
    """Overall exact and F1, in percent, refusing at or under the threshold."""
    answered = score > threshold
    out = []
    for column in (0, 1):
        credit = np.where(rows[:, 4] > 0, np.where(answered, rows[:, column], 0.0), ~answered)
        out.append(round(float(credit.mean()) * 100, 2))
    return out


def combined(rows: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    return rows[:, 2] + weight * rows[:, 3]


def summary(rows: NDArray[np.float64]) -> dict[str, float]:
    there = rows[:, 4] > 0
    return {
        "questions": len(rows),
        "answerable": int(there.sum()),
        "answerable_em": round(float(rows[there, 0].mean()) * 100, 2),
        "answerable_f1": round(float(rows[there, 1].mean()) * 100, 2),
        "auroc_margin": round(auroc(rows[:, 2], there), 4),
        "auroc_relevance": round(auroc(rows[:, 3], there), 4),
    }


def figures(
    examples: list[data.Example], predictions: list[decode.Prediction]
) -> dict[str, float | list[float]]:
    """Summary of one split, with the overall figures at that split's own best threshold."""
    rows = scored(examples, predictions)
    return {
        **summary(rows),
        "overall_own_threshold": overall(rows, rows[:, 2], best_threshold(rows, rows[:, 2])),
    }


def rerank_figures(
    run: Runner, paragraphs: list[data.Paragraph], tok: Tokenizer, sample: int
) -> dict[str, float]:
    """Does relevance put the right passage first among all of its article's?"""
    rng = random.Random(0)
    questions = [(p, q) for p in paragraphs for q in p.questions if q.golds]
    ranks = []
    for right, question in rng.sample(questions, min(sample, len(questions))):
        group = [p for p in paragraphs if p.article == right.article]
        examples = [data.Example(question.id, p.article, question.question, p.text) for p in group]
        scores = [p.relevance for p in predict(run, examples, tok)]
        mine = scores[next(i for i, p in enumerate(group) if p is right)]
        ranks.append(1 + sum(s > mine for s in scores))
    return {
        "questions": len(ranks),
        "first": round(float(np.mean([r == 1 for r in ranks])), 3),
        "mrr": round(float(np.mean([1 / r for r in ranks])), 3),
    }


def japanese_figures(run: Runner, folder: Path, tok: Tokenizer) -> dict[str, float]:
    """On JaQuAD's dev set, whose questions all have an answer, by characters; and on the articles
    held out of its train set, with near misses made from their questions.
    """
    questions = [q for p in jaquad.read_jaquad(folder / "dev") for q in p.questions]
    rows = scored(questions, predict(run, questions, tok))
    held_out = jaquad.split(jaquad.read_jaquad(folder / "train"))["dev"]
    examples = jaquad.epoch(held_out, jaquad.NearMisses(held_out), 0)
    missed = summary(scored(examples, predict(run, examples, tok)))
    return {
        "questions": len(rows),
        "em": round(float(rows[:, 0].mean()) * 100, 2),
        "f1": round(float(rows[:, 1].mean()) * 100, 2),
        "auroc_margin_held_out": missed["auroc_margin"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--japanese", action="store_true", help="on JaQuAD's dev set too")
    parser.add_argument("--rerank", type=int, default=0, metavar="N", help="rank for N questions")
    options = parser.parse_args()
    tok = decode.tokenizer(str(options.tokenizer))
    run = runner(options.model)
    parts = data.load_squad(options.data / "squad")
    rows = {}
    for name in ("dev", "test"):
        examples = [q for p in parts[name] for q in p.questions]
        rows[name] = scored(examples, predict(run, examples, tok))
    weight = max(
        (0.0, 0.25, 0.5, 1.0, 2.0),
        key=lambda w: auroc(combined(rows["dev"], w), rows["dev"][:, 4] > 0),
    )
    report: dict[str, object] = {name: summary(part) for name, part in rows.items()}
    for label, w in (("margin", 0.0), (f"margin + {weight} relevance", weight)):
        threshold = best_threshold(rows["dev"], combined(rows["dev"], w))
        score = combined(rows["test"], w)
        report[f"test by {label}"] = {
            "threshold_from_dev": round(threshold, 3),
            "overall_em_f1": overall(rows["test"], score, threshold),
            "auroc": round(auroc(score, rows["test"][:, 4] > 0), 4),
        }
    if options.japanese:
        report["JaQuAD dev"] = japanese_figures(run, options.data / "jaquad", tok)
    if options.rerank:
        report["rerank"] = rerank_figures(run, parts["test"], tok, options.rerank)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()

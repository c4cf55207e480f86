"""What ships beside the model: the splits, and scores on the dev articles to calibrate with.

python card.py DATA CHECKPOINT OUT TOKENIZER      OUT holds model.onnx already
"""

import argparse
import json
import shutil
from pathlib import Path

import data
import decode
import measure

WINDOW_WORDS = 120


def windowed(paragraphs: list[data.Paragraph]) -> list[data.Example]:
    """Every question over every window of its paragraph, as a product would chunk it."""
    return [
        data.cut(question, window)
        for paragraph in paragraphs
        for window in paragraph.windows(WINDOW_WORDS)
        for question in paragraph.questions
    ]


def write_scores(
    path: Path, examples: list[data.Example], predictions: list[decode.Prediction]
) -> None:
    rows = measure.scored(examples, predictions)
    with path.open("w", encoding="utf-8") as out:
        for example, prediction, row in zip(examples, predictions, rows, strict=True):
            record = {
                "id": example.id,
                "article": example.article,
                "question": example.question,
                "answerable": bool(example.golds),
                "predicted": example.text[prediction.start : prediction.end],
                "margin": round(prediction.margin, 4),
                "relevance": round(prediction.relevance, 4),
                "exact": row[0],
                "f1": round(float(row[1]), 4),
                "words": len(example.text.split()),
            }
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("tokenizer", type=Path)
    options = parser.parse_args()
    parts = data.load_squad(options.data / "squad")
    splits = {name: sorted({p.article for p in group}) for name, group in parts.items()}
    (options.out / "splits.json").write_text(json.dumps(splits, indent=2) + "\n", encoding="utf-8")
    shutil.copy(options.tokenizer, options.out / "tokenizer.json")
    shutil.copy(options.checkpoint, options.out / "reader.pt")
    tok = decode.tokenizer(str(options.tokenizer))
    run = measure.onnx_runner(options.out / "model.onnx")
    whole = [q for p in parts["dev"] for q in p.questions]
    for name, examples in (("paragraphs", whole), ("windows", windowed(parts["dev"]))):
        predictions = measure.predict(run, examples, tok)
        write_scores(options.out / f"dev-{name}.jsonl", examples, predictions)


if __name__ == "__main__":
    main()

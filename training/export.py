"""The shipped file: ONNX, its matrices and word embeddings as 8-bit integers.

python export.py CHECKPOINT OUT DATA TOKENIZER

Writes OUT/model.fp32.onnx and OUT/model.onnx, and prints how far the second strays from torch.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

import data
import decode
import measure
from model import Reader, load

KEPT = 7
"""Of the twelve layers, how many keep their narrowing product in floating point."""


def to_onnx(reader: Reader, path: Path) -> None:
    sample = torch.ones((2, 16), dtype=torch.long)
    sample[1, 12:] = 0  # a padded row, so that the mask is traced as one that matters
    size = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=4, max=512)}
    program = torch.onnx.export(
        reader.eval(),
        (torch.ones_like(sample), sample, torch.zeros_like(sample)),
        input_names=["input_ids", "attention_mask", "token_type_ids"],
        output_names=["start", "end", "relevance"],
        dynamic_shapes=(size, size, size),
        dynamo=True,
        external_data=False,
    )
    if program is None:
        raise SystemExit("torch.onnx.export gave no program")
    program.save(path)


def tidy(path: Path) -> None:
    """Take out the shapes, or the quantiser does not see that a product's weight is a stored
    tensor; and the exporter's notes on every node, which hold paths and source of this machine.
    """
    model = onnx.load(path)
    del model.graph.value_info[:]
    noted = (*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output)
    for part in (model, model.graph, *noted):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, path)


def quantise(source: Path, target: Path, kept: int) -> None:
    """Products by channel; the heads stay in floating point, they decide and weigh nothing, and so
    do the `kept` lowest of the products that narrow again, whose inputs have the widest range:
    they are behind nearly half of the change in the margins.

    Signed weights, for processors multiply them faster; of seven bits, for without VNNI they add
    pairs of products in 16 bits, which eight would overflow.
    """
    graph = onnx.load(source).graph
    stored = {item.name: item for item in graph.initializer}
    heads = [
        node.name
        for node in graph.node
        if any(name in stored and min(stored[name].dims or [9]) <= 2 for name in node.input)
        and node.op_type in {"MatMul", "Gemm"}
    ]
    narrowing = [
        node.name
        for node in graph.node
        if any(name in stored and tuple(stored[name].dims) == (1536, 384) for name in node.input)
    ]
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        reduce_range=True,
        nodes_to_exclude=heads + narrowing[:kept],
        extra_options={"MatMulConstBOnly": True},
    )


def largest_difference(folder: Path, tokenizer: Path, checkpoint: Path, path: Path) -> str:
    """Over 64 dev questions, unpadded tokens only."""
    tok = decode.tokenizer(str(tokenizer))
    questions = [q for p in data.load_squad(folder / "squad")["dev"] for q in p.questions][::13]
    encodings = tok.encode_batch([decode.pair(q.question, "", q.text) for q in questions[:64]])
    torch_run, onnx_run = measure.runner(checkpoint), measure.onnx_runner(path)
    worst = np.zeros(3)
    for at in range(0, len(encodings), 8):
        inputs = decode.batch(encodings[at : at + 8])
        kept = inputs["attention_mask"] == 1
        for k, (a, b) in enumerate(zip(torch_run(inputs), onnx_run(inputs), strict=True)):
            gap = np.abs(a - b)
            worst[k] = max(worst[k], float((gap[kept] if gap.ndim == 2 else gap).max()))
    return " ".join(
        f"{n} {v:.4f}" for n, v in zip(("start", "end", "relevance"), worst, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("tokenizer", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    plain, small = options.out / "model.fp32.onnx", options.out / "model.onnx"
    to_onnx(load(options.checkpoint), plain)
    tidy(plain)
    quantise(plain, small, KEPT)
    for path in (plain, small):
        gap = largest_difference(options.data, options.tokenizer, options.checkpoint, path)
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, largest difference {gap}")


if __name__ == "__main__":
    main()

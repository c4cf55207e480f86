"""Train the reader: a phase on QAMR's single sentences, then several epochs on SQuAD.

python train.py DATA START OUT [--memos N] [--wordnet FOLDER] [--rate R] [--resume] [--steps N]

With --wordnet, questions come in other words too (see rephrase.py).

The whole plan (examples, batches, rates) is a function of the seed, so a run that was stopped
goes on from its last checkpoint with the same batches; --steps shortens what is left of it.
"""

import argparse
import copy
import json
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

import data
import decode
import jaquad
import measure
import translations
from memos import memo_epoch, read_memos
from model import Reader, load
from rephrase import Thesaurus
from translations import read_translations

TOKENS_PER_BATCH = 4096
HEAD_RATE, LAYER_DECAY = 3.0, 0.9  # the span head's rate, of the encoder's last layer
WARM_UP = 0.06
EMA_DECAY = 0.997
RELEVANCE_WEIGHT = 0.3
TRAIN_LENGTH = 384
ENGLISH = frozenset({("en", "en")})
SAME = frozenset({("en", "en"), ("ja", "ja")})
BOTH = frozenset((document, question) for document in ("en", "ja") for question in ("en", "ja"))


@dataclass(frozen=True, slots=True)
class Feature:
    ids: list[int]
    types: list[int]
    first: int  # the passage's tokens, heading included
    last: int
    starts: dict[int, float]  # a share for each annotator; {0: 1.0} says «no answer here»
    ends: dict[int, float]


def featurise(examples: list[data.Example], tok: Tokenizer) -> list[Feature]:
    pairs = [decode.pair(e.question, e.heading, e.text) for e in examples]
    features = []
    for example, encoding in zip(examples, tok.encode_batch(pairs), strict=True):
        _, last, shift = decode.text_tokens(encoding, example.heading)
        first = encoding.sequence_ids.index(1)
        offsets = encoding.offsets  # each access copies the list
        spans = []
        for a, b in example.golds:
            a, b = a + shift, b + shift
            inside = [i for i in range(first, last) if offsets[i][1] > a]
            inside = [i for i in inside if offsets[i][0] < b]
            if inside and offsets[inside[-1]][1] >= b:
                spans.append((inside[0], inside[-1]))
        if example.golds and not spans:  # the answer was cut off
            continue
        spans = spans or [(0, 0)]
        starts: dict[int, float] = {}
        ends: dict[int, float] = {}
        for i, j in spans:
            starts[i] = starts.get(i, 0) + 1 / len(spans)
            ends[j] = ends.get(j, 0) + 1 / len(spans)
        features.append(Feature(encoding.ids, encoding.type_ids, first, last, starts, ends))
    return features


def batches(features: list[Feature], rng: random.Random) -> list[list[Feature]]:
    """About the same number of tokens in each, of about the same length, in random order."""
    order = features[:]
    rng.shuffle(order)
    out: list[list[Feature]] = []
    for at in range(0, len(order), 1600):
        group: list[Feature] = []
        for feature in sorted(order[at : at + 1600], key=lambda f: len(f.ids)):
            if group and len(feature.ids) * (len(group) + 1) > TOKENS_PER_BATCH:
                out.append(group)
                group = []
            group.append(feature)
        out.append(group)
    rng.shuffle(out)
    return out


def plan(options: argparse.Namespace, tok: Tokenizer) -> list[list[Feature]]:
    seed = options.seed
    parts = data.load_squad(options.data / "squad")
    held_out = parts["dev"] + parts["test"]
    rng = random.Random(seed)
    thesaurus = None if options.wordnet is None else Thesaurus(options.wordnet)
    sentences = list(data.unseen(data.read_qamr(options.data / "qamr"), held_out))
    written = read_memos()["train"]
    misses = data.NearMisses(parts["train"])
    japanese = jaquad.split(jaquad.read_jaquad(options.data / "jaquad" / "train"))["train"]
    japanese_misses = jaquad.NearMisses(japanese)
    crossed = list(read_translations([*parts["train"], *japanese]))
    out = []
    for phase in range(options.epochs + 1):
        if phase == 0:
            examples = data.qamr_epoch(sentences, options.qamr, seed)
        else:
            examples = data.squad_epoch(parts["train"], misses, seed + phase)
        if phase > 0 and options.squad is not None:
            examples = rng.sample(examples, min(options.squad, len(examples)))
        if thesaurus is not None:
            examples = data.in_other_words(examples, thesaurus, seed + phase)
        if phase > 0:
            pairs = BOTH if options.japanese else ENGLISH
            for turn in range(options.memos):
                examples += memo_epoch(written, pairs, seed + 100 * phase + turn)
        if phase > 0 and options.japanese:
            asked = jaquad.epoch(japanese, japanese_misses, seed + phase)
            examples += rng.sample(asked, min(options.japanese, len(asked)))
            for turn in range(options.crossed):
                turn_seed = seed + 100 * phase + turn
                examples += memo_epoch(written, BOTH - SAME, turn_seed)
                examples += translations.epoch(crossed, misses, japanese_misses, turn_seed)
        out += batches(featurise(examples, tok), rng)
    return out


def dev_examples(options: argparse.Namespace) -> dict[str, list[data.Example]]:
    """Held-out questions by what they try: English and, when that is learnt, what else is."""
    paragraphs = data.load_squad(options.data / "squad")["dev"]
    out = {"dev": [q for p in paragraphs for q in p.questions]}
    if options.japanese:
        held = jaquad.split(jaquad.read_jaquad(options.data / "jaquad" / "train"))["dev"]
        misses = jaquad.NearMisses(held)
        out["dev ja"] = jaquad.epoch(held, misses, 0)
        memos = read_memos()["dev"]
        for document, question in sorted(BOTH):
            pairs = frozenset({(document, question)})
            out[f"memos {document}, asked in {question}"] = memo_epoch(memos, pairs, 0)
    return out


def tensors(group: list[Feature]) -> dict[str, Tensor]:
    longest = max(len(f.ids) for f in group)
    shape = (len(group), longest)
    ids, mask, types = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    allowed = torch.zeros(shape, dtype=torch.bool)
    starts, ends = torch.zeros(shape), torch.zeros(shape)
    for row, f in enumerate(group):
        ids[row, : len(f.ids)] = torch.tensor(f.ids)
        types[row, : len(f.ids)] = torch.tensor(f.types)
        mask[row, : len(f.ids)] = 1
        allowed[row, f.first : f.last] = True
        allowed[row, 0] = True
        for target, shares in ((starts, f.starts), (ends, f.ends)):
            for position, share in shares.items():
                target[row, position] = share
    return {
        "ids": ids,
        "mask": mask,
        "types": types,
        "allowed": allowed,
        "starts": starts,
        "ends": ends,
    }


def loss_of(reader: Reader, group: list[Feature]) -> tuple[Tensor, Tensor]:
    t = tensors(group)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        start, end, relevance = reader(t["ids"], t["mask"], t["types"])
    span = torch.zeros(())
    for logits, target in ((start, t["starts"]), (end, t["ends"])):
        span = span + functional.cross_entropy(
            logits.float().masked_fill(~t["allowed"], -1e4), target
        )
    held = 1 - t["starts"][:, 0]
    there = functional.binary_cross_entropy_with_logits(relevance.float(), held)
    return span / 2, there


def parameter_groups(reader: Reader, peak: float) -> list[dict[str, object]]:
    """Lower layers learn more slowly; the word embeddings stay as they are."""
    groups: dict[tuple[float, bool], list[Tensor]] = {}
    for name, parameter in reader.named_parameters():
        if "word_embeddings" in name:
            parameter.requires_grad_(False)
            continue
        if name.startswith("span."):
            rate = peak * HEAD_RATE
        elif ".layer." in name:
            depth = int(name.split(".layer.")[1].split(".")[0])
            rate = peak * LAYER_DECAY ** (11 - depth)
        else:
            rate = peak * (LAYER_DECAY**12 if "embeddings" in name else 1)
        groups.setdefault((rate, parameter.dim() > 1), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "rate": rate, "weight_decay": 0.01 if decays else 0.0}
        for (rate, decays), parameters in groups.items()
    ]


class Threads:
    """As many threads as pay: beside a busy neighbour, two wait for each other."""

    def __init__(self) -> None:
        self.most = torch.get_num_threads()
        self.speed = dict.fromkeys(range(1, self.most + 1), 0.0)
        self.now = self.most

    def choose(self, step: int) -> None:
        probing = step % 12 < self.most
        self.now = step % 12 + 1 if probing else max(self.speed, key=lambda n: self.speed[n])
        torch.set_num_threads(self.now)

    def note(self, tokens_per_second: float) -> None:
        old = self.speed[self.now]
        self.speed[self.now] = (old + tokens_per_second) / 2 if old else tokens_per_second


def share_of_rate(step: int, steps: int) -> float:
    warm = max(1, int(steps * WARM_UP))
    return min((step + 1) / warm, (steps - step) / (steps - warm))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("start", type=Path, help="a .pt file, with tokenizer.json beside it")
    parser.add_argument("out", type=Path)
    parser.add_argument("--qamr", type=int, default=12_000, help="QAMR questions in phase one")
    parser.add_argument("--epochs", type=int, default=4, help="passes over SQuAD")
    parser.add_argument("--memos", type=int, default=0, help="passes over the memos in each epoch")
    parser.add_argument("--squad", type=int, help="no more of its examples in each epoch")
    parser.add_argument(
        "--japanese", type=int, default=0, help="examples from JaQuAD in each epoch, and all pairs"
    )
    parser.add_argument(
        "--crossed", type=int, default=0, help="passes over what crosses languages in each epoch"
    )
    parser.add_argument("--wordnet", type=Path, help="folder with WordNet's data.noun and so on")
    parser.add_argument("--rate", type=float, default=1e-4, help="of the last layer, at its peak")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--steps", type=int, help="stop here, with the rate at zero")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--every", type=int, default=400, help="steps between checkpoints")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    np.random.seed(options.seed)

    vocabulary = options.start.with_name("tokenizer.json")
    shutil.copy(vocabulary, options.out)
    tok = decode.tokenizer(str(vocabulary), TRAIN_LENGTH)
    work = plan(options, tok)
    steps = min(options.steps or len(work), len(work))
    print(f"{len(work)} batches, {sum(map(len, work))} examples, {steps} steps", flush=True)
    dev = dev_examples(options)
    whole = decode.tokenizer(str(vocabulary))

    reader = load(options.start).train()
    optimizer = torch.optim.AdamW(parameter_groups(reader, options.rate), fused=True)
    average = copy.deepcopy(reader).eval()
    checkpoint, done = options.out / "checkpoint.pt", 0
    if options.resume:
        saved = torch.load(checkpoint, weights_only=True)
        reader.load_state_dict(saved["reader"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        done = saved["done"]
        torch.manual_seed(options.seed + done)  # else the dropout masks would start over

    both = zip(reader.parameters(), average.parameters(), strict=True)
    pairs: list[tuple[Tensor, Tensor]] = [(p, a) for p, a in both if p.requires_grad]
    trained, shadow = [p for p, _ in pairs], [a for _, a in pairs]
    began, seen, tokens, losses = time.time(), 0, 0, np.zeros(2)
    threads = Threads()
    for step in range(done, steps):
        threads.choose(step)
        step_began = time.time()
        for group in optimizer.param_groups:
            group["lr"] = group["rate"] * share_of_rate(step, steps)
        span, there = loss_of(reader, work[step])
        torch.autograd.backward(span + RELEVANCE_WEIGHT * there)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            decay = min(EMA_DECAY, (1 + step) / (10 + step))
            torch._foreach_lerp_(shadow, trained, 1 - decay)
        seen += len(work[step])
        step_tokens = sum(len(f.ids) for f in work[step])
        tokens += step_tokens
        threads.note(step_tokens / (time.time() - step_began))
        losses += np.array([span.item(), there.item()])
        if (step + 1) % 25 == 0:
            took = time.time() - began
            print(
                f"{time.strftime('%H:%M:%S')} step {step + 1}/{steps} "
                f"span {losses[0] / 25:.3f} there {losses[1] / 25:.3f} "
                f"{seen / took:.1f} ex/s {tokens / took:.0f} tok/s "
                f"{threads.now} threads "
                f"left {took / (step + 1 - done) * (steps - step - 1) / 60:.1f} min",
                flush=True,
            )
            losses[:] = 0
        if (step + 1) % options.every == 0 or step + 1 == steps:
            state = {
                "reader": reader.state_dict(),
                "average": average.state_dict(),
                "optimizer": optimizer.state_dict(),
                "done": step + 1,
            }
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            run = measure.torch_runner(average, half=True)
            for name, examples in dev.items():
                report = measure.figures(examples, measure.predict(run, examples, whole))
                print(f"{name} at {step + 1}: {json.dumps(report)}", flush=True)
    torch.save(average.state_dict(), options.out / "reader.pt")


if __name__ == "__main__":
    main()

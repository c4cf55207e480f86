"""Examples in Japanese: JaQuAD's questions, with near misses made from them.

As with data.py, an epoch is a function of its seed, and whole articles are held out.
"""

import json
import random
import re
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import bm25s

import data
from data import Example, Offsets, cut, holds
from memoqa.lexical import tokens

SENTENCE_END = re.compile(r"[。！？]+[」』）]*\n*(?!と)")
NUMBER = re.compile(r"[0-9０-９]+")
NAME = re.compile(r"[ァ-ヶー・]{3,}|[一-龠々]{2,}|[A-Za-z][A-Za-z ]+[A-Za-z]")
ASKED = frozenset(
    "何年 何月 何日 何人 何歳 何回 何番 何番目 何語 何世紀 何条 名前 理由 場所 以下 以上".split()
)
# Each pair turns an answerable question into one that the passage most likely does not answer.
OPPOSITES = dict(
    pair.split("/")
    for pair in (
        "最初/最後 最大/最小 最高/最低 最古/最新 最も多/最も少 最も大き/最も小さ 最も高/最も低 "
        "以前/以後 直前/直後 東部/西部 北部/南部 東側/西側 北側/南側 前半/後半 開始/終了 始ま/終わ "
        "増加/減少 増え/減っ 上昇/低下 勝利/敗北 賛成/反対 生まれ/亡くな 創設/廃止 設立/解散 "
        "前身/後身 長所/短所 輸出/輸入 男性/女性 父親/母親 多い/少ない 高い/低い 大きい/小さい"
    ).split()
)
OPPOSITES |= {b: a for a, b in OPPOSITES.items()}
OPPOSITE = re.compile("|".join(sorted(OPPOSITES, key=len, reverse=True)))


class Paragraph(data.Paragraph):
    """Its sentences end as Japanese ones do, and its windows are measured in characters."""

    def windows(self, characters: int) -> list[Offsets]:
        cuts = [0, *(m.end() for m in SENTENCE_END.finditer(self.text)), len(self.text)]
        sentences = [(a, b) for a, b in pairwise(cuts) if b > a]
        target = len(self.text) / -(-len(self.text) // characters)
        out = [sentences[0]]
        for start, end in sentences[1:]:
            if end - out[-1][0] <= target * 1.15:
                out[-1] = (out[-1][0], end)
            else:
                out.append((start, end))
        return out


def read_jaquad(folder: Path) -> list[Paragraph]:
    paragraphs = []
    for path in sorted(folder.glob("*.json")):
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            for item in article["paragraphs"]:
                paragraph = Paragraph(article["title"], item["context"])
                for qa in item["qas"]:
                    answer = qa["answers"][0]
                    start = answer["answer_start"]
                    golds = ((start, start + len(answer["text"])),)
                    paragraph.questions.append(
                        Example(qa["id"], paragraph.article, qa["question"], paragraph.text, golds)
                    )
                paragraphs.append(paragraph)
    return paragraphs


def split(paragraphs: list[Paragraph], held_out: int = 20) -> dict[str, list[Paragraph]]:
    """The last articles, to fit and choose by; all others to train. JaQuAD's own dev set tests."""
    titles = list(dict.fromkeys(p.article for p in paragraphs))
    last = set(titles[-held_out:])
    return {
        "train": [p for p in paragraphs if p.article not in last],
        "dev": [p for p in paragraphs if p.article in last],
    }


class NearMisses:
    """Unanswerable examples made from answerable ones."""

    def __init__(self, paragraphs: list[Paragraph]) -> None:
        self.by_article: dict[str, list[Paragraph]] = defaultdict(list)
        self.names: dict[str, set[str]] = defaultdict(set)
        for paragraph in paragraphs:
            self.by_article[paragraph.article].append(paragraph)
            for example in paragraph.questions:
                self.names[example.article].update(NAME.findall(example.question))
        self.rankers = {}
        for title, group in self.by_article.items():
            self.rankers[title] = bm25s.BM25()
            words = [tokens(p.text) or ["_"] for p in group]
            self.rankers[title].index(words, show_progress=False)

    def wrong_passage(self, example: Example, rng: random.Random) -> Paragraph | None:
        """One of the article's passages most like the question that do not hold the answer."""
        group = self.by_article[example.article]
        found, _ = self.rankers[example.article].retrieve(
            [tokens(example.question) or ["_"]], k=min(6, len(group)), show_progress=False
        )
        golds = {example.text[a:b] for a, b in example.golds}
        wrong = [group[i] for i in found[0] if not holds(group[i].text, golds)]
        return rng.choice(wrong[:3]) if wrong else None

    def altered_question(self, example: Example, rng: random.Random) -> str | None:
        """A number, name or telling word changed so that the passage no longer answers."""
        ways = [self.other_number, self._other_name, self._other_name, opposite]
        rng.shuffle(ways)
        for way in ways:
            if question := way(example, rng):
                return question
        return None

    def other_number(self, example: Example, rng: random.Random) -> str | None:
        found = list(NUMBER.finditer(example.question))
        if not found:
            return None
        match = rng.choice(found)
        value = int(match[0])
        for _ in range(5):
            near = 40 if len(match[0]) == 4 else max(3, value // 2)
            other = str(max(1, value + rng.randint(-near, near)))
            if other not in example.text and int(other) != value:
                return example.question[: match.start()] + other + example.question[match.end() :]
        return None

    def _other_name(self, example: Example, rng: random.Random) -> str | None:
        found = [
            m
            for m in NAME.finditer(example.question)
            if m[0] not in ASKED and m[0] in example.text and not m[0].startswith("何")
        ]
        if not found:
            return None
        match = rng.choice(found)
        answers = "".join(example.text[a:b] for a, b in example.golds)
        kind = _script(match[0])
        others = [
            name
            for name in sorted(self.names[example.article])
            if _script(name) == kind
            and name not in ASKED
            and not name.startswith("何")
            and name not in example.question
            and name not in answers
            and abs(len(name) - len(match[0])) <= 2
            and (kind != "han" or name[-1] == match[0][-1])
        ]
        outside = [name for name in others if name not in example.text]
        pool = others if rng.random() < 0.2 else outside
        if not pool:
            return None
        return (
            example.question[: match.start()] + rng.choice(pool) + example.question[match.end() :]
        )


def _script(name: str) -> str:
    first = name[0]
    if first.isascii():
        return "latin"
    return "han" if "一" <= first <= "龠" else "katakana"


def opposite(example: Example, rng: random.Random) -> str | None:
    found = list(OPPOSITE.finditer(example.question))
    if not found:
        return None
    match = rng.choice(found)
    other = OPPOSITES[match[0]]
    return example.question[: match.start()] + other + example.question[match.end() :]


def typed(question: str, rng: random.Random) -> str:
    """The question as it may be typed: without its mark or its polite end, or as it is."""
    roll = rng.random()
    if roll < 0.3:
        return question.rstrip("?？。")
    if roll < 0.5:
        return re.sub(r"(なの|な)?(ですか|でしょうか)?[?？]?$", "", question)
    if roll < 0.6:
        return re.sub(r"ですか[?？]?$", "なの？", question)
    return question.replace("?", "？") if roll < 0.8 else question


def epoch(paragraphs: list[Paragraph], misses: NearMisses, seed: int) -> list[Example]:
    """One pass over every question, in freshly cut windows, with fresh near misses."""
    rng = random.Random(seed)
    out = []
    for paragraph in paragraphs:
        windows = paragraph.windows(rng.choice((120, 200, 300, 450)))
        heading = paragraph.article if rng.random() < 0.3 else ""
        for whole in paragraph.questions:
            question = typed(whole.question, rng)
            cuts = [cut(replace(whole, heading=heading, question=question), w) for w in windows]
            right = [c for c in cuts if c.golds]
            if not right:  # the answer straddles two windows
                continue
            example = right[0]
            out.append(example)
            golds = {whole.text[a:b] for a, b in whole.golds}
            elsewhere = [c for c in cuts if not c.golds and not holds(c.text, golds)]
            if elsewhere and rng.random() < 0.1:
                out.append(rng.choice(elsewhere))
            if rng.random() < 0.12 and (wrong := misses.wrong_passage(whole, rng)):
                start, end = rng.choice(wrong.windows(200))
                out.append(replace(example, text=wrong.text[start:end].rstrip(), golds=()))
            if rng.random() < 0.18 and (asked := misses.altered_question(example, rng)):
                out.append(replace(example, question=asked, golds=()))
    return out

"""Examples: questions over passages, split by whole article, with made-up near misses.

Every sampling function takes its own random.Random, so an epoch is a function of its seed.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import bm25s

from rephrase import Thesaurus, rephrased

Offsets = tuple[int, int]
WORD = re.compile(r"\w+")
NAME = re.compile(r"\b[A-Z][\w'’-]+(?: (?:(?:of|the|and|de) )*[A-Z][\w'’-]+)*")
NUMBER = re.compile(r"(?<![\w.,])\d[\d,.]*\d(?![\w])|(?<![\w.,])\d(?![\w,.])")
SENTENCE_END = re.compile(r"[.!?][\"”’')\]]*(?:\[\w+\])*\s+(?=[A-Z0-9\"“‘(\[])")
STOP = frozenset(
    "a an and are as at be been by did do does for from had has have how in is it its many much of "
    "on or s that the their there this to was were what when where which who whom whose why will "
    "with would".split()
)
# Each pair turns an answerable question into one that the passage most likely does not answer.
OPPOSITES = dict(
    pair.split("/")
    for pair in (
        "first/last most/least before/after more/fewer highest/lowest largest/smallest "
        "oldest/newest north/south east/west northern/southern eastern/western increase/decrease "
        "increased/decreased major/minor always/never won/lost early/late earliest/latest "
        "start/end started/stopped began/ended maximum/minimum majority/minority best/worst "
        "longest/shortest above/below inside/outside public/private same/different good/bad "
        "positive/negative allowed/forbidden accepted/rejected support/oppose supported/opposed "
        "strong/weak high/low larger/smaller higher/lower upper/lower male/female internal/external"
    ).split()
)
OPPOSITES |= {b: a for a, b in OPPOSITES.items()}
NEGATED = {
    word: word + "n't"
    for word in "is was are were did does do could would has had have should".split()
}


@dataclass(frozen=True, slots=True)
class Example:
    """`golds` are offsets in `text`, one for each annotator; none: the text has no answer."""

    id: str
    article: str
    question: str
    text: str
    golds: tuple[Offsets, ...] = ()
    heading: str = ""


@dataclass(frozen=True)
class Paragraph:
    article: str
    text: str
    questions: list[Example] = field(default_factory=list)

    @cached_property
    def sentences(self) -> list[Offsets]:
        cuts = [0, *(m.end() for m in SENTENCE_END.finditer(self.text)), len(self.text)]
        return [(a, b) for a, b in pairwise(cuts) if b > a]

    def windows(self, words: int) -> list[Offsets]:
        """Whole sentences, in pieces of about equal length, none much longer than `words`."""
        pieces = -(-len(self.text.split()) // words)
        target = len(self.text) / pieces
        out = [self.sentences[0]]
        for start, end in self.sentences[1:]:
            if end - out[-1][0] <= target * 1.15:
                out[-1] = (out[-1][0], end)
            else:
                out.append((start, end))
        return out


def content_words(text: str) -> set[str]:
    return {w for w in WORD.findall(text.lower()) if w not in STOP}


def best_occurrence(paragraph: Paragraph, answer: str, question: str) -> Offsets | None:
    """Where the answer stands in the sentence most like the question; whole words if possible."""
    found = [(m.start(), m.end()) for m in re.finditer(re.escape(answer), paragraph.text)]
    wanted = content_words(question) - content_words(answer)

    def rank(offsets: Offsets) -> tuple[bool, int]:
        start, end = offsets
        around = paragraph.text[max(0, start - 1) : start] + paragraph.text[end : end + 1]
        sentence = next(s for s in paragraph.sentences if s[0] <= start < s[1])
        shared = wanted & content_words(paragraph.text[slice(*sentence)])
        return not any(c.isalnum() for c in around), len(shared)

    return max(found, key=rank) if found else None


def read_squad(path: Path, *, exact_offsets: bool) -> list[Paragraph]:
    paragraphs = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for item in article["paragraphs"]:
            paragraph = Paragraph(article["title"], item["context"])
            for qa in item["qas"]:
                question = qa["question"].strip()
                golds = [
                    (a["answer_start"], a["answer_start"] + len(a["text"]))
                    if exact_offsets
                    else best_occurrence(paragraph, a["text"], question)
                    for a in qa["answers"]
                    if not qa.get("is_impossible", False)
                ]
                kept = tuple(g for g in golds if g)
                if kept or qa.get("is_impossible", False):
                    paragraph.questions.append(
                        Example(qa["id"], paragraph.article, question, paragraph.text, kept)
                    )
            paragraphs.append(paragraph)
    return paragraphs


def split_articles(titles: Iterable[str], seed: int = 0) -> dict[str, list[str]]:
    """Whole articles: 3 to test, 2 to choose thresholds and checkpoints, the others to train."""
    shuffled = sorted(set(titles))
    random.Random(seed).shuffle(shuffled)
    return {"test": shuffled[:3], "dev": shuffled[3:5], "train": shuffled[5:]}


def load_squad(folder: Path) -> dict[str, list[Paragraph]]:
    two = read_squad(folder / "squad2-dev-a.json", exact_offsets=True)
    one = read_squad(folder / "squad1-dev-13-articles.json", exact_offsets=False)
    splits = split_articles(p.article for p in two)
    parts = {name: [p for p in two if p.article in titles] for name, titles in splits.items()}
    parts["train"] += one
    return parts


def holds(text: str, golds: Iterable[str]) -> bool:
    lowered = text.lower()
    return any(g.lower() in lowered for g in golds)


def cut(example: Example, window: Offsets) -> Example:
    """The example over one window; unanswerable if no annotator's span lies whole inside."""
    start, end = window
    inside = tuple((a - start, b - start) for a, b in example.golds if start <= a and b <= end)
    return replace(example, text=example.text[start:end].rstrip(), golds=inside)


class NearMisses:
    """Unanswerable examples made from answerable ones, all from the training articles."""

    def __init__(self, paragraphs: list[Paragraph]) -> None:
        self.by_article: dict[str, list[Paragraph]] = defaultdict(list)
        for paragraph in paragraphs:
            self.by_article[paragraph.article].append(paragraph)
        # Names that questions use after the same word («did», «of», «the») are of a likely kind.
        self.names: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for paragraph in paragraphs:
            for example in paragraph.questions:
                for match in names_in(example.question):
                    before = word_before(example.question, match.start())
                    self.names[example.article][before].add(match.group())
        self.rankers = {}
        for title, group in self.by_article.items():
            ranker = bm25s.BM25()
            texts = [sorted_words(p.text) for p in group]
            ranker.index(texts, show_progress=False)
            self.rankers[title] = ranker

    def wrong_passage(self, example: Example, rng: random.Random) -> Paragraph | None:
        """One of the best-ranked passages of the article that hold no annotator's answer."""
        group = self.by_article[example.article]
        query = [sorted_words(example.question)]
        found, _ = self.rankers[example.article].retrieve(
            query, k=min(8, len(group)), show_progress=False
        )
        golds = {example.text[a:b] for a, b in example.golds}
        wrong = [group[i] for i in found[0] if not holds(group[i].text, golds)]
        return rng.choice(wrong[:4]) if wrong else None

    def altered_question(self, example: Example, rng: random.Random) -> str | None:
        """A number, name or telling word changed so that the passage no longer answers."""
        ways = [self.other_number, self._other_name, self._other_name, opposite_word]
        if rng.random() < 0.12:
            ways.append(negation)
        rng.shuffle(ways)
        for way in ways:
            question = way(example, rng)
            if question and question != example.question:
                return question
        return None

    def other_number(self, example: Example, rng: random.Random) -> str | None:
        found = list(NUMBER.finditer(example.question))
        if not found:
            return None
        match = rng.choice(found)
        digits = match.group().replace(",", "")
        if not digits.isdigit():
            return None
        value = int(digits)
        is_year = len(digits) == 4 and "," not in match.group()
        for _ in range(5):
            low, high = (value - 40, value + 40) if is_year else (value // 3, value * 3 + 5)
            other = rng.randint(low, high)
            text = f"{other:,}" if "," in match.group() else str(other)
            if other != value and text not in example.text:
                return example.question[: match.start()] + text + example.question[match.end() :]
        return None

    def _other_name(self, example: Example, rng: random.Random) -> str | None:
        found = names_in(example.question)
        if not found:
            return None
        match = rng.choice(found)
        lowered, asked = example.text.lower(), example.question.lower()
        answers = {w for a, b in example.golds for w in content_words(example.text[a:b])}
        candidates = [
            name
            for name in sorted(
                self.names[example.article][word_before(example.question, match.start())]
            )
            if name.lower() not in asked and not content_words(name) & answers
        ]
        # A name from elsewhere in the passage is the harder miss; mostly it is one from outside.
        outside = [name for name in candidates if name.lower() not in lowered]
        pool = candidates if rng.random() < 0.2 else outside
        if not pool:
            return None
        other = rng.choice(pool)
        return example.question[: match.start()] + other + example.question[match.end() :]


def names_in(question: str) -> list[re.Match[str]]:
    """Capitalised names, but not the question's own first word."""
    return [m for m in NAME.finditer(question) if m.start() > 0]


def word_before(text: str, at: int) -> str:
    words = WORD.findall(text[:at].lower())
    return words[-1] if words else ""


def sorted_words(text: str) -> list[str]:
    return sorted(content_words(text)) or ["_"]


def _one_word(example: Example, rng: random.Random, table: dict[str, str]) -> str | None:
    found = [m for m in WORD.finditer(example.question) if m.group() in table]
    if not found:
        return None
    match = rng.choice(found)
    other = table[match.group()]
    return example.question[: match.start()] + other + example.question[match.end() :]


def opposite_word(example: Example, rng: random.Random) -> str | None:
    return _one_word(example, rng, OPPOSITES)


def negation(example: Example, rng: random.Random) -> str | None:
    return _one_word(example, rng, NEGATED)


def without_answer(example: Example, sentences: list[Offsets]) -> Example | None:
    """The text less the sentences that answer: the same subject, and no word of what is asked."""
    kept = [
        example.text[a:b]
        for a, b in sentences
        if not any(a < end and start < b for start, end in example.golds)
    ]
    text = "".join(kept).rstrip()
    golds = {example.text[a:b] for a, b in example.golds}
    if not kept or len(kept) == len(sentences) or holds(text, golds):
        return None
    return replace(example, text=text, golds=())


def other_thing_asked(example: Example, rng: random.Random) -> str | None:
    """A date or a number asked for instead, where the text has none."""
    if re.search(r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred)\b",
                 example.text, re.IGNORECASE):  # fmt: skip
        return None
    match = re.match(r"(who|what|where|why|how|when|which \w+)( (?:did|was|were|is|are)\b.*)",
                     example.question, re.IGNORECASE)  # fmt: skip
    if match is None or match[1].lower() == "when":
        return None
    return rng.choice(("When", "In what year", "On what date")) + match[2]


def squad_epoch(paragraphs: list[Paragraph], misses: NearMisses, seed: int) -> list[Example]:
    """One pass over every question, in freshly cut windows, with fresh near misses."""
    rng = random.Random(seed)
    out = []
    for paragraph in paragraphs:
        windows = paragraph.windows(rng.choice((80, 120, 170, 170)))
        heading = paragraph.article.replace("_", " ") if rng.random() < 0.3 else ""
        for whole in paragraph.questions:
            cuts = [cut(replace(whole, heading=heading), w) for w in windows]
            if not whole.golds:
                asked = content_words(whole.question)
                out.append(max(cuts, key=lambda c: len(asked & content_words(c.text))))
                continue
            right = [c for c in cuts if c.golds]
            if not right:  # the answer straddles two windows
                continue
            example = max(right, key=lambda c: len(c.golds))
            out.append(example)
            golds = {whole.text[a:b] for a, b in whole.golds}
            elsewhere = [c for c in cuts if not c.golds and not holds(c.text, golds)]
            if elsewhere and rng.random() < 0.15:
                out.append(rng.choice(elsewhere))
            if rng.random() < 0.25 and (wrong := misses.wrong_passage(whole, rng)):
                pieces = wrong.windows(170)
                start, end = rng.choice(pieces)
                text = wrong.text[start:end].rstrip()
                out.append(replace(example, text=text, golds=()))
            if rng.random() < 0.35 and (question := misses.altered_question(example, rng)):
                out.append(replace(example, question=question, golds=()))
            if rng.random() < 0.15 and (question := other_thing_asked(example, rng)):
                out.append(replace(example, question=question, golds=()))
            if rng.random() < 0.15:
                cuts_ = Paragraph("", example.text).sentences
                if (rest := without_answer(example, cuts_)) is not None:
                    out.append(rest)
    return out


def in_other_words(examples: list[Example], thesaurus: Thesaurus, seed: int) -> list[Example]:
    """Every second question as somebody else might ask it."""
    rng = random.Random(seed)
    return [replace(e, question=rephrased(e.question, thesaurus, rng)) for e in examples]


OPENERS = {"(", "[", "``", "$", "£", "€", "#"}
CLOSERS = {")", "]", ",", ".", ":", ";", "?", "!", "''", "%", "'", "..."}
BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}


def detokenise(tokens: list[str]) -> tuple[str, list[Offsets]]:
    """Plain text from Penn-style tokens, and where each token came to stand."""
    text, offsets, glue = "", [], True
    for raw in tokens:
        token = BRACKETS.get(raw, raw)
        joins = token in CLOSERS or token in {"n't"} or (token[:1] == "'" and len(token) <= 3)
        if text and not glue and not joins:
            text += " "
        glue = token in OPENERS
        token = '"' if token in {"``", "''"} else token
        offsets.append((len(text), len(text) + len(token)))
        text += token
    return text, offsets


def read_qamr(folder: Path) -> list[Example]:
    """One example for each question over a sentence, with every annotator's unbroken answer."""
    sentences = {}
    for line in (folder / "wiki-sentences.tsv").read_text(encoding="utf-8").splitlines():
        key, _, tokens = line.partition("\t")
        sentences[key] = detokenise(tokens.split())
    golds: dict[tuple[str, str], list[Offsets]] = defaultdict(list)
    for name in ("filtered-dev.tsv", "filtered-test.tsv"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            key, question = columns[0], columns[5].strip()
            if key not in sentences:
                continue
            _, offsets = sentences[key]
            for answer in (columns[6], *(c.partition(":")[2] for c in columns[7:9])):
                at = [int(i) for i in answer.split() if i.isdigit()]
                # A gap of one token (a dropped article or comma) is read through; more is not.
                if at and at[-1] < len(offsets) and at[-1] - at[0] <= len(at):
                    golds[key, question].append((offsets[at[0]][0], offsets[at[-1]][1]))
    return [
        Example(key, key.rsplit(":", 2)[0], question, sentences[key][0], tuple(spans))
        for (key, question), spans in golds.items()
        # Annotators who share no word are reading different questions.
        if spans and Counter(spans).most_common(1)[0][1] > 1
    ]


def qamr_epoch(examples: list[Example], limit: int, seed: int) -> list[Example]:
    """Sentences among others: one answers, or (one time in five) none of them does."""
    rng = random.Random(seed)
    by_article: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        if example.text not in by_article[example.article]:
            by_article[example.article].append(example.text)
    everything = sorted({e.text for e in examples})
    out = []
    for example in rng.sample(examples, min(limit, len(examples))):
        near = [t for t in by_article[example.article] if t != example.text]
        rng.shuffle(near)
        far = [t for t in rng.sample(everything, 5) if t != example.text]
        others = (near + far)[: rng.choice((0, 1, 2, 3, 4))]
        rng.shuffle(others)
        golds = {example.text[a:b] for a, b in example.golds}
        if others and rng.random() < 0.22 and not holds(" ".join(others), golds):
            out.append(replace(example, text=" ".join(others), golds=()))
            continue
        before = others[: rng.randint(0, len(others))]
        after = others[len(before) :]
        shift = sum(len(t) + 1 for t in before)
        spans = tuple((a + shift, b + shift) for a, b in example.golds)
        out.append(replace(example, text=" ".join([*before, example.text, *after]), golds=spans))
    return out


def unseen(examples: Iterable[Example], held_out: Iterable[Paragraph]) -> Iterator[Example]:
    """Only examples whose sentences do not also stand in a held-out paragraph."""
    kept_aside = [squeezed(p.text) for p in held_out]
    verdict: dict[str, bool] = {}
    for example in examples:
        if example.text not in verdict:
            wanted = squeezed(example.text)
            verdict[example.text] = not any(wanted in text for text in kept_aside)
        if verdict[example.text]:
            yield example


def squeezed(text: str) -> str:
    return "".join(WORD.findall(text.lower()))

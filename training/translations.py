"""Questions put into the other language: SQuAD's into Japanese, JaQuAD's into English.

`translations/` holds a line of JSON for each: the question's id and its words in the other
language. The text, and so the answer, stays as it is.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import data
import jaquad
from data import Example, cut, holds
from memoqa.script import asks_in_japanese

FOLDER = Path(__file__).parent / "translations"


@dataclass(frozen=True)
class Translated:
    """`example` asks in its own language, `question` in the other."""

    example: Example
    question: str
    paragraph: data.Paragraph


def read_translations(
    paragraphs: Sequence[data.Paragraph], folder: Path = FOLDER
) -> Iterator[Translated]:
    """The translated ones among these paragraphs' questions."""
    words = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            words[entry["id"]] = entry["question"]
    for paragraph in paragraphs:
        for example in paragraph.questions:
            if example.id in words:
                yield Translated(example, words[example.id], paragraph)


def epoch(
    translated: Sequence[Translated],
    english: data.NearMisses,
    japanese: jaquad.NearMisses,
    seed: int,
) -> list[Example]:
    """Each question with the passage that answers it and, most often, one that does not.

    Some are asked again with another number or the opposite word, so that nothing answers.
    """
    rng = random.Random(seed)
    out = []
    for one in translated:
        whole, paragraph = one.example, one.paragraph
        wrong: data.Paragraph | None
        if isinstance(paragraph, jaquad.Paragraph):
            windows = paragraph.windows(rng.choice((120, 200, 300)))
            wrong, size = japanese.wrong_passage(whole, rng), 200
        else:
            windows = paragraph.windows(rng.choice((60, 100, 150)))
            wrong, size = english.wrong_passage(whole, rng), 120
        heading = whole.article.replace("_", " ") if rng.random() < 0.3 else ""
        asked = replace(whole, question=one.question, heading=heading)
        cuts = [cut(asked, w) for w in windows]
        right = [c for c in cuts if c.golds]
        if not whole.golds:
            words = data.content_words(whole.question)
            out.append(max(cuts, key=lambda c: len(words & data.content_words(c.text))))
        elif right:
            out.append(right[0])
            if rng.random() < 0.4 and (altered := _altered(right[0], english, japanese, rng)):
                out.append(replace(right[0], question=altered, golds=()))
        golds = {whole.text[a:b] for a, b in whole.golds}
        elsewhere = [c for c in cuts if not c.golds and not holds(c.text, golds)]
        if whole.golds and elsewhere and rng.random() < 0.25:
            out.append(rng.choice(elsewhere))
        if wrong is not None and rng.random() < 0.5:
            start, end = rng.choice(wrong.windows(size))
            out.append(replace(asked, text=wrong.text[start:end].rstrip(), golds=()))
    return out


def _altered(
    asked: Example, english: data.NearMisses, japanese: jaquad.NearMisses, rng: random.Random
) -> str | None:
    if asks_in_japanese(asked.question):
        ways = [japanese.other_number, jaquad.opposite]
    else:
        ways = [english.other_number, data.opposite_word]
    rng.shuffle(ways)
    return ways[0](asked, rng) or ways[1](asked, rng)

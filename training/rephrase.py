"""The same question in other words: as people type it, and with synonyms.

Crowd-written questions are whole, correct sentences in the passage's own words. Readers of a memo
type «how come …», drop the question mark, or give keywords alone. Every form keeps what is asked,
so that an example's answer, or that it has none, stays true. Capitals are left: the model reads
none.
"""

import random
import re
from pathlib import Path

WORD = re.compile(r"[a-z]{4,}")
LEADS = (
    "Tell me ",
    "Do you know ",
    "I would like to know ",
    "Can you tell me ",
    "According to the text, ",
    "Please, ",
    "So, ",
    "I wonder ",
)
FORMS = tuple(
    (re.compile(pattern, re.IGNORECASE), others)
    for pattern, others in (
        (r"^how many\b", ("What number of", "The number of", "What was the count of")),
        (r"^(when|in what year|what year) (?=did|was|were)", ("In which year ", "What year ")),
        (r"^what year\b", ("When", "In which year")),
        (r"^who\b", ("Which person", "What person or group", "Who exactly")),
        (r"^where\b", ("In what place", "In which location")),
        (r"^why\b", ("How come", "For what reason", "What is the reason that")),
        (r"^what (is|was) the name of", ("What do they call", "Name", "Which is")),
        (r"^what (is|was)\b", ("Whats", "What's")),
        (r"^who (is|was)\b", ("Whos", "Who's")),
        (r"^how much\b", ("What amount of", "How large an amount of")),
        (r"^which\b", ("What",)),
        (r"^what\b", ("Which",)),
        (r"^what (?=did|does|do)\b", ("What exactly ",)),
    )
)
STOP = frozenset(
    "a an the of in on at to for by with from is are was were be been do does did has have had "
    "that this it its their there".split()
)


class Thesaurus:
    """Synonyms of a word's first sense in WordNet, for its commonest part of speech."""

    def __init__(self, folder: Path) -> None:
        self._synonyms: dict[str, tuple[str, ...]] = {}
        tagged: dict[str, int] = {}
        for part in ("noun", "verb", "adj"):
            synsets = {}
            for line in (folder / f"data.{part}").read_text(encoding="latin-1").splitlines():
                if line[:1].isdigit():
                    fields = line.split()
                    count = int(fields[3], 16)
                    synsets[fields[0]] = [fields[4 + 2 * i] for i in range(count)]
            for line in (folder / f"index.{part}").read_text(encoding="latin-1").splitlines():
                if not line[:1].isalpha():
                    continue
                fields = line.split()
                senses = int(fields[2])
                seen = int(fields[-senses - 1])  # senses met in tagged texts: how common it is
                same = tuple(
                    w
                    for w in synsets[fields[-senses]]
                    if w.isalpha() and w.islower() and w != fields[0]
                )
                if same and seen > tagged.get(fields[0], 0):
                    tagged[fields[0]] = seen
                    self._synonyms[fields[0]] = same

    def other(self, word: str, rng: random.Random) -> str | None:
        """A synonym in the same form, as far as adding an s makes it."""
        for stem, ending in ((word, ""), (word.removesuffix("s"), "s")):
            if stem + ending == word and stem in self._synonyms:
                return rng.choice(self._synonyms[stem]) + ending
        return None

    def replace(self, question: str, rng: random.Random) -> str:
        """One or two words, or as many as have synonyms, replaced."""
        found = [m for m in WORD.finditer(question) if self.other(m.group(), rng)]
        for match in sorted(
            rng.sample(found, min(len(found), rng.choice((1, 1, 2)))),
            key=lambda m: -m.start(),
        ):
            other = self.other(match.group(), rng)
            question = f"{question[: match.start()]}{other}{question[match.end() :]}"
        return question


def rephrased(question: str, thesaurus: Thesaurus, rng: random.Random) -> str:
    """As it is every other time; else in one to three of the ways below."""
    if rng.random() < 0.5:
        return question
    if rng.random() < 0.5:
        question = thesaurus.replace(question, rng)
    if rng.random() < 0.4:
        question = other_form(question, rng)
    chance = rng.random()
    if chance < 0.12:
        question = keywords(question)
    elif chance < 0.25:
        question = rng.choice(LEADS) + question[:1].lower() + question[1:]
    if rng.random() < 0.5:
        question = question.rstrip("? ")
    if rng.random() < 0.06:
        question = typo(question, rng)
    return question


def other_form(question: str, rng: random.Random) -> str:
    ways = [(pattern, others) for pattern, others in FORMS if pattern.search(question)]
    if not ways:
        return question
    pattern, others = rng.choice(ways)
    return pattern.sub(rng.choice(others), question, count=1)


def keywords(question: str) -> str:
    """What somebody types into a search box."""
    words = [w for w in question.rstrip("? ").split() if w.lower() not in STOP]
    return " ".join(words) if len(words) > 2 else question


def typo(question: str, rng: random.Random) -> str:
    """Two neighbouring letters of a longer word change places."""
    found = [m for m in WORD.finditer(question) if len(m.group()) > 5]
    if not found:
        return question
    match = rng.choice(found)
    at = match.start() + rng.randrange(1, len(match.group()) - 2)
    return question[:at] + question[at + 1] + question[at] + question[at + 2 :]

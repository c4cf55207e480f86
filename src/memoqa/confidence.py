"""How likely it is that the best extract answers the question: a logistic regression.

Its weights are in `confidence.json`, where anyone can read them, with what they were fitted on.
"""

import json
import math
import re
from dataclasses import dataclass
from importlib.resources import files

from memoqa.lexical import numbers, tokens
from memoqa.types import Extract, Retrieved

_NAME = re.compile(r"(?<=\s)[^\W\d_a-z]\w+")


@dataclass(frozen=True, slots=True)
class Level:
    """Of `of` extracts with a probability from `start` to the next level, `right` were right."""

    start: float
    right: int
    of: int


@dataclass(frozen=True, slots=True)
class Confidence:
    """P(right) = 1 / (1 + exp(-(intercept + Σ weight · feature))), features by their names;
    at `threshold` and above, an extract is an answer. `levels`, the highest first, were counted on
    questions that nothing was fitted on.
    """

    weights: dict[str, float]
    intercept: float
    threshold: float
    levels: tuple[Level, ...] = ()

    def probability(self, features: dict[str, float]) -> float:
        z = self.intercept + sum(w * features[name] for name, w in self.weights.items())
        return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))

    def level(self, probability: float) -> Level | None:
        """The level that a probability is of."""
        return next((level for level in self.levels if probability >= level.start), None)


def open_confidence(reader: str, languages: str) -> Confidence:
    """The shipped weights for these languages, where `reader` is the one they were fitted for; for
    another, its own odds of the span against no answer, which its score is the logarithm of.
    """
    text = files("memoqa").joinpath("confidence.json").read_text(encoding="utf-8")
    fitted = json.loads(text)[languages]
    if fitted["reader"] != reader:
        return Confidence({"score": 1.0}, 0.0, threshold=0.5)
    levels = tuple(Level(one["from"], one["right"], one["of"]) for one in fitted["levels"])
    return Confidence(fitted["weights"], fitted["intercept"], fitted["threshold"], levels)


def features(
    question: str,
    extract: Extract,
    alone: Extract,
    hit: Retrieved,
    quote: Retrieved,
    second: float,
    similarity: float,
) -> dict[str, float]:
    """What speaks for and against an extract of a retrieved passage.

    The reader's scores in the passage and of the quote alone, another model's of the passage
    (`second`), the similarity of question and quote; the shares of the question's terms that stand
    in the quote and in the passage, with their context; and whether a number or a name of the
    question stands nowhere in the passage, which marks a near miss. `alone` and `quote` are the
    extract and the hit cut to the quoted sentence.
    """
    asked = set(tokens(question))
    return {
        "score": extract.score,
        "relevance": extract.relevance,
        "score_alone": alone.score,
        "relevance_alone": alone.relevance,
        "passage": second,
        "similarity": similarity,
        "terms_in_quote": _share(asked, quote.in_context),
        "terms_in_passage": _share(asked, hit.in_context),
        "numbers_missing": float(bool(numbers(question) - numbers(hit.in_context))),
        "names_missing": float(not _names(question) <= set(tokens(hit.in_context))),
    }


def _share(terms: set[str], text: str) -> float:
    return len(terms & set(tokens(text))) / len(terms) if terms else 0.0


def _names(question: str) -> set[str]:
    """The terms of capitalised words after the first word."""
    return {term for name in _NAME.findall(question) for term in tokens(name)}

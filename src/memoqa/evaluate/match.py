"""Exact match and F1 of a short answer against the acceptable ones (Rajpurkar et al. 2016).

English is normalised as by SQuAD's own script: lower case, without punctuation and articles, by
words. Where most letters of the acceptable answer are Japanese, which has no spaced words, both
are compared by characters after NFKC, without punctuation and spaces.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from memoqa.script import is_japanese

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(a|an|the)\b")


def exact_match(answer: str, golds: Sequence[str]) -> float:
    """1 where the answer is one of the golds but for normalisation, else 0."""
    return _best(lambda found, gold: float(found == gold), answer, golds)


def f1(answer: str, golds: Sequence[str]) -> float:
    """The harmonic mean of the precision and recall of tokens, with the gold that fits best."""
    return _best(_overlap, answer, golds)


def _best(
    score: Callable[[list[str], list[str]], float], answer: str, golds: Sequence[str]
) -> float:
    tokenisers = ((gold, _characters if is_japanese(gold) else _words) for gold in golds)
    return max((score(tokens(answer), tokens(gold)) for gold, tokens in tokenisers), default=0.0)


def _overlap(found: list[str], gold: list[str]) -> float:
    if not found or not gold:
        return float(found == gold)
    shared = (Counter(found) & Counter(gold)).total()
    return 2 * shared / (len(found) + len(gold))


def _words(text: str) -> list[str]:
    return _ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def _characters(text: str) -> list[str]:
    normal = unicodedata.normalize("NFKC", text).lower()
    return [c for c in normal if unicodedata.category(c)[0] not in "PZC"]

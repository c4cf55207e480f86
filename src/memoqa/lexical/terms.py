"""The terms of a text."""

import re
from collections.abc import Iterator

import Stemmer

from memoqa.lexical.normal import normal
from memoqa.lexical.numerals import numerals
from memoqa.script import JAPANESE

_WORD = re.compile(rf"[{JAPANESE}]+|[^\W{JAPANESE}]+")
_UNSPACED = re.compile(rf"[{JAPANESE}]")
_KANJI = re.compile(r"[\u3005\u3007\u3400-\u9fff\uf900-\ufaff]")
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")
_STOPWORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how "
    "i if in into is it its me my of on or our she should so such than that the their them then "
    "there these they this those to was we were what when where which who whom whose why will "
    "with would you your tell please".split()
)


def tokens(text: str) -> list[str]:
    """The terms that count: numbers in one form, stems of words, and pairs of Japanese characters
    and single kanji.

    Stop words and pairs of hiragana are left out; without any other word a text has no terms.
    """
    plain = normal(text)
    return [*numerals(plain), *_words(plain)]


def _words(text: str) -> Iterator[str]:
    stem = Stemmer.Stemmer("english").stemWord
    for match in _WORD.finditer(text):
        word = match[0]
        if _UNSPACED.match(word):
            pairs = (word[i : i + 2] for i in range(max(1, len(word) - 1)))
            yield from (pair for pair in pairs if not _HIRAGANA.fullmatch(pair))
            if len(word) > 1:
                yield from _KANJI.findall(word)
        elif not word.isdecimal() and word not in _STOPWORDS:
            yield stem(word)

"""The places in a document that cite a work: by author and year, by number, or by title.

A place that fits two works cites neither: a link left out does less harm than a false one.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memoqa import bibliography
from memoqa.references.fold import fold, fold_with_places
from memoqa.references.lists import Entry
from memoqa.types import Document, Span

_MIN_TITLE = 11
"""The least letters and digits of a title that is looked for; a Japanese one counts thrice."""

_SURE_TITLE = 30
"""From here on a title is told without quotation marks."""

_PARTICLE = r"(?:(?:[Vv]an|[Vv]on|[Dd]e|der|den|del|della|[Dd]i|da|[Ll]a|[Ll]e|ten)\s+){0,3}"
_WORD = r"[A-ZÀ-ÖØ-Þ][^\W\d_]*(?:[’'‐-][^\W\d_]+)*(?<![’']s)"
_NAME = rf"{_PARTICLE}{_WORD}(?:\s+(?:(?:of|for)\s+(?:the\s+)?)?{_WORD}){{0,5}}"
_KANJI = r"[\u3400-\u9fff\uf900-\ufaff々ヶ]{1,6}|[ァ-ヺー]{2,12}"
_YEAR = r"(?:1[5-9]|20)\d\d[a-z]?(?![\d\w])"
_YEARS = rf"{_YEAR}(?:\s*(?:[,，、]|and|&)\s*{_YEAR}){{0,8}}"
_CITED = re.compile(
    rf"(?P<names>{_NAME}(?:,?\s+(?:and|&)\s+{_NAME}|,\s+{_NAME}){{0,8}})"
    rf"(?P<more>,?\s+(?:et\s+al\.?|and\s+(?:others|colleagues)))?(?:[’']s?)?,?\s*[(\[（]?\s*"
    rf"(?P<years>{_YEARS})"
)
_CITED_JAPANESE = re.compile(
    rf"(?<![\u3400-\u9fffァ-ヺー])(?P<names>(?:{_KANJI})(?:[・、＝と](?:{_KANJI})){{0,8}})"
    rf"(?P<more>ら|ほか|他)?(?:氏)?\s*[,，、]?\s*[(（［\[]?\s*(?P<years>{_YEARS})"
)
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")
_LETTERED_YEAR = re.compile(r"(\d{4})([a-z]?)")
_AROUND = 120
"""Code points on each side of a year within which its authors' names are looked for."""

_JOINED = re.compile(r"(,?\s+(?:and|&)\s+|,\s+|[・、＝と])")
_NUMBERS = re.compile(r"\[\^?(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_NOTE = re.compile(r"^\[\^?(\d{1,3})\]:?[^\S\n]+", re.M)
_AFTER_MARK = re.compile(r":?\s*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SPACED_WORD = re.compile(r"[^\W\d_\u3040-\u9fff\uf900-\ufaff]{3,}")
_QUOTES = "“\"'‘«„『「*_"


class Cited:
    """What finds the mentions of these works, by their keys, in one document after another."""

    def __init__(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        self._by_year: dict[str, list[_Named]] = defaultdict(list)
        self._by_title: dict[str, list[str]] = defaultdict(list)
        # A word without which a title does not stand in a text; looked up before anything else.
        self._telling: dict[str, str] = {}
        for key, record in records.items():
            if (year := bibliography.year(record)) and (families := _families(record)):
                suffix = str(record.get("custom", {}).get("year-suffix", ""))
                self._by_year[str(year)].append(_Named(key, suffix, families))
            title = fold(record["title"])
            if _weight(title) >= _MIN_TITLE:
                self._by_title[title].append(key)
                words = sorted(_words(record["title"]))
                self._telling[title] = max(words, key=len, default="")

    def find(
        self, document: Document, entries: Sequence[tuple[Entry, str]]
    ) -> Iterator[tuple[str, Span]]:
        """(key, place) of every mention; `entries` are the document's own with their works."""
        text = document.text
        taken = [entry.span for entry, _ in entries]
        for entry, key in entries:
            yield key, entry.span
        found = [*self.by_author_and_year(text), *self.by_title(text), *_by_number(text, entries)]
        for key, start, end in found:
            if not any(span.start < end and start < span.end for span in taken):
                yield key, Span(document.id, start, end)

    def by_author_and_year(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(key, start, end) of «Porter (1990)», «Sato et al., 2011» and the like."""
        for start, end in self._around_years(text):
            for pattern in (_CITED, _CITED_JAPANESE):
                for match in pattern.finditer(text, start, end):
                    yield from self._cited(match)

    def _around_years(self, text: str) -> list[tuple[int, int]]:
        """Where a work's year stands, with what is near enough to name its authors."""
        places: list[tuple[int, int]] = []
        for year in _FOUR_DIGITS.finditer(text):
            if year[0] not in self._by_year:
                continue
            start, end = max(0, year.start() - _AROUND), year.end() + _AROUND
            if places and start <= places[-1][1]:
                start = places.pop()[0]
            places.append((start, end))
        return places

    def _cited(self, match: re.Match[str]) -> Iterator[tuple[str, int, int]]:
        for year in _LETTERED_YEAR.finditer(match["years"]):
            keys = {
                named.key
                for named in self._by_year.get(year[1], ())
                if named.suffix == year[2] and named.is_cited(match["names"], bool(match["more"]))
            }
            if len(keys) == 1:
                yield keys.pop(), match.start(), match.start("years") + year.end()

    def by_title(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(key, start, end) of titles: in quotation marks, or long enough to be no chance."""
        words = _words(text)
        wide = bool(_WIDE.search(text))
        likely = [t for t, word in self._telling.items() if (word in words if word else wide)]
        folded = fold(text) if likely else ""
        titles = [title for title in likely if title in folded]
        places = fold_with_places(text)[1] if titles else []
        for title in titles:
            keys = self._by_title[title]
            for match in re.finditer(title, folded):
                start, end = places[match.start()], places[match.end() - 1] + 1
                sure = _weight(title) >= _SURE_TITLE or text[max(0, start - 1) : start] in _QUOTES
                if len(keys) == 1 and sure and _stands_alone(text, start, end):
                    yield keys[0], start, end


@dataclass(frozen=True, slots=True)
class _Named:
    """A work of some year by its authors; `families` are the folded names each may go by."""

    key: str
    suffix: str
    families: list[frozenset[str]]

    def is_cited(self, names: str, more: bool) -> bool:
        """Whether these names, and «et al.» after them or not, are how the work is cited."""
        families = self.families[:1] if more else self.families
        if more and (len(self.families) < 2 or _JOINED.search(names)):
            return False
        return any(
            len(rest) == len(families) and all(map(frozenset.__contains__, families, rest))
            for rest in _without_lead(names)
        )


def _without_lead(names: str) -> Iterator[list[str]]:
    """The folded names, and again without words that may stand before the first, as in «However,
    Porter (1990)» or «In Porter (1990)».
    """
    parts = _JOINED.split(names)
    for lead in range(0, len(parts), 2):
        if lead and parts[lead - 1].strip() != ",":
            return
        others = [fold(name) for name in parts[lead + 2 :: 2]]
        words = parts[lead].split()
        for at in range(len(words)):
            if at == 0 or (words[at][0].isupper() and words[at - 1][0].isupper()):
                yield [fold(" ".join(words[at:])), *others]


def _families(record: Mapping[str, Any]) -> list[frozenset[str]]:
    """The folded names by which each author may be called."""
    names = record.get("author", [])
    families = []
    for name in names:
        forms = {fold(name.get("family") or name.get("literal", ""))}
        if not name.get("given") and not name.get("family"):
            # A Japanese name has no mark between family and given name.
            whole = fold(name.get("literal", ""))
            forms |= {whole[:length] for length in (1, 2, 3) if whole > "\u3040"}
        families.append(frozenset(forms - {""}))
    original = record.get("custom", {}).get("author-original")
    if original and len(families) == 1:
        whole = fold(str(original))
        families[0] |= {whole} | {whole[:length] for length in (1, 2, 3)}
    return families


def _by_number(text: str, entries: Sequence[tuple[Entry, str]]) -> Iterator[tuple[str, int, int]]:
    """(key, start, end) of «[3]» and «[2, 5-7]», by the numbers of this document's own list."""
    numbered: dict[int, set[str]] = defaultdict(set)
    for entry, key in entries:
        if entry.number is not None:
            numbered[entry.number].add(key)
    if not numbered:
        return
    listed = {entry.span.start for entry, _ in entries}
    for match in _NOTE.finditer(text):
        # The same number may mark a note, and nothing tells the two marks apart.
        if match.end() not in listed:
            numbered.pop(int(match[1]), None)
    for match in _NUMBERS.finditer(text):
        after = _AFTER_MARK.match(text, match.end())
        if after and after.end() in listed:
            continue
        for number in _expanded(match[1]):
            if len(keys := numbered.get(number, set())) == 1:
                yield next(iter(keys)), match.start(), match.end()


def _expanded(numbers: str) -> Iterator[int]:
    for part in re.split(r"\s*[,;]\s*", numbers):
        first, *last = (int(number) for number in re.split(r"\s*[–-]\s*", part))
        yield from range(first, min(last[0] if last else first, first + 50) + 1)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return before != "/" and not (
        (before.isalnum() and before < "\u3040") or (after.isalnum() and after < "\u3040")
    )


def _words(text: str) -> set[str]:
    """The folded words of three letters and more, unspaced scripts left out."""
    words = set(_SPACED_WORD.findall(text))
    return {word.lower() if word.isascii() else fold(word) for word in words}


def _weight(folded: str) -> int:
    return sum(3 if character > "\u3040" else 1 for character in folded)

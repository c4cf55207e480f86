"""What frames the pages of a PDF: headers, footers and page numbers."""

import re
from collections import Counter, defaultdict

from memoqa.parse.pdf.glyphs import Seen

_ZONE = 0.14
"""Headers and footers stand in so much of a page's height, at its top and at its bottom."""
_NEAR = 3
"""Points between the heights of what is the same on several pages."""
_LONGEST = 200
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|p\.|第)?\s*(\d{1,4})\s*(?:ページ|頁)?(?:\s*(?:of|/|／)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_FIRST_OR_LAST = re.compile(r"^(\d{1,4})\b|\b(\d{1,4})$")


def find(pages: list[Seen]) -> tuple[list[set[int]], int | None]:
    """For each page the places of the runs that frame it; and what is added to a page's place,
    from 0, for the number that is printed on it, None where the numbers do not count up.

    What frames pages stands at their top or bottom and is the same on several of them at one
    height, but for numbers; or is a number that counts with the pages; or stands beside one of
    these, or at the height where other pages have one.
    """
    zoned = [_zoned(seen) for seen in pages]
    offset = _offset(pages, zoned)
    shapes: defaultdict[str, Counter[int]] = defaultdict(Counter)
    numbered: Counter[int] = Counter()
    for page, runs in enumerate(zoned):
        for run in (pages[page].runs[index] for index in runs):
            shapes[_shape(run.text)][round(run.y)] += 1
            numbered[round(run.y)] += _holds(run.text, page, offset)
    enough = 3 if len(pages) > 5 else 2
    framing: list[set[int]] = []
    heights: Counter[int] = Counter()
    for page, runs in enumerate(zoned):
        found = set()
        for index in runs:
            run = pages[page].runs[index]
            if _near(shapes[_shape(run.text)], run.y) >= enough or (
                _holds(run.text, page, offset)
                and (_PAGE_NUMBER.fullmatch(run.text) or _near(numbered, run.y) > 1)
            ):
                found.add(index)
                heights[round(run.y)] += 1
        framing.append(found)
    for page, runs in enumerate(zoned):
        here = {round(pages[page].runs[index].y) for index in framing[page]}
        for index in runs:
            y = round(pages[page].runs[index].y)
            if y in here or heights[y] > 1:
                framing[page].add(index)
    return framing, offset


def _zoned(seen: Seen) -> list[int]:
    """The places of the runs at the top and at the bottom of a page."""
    low = seen.bottom + _ZONE * seen.height
    high = seen.bottom + (1 - _ZONE) * seen.height
    return [
        index
        for index, run in enumerate(seen.runs)
        if not low <= run.y <= high and len(run.text) <= _LONGEST
    ]


def _shape(text: str) -> str:
    return _NUMBER.sub("#", text.casefold().replace(" ", ""))


def _near(heights: Counter[int], y: float) -> int:
    return sum(heights[round(y) + step] for step in range(-_NEAR, _NEAR + 1))


def _holds(text: str, page: int, offset: int | None) -> bool:
    return offset is not None and page + offset in _numbers(text)


def _numbers(text: str) -> set[int]:
    """The page numbers that a framing line may show."""
    if match := _PAGE_NUMBER.fullmatch(text):
        return {int(match[1])}
    return {int(number) for pair in _FIRST_OR_LAST.findall(text) for number in pair if number}


def _offset(pages: list[Seen], zoned: list[list[int]]) -> int | None:
    """What is added to a page's place for its printed number, where most pages show it."""
    counts: Counter[int] = Counter()
    for page, runs in enumerate(zoned):
        numbers = {number for i in runs for number in _numbers(pages[page].runs[i].text)}
        counts.update({number - page for number in numbers})
    if not counts:
        return None
    offset, times = max(counts.items(), key=lambda item: (item[1], -abs(item[0])))
    return offset if times >= max(2, len(pages) / 2) else None

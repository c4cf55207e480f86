"""What frames the pages of a PDF: headers, footers and page numbers."""

import re
from collections import Counter

from memoqa.parse.pdf.glyphs import Seen

_ZONE = 0.14
"""Headers and footers stand in so much of a page's height, at its top and at its bottom."""
_SAME_HEIGHT = 3.0
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|p\.?|seite|第)?\s*)(\d{1,4}|[ivxlc]{1,7})\s*(?:ページ|頁)?"
    r"(?:\s*(?:of|/|von|／)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_FIRST_OR_LAST = re.compile(r"^(\d{1,4})\b|\b(\d{1,4})$")


def find(pages: list[Seen]) -> tuple[list[set[int]], list[str | None]]:
    """For each page the places of the runs that frame it, and the page number printed there, None
    unless the numbers count up.

    What frames pages stands at their top or bottom, at one height, and is the same on several
    pages but for numbers; or it is or holds a number that counts with the pages.
    """
    zoned = [_zoned(seen) for seen in pages]
    seen_on: dict[tuple[bool, str], list[tuple[int, float]]] = {}
    for page, runs in enumerate(zoned):
        for index, is_top in runs.items():
            run = pages[page].runs[index]
            seen_on.setdefault((is_top, _shape(run.text)), []).append((page, run.y))
    offset = _offset(pages, zoned)
    heights = [
        pages[page].runs[index].y
        for page, runs in enumerate(zoned)
        for index in runs
        if offset is not None and str(page + offset) in _numbers(pages[page].runs[index].text)
    ]
    framing: list[set[int]] = []
    labels: list[str | None] = []
    for page, runs in enumerate(zoned):
        found: set[int] = set()
        label = None
        for index, is_top in runs.items():
            run = pages[page].runs[index]
            places = seen_on[is_top, _shape(run.text)]
            others = {p for p, y in places if p != page and abs(y - run.y) <= _SAME_HEIGHT}
            numbered = offset is not None and str(page + offset) in _numbers(run.text)
            numbered = numbered and (_is_page_number(run.text) or _is_usual(run.y, heights))
            if len(others) >= min(2, max(1, len(pages) // 3)) or numbered:
                found.add(index)
            if numbered:
                label = str(page + (offset or 0))
        # Beside what repeats stands what changes, such as the section's name.
        here = [pages[page].runs[index].y for index in found]
        for index in runs:
            if any(abs(pages[page].runs[index].y - y) <= 1.0 for y in here):
                found.add(index)
        framing.append(found)
        labels.append(label)
    # So does what stands once at a height that frames other pages, such as a chapter's name.
    heights = [pages[page].runs[index].y for page, found in enumerate(framing) for index in found]
    for page, runs in enumerate(zoned):
        framing[page] |= {i for i in runs if _is_usual(pages[page].runs[i].y, heights)}
    return framing, labels


def _zoned(seen: Seen) -> dict[int, bool]:
    """The runs at the top (True) and at the bottom of a page."""
    low = seen.bottom + _ZONE * seen.height
    high = seen.bottom + (1 - _ZONE) * seen.height
    return {
        index: run.y > high
        for index, run in enumerate(seen.runs)
        if (run.y > high or run.y < low) and len(run.text) <= 200
    }


def _is_usual(y: float, heights: list[float]) -> bool:
    """Whether several pages have something that frames them at this height."""
    return sum(abs(y - height) <= 1.0 for height in heights) > 1


def _is_page_number(text: str) -> bool:
    return _PAGE_NUMBER.fullmatch(text) is not None


def _shape(text: str) -> str:
    return _NUMBER.sub("#", text.casefold().replace(" ", ""))


def _numbers(text: str) -> set[str]:
    """The page numbers that a framing line may show."""
    if match := _PAGE_NUMBER.fullmatch(text):
        return {match[1]}
    return {number for pair in _FIRST_OR_LAST.findall(text) for number in pair if number}


def _offset(pages: list[Seen], zoned: list[dict[int, bool]]) -> int | None:
    """What is added to a page's place for its printed number, where most pages show it."""
    counts: Counter[int] = Counter()
    for page, runs in enumerate(zoned):
        numbers = {n for i in runs for n in _numbers(pages[page].runs[i].text) if n.isdecimal()}
        counts.update({int(number) - page for number in numbers})
    if not counts:
        return None
    offset, times = max(counts.items(), key=lambda item: (item[1], -abs(item[0])))
    return offset if times >= max(2, 0.5 * len(pages)) else None

"""A PDF's runs to rows in reading order: headers and footers off, columns one after the other."""

import re
import statistics
from collections import Counter
from dataclasses import dataclass

from memoqa.parse.glyphs import Run, Seen

_ZONE = 0.14
"""Headers and footers stand in so much of a page's height, at its top and at its bottom."""
_SAME_HEIGHT = 3.0
_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]+", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|p\.?|seite|第)?\s*)(\d{1,4}|[ivxlc]{1,7})\s*(?:ページ|頁)?"
    r"(?:\s*(?:of|/|von|／)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_FIRST_OR_LAST = re.compile(r"^(\d{1,4})\b|\b(\d{1,4})$")
_LEAST_ROWS = 4
_TEXT_SHARE = 0.5


@dataclass(slots=True)
class Row:
    """Runs side by side on one baseline of a region, from left to right."""

    cells: list[Run]
    page: int

    @property
    def y(self) -> float:
        return max(self.cells, key=lambda run: run.size).y

    @property
    def x0(self) -> float:
        return self.cells[0].x0

    @property
    def x1(self) -> float:
        return max(run.x1 for run in self.cells)

    @property
    def size(self) -> float:
        return max(run.size for run in self.cells)

    @property
    def text(self) -> str:
        return " ".join(run.text for run in self.cells)


@dataclass(slots=True)
class Region:
    """Rows of one column from top to bottom, with the column's left and right edge."""

    rows: list[Row]
    left: float
    right: float
    page: int


def frames(pages: list[Seen]) -> tuple[list[set[int]], list[str | None]]:
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


def regions(seen: Seen, framing: set[int], page: int) -> list[Region]:
    """The columns of a page in reading order."""
    runs = [run for index, run in enumerate(seen.runs) if index not in framing]
    return [region for region in _split(runs, page) if region.rows]


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


def _split(runs: list[Run], page: int) -> list[Region]:
    """Regions of a part of a page, from top to bottom, and column by column where there are."""
    gutter = _gutter(runs)
    if gutter is None:
        return [_region(runs, page)]
    crossing = sorted((run for run in runs if run.x0 < gutter < run.x1), key=lambda r: -r.y)
    sides = [run for run in runs if not run.x0 < gutter < run.x1]
    bands: list[tuple[list[Run], list[Run]]] = [([], [])]
    for run in crossing:
        above = [other for other in sides if other.y > run.y + 0.3 * run.size]
        if above:
            bands[-1][1].extend(above)
            sides = [other for other in sides if other.y <= run.y + 0.3 * run.size]
        if bands[-1][1]:
            bands.append(([], []))
        bands[-1][0].append(run)
    bands[-1][1].extend(sides)
    found: list[Region] = []
    for spanning, beside in bands:
        found.append(_region(spanning, page))
        found += _split([run for run in beside if run.x1 <= gutter], page)
        found += _split([run for run in beside if run.x0 >= gutter], page)
    return found


def _gutter(runs: list[Run]) -> float | None:
    """Where white space parts two columns of text, or None.

    Both sides hold lines that fill them, unlike the cells of a table.
    """
    if len(runs) < 2 * _LEAST_ROWS:
        return None
    left, right = min(run.x0 for run in runs), max(run.x1 for run in runs)
    best: tuple[int, float] | None = None
    for edge in {round(run.x0, 1) for run in runs}:
        x = edge - 1.0
        if not left + 0.15 * (right - left) < x < right - 0.15 * (right - left):
            continue
        before = [run for run in runs if run.x1 <= x]
        after = [run for run in runs if run.x0 >= x]
        if min(len(before), len(after)) < _LEAST_ROWS:
            continue
        beside = _beside(before, after)
        crossing = len(runs) - len(before) - len(after)
        if beside < max(_LEAST_ROWS, crossing // 3) or not (_fills(before) and _fills(after)):
            continue
        # The lines that start at the edge of a column are many.
        score = sum(abs(run.x0 - edge) < 1.0 for run in after) - crossing
        if best is None or score > best[0]:
            best = score, x
    return None if best is None else best[1]


def _beside(before: list[Run], after: list[Run]) -> int:
    """How many runs of `before` have one of `after` at their height."""
    heights = sorted(run.y for run in after)
    count = 0
    for run in before:
        nearest = min(heights, key=lambda y: abs(y - run.y))
        count += abs(nearest - run.y) <= 0.7 * run.size
    return count


def _fills(runs: list[Run]) -> bool:
    width = max(run.x1 for run in runs) - min(run.x0 for run in runs)
    rows = _rows(runs, 0)
    shares = [sum(run.x1 - run.x0 for run in row.cells) / width for row in rows]
    letters = [len(row.text) for row in rows]
    return statistics.median(shares) >= _TEXT_SHARE and statistics.median(letters) >= 12


def _region(runs: list[Run], page: int) -> Region:
    rows = _rows(runs, page)
    left = min((row.x0 for row in rows), default=0.0)
    right = max((row.x1 for row in rows), default=0.0)
    return Region(rows, left, right, page)


def _rows(runs: list[Run], page: int) -> list[Row]:
    rows: list[Row] = []
    for run in sorted(runs, key=lambda run: -run.y):
        above = rows[-1].cells[0] if rows else None
        if above and abs(above.y - run.y) <= 0.35 * min(above.size, run.size):
            rows[-1].cells.append(run)
        else:
            rows.append(Row([run], page))
    for row in rows:
        row.cells.sort(key=lambda run: run.x0)
    return rows

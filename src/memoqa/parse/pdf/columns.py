"""A PDF page's runs to rows in reading order, column by column."""

import bisect
import statistics
from collections import Counter
from dataclasses import dataclass

from memoqa.parse.pdf.glyphs import Run, Seen

_LEAST_ROWS = 4
_EDGES = 20
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


def regions(seen: Seen, framing: set[int], page: int) -> list[Region]:
    """The columns of a page in reading order."""
    runs = [run for index, run in enumerate(seen.runs) if index not in framing]
    return [region for region in _split(runs, page) if region.rows]


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
    edges = Counter(round(run.x0, 1) for run in runs)
    for edge, count in edges.most_common(_EDGES):
        if count < _LEAST_ROWS:
            break
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
    return sum(
        bisect.bisect(heights, run.y - 0.7 * run.size)
        < bisect.bisect(heights, run.y + 0.7 * run.size)
        for run in before
    )


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

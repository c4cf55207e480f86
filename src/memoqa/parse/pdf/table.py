"""Rows of a PDF that are a table's."""

import itertools
import re

from memoqa.parse.pdf.columns import Row
from memoqa.parse.pdf.glyphs import Run
from memoqa.parse.pdf.words import Words, glue

_MARK = re.compile(
    r"(?:[•◦‣▪–*・-]|\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-z]|[IVX]{1,5})[.)]?|\[\d{1,3}\])"
)


def tabular(rows: list[Row]) -> set[int]:
    """The rows of tables: several in turn with cells that stand below each other."""
    found: set[int] = set()
    for index in range(len(rows) - 1):
        a, b = rows[index], rows[index + 1]
        if (
            len(a.cells) > 1
            and len(b.cells) > 1
            and not _is_mark(a)
            and not _is_mark(b)
            and a.y - b.y < 3.5 * a.size
            and not _is_stretched(a)
            and not _is_stretched(b)
            and _aligned(a, b)
        ):
            found |= {index, index + 1}
    return found


def unwrapped(rows: list[Row], known: Words) -> list[Row]:
    """Rows with each table's cells whole, where they go on below on lines closer than its rows."""
    result = rows[:1]
    for index, row in enumerate(rows[1:], 1):
        above, below = result[-1], rows[index + 1] if index + 1 < len(rows) else None
        pitch = row.y - below.y if below is not None else above.y - row.y
        in_table = len(above.cells) > len(row.cells) and any(
            other is not None and len(other.cells) > 1 and _aligned(above, other)
            for other in (below, result[-2] if len(result) > 1 else None)
        )
        starts = [_starting_at(run.x0, above) for run in row.cells]
        lines = rows[index - 1].y - row.y
        if not in_table or None in starts or lines > min(1.4 * row.size, 0.9 * pitch):
            result.append(row)
            continue
        for run, cell in zip(row.cells, starts, strict=True):
            assert cell is not None
            before, between = glue(cell.text, run.text, known)
            whole = (before.split()[-1] + run.text).casefold() in known.whole
            cell.text = before + ("" if whole else between) + run.text
            cell.x1 = max(cell.x1, run.x1)
            cell.drawn += run.drawn
            cell.edges += run.edges
    return result


def _starting_at(x0: float, row: Row) -> Run | None:
    return next((run for run in row.cells if abs(run.x0 - x0) < 2.0), None)


def _is_mark(row: Row) -> bool:
    """Whether a row has two cells because a number or a bullet stands before it."""
    return len(row.cells) == 2 and _MARK.fullmatch(row.cells[0].text) is not None


def _is_stretched(row: Row) -> bool:
    """Whether each gap of a row is one between the sentences of a justified line."""
    return all(
        a.text.endswith((".", "!", "?", ":", ";", ",")) and b.x0 - a.x1 < 2.5 * a.size
        for a, b in itertools.pairwise(row.cells)
    )


def _aligned(a: Row, b: Row) -> bool:
    for one in a.cells[1:]:
        for other in b.cells[1:]:
            middle = abs((one.x0 + one.x1) - (other.x0 + other.x1)) / 2
            if min(abs(one.x0 - other.x0), abs(one.x1 - other.x1), middle) < 2.0:
                return True
    return False

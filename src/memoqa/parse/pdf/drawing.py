"""Pictures of a PDF's pages, and where on them a part of its text is drawn."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import pypdfium2 as pdfium

from memoqa.errors import CorpusError
from memoqa.parse.drawn import Box, Sheet
from memoqa.parse.pdf.columns import Row
from memoqa.parse.pdf.glyphs import Seen

_ASCENT, _DESCENT = 0.85, 0.25
"""How far a line reaches above and below its baseline, in ems."""

_APART = 1.5
"""A gap in a line that parts two boxes, in ems."""

_PIXELS = 16_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """The place of a row's words in the text: the words and where they start."""

    row: Row
    start: int
    words: str


@dataclass(slots=True)
class _Line:
    """Characters beside each other, upright: left, right, baseline and size in points."""

    x0: float
    x1: float
    y: float
    size: float


@dataclass(slots=True)
class _Marked:
    """The lines that are marked on one page."""

    page: int
    lines: list[_Line] = field(default_factory=list)


def picture(document: Any, index: int, width: int) -> bytes:
    """A page as a PNG file of this many pixels across, fewer where the page is very long.

    Raises:
        CorpusError: when there is no such page, or it is damaged.
    """
    if not 0 <= index < len(document):
        raise CorpusError(f"it has {len(document)} pages and no page {index + 1}")
    try:
        page = document[index]
        across, down = page.get_size()
        scale = min(width / across, (_PIXELS / (across * down)) ** 0.5)
        image = page.render(scale=scale).to_pil()
    except (pdfium.PdfiumError, ZeroDivisionError) as error:
        raise CorpusError(f"its page {index + 1} is damaged; get or save it anew") from error
    file = io.BytesIO()
    image.convert("RGB").save(file, "PNG")
    return file.getvalue()


def sheets(pieces: Iterable[Piece], pages: list[Seen], start: int, end: int) -> tuple[Sheet, ...]:
    """The pages on which the code points `start` to `end` of the text are drawn, with boxes.

    A row's words are its characters but for hyphens, spaces and note marks: those that are the
    same, in turn, are where they are drawn.
    """
    found: dict[int, _Marked] = {}
    for piece in pieces:
        first, last = max(start, piece.start), min(end, piece.start + len(piece.words))
        if first >= last:
            continue
        marked = found.setdefault(piece.row.page, _Marked(piece.row.page))
        _mark(marked.lines, piece, first - piece.start, last - piece.start)
    return tuple(
        _sheet(marked, pages[page]) for page, marked in sorted(found.items()) if marked.lines
    )


def _mark(lines: list[_Line], piece: Piece, first: int, last: int) -> None:
    drawn = "".join(run.drawn for run in piece.row.cells)
    edges = [edge for run in piece.row.cells for edge in run.edges]
    matcher = SequenceMatcher(None, drawn, piece.words, autojunk=False)
    line: _Line | None = None
    for block in matcher.get_matching_blocks():
        for place in range(max(block.b, first), min(block.b + block.size, last)):
            at = 4 * (block.a + place - block.b)
            x0, x1, y, size = edges[at : at + 4]
            if line is None or abs(y - line.y) > 0.5 * size or x0 - line.x1 > _APART * size:
                line = _Line(x0, x1, y, size)
                lines.append(line)
            line.x1, line.size = max(line.x1, x1), max(line.size, size)


def _sheet(marked: _Marked, seen: Seen) -> Sheet:
    left, bottom, right, top = seen.crop
    width, height = right - left, top - bottom
    if seen.rotation in (90, 270):
        width, height = height, width
    return Sheet(marked.page, width, height, tuple(_box(line, seen) for line in marked.lines))


def _box(line: _Line, seen: Seen) -> Box:
    low, high = line.y - _DESCENT * line.size, line.y + _ASCENT * line.size
    corners = [_fractions(seen, x, y) for x in (line.x0, line.x1) for y in (low, high)]
    across, down = zip(*corners, strict=True)
    return Box(*(round(side, 5) for side in (min(across), min(down), max(across), max(down))))


def _fractions(seen: Seen, x: float, y: float) -> tuple[float, float]:
    """An upright point as fractions of the page as it is shown, from its top left."""
    x, y = {0: (x, y), 1: (-y, x), 2: (-x, -y), 3: (y, -x)}[seen.turn]
    left, bottom, right, top = seen.crop
    across, down = (x - left) / (right - left), (top - y) / (top - bottom)
    across, down = {
        0: (across, down),
        90: (1 - down, across),
        180: (1 - across, 1 - down),
        270: (down, 1 - across),
    }[seen.rotation]
    return min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0)

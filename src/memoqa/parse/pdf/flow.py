"""Rows of a PDF to blocks: headings, paragraphs across columns and pages, items, tables, notes."""

import itertools
import re
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from memoqa.parse import prose
from memoqa.parse.pdf import table
from memoqa.parse.pdf.columns import Region, Row
from memoqa.parse.pdf.words import Words, glue

Kind = Literal["text", "item", "heading", "row", "note"]

_BULLET = re.compile(r"[•・◦‣▪–*-](?=\s|\w)")
_ITEM = re.compile(r"(?:[•◦‣▪]\s*|[-–*・]\s+|\(?(?:\d{1,2}|[a-z])[.)]\s+|\[\d{1,3}\]\s+)(?=\S)")
_NOTE = re.compile(r"\[\d{1,3}\]\s*|[*†‡§¶]+\s*|\d{1,3}(?:[.)]\s*|\s+|(?=[^\W\d]))")
_ENDS = re.compile(r"[.!?:;。！？：…][\"'”’»)\]」』）\d]*$")
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*\.?|[IVX]{1,5}\.|[A-Z]\.)\s+\S")
_CAPTION = re.compile(
    r"(?:Table|Figure|Fig\.|Box|Chart|Source|図|表|写真)\s*[\d:０-９]", re.IGNORECASE
)
_HEADING_SIZE = 1.08
_NOTE_SIZE = 0.93
_HEADING_LENGTH = 160
_GAP = 1.35
_LEVELS = 6


@dataclass(slots=True)
class Block:
    """A block's rows; `level` is that of a heading, by size and weight from the greatest."""

    kind: Kind
    rows: list[Row]
    left: float
    right: float
    first: bool
    rank: tuple[float, bool] = (0, False)


def body_size(regions: list[Region]) -> float:
    """The size of most of the text, in points."""
    sizes: Counter[float] = Counter()
    for region in regions:
        for row in region.rows:
            for run in row.cells:
                sizes[round(run.size, 1)] += len(run.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def blocks(regions: list[Region], body: float, known: Words) -> list[Block]:
    """The blocks of all pages, parts of one paragraph joined, in an order that keeps their pages
    together.
    """
    found: list[Block] = []
    for region in regions:
        rows, notes = _parted(region, body)
        found += _of_region(region, table.unwrapped(rows, known), body)
        found += notes
    return _joined(found, body)


def levels(found: list[Block]) -> dict[tuple[float, bool], int]:
    """The heading level of each size and weight, 1 for the greatest."""
    ranks = sorted({block.rank for block in found if block.kind == "heading"}, reverse=True)
    return {rank: min(index + 1, _LEVELS) for index, rank in enumerate(ranks)}


def _parted(region: Region, body: float) -> tuple[list[Row], list[Block]]:
    """A region's rows without the notes at its end, and the notes."""
    small = len(region.rows)
    while small > 0 and region.rows[small - 1].size <= _NOTE_SIZE * body:
        small -= 1
    starts = [i for i in range(small, len(region.rows)) if _starts_note(region.rows[i])]
    if not starts:
        return region.rows, []
    notes: list[Block] = []
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(region.rows)
        rows = region.rows[start:end]
        notes.append(Block("note", rows, region.left, region.right, first=False))
    return region.rows[: starts[0]], notes


def _starts_note(row: Row) -> bool:
    mark = _NOTE.match(row.text)
    return mark is not None and (row.cells[0].raised or not mark[0].startswith("["))


def _of_region(region: Region, rows: list[Row], body: float) -> list[Block]:
    found: list[Block] = []
    leading = _leading(rows)
    tabular = table.tabular(rows)
    for index, row in enumerate(rows):
        previous = rows[index - 1] if index else None
        last = found[-1] if found else None
        rank = _rank(row, body, rows, index, leading)
        if index in tabular:
            kind: Kind = "row"
        elif rank is not None:
            kind = "heading"
        else:
            kind = "item" if _ITEM.match(row.text) and _may_start(row, last, region) else "text"
        if (
            last is not None
            and previous is not None
            and not _starts(kind, rank, row, previous, last, region, leading)
        ):
            last.rows.append(row)
            continue
        found.append(Block(kind, [row], region.left, region.right, index == 0, rank or (0, False)))
    return found


def _starts(
    kind: Kind,
    rank: tuple[float, bool] | None,
    row: Row,
    previous: Row,
    block: Block,
    region: Region,
    leading: float,
) -> bool:
    """Whether a row starts a block, or goes on with the one before."""
    gap = previous.y - row.y
    if kind == "row" or block.kind == "row" or kind == "item":
        return True
    if kind == "heading" or block.kind == "heading":
        return kind != block.kind or rank != block.rank or gap > 2.0 * row.size
    if gap > _GAP * leading or abs(row.size - previous.size) > 0.12 * previous.size:
        return True
    return _is_paragraph(row, previous, block, region)


def _is_paragraph(row: Row, previous: Row, block: Block, region: Region) -> bool:
    """Whether indents and the end of the row before say that a paragraph starts.

    A paragraph's first line is indented, or all but its first line (as in lists of references).
    """
    step = 0.6 * row.size
    ended = bool(_ENDS.search(previous.text))
    short = region.right - previous.x1 > 0.12 * (region.right - region.left)
    indent = row.x0 - previous.x0
    if indent > step:
        return ended and block.kind != "item"
    if indent < -step:
        return len(block.rows) > 1 and block.rows[1].x0 - block.rows[0].x0 > step
    if len(block.rows) == 1 and row.x0 - region.left > step and block.kind != "item":
        return ended and short
    return ended and short and not row.text[0].islower()


def _may_start(row: Row, last: Block | None, region: Region) -> bool:
    """Whether a number or a dash at a row's start may be an item's, rather than fall there."""
    if last is None or last.kind in ("heading", "row") or row.text[0] in "•◦‣▪[":
        return True
    previous = last.rows[-1]
    return bool(_ENDS.search(previous.text)) and (
        last.kind == "item"
        or abs(row.x0 - previous.x0) > 0.3 * row.size
        or region.right - previous.x1 > 0.1 * (region.right - region.left)
    )


def _rank(
    row: Row, body: float, rows: list[Row], index: int, leading: float
) -> tuple[float, bool] | None:
    """A heading's size and weight; None for other text."""
    text = row.text
    if len(text) > _HEADING_LENGTH or not any(c.isalpha() for c in text):
        return None
    bold = all(run.bold for run in row.cells)
    if row.size >= _HEADING_SIZE * body:
        return round(row.size), bold
    above = rows[index - 1].y - row.y if index else None
    apart = above is None or above > 1.15 * leading
    if row.size < 0.95 * body or text.endswith((".", ",", ";", "。", "、")):
        return None
    if bold and apart:
        return round(row.size), True
    if bold and index and _rank(rows[index - 1], body, rows, index - 1, leading):
        return round(row.size), True
    alone = apart and (index + 1 == len(rows) or len(text) < 80)
    if alone and above is not None and _NUMBERED.match(text):
        italic = all(run.italic for run in row.cells)
        if italic or text.isupper():
            return round(row.size), False
    return None


def _leading(rows: list[Row]) -> float:
    """The usual distance of two baselines, in points."""
    gaps = [round(a.y - b.y, 1) for a, b in itertools.pairwise(rows)]
    gaps = [gap for gap in gaps if gap > 0]
    if not gaps:
        return 12.0
    mode, count = Counter(gaps).most_common(1)[0]
    return mode if count > 1 else min(statistics.median(gaps), 1.6 * rows[0].size)


def _joined(found: list[Block], body: float) -> list[Block]:
    """Blocks with the paragraphs that a column or a page cuts made whole.

    What stands between the two parts, such as notes, tables and captions, goes before the
    paragraph where it is on a page with its first part, and after it otherwise, so that the
    pages stay in order.
    """
    result: list[Block] = []
    opened: int | None = None
    for block in found:
        if opened is not None and block.kind == "text" and _goes_on(result[opened], block, body):
            whole, between = result[opened], result[opened + 1 :]
            page = whole.rows[-1].page
            whole.rows += block.rows
            before = [b for b in between if b.rows[0].page <= page]
            after = [b for b in between if b.rows[0].page > page]
            headings = opened
            while headings > 0 and result[headings - 1].kind == "heading":
                headings -= 1
            result[headings:] = [*before, *result[headings:opened], whole, *after]
            opened += len(before)
            continue
        result.append(block)
        if block.kind in ("text", "item") and not _is_small(block, body):
            opened = len(result) - 1
        elif block.kind == "heading":
            opened = None
    return result


def _goes_on(whole: Block, block: Block, body: float) -> bool:
    last, row = whole.rows[-1], block.rows[0]
    if abs(last.size - row.size) > 0.1 * body or _is_small(block, body):
        return False
    if _CAPTION.match(row.text):
        return False
    if not block.first and not row.text[0].islower():
        return False
    if (
        (last.page, whole.left) == (row.page, block.left)
        and last.y > row.y
        and block.first is False
    ):
        return False
    ended = bool(_ENDS.search(last.text))
    if not ended or row.text[0].islower():
        return True
    full = whole.right - last.x1 < 0.02 * (whole.right - whole.left)
    indented = row.x0 - block.left > 0.6 * row.size
    indents = len(block.rows) > 1 and whole.rows[0].x0 - whole.left > 0.6 * row.size
    return full and indents and not indented


def _is_small(block: Block, body: float) -> bool:
    return block.rows[0].size <= _NOTE_SIZE * body


def line(block: Block, known: Words) -> list[tuple[int, str]]:
    """A block's text in pieces, each with the page that it is on."""
    if block.kind == "row":
        return [
            (row.page, prose.line(" | ".join(run.text for run in row.cells))) for row in block.rows
        ]
    pieces: list[tuple[int, str]] = []
    for row in block.rows:
        text = row.text.strip()
        if block.kind == "item" and row is block.rows[0]:
            text = _BULLET.sub("- ", text, count=1).replace("-  ", "- ", 1)
        elif block.kind == "note" and row is block.rows[0]:
            text = re.sub(r"^(\d{1,3})(?:[.)]\s*|\s+|(?=[^\W\d]))", r"[\1] ", text)
        if pieces:
            page, before = pieces[-1]
            before, between = glue(before, text, known)
            pieces[-1] = (page, before + between)
        pieces.append((row.page, text))
    return pieces

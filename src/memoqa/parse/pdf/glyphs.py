"""A PDF page's characters, as a reader sees them, to runs on one baseline."""

import ctypes
import math
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pypdfium2 import raw

from memoqa.parse import prose

_BOLD = ("bold", "black", "heavy", "semibold", "demi", "-medi", "cmbx", "sfbx", "gothic-b")
_ITALIC = ("italic", "oblique", "cmti", "sfti", "-it", "slant")
_BOLD_WEIGHT = 600
_INVISIBLE = 3
_CLIPPING = 7
_LEAST_SIZE = 1.0
_NEAR = 16
_SPACE = 0.17
"""A gap between characters that is a space, in ems."""
_GUESSED_SPACE = 0.08
"""The same where pdfium, which knows the font, takes the gap for a space."""
_WIDE_SPACE = 0.8
"""The same beside a Japanese character: what is less sets Latin words off."""
_APART = 1.1
"""A gap in a line that parts two runs, in ems: the gutter of two columns, or of a table."""
_PAGE_SHARE = 0.6
"""An image that covers so much of a page is a scan of it."""
_PATHS = 20_000
_HYPHENS = {"\x02": "-", "\ufffe": "-", "\u2010": "-", "\u2011": "-"}
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
# Fonts map kanji to look-alike radicals.
_RADICALS = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2E80, 0x2FE0)}
_BULLETS = dict.fromkeys((0xF0B7, 0xF0A7, 0xF0D8, 0xE00C, 0xE010, 0x25AA, 0x25CF, 0x2022), "•")
_TABLE: dict[int, str] = {**_LIGATURES, **_RADICALS, **_BULLETS}


@dataclass(slots=True)
class Glyph:
    """One character or ligature, upright: its advance box and baseline in points, y upwards;
    whether a space is drawn before it, and whether pdfium takes the gap before it for one.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    italic: bool
    spaced: bool
    guessed: bool


@dataclass(slots=True)
class Run:
    """Characters on one baseline with no wide gap; `text` has superscripts as note marks.

    `drawn` are the characters alone, and `edges` four numbers for each: left, right, baseline and
    size in points.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    italic: bool
    raised: bool
    drawn: str
    edges: "array[float]"


@dataclass(slots=True)
class Seen:
    """What one page shows: its runs in the order they are drawn, and what is left out of them.

    `turn` says which way the text runs: 0 to the right, 1 up, 2 to the left, 3 down; `crop` is the
    part of the page that is shown, as left, bottom, right and top; `rotation`, clockwise in
    degrees, how.
    """

    runs: list[Run]
    width: float
    height: float
    bottom: float
    hidden: bool = False
    turned: bool = False
    pictured: bool = False
    unmapped: int = 0
    glyphs: int = 0
    turn: int = 0
    rotation: int = 0
    crop: tuple[float, float, float, float] = (0, 0, 1, 1)


@dataclass(slots=True)
class _Object:
    """What all characters of one text object share."""

    size: float
    bold: bool
    italic: bool
    turn: int
    hidden: bool


@dataclass(slots=True)
class _Ground:
    """What a page paints beneath its text."""

    boxes: list[tuple[int, tuple[float, float, float, float], tuple[int, int, int] | None]]
    places: dict[int, int]
    pictured: bool
    crop: tuple[float, float, float, float] = field(default=(0, 0, 0, 0))

    def colour(self, place: int, x: float, y: float) -> tuple[int, int, int] | None:
        """The colour beneath a point before the object at `place` is drawn; None if unknown."""
        found: tuple[int, int, int] | None = (255, 255, 255)
        for at, (x0, y0, x1, y1), colour in self.boxes:
            if at >= place:
                break
            if x0 <= x <= x1 and y0 <= y <= y1:
                found = colour
        return found


def read(page: Any) -> Seen:
    """The runs of a pypdfium2 page."""
    ground = _ground(page)
    left, bottom, right, top = ground.crop
    textpage = page.get_textpage()
    glyphs: dict[int, list[Glyph]] = {0: [], 1: [], 2: [], 3: []}
    seen = Seen([], right - left, top - bottom, bottom, pictured=ground.pictured)
    seen.crop, seen.rotation = ground.crop, page.get_rotation()
    objects: dict[int, _Object] = {}
    last: Glyph | None = None
    spaced = guessed = False
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    for index in range(raw.FPDFText_CountChars(textpage)):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if raw.FPDFText_IsGenerated(textpage, index) == 1:
            guessed = guessed or code == 0x20
            continue
        if code in (0x20, 0xA0, 0x09):
            spaced = True
            continue
        pointer = raw.FPDFText_GetTextObject(textpage, index)
        if not pointer:
            continue
        raw.FPDFText_GetCharOrigin(textpage, index, x, y)
        address = ctypes.addressof(pointer.contents)
        if (shared := objects.get(address)) is None:
            shared = objects[address] = _object(textpage, index, pointer, address, ground, x, y)
        inside = left - 1 <= x.value <= right + 1 and bottom - 1 <= y.value <= top + 1
        if shared.hidden or not inside:
            seen.hidden = True
            continue
        seen.glyphs += 1
        text = _text(code)
        if not text:
            seen.unmapped += 1
            continue
        raw.FPDFText_GetLooseCharBox(textpage, index, box)
        sides = (box.left, box.right, box.bottom, box.top)
        x0, x1, base = _upright(shared.turn, sides, x.value, y.value)
        if last and not spaced and last.x0 == x0 and last.x1 == x1 and last.y == base:
            last.text += text  # A ligature comes as several characters in one place.
            continue
        last = Glyph(text, x0, x1, base, shared.size, shared.bold, shared.italic, spaced, guessed)
        glyphs[shared.turn].append(last)
        spaced = guessed = False
    textpage.close()
    turn = max(glyphs, key=lambda turn: len(glyphs[turn]))
    seen.turn = turn
    seen.turned = any(glyphs[other] for other in glyphs if other != turn)
    if turn in (1, 3):
        seen.width, seen.height = seen.height, seen.width
    seen.bottom = {0: bottom, 1: -right, 2: -top, 3: left}[turn]
    seen.runs = [_run(part) for part in _parts(glyphs[turn])]
    return seen


def wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _text(code: int) -> str:
    """The characters of a code, ligatures spelt out; empty when the font does not say."""
    if code == 0 or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF or code == 0xFFFD:
        return ""
    return _TABLE.get(code) or _HYPHENS.get(chr(code), chr(code))


def _object(
    textpage: Any,
    index: int,
    pointer: Any,
    address: int,
    ground: _Ground,
    x: ctypes.c_double,
    y: ctypes.c_double,
) -> _Object:
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(textpage, index, matrix)
    size = raw.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.c, matrix.d)
    turn = round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4
    buffer, flags = ctypes.create_string_buffer(200), ctypes.c_int()
    raw.FPDFText_GetFontInfo(textpage, index, buffer, 200, flags)
    font = buffer.value.decode(errors="replace").lower()
    bold = raw.FPDFText_GetFontWeight(textpage, index) >= _BOLD_WEIGHT
    mode = raw.FPDFTextObj_GetTextRenderMode(pointer)
    channels = [ctypes.c_uint() for _ in range(4)]
    raw.FPDFText_GetFillColor(textpage, index, *channels)
    colour = tuple(channel.value for channel in channels)
    beneath = ground.colour(ground.places.get(address, 1 << 30), x.value, y.value)
    like_ground = beneath is not None and all(
        abs(a - b) <= _NEAR for a, b in zip(colour[:3], beneath, strict=True)
    )
    return _Object(
        size=size,
        bold=bold or any(name in font for name in _BOLD),
        italic=any(name in font for name in _ITALIC),
        turn=turn,
        hidden=size < _LEAST_SIZE
        or (mode in (_INVISIBLE, _CLIPPING) and not ground.pictured)
        or (mode == 0 and (colour[3] <= _NEAR or like_ground)),
    )


def _ground(page: Any) -> _Ground:
    crop = page.get_bbox()  # What its own and inherited boxes leave to be seen.
    area = (crop[2] - crop[0]) * (crop[3] - crop[1])
    ground = _Ground([], {}, False, crop)
    edges = [ctypes.c_float() for _ in range(4)]
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    channels = [ctypes.c_uint() for _ in range(4)]
    for place in range(min(raw.FPDFPage_CountObjects(page), _PATHS)):
        item = raw.FPDFPage_GetObject(page, place)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            ground.places[ctypes.addressof(item.contents)] = place
            continue
        if not raw.FPDFPageObj_GetBounds(item, *edges):
            continue
        x0, y0, x1, y1 = (edge.value for edge in edges)
        colour: tuple[int, int, int] | None = None
        if kind == raw.FPDF_PAGEOBJ_PATH:
            raw.FPDFPath_GetDrawMode(item, fill, stroke)
            raw.FPDFPageObj_GetFillColor(item, *channels)
            if not fill.value or channels[3].value <= _NEAR:
                continue
            colour = (channels[0].value, channels[1].value, channels[2].value)
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            width = min(x1, crop[2]) - max(x0, crop[0])
            height = min(y1, crop[3]) - max(y0, crop[1])
            ground.pictured = ground.pictured or (
                width > 0 and height > 0 and width * height > _PAGE_SHARE * area
            )
        ground.boxes.append((place, (x0, y0, x1, y1), colour))
    return ground


def _upright(
    turn: int, sides: tuple[float, float, float, float], x: float, y: float
) -> tuple[float, float, float]:
    """A box and its origin, turned so that its text runs to the right: left, right, baseline."""
    left, right, bottom, top = sides
    if turn == 0:
        return left, right, y
    if turn == 1:
        return bottom, top, -x
    if turn == 2:
        return -right, -left, -y
    return -top, -bottom, x


def _parts(glyphs: list[Glyph]) -> Iterator[list[Glyph]]:
    """Glyphs that follow each other on one baseline, those raised or lowered beside them
    included.
    """
    part: list[Glyph] = []
    for glyph in glyphs:
        if part and not _follows(part, glyph):
            yield part
            part = []
        part.append(glyph)
    if part:
        yield part


def _follows(part: list[Glyph], glyph: Glyph) -> bool:
    last = part[-1]
    size = max(last.size, glyph.size)
    gap = glyph.x0 - last.x1
    if not -0.5 * size <= gap <= _APART * size:
        return False
    if abs(glyph.y - last.y) <= 0.15 * size:
        return True
    base = max(part[-40:], key=lambda g: g.size)
    return abs(glyph.y - base.y) <= 0.65 * base.size and (
        glyph.size < 0.9 * base.size
        or abs(glyph.y - base.y) <= 0.15 * base.size
        or last.size < 0.9 * glyph.size
    )


def _run(part: list[Glyph]) -> Run:
    sizes: Counter[float] = Counter()
    for glyph in part:
        sizes[round(glyph.size, 1)] += 1
    size = max(sizes, key=lambda s: (sizes[s] > 2, s))
    base = Counter(round(g.y, 1) for g in part if abs(g.size - size) < 0.2).most_common(1)[0][0]
    text, mark = "", ""
    for index, glyph in enumerate(part):
        space = index > 0 and _is_space(part[index - 1], glyph)
        if _is_raised(glyph, size, base):
            mark += (" " if space and mark else "") + glyph.text
            continue
        text, mark = _with(text, mark), ""
        text += (" " if space and text else "") + glyph.text
    return Run(
        text=unicodedata.normalize("NFC", _with(text, mark)),
        x0=part[0].x0,
        x1=max(glyph.x1 for glyph in part),
        y=base,
        size=size,
        bold=all(glyph.bold for glyph in part if glyph.text.isalnum()),
        italic=all(glyph.italic for glyph in part if glyph.text.isalnum()),
        raised=_is_raised(part[0], size, base),
        drawn="".join(glyph.text for glyph in part),
        edges=array("f", (n for g in part for _ in g.text for n in (g.x0, g.x1, g.y, g.size))),
    )


def _with(text: str, mark: str) -> str:
    if not mark:
        return text
    raised = prose.raised(text, mark)
    return f"{text}{raised}" if text else f"{raised} "


def _is_raised(glyph: Glyph, size: float, base: float) -> bool:
    return glyph.size < 0.85 * size and glyph.y - base > 0.15 * size


def _is_space(before: Glyph, glyph: Glyph) -> bool:
    if glyph.spaced:
        return True
    gap = glyph.x0 - before.x1
    size = min(before.size, glyph.size)
    if wide(before.text[-1]) or wide(glyph.text[0]):
        return gap > _WIDE_SPACE * size
    return gap > (_GUESSED_SPACE if glyph.guessed else _SPACE) * size

"""A PDF to text with the places of its pages."""

from typing import Any

import pypdfium2 as pdfium

from memoqa.errors import CorpusError
from memoqa.parse import prose
from memoqa.parse.drawn import Sheet
from memoqa.parse.parsed import Limits, Parsed
from memoqa.parse.pdf import columns, drawing, flow, frames, glyphs, words
from memoqa.parse.pdf.drawing import Piece
from memoqa.parse.pdf.glyphs import Seen
from memoqa.parse.pdf.words import Words
from memoqa.types import Page

_UNMAPPED_SHARE = 0.3
_NAMED = 20
_OCR = "run OCR over it (for example: ocrmypdf {}in.pdf out.pdf) and add the result"


def parse(data: bytes, limits: Limits) -> Parsed:
    """The text of a PDF in reading order.

    Raises:
        CorpusError: when it is damaged, encrypted, over a limit, or holds pictures alone.
    """
    document = _open(data)
    pages = _pages(document, limits)
    found, known, labels = _laid_out(document, pages)
    text, starts, _ = _assembled(found, known, labels)
    own = prose.title(document.get_metadata_value("Title"))
    return Parsed(text, starts, own or _heading(found), _warnings(pages, labels))


def picture(data: bytes, index: int, width: int) -> bytes:
    """The page at `index`, from 0, as a PNG file about `width` pixels across.

    Raises:
        CorpusError: when there is none, or it is damaged.
    """
    return drawing.picture(_open(data), index, width)


def sheets(data: bytes, limits: Limits, start: int, end: int) -> tuple[Sheet, ...]:
    """The pages on which a part of the text is drawn, with boxes around it.

    Raises:
        CorpusError: as `parse`.
    """
    document = _open(data)
    pages = _pages(document, limits)
    _, _, pieces = _assembled(*_laid_out(document, pages))
    return drawing.sheets(pieces, pages, start, end)


def _pages(document: Any, limits: Limits) -> list[Seen]:
    count = len(document)
    if not count:
        raise CorpusError("it has no pages; get or save it anew")
    if count > limits.pages:
        raise CorpusError(
            f"it has {count:,} pages, over the limit of {limits.pages:,} (MEMOQA_MAX_PAGES); "
            "split it"
        )
    pages = [_read(document, index) for index in range(count)]
    if not any(seen.runs for seen in pages):
        what = "pages as pictures and no text" if any(s.pictured for s in pages) else "no text"
        raise CorpusError(f"it holds {what}; {_OCR.format('')}")
    mapped = sum(seen.glyphs for seen in pages)
    if sum(seen.unmapped for seen in pages) > _UNMAPPED_SHARE * mapped:
        raise CorpusError(
            f"its fonts do not say which letters they show; {_OCR.format('--force-ocr ')}"
        )
    return pages


def _laid_out(document: Any, pages: list[Seen]) -> tuple[list[flow.Block], Words, list[str]]:
    """The blocks in reading order, the words of the document, and the pages' labels."""
    framing, offset = frames.find(pages)
    labels = _labels(document, offset)
    regions = [
        region
        for index, seen in enumerate(pages)
        for region in columns.regions(seen, framing[index], index)
    ]
    known = words.words(row.text for region in regions for row in region.rows)
    return flow.blocks(regions, flow.body_size(regions), known), known, labels


def _open(data: bytes) -> Any:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if b"/Encrypt" in data and "password" in str(error).lower():
            raise CorpusError("it is encrypted; save it without a password") from error
        raise CorpusError("it is a damaged PDF, or cut short; get or save it anew") from error


def _read(document: Any, index: int) -> Seen:
    try:
        page = document[index]
    except pdfium.PdfiumError as error:
        raise CorpusError(f"its page {index + 1} is damaged; get or save it anew") from error
    try:
        return glyphs.read(page)
    finally:
        page.close()


def _labels(document: Any, offset: int | None) -> list[str]:
    """Each page's label in the PDF, or else the number printed on it, or else its number from 1.

    Pages before the first one that is numbered have theirs from 1 in brackets.
    """
    own = [prose.line(document.get_page_label(place) or "") for place in range(len(document))]
    if all(own):
        return own
    offset = 1 if offset is None else offset
    return [
        str(place + offset) if place + offset > 0 else f"[{place + 1}]" for place in range(len(own))
    ]


def _assembled(
    found: list[flow.Block], known: Words, labels: list[str]
) -> tuple[str, tuple[Page, ...], list[Piece]]:
    """The text, where its pages start in it, and the pieces that it is made of."""
    levels = flow.levels(found)
    parts: list[str] = []
    starts: list[Page] = []
    places: list[Piece] = []
    length, at = 0, None
    for block in found:
        prefix = "#" * levels[block.rank] + " " if block.kind == "heading" else ""
        pieces = flow.line(block, known)
        separators = [
            "\n\n" if block.kind == "row" and index else "" for index in range(len(pieces))
        ]
        if parts:
            separators[0] = "\n\n"
        for row, (page, piece), separator in zip(block.rows, pieces, separators, strict=True):
            clean = _clean(piece)
            length += len(separator)
            if page != at:
                starts.append(Page(length, labels[page]))
                at = page
            parts += [separator, prefix, clean]
            places.append(Piece(row, length + len(prefix), clean))
            length += len(prefix) + len(clean)
            prefix = ""
    return "".join(parts), tuple(starts), places


def _clean(piece: str) -> str:
    """A piece of a line, the space at its end kept."""
    clean = prose.line(piece)
    return clean + " " if piece.endswith(" ") else clean


def _heading(found: list[flow.Block]) -> str | None:
    for block in found[:10]:
        if block.kind == "heading":
            return prose.line(" ".join(row.text for row in block.rows))
    return None


def _warnings(pages: list[Seen], labels: list[str]) -> tuple[str, ...]:
    places = {
        "hidden words on {} are left out": [i for i, seen in enumerate(pages) if seen.hidden],
        "words that run across {} are left out": [i for i, seen in enumerate(pages) if seen.turned],
        "there is no text on {}, perhaps a picture; OCR would read it": [
            i for i, seen in enumerate(pages) if not seen.runs
        ],
    }
    return tuple(
        words.format(_named([labels[i] for i in where])) for words, where in places.items() if where
    )


def _named(labels: list[str]) -> str:
    shown = ", ".join(labels[:_NAMED])
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return f"p. {shown}{more}" if len(labels) == 1 else f"pp. {shown}{more}"

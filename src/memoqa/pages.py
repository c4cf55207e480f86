"""The HTML pages: Jinja templates and what they are given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from memoqa.chunk import blocks
from memoqa.types import Document


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a block's text, marked or not."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph or list item with its pieces in order; `number` as in the chunker."""

    kind: str
    number: int | None
    pieces: tuple[Piece, ...]


class Pages:
    def __init__(self) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(web_folder() / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, **context: Any) -> str:
        return self._templates.get_template(template).render(context)


def web_folder() -> Path:
    """The templates and static files: in the package when installed, else beside `src/`."""
    inside = Path(__file__).parent / "web"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "web"


def marked(document: Document, start: int, end: int) -> list[Block]:
    """The document's blocks with what lies within `start` to `end` marked; nothing is marked
    where `start == end`.
    """
    return [
        Block(
            kind=block.kind,
            number=block.number,
            pieces=_pieces(document.text, block.start, block.end, start, end),
        )
        for block in blocks(document.text)
    ]


def _pieces(text: str, start: int, end: int, mark_start: int, mark_end: int) -> tuple[Piece, ...]:
    mark_start = min(max(mark_start, start), end)
    mark_end = min(max(mark_end, mark_start), end)
    cuts = ((start, mark_start, False), (mark_start, mark_end, True), (mark_end, end, False))
    return tuple(Piece(text[a:b], is_marked) for a, b, is_marked in cuts if a < b)

"""What parsing takes and gives, and its form between the two processes."""

import json
from dataclasses import dataclass
from typing import Any, Self

from memoqa.errors import CorpusError
from memoqa.settings import Settings
from memoqa.types import Page

_LABEL = 40
_TITLE = 300
_WARNING = 500
_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may take: bytes of the file, code points of its text, pages, seconds, and
    bytes of the worker's memory.
    """

    file_bytes: int
    text_characters: int
    pages: int
    seconds: float
    memory_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            file_bytes=settings.max_file_bytes,
            text_characters=settings.max_text_characters,
            pages=settings.max_pages,
            seconds=settings.max_parse_seconds,
            memory_bytes=settings.max_parse_memory,
        )

    @property
    def unpacked_bytes(self) -> int:
        """How many bytes the parts of a compressed file may have in all."""
        return 5 * self.file_bytes

    @property
    def reply_bytes(self) -> int:
        """More than `encode` can make of a text at the limit: a code point takes up to six."""
        return 6 * self.text_characters + 200 * self.pages + 100_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's text; where its pages start in it, in order; its title; what is left out."""

    text: str
    pages: tuple[Page, ...] = ()
    title: str | None = None
    warnings: tuple[str, ...] = ()


def encode(result: Parsed | CorpusError | dict[str, Any]) -> bytes:
    """UTF-8 JSON of what the worker found."""
    if isinstance(result, dict):
        value: dict[str, Any] = result
    elif isinstance(result, CorpusError):
        value = {"error": _line(str(result), _WARNING)}
    else:
        value = {
            "text": result.text,
            "pages": [[page.start, page.label[:_LABEL]] for page in result.pages],
            "title": _line(result.title, _TITLE) if result.title else None,
            "warnings": [_line(warning, _WARNING) for warning in result.warnings[:_WARNINGS]],
        }
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def opened(reply: bytes) -> dict[str, Any]:
    """What a reply of the worker holds.

    Raises:
        CorpusError: the one in the reply.
        ValueError: when it holds nothing.
    """
    try:
        value = json.loads(reply)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    if "error" in value:
        raise CorpusError(_checked(value["error"], _WARNING))
    return value


def decode(value: dict[str, Any], limits: Limits) -> Parsed:
    """The inverse of `encode` for a text; the worker's word is not trusted.

    Raises:
        ValueError: when the value is not one that `encode` makes.
    """
    text, title, pages, warnings = (value.get(k) for k in ("text", "title", "pages", "warnings"))
    if not isinstance(text, str) or len(text) > limits.text_characters or "\0" in text:
        raise ValueError("no text")
    text.encode()  # Raises UnicodeEncodeError, a ValueError, for half a surrogate pair.
    if not isinstance(pages, list) or len(pages) > limits.pages + 1:
        raise ValueError("no pages")
    if not isinstance(warnings, list) or len(warnings) > _WARNINGS:
        raise ValueError("no warnings")
    return Parsed(
        text=text,
        pages=_pages(pages, len(text)),
        title=None if title is None else _checked(title, _TITLE),
        warnings=tuple(_checked(warning, _WARNING) for warning in warnings),
    )


def _pages(pairs: list[Any], length: int) -> tuple[Page, ...]:
    pages: list[Page] = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int):
            raise ValueError("no page")
        start = pages[-1].start if pages else 0
        if not start <= pair[0] < length:
            raise ValueError("a page out of order")
        pages.append(Page(pair[0], _checked(pair[1], _LABEL)))
    return tuple(pages)


def _line(text: str, length: int) -> str:
    """One printable line of at most `length` code points."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _checked(value: Any, length: int) -> str:
    if not isinstance(value, str) or len(value) > length or not value.isprintable():
        raise ValueError(f"not a line of at most {length} code points")
    return value

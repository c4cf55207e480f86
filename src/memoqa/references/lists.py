"""The reference lists and notes of a document, entry by entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from memoqa.chunk import Block, blocks
from memoqa.references.entry import parse
from memoqa.types import Document, Span

_LISTS = frozenset(
    "references,reference list,bibliography,selected bibliography,works cited,cited works,"
    "literature,literature cited,references cited,further reading,links,"
    "参考文献,引用文献,文献,文献一覧,参考文献一覧,参照文献,引用・参考文献,文献リスト".split(",")
)
_NOTES = frozenset("notes,endnotes,footnotes,注,註,脚注,注釈,注記".split(","))
_MAX_ENTRY = 2_000
"""No entry of a list has more code points."""

_ANY_LIST = re.compile(
    rf"^[# \d.IVX]*(?:{'|'.join(sorted(_LISTS | _NOTES))})[ :：\r]*$|^ *\[\^?\d", re.I | re.M
)
_HEADING_EDGES = re.compile(r"^[#\s\d.IVX]*(?=\D)|[\s:：]+$")
_HEADING_MARKS = re.compile(r"\s{0,3}(#{1,6})\s")
_NUMBER = re.compile(r"\s*(?:\[\^?(\d{1,3})\]:?|[(（](\d{1,3})[)）]|(\d{1,3})[.)）](?=\s))\s*")
_NEXT_NUMBER = re.compile(r"(?<=\s)\[(\d{1,3})\](?=\s)")
_NEXT_LINE = re.compile(
    r"(?<=[.)\]/\d。頁])[^\S\n]*\n[^\S\n]*"
    r"(?=(?:[^\W\d_][^\n(（]{1,160}[(（](?:1[5-9]|20)\d\d|[A-Z][^\W\d_]+, [A-Z]\.))"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A work as a document's list or note gives it; `number` is what the text may cite it by."""

    span: Span
    number: int | None
    record: dict[str, Any]
    is_note: bool


def entries(document: Document) -> tuple[Entry, ...]:
    """Every work in the document's reference lists, and in notes that hold one."""
    return tuple(_entries(document))


def _entries(document: Document) -> Iterator[Entry]:
    text = document.text
    if not _ANY_LIST.search(text):
        return
    kind: str | None = None
    level = 0
    for block in blocks(text):
        named = _named(text, block)
        depth = _level(text, block)
        if named is not None:
            kind, level = named, depth
            continue
        if block.kind == "heading" and not (kind and level and depth > level):
            kind = None
        if kind is None and not text.startswith("[", block.start):
            continue
        for start, end, number in _pieces(text, block):
            record = parse(text[start:end]) if end - start <= _MAX_ENTRY else None
            is_note = kind != "list"
            if record is not None and (not is_note or _is_sure(record)):
                yield Entry(Span(document.id, start, end), number, record, is_note)


def _named(text: str, block: Block) -> str | None:
    """What a heading begins: a list of works, notes, or neither."""
    words = text[block.start : block.end]
    if len(words) > 40 or "\n" in words:
        return None
    name = _HEADING_EDGES.sub("", words).casefold()
    return "list" if name in _LISTS else "notes" if name in _NOTES else None


def _level(text: str, block: Block) -> int:
    line = text.rfind("\n", 0, block.start) + 1
    marks = _HEADING_MARKS.match(text, line)
    return len(marks[1]) if marks else 0


def _pieces(text: str, block: Block) -> Iterator[tuple[int, int, int | None]]:
    """(start, end, number) of each entry of a block, which may hold several run together."""
    mark = _NUMBER.match(text, text.rfind("\n", 0, block.start) + 1)
    number = int(next(filter(None, mark.groups()))) if mark else None
    start = max(block.start, mark.end()) if mark else block.start
    if number is not None:
        for following in _NEXT_NUMBER.finditer(text, start, block.end):
            if int(following[1]) == number + 1:
                yield start, _trimmed(text, start, following.start()), number
                start, number = following.end() + 1, number + 1
    else:
        for following in _NEXT_LINE.finditer(text, start, block.end):
            yield start, _trimmed(text, start, following.start()), None
            start = following.end()
    if start < block.end:
        yield start, block.end, number


def _trimmed(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _is_sure(record: dict[str, Any]) -> bool:
    """Whether a note's words are a work for certain: notes also comment."""
    return "issued" in record and "author" in record and len(record) > 4

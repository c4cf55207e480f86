"""A document's text to passages: whole sentences of one paragraph, under their heading.

Every offset is made here, on the untouched text; nothing is normalised or copied.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from memoqa.fold import parts_character
from memoqa.types import Document, Passage, Span

MAX_PASSAGE = 900
"""The most a passage measures, in the units of `_size`; about 150 English words."""

MAX_SENTENCE = 600
"""A longer sentence, or text without any sentence end, is cut, at white space where it can be."""

SETTINGS = f"chunk-5:{MAX_PASSAGE}:{MAX_SENTENCE}"

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_KANA = re.compile(r"[\u3040-\u30ff\uff66-\uff9f]")
_MARKDOWN_HEADING = re.compile(r"\s{0,3}#{1,6}[^\S\r\n]+(?=\S)")
_ITEM = re.compile(r"\s*(?:[-*•・]|\d{1,3}[.)])\s+(?=\S)")
_SENTENCE_END = re.compile(r"[.!?。！？｡…][\"'”’»\])」｣』）]*$")
_OTHER_SPACE = re.compile(r"[^\S \t\r\n]")
_ASIDE = re.compile(r"\([^()]*\)\W?|（[^（）]*）\W?|\[[^\[\]]*\]\W?")
_FULL_STOP = re.compile(r"[。！？｡](?=[0-9０-９A-Za-zＡ-Ｚａ-ｚ])")
_GOES_ON = re.compile(
    r"と(?!ころ|くに|にかく)|って|[をがに]|は(?!い)|の|で(?!も)|も(?!し|ち)|など|から|まで"
)
_NAME_GOES_ON = re.compile(r"を|[はがのにと](?=[\u30a1-\u30fa\u4e00-\u9fff0-9０-９])")
_QUOTED_END = re.compile(r"[.!?。！？｡…][」』｣]$")
_BRACKETS = (("「", "」"), ("｢", "｣"), ("『", "』"), ("（", "）"), ("(", ")"))
_MAX_HEADING = 80
_UNWRAPPED = 120


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or a list item, its mark left out; `number` counts paragraphs and
    items from 1, and is None for a heading.
    """

    kind: Literal["heading", "paragraph", "item"]
    start: int
    end: int
    number: int | None


def passages(document: Document) -> tuple[Passage, ...]:
    """Cut a document into passages of at most `MAX_PASSAGE`, each within one paragraph."""
    found: list[Passage] = []
    heading: str | None = None
    for block in blocks(document.text):
        if block.kind == "heading":
            heading = document.text[block.start : block.end].strip("#:： \t")
            continue
        assert block.number is not None
        for sentences_ in _packed(document.text, sentences(document.text, block.start, block.end)):
            span = Span(document.id, sentences_[0][0], sentences_[-1][1])
            found.append(
                Passage(
                    id=f"{document.id}:{span.start}-{span.end}",
                    span=span,
                    heading=heading,
                    paragraph=block.number,
                    sentences=tuple(sentences_),
                )
            )
    return tuple(found)


def blocks(text: str) -> Iterator[Block]:
    """The headings, paragraphs and list items of a plain or Markdown text, in order.

    Blank lines part paragraphs. In a text with lines too long to be hard-wrapped, each line is a
    paragraph. A heading is a Markdown heading, a short single line that ends in a colon, or a
    short first line that does not end a sentence.
    """
    number = 0
    for index, (start, end) in enumerate(_paragraphs(text)):
        if mark := _MARKDOWN_HEADING.match(text, start, end):
            yield Block("heading", mark.end(), end, None)
            continue
        if _is_heading(text[start:end], first=index == 0):
            yield Block("heading", start, end, None)
            continue
        number += 1
        mark = _ITEM.match(text, start, end)
        if mark:
            yield Block("item", mark.end(), end, number)
        else:
            yield Block("paragraph", start, end, number)


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences within `text[start:end]`, white space at their ends left out.

    What stands in brackets after a sentence, such as its source, belongs to it.
    """
    # Imported here because the package is a compiled one that only indexing needs.
    from sentencex import get_sentence_boundaries

    language = "ja" if _KANA.search(text, start, end) else "en"
    bounds: list[tuple[int, int]] = []
    at = start
    # sentencex panics at a full stop after white space of more than one byte.
    plain = _OTHER_SPACE.sub(" ", text[start:end])
    for boundary in get_sentence_boundaries(language, plain):
        until = start + boundary["end_index"]
        # Such as the variation selector that makes a mark at a sentence's end an emoji.
        while at < until < end and parts_character(text, until):
            until += 1
        if sentence := _trimmed(text, at, until):
            if bounds and _belongs(text, *bounds[-1], *sentence, end):
                sentence = (bounds.pop()[0], sentence[1])
            bounds.append(sentence)
        at = max(at, until)
    parted = [part for sentence in bounds for part in _at_full_stops(text, *sentence)]
    return [piece for sentence in parted for piece in _cut(text, *sentence)]


def _belongs(text: str, before: int, stop: int, start: int, until: int, end: int) -> bool:
    """Whether `text[start:until]` goes on with the sentence `text[before:stop]`: an aside, what
    follows a quotation («「…。」と述べた») or a name with a full stop («モーニング娘。は»), what is
    within brackets, the decimals of a number.
    """
    if _ASIDE.fullmatch(text, start, until):
        return True
    if until - before > MAX_SENTENCE or start > stop:
        return False
    if _QUOTED_END.search(text[before:stop]) and _GOES_ON.match(text, start, until):
        return True
    if text[stop - 1] == "。" and start == stop and _NAME_GOES_ON.match(text, start, until):
        return True
    if text[stop - 1] == "．" and text[stop - 2 : stop - 1].isdecimal():
        return text[start].isdecimal()
    for left, right in _BRACKETS[:-2]:
        if text.count(left, before, stop) > text.count(right, before, stop):
            closed = text.find(right, start, min(end, before + MAX_SENTENCE))
            opened = text.find(left, start, closed)
            return closed >= 0 and opened < 0
    return False


def _at_full_stops(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Part a sentence at Japanese full stops before a digit or a Latin letter, which sentencex
    takes for decimal points; within brackets it stays whole.
    """
    for match in _FULL_STOP.finditer(text, start, end):
        before = text[start : match.end()]
        if all(before.count(left) == before.count(right) for left, right in _BRACKETS):
            yield start, match.end()
            start = match.end()
    yield start, end


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of runs of lines that belong together, white space at their ends left out."""
    lines = list(_lines(text))
    wrapped = all(end - start <= _UNWRAPPED for start, end in lines)
    run: tuple[int, int] | None = None
    for line in lines:
        bounds = _trimmed(text, *line)
        if bounds is None:
            joins = False
        else:
            joins = (
                wrapped
                and run is not None
                and not _ITEM.match(text, *line)
                and not _MARKDOWN_HEADING.match(text, *line)
                and not _MARKDOWN_HEADING.match(text, *run)
            )
        if run is not None and not joins:
            yield run
            run = None
        if bounds is not None:
            run = (run[0], bounds[1]) if run is not None else bounds
    if run is not None:
        yield run


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


def _is_heading(paragraph: str, first: bool) -> bool:
    if len(paragraph) > _MAX_HEADING or len(paragraph.splitlines()) > 1:
        return False
    if paragraph.endswith((":", "：")):
        return True
    return first and not _SENTENCE_END.search(paragraph)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    end -= len(part) - len(part.rstrip())
    return (start, end) if start < end else None


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_SENTENCE:
        limit = start + MAX_SENTENCE
        space = max(text.rfind(" ", start + 1, limit), text.rfind("\n", start + 1, limit))
        at = space if space > start else _before_cluster(text, start, limit)
        if piece := _trimmed(text, start, at):
            yield piece
        start = at
    if piece := _trimmed(text, start, end):
        yield piece


def _before_cluster(text: str, start: int, at: int) -> int:
    """The last place up to `at` that does not part a base character from what combines with it."""
    place = at
    while place > start + 1 and parts_character(text, place):
        place -= 1
    return place if place > start + 1 else at


def _packed(text: str, bounds: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Sentences in groups of at most `MAX_PASSAGE`; each group after the first starts with the
    last sentence of the one before, so that no sentence loses what leads up to it.
    """
    group: list[tuple[int, int]] = []
    for bound in bounds:
        if group and _size(text, group[0][0], bound[1]) > MAX_PASSAGE:
            yield group
            lead = group[-1]
            group = [lead] if _size(text, lead[0], bound[1]) <= MAX_PASSAGE else []
        group.append(bound)
    if group:
        yield group


def _size(text: str, start: int, end: int) -> int:
    """Code points, a Japanese one counted three times: about what a tokenizer makes of it."""
    return end - start + 2 * len(_WIDE.findall(text, start, end))

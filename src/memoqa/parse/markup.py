"""A tree of HTML elements to paragraphs, headings, items and table rows.

HTML itself, the chapters of an EPUB, and DOCX by way of mammoth all come through here.
"""

import re
from typing import Any

from lxml import etree

from memoqa.parse import prose

XLINK_TYPE = "{http://www.idpf.org/2007/ops}type"

_SKIPPED = frozenset(
    "script style noscript template iframe object embed button select option textarea input svg "
    "math canvas audio video map area rt rp rtc head title meta link datalist progress "
    "meter".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form header hgroup hr html legend li main menu nav ol p pre "
    "section summary table tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6".split()
)
_HEADING = re.compile(r"h([1-6])")
_LAYOUT = ("table", "h1", "h2", "h3", "h4", "ul", "ol")
_BACK = frozenset("↑↩↵⤴^")


def name(element: Any) -> str:
    """The local name in lower case; empty for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def paragraphs(root: Any) -> list[str]:
    """The blocks of a tree in their order, one line each, notes in the midst moved to the end."""
    writer = _Writer(_references(root))
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            writer.start(element)
        else:
            writer.end(element)
            if element is not root and element.tail:
                writer.text(element.tail)
    writer.flush()
    return writer.blocks + writer.notes


def title(root: Any, blocks: list[str]) -> str | None:
    """What `<title>` says, or else the first heading."""
    for element in root.iter():
        if name(element) == "title" and (found := prose.title("".join(element.itertext()))):
            return found
    return heading(blocks)


def heading(blocks: list[str]) -> str | None:
    """The words of the first heading."""
    return next((block.lstrip("#").strip() for block in blocks if block.startswith("#")), None)


class _Writer:
    def __init__(self, references: dict[str, str]) -> None:
        self.blocks: list[str] = []
        self.notes: list[str] = []
        self._references = references
        self._parts: list[str] = []
        self._mark = ""
        self._lists: list[int | None] = []
        self._tables: list[bool] = []
        self._cells: list[str] = []
        self._skipped = 0
        self._pre = 0
        self._sup: int | None = None
        self._note = 0

    def start(self, element: Any) -> None:
        tag = name(element)
        if self._skipped or tag in _SKIPPED or _is_back_link(element):
            self._skipped += 1
            return
        if tag in _BLOCKS:
            self.flush()
        if _is_note(element):
            self._note += 1
        if tag in ("ul", "ol"):
            self._lists.append(_first(element) if tag == "ol" else None)
        elif tag == "li":
            self._mark = self._item(element)
        elif tag == "table":
            self._tables.append(any(name(e) in _LAYOUT for e in element.iterdescendants()))
        elif tag in ("td", "th") and self._in_row():
            self._cells.append("")
        elif tag == "pre":
            self._pre += 1
        elif tag == "br":
            self.text("\n" if self._pre else " ")
        elif self._sup is None and (tag == "sup" or _is_reference(element)):
            self._sup = len(self._parts)
        if element.text:
            self.text(element.text)

    def end(self, element: Any) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        tag = name(element)
        if tag == "sup" or _is_reference(element):
            self._raise()
        if match := _HEADING.fullmatch(tag):
            self.flush("#" * int(match[1]) + " ")
        elif tag in _BLOCKS:
            self.flush()
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._mark = ""
        elif tag == "tr" and self._in_row():
            cells, self._cells = self._cells, []
            if any(cells):
                self._put(" | ".join(cells))
        elif tag == "table" and self._tables:
            self._tables.pop()
        elif tag == "pre":
            self._pre -= 1
        if _is_note(element):
            self._note -= 1

    def text(self, text: str) -> None:
        if self._skipped:
            return
        if not self._pre:
            self._parts.append(text)
            return
        for index, part in enumerate(text.split("\n")):
            if index:
                self.flush()
            self._parts.append(part)

    def flush(self, prefix: str = "") -> None:
        block = prose.line("".join(self._parts))
        self._parts.clear()
        self._sup = None
        if not block:
            return
        if self._in_row() and self._cells:
            self._cells[-1] = f"{self._cells[-1]} {block}".strip()
            return
        self._put((prefix or self._mark) + block)
        self._mark = ""

    def _put(self, block: str) -> None:
        (self.notes if self._note else self.blocks).append(block)

    def _in_row(self) -> bool:
        return bool(self._tables) and not self._tables[-1]

    def _item(self, element: Any) -> str:
        if label := self._references.get(element.get("id", "")):
            return f"[{label}] "
        if not self._lists or (number := self._lists[-1]) is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "

    def _raise(self) -> None:
        """Put the superscript words that end here as a note's mark, or as a power."""
        if self._sup is None:
            return
        mark = "".join(self._parts[self._sup :])
        before = "".join(self._parts[: self._sup])
        self._parts = [before, prose.raised(before, mark)]
        self._sup = None


def _references(root: Any) -> dict[str, str]:
    """The mark of each note that the text refers to, by the note's id."""
    found: dict[str, str] = {}
    for element in root.iter():
        if name(element) != "a" or not element.get("href", "").rpartition("#")[2]:
            continue
        parent = element.getparent()
        raised = _is_reference(element) or (parent is not None and name(parent) == "sup")
        label = "".join(element.itertext()).strip().strip("[]")
        if raised and label.isdigit():
            found.setdefault(element.get("href").rpartition("#")[2], label)
    return found


def _is_reference(element: Any) -> bool:
    kinds = f"{element.get(XLINK_TYPE, '')} {element.get('role', '')}".split()
    return "noteref" in kinds or "doc-noteref" in kinds


def _is_note(element: Any) -> bool:
    kinds = f"{element.get(XLINK_TYPE, '')} {element.get('role', '')}".split()
    return name(element) == "aside" and ("footnote" in kinds or "doc-footnote" in kinds)


def _is_back_link(element: Any) -> bool:
    if name(element) != "a" or not element.get("href", "").startswith("#"):
        return False
    words = "".join(element.itertext()).strip("\ufe0e\ufe0f \n")
    return element.get("role") == "doc-backlink" or (bool(words) and set(words) <= _BACK)


def _first(element: Any) -> int:
    start = element.get("start", "1")
    return int(start) if start.isdecimal() and len(start) < 6 else 1

"""An EPUB to text: its chapters in reading order."""

import posixpath
from typing import Any
from urllib.parse import unquote

from lxml import etree

from memoqa.errors import CorpusError
from memoqa.parse import hidden, html, markup, prose
from memoqa.parse.archive import Archive, xml
from memoqa.parse.parsed import Parsed

_OPF = "{http://www.idpf.org/2007/opf}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def parse(archive: Archive) -> Parsed:
    """The text of every chapter of the spine; the table of contents is left out.

    Raises:
        CorpusError: when a part is missing, damaged, encrypted or over a limit.
    """
    book, folder = _package(archive)
    names = set(archive.names())
    blocks: list[str] = []
    warnings: list[str] = []
    removed = False
    for href in _chapters(book):
        name = posixpath.normpath(posixpath.join(folder, unquote(href)))
        if name not in names:
            warnings.append(f"its chapter {name!r} is missing")
            continue
        root = _chapter(archive, name)
        removed = hidden.remove(root) or removed
        blocks += markup.paragraphs(root)
    if removed:
        warnings.append("hidden words are left out")
    title = next((prose.title(e.text) for e in book.iter(_TITLE)), None)
    return Parsed("\n\n".join(blocks), (), title or markup.heading(blocks), tuple(warnings))


def _package(archive: Archive) -> tuple[Any, str]:
    """The root of the package document, and the folder that its names are relative to."""
    found = [e.get("full-path") for e in archive.tree(_CONTAINER).iter() if e.get("full-path")]
    if not found:
        raise CorpusError(f"its {_CONTAINER!r} names no package; save it anew")
    name = posixpath.normpath(found[0])
    book = archive.tree(name)
    if _ENCRYPTION in archive.names() and any(
        e.get("URI", "").endswith((".xhtml", ".html", ".htm", ".xml"))
        for e in archive.tree(_ENCRYPTION).iter()
    ):
        raise CorpusError("its chapters are encrypted; add a copy without copy protection")
    return book, posixpath.dirname(name)


def _chapters(book: Any) -> list[str]:
    items = {
        item.get("id"): item.get("href", "")
        for item in book.iter(f"{_OPF}item")
        if item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split()
    }
    return [items[e.get("idref")] for e in book.iter(f"{_OPF}itemref") if e.get("idref") in items]


def _chapter(archive: Archive, name: str) -> Any:
    """A chapter's root: as XML, or as HTML where it is not well formed or names HTML's entities."""
    data = archive.read(name)
    root = xml(data)
    if root is None or any(True for _ in root.iter(etree.Entity)):
        return html.tree(html.decoded(data))
    return root

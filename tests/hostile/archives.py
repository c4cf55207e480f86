"""DOCX and EPUB files, and other zip files that are called so."""

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

from hostile.parts import DOCUMENTS, MEGABYTE, WORDS, laughs

_DOCX = (DOCUMENTS / "steering-group.docx").read_bytes()
_EPUB = (DOCUMENTS / "coordinators-handbook.epub").read_bytes()
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def make(secret: Path) -> dict[str, bytes]:
    outside = f'<!DOCTYPE r [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    fetched = f'<!DOCTYPE r [<!ENTITY % e SYSTEM "{secret.as_uri()}"> %e;]>'
    wide = f'<!DOCTYPE r [<!ENTITY e "{"x" * 50_000}">]>'
    book = _parts(_EPUB)
    inner = _zip({"a": b"0" * MEGABYTE})
    for _ in range(8):
        inner = _zip({f"{n}.zip": inner for n in range(8)})
    return {
        "cut.docx": _DOCX[: len(_DOCX) // 2],
        "cut.epub": _EPUB[: len(_EPUB) // 2],
        "tail.docx": _DOCX[len(_DOCX) // 2 :],
        "locked-parts.docx": _flagged(_DOCX),
        "bomb.docx": _word("<w:p/>" + " " * 60 * MEGABYTE),
        "bomb.epub": _book(b"<html>" + b" " * 60 * MEGABYTE + b"</html>"),
        "nested-bomb.docx": inner,
        "nested-bomb.epub": _zip(book | {"OEBPS/a.xhtml": inner}),
        "overlapping.docx": _overlapping(),
        "declared.docx": _declared(_DOCX, 2**31 - 1),
        "declared-small.docx": _declared(_word("<w:p/>" + " " * 60 * MEGABYTE), 10),
        "many-parts.docx": _zip(
            _parts(_DOCX) | {f"word/media/{n}.xml": b"" for n in range(20_000)}
        ),
        "laughs.docx": _zip(_parts(_DOCX) | {"word/document.xml": laughs().encode()}),
        "laughs.epub": _book(laughs().encode()),
        "wide-entity.docx": _word(f"<w:p><w:r><w:t>{'&e;' * 50_000}</w:t></w:r></w:p>", wide),
        "outside.docx": _word(f"<w:p><w:r><w:t>{WORDS} &e;</w:t></w:r></w:p>", outside),
        "outside.epub": _book(f"{outside}<html><body><p>{WORDS} &e;</p></body></html>".encode()),
        "fetched.epub": _book(f"{fetched}<html><body><p>{WORDS}</p></body></html>".encode()),
        "deep.docx": _word("<w:tbl><w:tr><w:tc>" * 30_000 + "</w:tc></w:tr></w:tbl>" * 30_000),
        "deep-runs.docx": _word(
            "<w:p>" + "<w:ins>" * 5_000 + "<w:r><w:t>x</w:t></w:r>" + "</w:ins>" * 5_000 + "</w:p>"
        ),
        "deep.epub": _book(b"<html><body>" + b"<div>" * 100_000 + WORDS.encode()),
        "climbing.docx": _zip(
            _parts(_DOCX) | {"../../../climbed.txt": b"out", "/tmp/climbed.txt": b"out"}
        ),
        "no-document.docx": _zip(_parts(_DOCX) | {"word/document.xml": None}),
        "not-xml.docx": _zip(_parts(_DOCX) | {"word/document.xml": b"no markup"}),
        "no-notes.docx": _zip(_parts(_DOCX) | {"word/footnotes.xml": None}),
        "linked.docx": _zip(
            _parts(_DOCX)
            | {
                "word/_rels/document.xml.rels": _parts(_DOCX)["word/_rels/document.xml.rels"]
                .replace(b'Target="footnotes.xml"', f'Target="{secret.as_uri()}"'.encode())
                .replace(b'Target="styles.xml"', b'Target="../../../../etc/passwd"')
            }
        ),
        "no-package.epub": _zip(book | {"OEBPS/book.opf": None}),
        "package-outside.epub": _zip(
            book
            | {
                "META-INF/container.xml": book["META-INF/container.xml"].replace(
                    b"OEBPS/book.opf", b"../../../../../etc/passwd"
                )
            }
        ),
        "chapter-outside.epub": _zip(
            book | {"OEBPS/book.opf": book["OEBPS/book.opf"].replace(b"a.xhtml", bytes(secret))}
        ),
        "no-spine.epub": _zip(book | {"OEBPS/book.opf": b"<package/>"}),
        "sheet.xlsx": _zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}),
        "nothing.docx": _zip({}),
    }


def _zip(parts: Mapping[str, bytes | None]) -> bytes:
    """The parts packed; one that is None is left out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)
    return packed.getvalue()


def _parts(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _word(body: str, before: str = "") -> bytes:
    document = f"{before}<w:document {_W}><w:body>{body}</w:body></w:document>"
    return _zip(_parts(_DOCX) | {"word/document.xml": document.encode()})


def _book(chapter: bytes) -> bytes:
    return _zip(_parts(_EPUB) | {"OEBPS/a.xhtml": chapter})


def _flagged(packed: bytes) -> bytes:
    """The archive with every part marked as encrypted."""
    data = bytearray(packed)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def _declared(packed: bytes, size: int) -> bytes:
    """The archive with every part said to unpack to `size` bytes."""
    data = bytearray(packed)
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(mark)
        while at >= 0:
            data[at + place : at + place + 4] = struct.pack("<I", size)
            at = data.find(mark, at + 4)
    return bytes(data)


def _overlapping() -> bytes:
    """A directory that names one packed part 1,000 times (D. Fifield, «A better zip bomb»)."""
    packed = _zip(_parts(_DOCX) | {"word/x.xml": b"<x>" + b" " * MEGABYTE + b"</x>"})
    end = packed.rindex(b"PK\x05\x06")
    entry = packed[packed.rindex(b"PK\x01\x02", 0, end) : end]
    count = struct.unpack_from("<H", packed, end + 10)[0] + 999
    size = struct.unpack_from("<I", packed, end + 12)[0] + 999 * len(entry)
    tail = bytearray(packed[end:])
    struct.pack_into("<HHI", tail, 8, count, count, size)
    return packed[:end] + entry * 999 + bytes(tail)

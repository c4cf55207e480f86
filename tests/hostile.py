"""Files that are broken, or made to break what reads them, written where a test wants them."""

import io
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

SECRET = "the words of a file that no document may fetch"
"""What `secret.txt` beside the files holds; no text may hold it."""

_DOCUMENTS = Path(__file__).parent / "files" / "documents"
_PDF = (_DOCUMENTS / "shared-laboratories.pdf").read_bytes()
_DOCX = (_DOCUMENTS / "steering-group.docx").read_bytes()
_EPUB = (_DOCUMENTS / "coordinators-handbook.epub").read_bytes()
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_WORDS = "Words that a good file holds, enough of them to make a sentence."
_MEGABYTE = 1_000_000


def write(folder: Path) -> list[Path]:
    """Write every file below `folder` and give their paths; none is a good document."""
    folder.mkdir(parents=True)
    secret = folder.parent / "secret.txt"
    secret.write_text(SECRET)
    paths = []
    for name, data in _contents(secret).items():
        path = folder / name
        path.write_bytes(data)
        paths.append(path)
    (folder / "folder.pdf").mkdir()
    os.mkfifo(folder / "pipe.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "nowhere.pdf").symlink_to(folder / "no such file")
    (folder / "endless.txt").symlink_to("/dev/zero")
    special = ("folder.pdf", "pipe.txt", "loop.txt", "nowhere.pdf", "endless.txt")
    return [*paths, *(folder / name for name in special)]


def _contents(secret: Path) -> dict[str, bytes]:
    return _texts() | _pages() | _archives(secret) | _pdfs()


def _texts() -> dict[str, bytes]:
    noise = random.Random(7).randbytes(20_000)
    return {
        "empty.txt": b"",
        "empty.pdf": b"",
        "empty.docx": b"",
        "mark.txt": b"\xef\xbb\xbf",
        "mark-utf-16.txt": b"\xff\xfe",
        "half-utf-16.txt": b"\xff\xfea\0b",
        "blank.md": b" \r\n\t\n" * 1_000,
        "nul.txt": b"Words\0and a NUL.",
        "noise.txt": noise,
        "noise.pdf": b"%PDF-1.7\n" + noise,
        "noise.docx": b"PK\x03\x04" + noise,
        "broken.txt": "Nearly UTF-8, é".encode() + b"\xc3(\xff\xfe and on." * 9,
        "one-line.txt": (_WORDS + " ").encode() * (10 * _MEGABYTE // 64),
        "one-word.txt": b"a" * _MEGABYTE,
        "comments.txt": b"<!---->" * 500 + b"x",
        "spaces.txt": b"x" + b" " * _MEGABYTE + b"y",
        "brackets.md": b"[" * _MEGABYTE,
        "deep.json": b"[" * 200_000,
        "deep.bib": b"@book{x, title = " + b"{" * 200_000,
        "picture.pdf": b"GIF89a\1\0\1\0\0\0\0;",
        "picture.docx": b"\x89PNG\r\n\x1a\n" + noise,
        "locked.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "letter.docx": rb"{\rtf1 Words}",
        "\udcff\udcfe-name.txt": b"Bytes that are no UTF-8 are in the name.",
        "two\nlines.pdf": b"%PDF-",
        "\x1b[31mred.pdf": b"%PDF-",
    }


def _pages() -> dict[str, bytes]:
    def page(body: str, head: str = "") -> bytes:
        return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()

    return {
        "deep.html": page("<div>" * 100_000 + _WORDS),
        "deep-tables.html": page("<table><tr><td>" * 2_000 + _WORDS),
        "attribute.html": page(f'<p title="{"x" * 2 * _MEGABYTE}">{_WORDS}</p>'),
        "attributes.html": page(f"<p {' '.join(f'a{n}=1' for n in range(50_000))}>{_WORDS}</p>"),
        "title.html": page(f"<p>{_WORDS}</p>", f"<title>{'long ' * 100_000}</title>"),
        "rules.html": page(f"<p>{_WORDS}</p>", f"<style>{'@a{b{' * 50_000}</style>"),
        "selectors.html": page(
            f"<p class=a0>{_WORDS}</p>" * 2_000,
            f"<style>{''.join(f'.a{n}{{color:red}}' for n in range(20_000))}</style>",
        ),
        "raised.html": page(f"<p>{'<sup>1</sup>x' * 20_000}</p>"),
        "unclosed.html": b"<html><body><p" + b" <p" * 100_000,
        "punycode.html": page("é" * 200_000, "<meta charset=punycode>"),
        "escapes.html": page(r"\ud800 \x00 " + _WORDS, "<meta charset=unicode_escape>"),
        "packed.html": page(_WORDS, "<meta charset=zlib>"),
        "laughs.html": _laughs().replace("<root>", "<html><body>").encode(),
    }


def _archives(secret: Path) -> dict[str, bytes]:
    """DOCX and EPUB files, and what is called so."""
    outside = f'<!DOCTYPE r [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    fetched = f'<!DOCTYPE r [<!ENTITY % e SYSTEM "{secret.as_uri()}"> %e;]>'
    wide = f'<!DOCTYPE r [<!ENTITY e "{"x" * 50_000}">]>'
    many = _parts(_EPUB)
    inner = _zip({"a": b"0" * _MEGABYTE})
    for _ in range(8):
        inner = _zip({f"{n}.zip": inner for n in range(8)})
    return {
        "cut.docx": _DOCX[: len(_DOCX) // 2],
        "cut.epub": _EPUB[: len(_EPUB) // 2],
        "tail.docx": _DOCX[len(_DOCX) // 2 :],
        "locked-parts.docx": _flagged(_DOCX),
        "bomb.docx": _word("<w:p/>" + " " * 60 * _MEGABYTE),
        "bomb.epub": _book(b"<html>" + b" " * 60 * _MEGABYTE + b"</html>"),
        "nested-bomb.docx": inner,
        "nested-bomb.epub": _zip(many | {"OEBPS/a.xhtml": inner}),
        "overlapping.docx": _overlapping(),
        "declared.docx": _declared(_DOCX, 2**31 - 1),
        "declared-small.docx": _declared(_word("<w:p/>" + " " * 60 * _MEGABYTE), 10),
        "many-parts.docx": _zip(
            _parts(_DOCX) | {f"word/media/{n}.xml": b"" for n in range(20_000)}
        ),
        "laughs.docx": _zip(_parts(_DOCX) | {"word/document.xml": _laughs().encode()}),
        "laughs.epub": _book(_laughs().encode()),
        "wide-entity.docx": _word(f"<w:p><w:r><w:t>{'&e;' * 50_000}</w:t></w:r></w:p>", wide),
        "outside.docx": _word(f"<w:p><w:r><w:t>{_WORDS} &e;</w:t></w:r></w:p>", outside),
        "outside.epub": _book(f"{outside}<html><body><p>{_WORDS} &e;</p></body></html>".encode()),
        "fetched.epub": _book(f"{fetched}<html><body><p>{_WORDS}</p></body></html>".encode()),
        "deep.docx": _word("<w:tbl><w:tr><w:tc>" * 30_000 + "</w:tc></w:tr></w:tbl>" * 30_000),
        "deep-runs.docx": _word(
            "<w:p>" + "<w:ins>" * 5_000 + "<w:r><w:t>x</w:t></w:r>" + "</w:ins>" * 5_000 + "</w:p>"
        ),
        "deep.epub": _book(b"<html><body>" + b"<div>" * 100_000 + _WORDS.encode()),
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
        "no-package.epub": _zip(many | {"OEBPS/book.opf": None}),
        "package-outside.epub": _zip(
            many
            | {
                "META-INF/container.xml": many["META-INF/container.xml"].replace(
                    b"OEBPS/book.opf", b"../../../../../etc/passwd"
                )
            }
        ),
        "chapter-outside.epub": _zip(
            many | {"OEBPS/book.opf": many["OEBPS/book.opf"].replace(b"a.xhtml", bytes(secret))}
        ),
        "no-spine.epub": _zip(many | {"OEBPS/book.opf": b"<package/>"}),
        "sheet.xlsx": _zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}),
        "nothing.docx": _zip({}),
    }


def _pdfs() -> dict[str, bytes]:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R%s>>"
    font = b"/Resources<</Font<</F 5 0 R>>>>"
    helvetica = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    words = b"BT /F 12 Tf 20 200 Td (A page with words on it.) Tj ET"

    def one(content: bytes = words, extra: bytes = font, *more: bytes, box: bytes = b"") -> bytes:
        leaf = page % extra
        if box:
            leaf = leaf.replace(b"0 0 300 300", box)
        return pdf(_CATALOG, _PAGES, leaf, stream(content), *(more or (helvetica,)))

    launch = (
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(/bin/sh)>>"
        b"/AA<</WC<</S/JavaScript/JS(while(1){})>>>>>>"
    )
    tree = b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"
    hidden_count = b"<</Type/Pages/Kids[3 0 R]/Count 10000000>>"
    repeated = b"<</Type/Pages/Kids[" + b"3 0 R " * 100_000 + b"]/Count 100000>>"
    locked = (
        b"<</Filter/Standard/V 2/R 3/Length 128/P -44/O<"
        + b"ab" * 32
        + b">/U<"
        + b"cd" * 32
        + b">>>"
    )
    composite = (
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[5 0 R]"
        b"/ToUnicode 6 0 R>>"
    )
    ranges = b"100 beginbfrange\n" + b"<0000> <ffff> <0041>\n" * 100 + b"endbfrange\n"
    form = (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>/Length 5>>"
        b"stream\n/X Do\nendstream"
    )
    plain = one()
    start, table = plain.rindex(b"startxref"), plain.rindex(b"xref\n0")
    return {
        "cut.pdf": _PDF[: len(_PDF) // 2],
        "cut-early.pdf": _PDF[:2_000],
        "tail.pdf": _PDF[len(_PDF) // 2 :],
        "head.pdf": b"%PDF-1.7\n",
        "locked.pdf": pdf(
            _CATALOG,
            _PAGES,
            page % b"",
            stream(words),
            locked,
            trailer=b"/Encrypt 5 0 R/ID[<00><00>]",
        ),
        "tree-loop.pdf": pdf(_CATALOG, tree, page % font, stream(words), helvetica),
        "parent-loop.pdf": pdf(
            _CATALOG, _PAGES, b"<</Type/Pages/Parent 3 0 R/Kids[3 0 R 2 0 R]/Count 9>>"
        ),
        "stream-length.pdf": plain.replace(b"/Length %d" % len(words), b"/Length 2147483647"),
        "counted.pdf": pdf(_CATALOG, hidden_count, page % font, stream(words), helvetica),
        "repeated.pdf": pdf(_CATALOG, repeated, page % font, stream(words), helvetica),
        "no-pages.pdf": pdf(_CATALOG, b"<</Type/Pages/Kids[]/Count 0>>"),
        "vast.pdf": one(box=b"0 0 1000000 1000000"),
        "vaster.pdf": one(box=b"-1e38 -1e38 1e38 1e38"),
        "empty-box.pdf": one(box=b"0 0 0 0"),
        "actions.pdf": pdf(launch, _PAGES, page % font, stream(words), helvetica),
        "font-missing.pdf": one(words, b"/Resources<</Font<</F 99 0 R>>>>"),
        "font-loop.pdf": one(words, font, composite, stream(ranges)),
        "font-noise.pdf": one(
            words,
            font,
            b"<</Type/Font/Subtype/TrueType/FontDescriptor<</FontFile2 6 0 R>>>>",
            stream(random.Random(3).randbytes(5_000)),
        ),
        "flate-bomb.pdf": one(
            zlib.compress(b"q Q " * (15 * _MEGABYTE), 9), font, helvetica
        ).replace(b"/Length", b"/Filter/FlateDecode/Length", 1),
        "operators.pdf": one(b"q " * 500_000 + words),
        "deep-array.pdf": one(b"[" * 500_000 + b"]" * 500_000 + b" TJ " + words),
        "deep-object.pdf": one(words, b"/X " + b"[" * 100_000 + b"]" * 100_000),
        "form-loop.pdf": one(b"/X Do", b"/Resources<</XObject<</X 5 0 R>>>>", form),
        "far.pdf": one(words.replace(b"20 200 Td", b"1e30 -1e30 Td")),
        "letters.pdf": one(b"BT /F 12 Tf " + b"1 0 Td (x) Tj " * 100_000 + b"ET"),
        "wrong-start.pdf": plain[:start] + b"startxref\n999999999\n%%EOF",
        "table-loop.pdf": plain.replace(b"trailer<<", b"trailer<</Prev %d" % table),
        "comment-bait.pdf": b"%PDF-1.4\n" + b"%" * _MEGABYTE,
    }


_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def stream(data: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(data), data)


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1, of which the first is the catalog."""
    data = b"%PDF-1.7\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % count
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (count, trailer, len(data))
    return data + head + table + end


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


def _laughs() -> str:
    """Entities of entities: ten to the ninth times «ha» (the «billion laughs»)."""
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    return f"<!DOCTYPE root [{entities}]><root>&a9;</root>"


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
    packed = _zip(_parts(_DOCX) | {"word/x.xml": b"<x>" + b" " * _MEGABYTE + b"</x>"})
    end = packed.rindex(b"PK\x05\x06")
    entry = packed[packed.rindex(b"PK\x01\x02", 0, end) : end]
    count = struct.unpack_from("<H", packed, end + 10)[0] + 999
    size = struct.unpack_from("<I", packed, end + 12)[0] + 999 * len(entry)
    tail = bytearray(packed[end:])
    struct.pack_into("<HHI", tail, 8, count, count, size)
    return packed[:end] + entry * 999 + bytes(tail)

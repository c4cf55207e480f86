"""PDF files."""

import random
import zlib

from hostile.parts import DOCUMENTS, MEGABYTE

_PDF = (DOCUMENTS / "shared-laboratories.pdf").read_bytes()
_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def make() -> dict[str, bytes]:
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
        "flate-bomb.pdf": one(zlib.compress(b"q Q " * (15 * MEGABYTE), 9), font, helvetica).replace(
            b"/Length", b"/Filter/FlateDecode/Length", 1
        ),
        "operators.pdf": one(b"q " * 500_000 + words),
        "deep-array.pdf": one(b"[" * 500_000 + b"]" * 500_000 + b" TJ " + words),
        "deep-object.pdf": one(words, b"/X " + b"[" * 100_000 + b"]" * 100_000),
        "form-loop.pdf": one(b"/X Do", b"/Resources<</XObject<</X 5 0 R>>>>", form),
        "far.pdf": one(words.replace(b"20 200 Td", b"1e30 -1e30 Td")),
        "letters.pdf": one(b"BT /F 12 Tf " + b"1 0 Td (x) Tj " * 100_000 + b"ET"),
        "wrong-start.pdf": plain[:start] + b"startxref\n999999999\n%%EOF",
        "table-loop.pdf": plain.replace(b"trailer<<", b"trailer<</Prev %d" % table),
        "comment-bait.pdf": b"%PDF-1.4\n" + b"%" * MEGABYTE,
    }


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

"""Texts, and what is no text whatever its name says."""

import random

from hostile.parts import MEGABYTE, WORDS


def make() -> dict[str, bytes]:
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
        "one-line.txt": (WORDS + " ").encode() * (10 * MEGABYTE // 64),
        "one-word.txt": b"a" * MEGABYTE,
        "comments.txt": b"<!---->" * 500 + b"x",
        "spaces.txt": b"x" + b" " * MEGABYTE + b"y",
        "brackets.md": b"[" * MEGABYTE,
        "nested-lists.json": b"[" * 200_000,
        "nested-braces.bib": b"@book{x, title = " + b"{" * 200_000,
        "picture.pdf": b"GIF89a\1\0\1\0\0\0\0;",
        "picture.docx": b"\x89PNG\r\n\x1a\n" + noise,
        "locked.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "letter.docx": rb"{\rtf1 Words}",
        "\udcff\udcfe-name.txt": b"Bytes that are no UTF-8 are in the name.",
        "two\nlines.pdf": b"%PDF-",
        "\x1b[31mred.pdf": b"%PDF-",
    }

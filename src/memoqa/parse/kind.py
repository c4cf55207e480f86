"""What a file is, told by its first bytes."""

import re
from typing import Literal

from memoqa.errors import CorpusError

Kind = Literal["text", "html", "pdf", "zip"]

_HEAD = 4_096
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*+-->\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_NAMES = (".html", ".htm", ".xhtml")
_OCR = "it is a picture; run OCR over it and add the result"
_OTHERS = (
    (
        b"\xd0\xcf\x11\xe0",
        "it is an encrypted or an old Office file; save it as .docx, no password",
    ),
    (b"{\\rtf", "it is a Rich Text file; save it as .docx"),
    (b"%!PS", "it is PostScript; save it as PDF"),
    (b"GIF8", _OCR),
    (b"\x89PNG", _OCR),
    (b"\xff\xd8\xff", _OCR),
    (b"II*\0", _OCR),
    (b"MM\0*", _OCR),
    (b"\x1f\x8b", "it is a gzip file; unpack it"),
    (b"7z\xbc\xaf", "it is a 7-Zip file; unpack it"),
)


def of(data: bytes, suffix: str) -> Kind:
    """The kind of a file's bytes; the name's suffix only tells HTML without its outer tags from
    other text.

    Raises:
        CorpusError: when it is a kind that is not read.
    """
    head = data[:_HEAD]
    for mark, reason in _OTHERS:
        if head.startswith(mark):
            raise CorpusError(reason)
    if head.startswith(b"PK"):
        return "zip"
    # A PDF may have up to 1,024 bytes before its mark; a text may speak of the mark.
    if head.lstrip().startswith(b"%PDF-") or (b"%PDF-" in head[:1_024] and b"%%EOF" in data):
        return "pdf"
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    start = head.decode("utf-16" if wide else "latin-1", errors="ignore").removeprefix("ï»¿")
    if _HTML.match(start) or suffix.lower() in _HTML_NAMES:
        return "html"
    return "text"

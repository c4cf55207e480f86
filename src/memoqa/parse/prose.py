"""Rules of text that every format shares."""

import re
import unicodedata

_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_WIDE_SPACE = "\u3000"
_JAPANESE = re.compile(r"[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60]")
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel|office)\b.*|untitled.*|no title|title|無題.*|文書\s*\d*"
    r"|(?:document|presentation|slide)\s*\d*|.*\.(?:docx?|pdf|tex|dvi|indd|odt|rtf|txt|html?|md))",
    re.IGNORECASE,
)
_MARK = re.compile(r"\d{1,3}(?:\s*[,–-]\s*\d{1,3})*")
_UNIT = re.compile(r"(?:^|[\s\d(])(?:[kcm]?m|km|R|χ|10)$")
_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def line(text: str) -> str:
    """One line: no control characters, no white space at its ends, one space for each run of it;
    an ideographic space stays, and a line break beside a Japanese character leaves no space.
    """
    text = _SPACE.sub(_spaced, text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs"))
    return text.replace("\u00ad", "").strip()


def _spaced(match: re.Match[str]) -> str:
    space, text = match[0], match.string
    if space == _WIDE_SPACE:
        return space
    beside = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
    return "" if "\n" in space and _JAPANESE.search(beside) else " "


def title(text: str | None) -> str | None:
    """A title out of a file's properties, or None when a program put it there."""
    found = line(text or "")
    return None if not found or _NO_TITLE.fullmatch(found) else found


def raised(before: str, mark: str) -> str:
    """What superscript digits become after the words `before`: part of a unit or a power as they
    are written, a note's mark in brackets otherwise, so that no number runs into another.
    """
    if not _MARK.fullmatch(mark.strip()):
        return mark
    if _UNIT.search(before[-8:]):
        return mark.strip().translate(_RAISED)
    return f"[{mark.strip()}]"

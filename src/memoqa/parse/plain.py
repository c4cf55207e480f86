"""Bytes to text: which encoding they are in."""

import codecs
import re

from memoqa.errors import CorpusError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPE = re.compile(rb"\x1b\$[@B(]")
_JAPANESE = re.compile(r"[\u3000-\u301f\u3041-\u3096\u30a1-\u30fc\uff01-\uff5e]")
_WESTERN = frozenset("ÀÂÄÇÈÉÊËÎÏÑÓÔÖÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœÅØÆ«»–—‘’“”…•°§€£©® ·´½²³")
_LIKELY = 0.9


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or UTF-32 with a byte order mark, ISO-2022-JP,
    Shift_JIS, EUC-JP or Windows-1252.

    Raises:
        CorpusError: when it is none of these, or no text.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _text(data, name)
    if _ESCAPE.search(data) and data.isascii():
        return _text(data, "iso2022_jp_ext")
    try:
        return checked(data.decode())
    except UnicodeDecodeError as error:
        broken = data.decode(errors="replace")
        others = len(re.findall(r"[^\x00-\x7f\ufffd]", broken))
        if others > broken.count("\ufffd"):
            raise CorpusError(f"byte {error.start} is not UTF-8; save it as UTF-8") from error
        text = legacy(data)
        if text is None:
            raise CorpusError(
                f"byte {error.start} is not UTF-8, and no other encoding fits; if it is a text, "
                "save it as UTF-8; if not, as PDF, DOCX, EPUB or HTML"
            ) from error
        return checked(text)


def legacy(data: bytes) -> str | None:
    """The text in the encoding that makes most sense of bytes that are not UTF-8; None when none
    makes enough.
    """
    best, found = _LIKELY, None
    for name, likelihood in (
        ("cp932", _as_japanese),
        ("euc_jp", _as_japanese),
        ("euc_jis_2004", _as_japanese),
        ("cp1252", _as_western),
    ):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if (score := likelihood(text)) > best:
            best, found = score, text
    return found


def _as_japanese(text: str) -> float:
    """The share of kana, marks and kanji of the first level among what is not ASCII.

    Other encodings read as Japanese give kanji of the second level and half-width kana.
    """
    others = [character for character in text if not character.isascii()]
    likely = sum(1 for c in others if _JAPANESE.match(c) or _is_first_level(c))
    return likely / len(others) if others else 0.0


def _is_first_level(character: str) -> bool:
    try:
        return 0xB0 <= character.encode("euc_jp")[0] <= 0xCF
    except UnicodeEncodeError:
        return False


def _as_western(text: str) -> float:
    """The share of Western European letters and marks among what is not ASCII."""
    others = [character for character in text if not character.isascii()]
    return sum(c in _WESTERN for c in others) / len(others) if others else 0.0


def _text(data: bytes, name: str) -> str:
    try:
        return checked(data.decode(name))
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"byte {error.start} is not {error.encoding}, which it is marked as; save it as UTF-8"
        ) from error


def checked(text: str) -> str:
    """The text; CorpusError when it holds a NUL."""
    if "\0" in text:
        raise CorpusError("it holds a NUL character, so it is not a text; save it as UTF-8 text")
    return text

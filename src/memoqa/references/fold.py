"""Text with nothing left of it but what tells one title or name from another."""

import re
import unicodedata
from functools import lru_cache

_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[\W_]+")
_VARIANTS = dict(zip("﨑髙邉邊齋齊澤濵", "崎高辺辺斎斎沢浜", strict=True))
_VARIANT = re.compile(f"[{''.join(_VARIANTS)}]")


def fold(text: str) -> str:
    """Letters and digits alone: no case, accents, width, spaces, dashes or punctuation.

    Each character folds by itself, whatever stands around it.
    """
    # Twice: a compatibility form may case-fold into something that decomposes again.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = _NEITHER_LETTER_NOR_DIGIT.sub("", plain)
    return _VARIANT.sub(lambda match: _VARIANTS[match[0]], kept)


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """`fold(text)`, and for each of its characters the place in `text` that it comes from."""
    pieces = [_folded(character) for character in text]
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), places


_folded = lru_cache(maxsize=4096)(fold)

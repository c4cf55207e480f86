"""Text as models and the lexical leg read it, with the way back to the untouched text."""

import re
import unicodedata
from dataclasses import dataclass

from memoqa.script import JAPANESE

_WRAPPED = re.compile(rf"(?<=[{JAPANESE}])[^\S\r\n]*(?:\r\n|\r|\n)[^\S\r\n]*(?=[{JAPANESE}])")


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is the folded text. `places` are (start, end) in the untouched text of what each of
    its characters stands for, None where both texts are the same.
    """

    text: str
    places: tuple[tuple[int, int], ...] | None

    def untouched(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded text's characters `start` to `end` stand in the untouched text."""
        if self.places is None or start >= end:
            return start, end
        return self.places[start][0], self.places[end - 1][1]


def fold(text: str) -> Folded:
    """NFKC, with single line breaks within Japanese left out, which are no word's end.

    So «㈱» is «(株)», «ﾃﾞｰﾀ» is «データ» and «ﬁrm» is «firm»; case stays.
    """
    if text.isascii() or (unicodedata.is_normalized("NFKC", text) and not _WRAPPED.search(text)):
        return Folded(text, None)
    bounds = [at for at in range(len(text)) if at == 0 or not parts_character(text, at)]
    characters, places = [], []
    for start, end in zip(bounds, [*bounds[1:], len(text)], strict=True):
        plain = unicodedata.normalize("NFKC", text[start:end])
        characters.append(plain)
        places += [(start, end)] * len(plain)
    folded = "".join(characters)
    kept, at = [], 0
    for wrap in _WRAPPED.finditer(folded):
        kept.append(slice(at, wrap.start()))
        at = wrap.end()
    kept.append(slice(at, None))
    return Folded("".join(folded[part] for part in kept), tuple(p for k in kept for p in places[k]))


def parts_character(text: str, at: int) -> bool:
    """Whether `text[at]` belongs to one character with what stands before it: it combines with it,
    or an emoji goes on.
    """
    after = text[at]
    return (
        unicodedata.category(after).startswith("M")
        or after in "\u200d\uff9e\uff9f"
        or "\u1160" <= after <= "\u11ff"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or text[at - 1] == "\u200d"
    )

"""Text with what does not tell words apart taken away."""

import re
import unicodedata

JAPANESE = r"\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""The inside of a character class: kanji, kana and what stands among them, 々, 〇 and ー."""

_WRAPPED = re.compile(rf"(?<=[{JAPANESE}])[^\S\n]*\n\s*(?=[{JAPANESE}])")


def normal(text: str) -> str:
    """NFKC in lower case, line breaks within Japanese left out."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\r", "\n")
    return _WRAPPED.sub("", folded)

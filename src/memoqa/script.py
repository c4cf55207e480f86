"""Whether words are Japanese, by what they are written in."""

import re

JAPANESE = r"\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""The inside of a character class: kanji, kana and what stands among them, 々, 〇 and ー."""

_JAPANESE = re.compile(rf"[{JAPANESE}\uff66-\uff9f]")
_HIRAGANA = re.compile(r"[\u3041-\u309f]")


def is_japanese(text: str) -> bool:
    """Whether most of a text's letters are Japanese."""
    return 2 * len(_JAPANESE.findall(text)) > sum(map(str.isalpha, text))


def asks_in_japanese(question: str) -> bool:
    """Whether a question is Japanese: names in it may have more letters, but its particles are
    hiragana.
    """
    return bool(_HIRAGANA.search(question)) or is_japanese(question)

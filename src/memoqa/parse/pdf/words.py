"""Words that lines part: whether a hyphen at a line's end stays."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from memoqa.parse.pdf.glyphs import wide

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(slots=True)
class Words:
    """The words of a document that stand within its lines, to tell how a parted one is spelt."""

    whole: set[str] = field(default_factory=set)
    hyphened: set[str] = field(default_factory=set)


def words(lines: Iterable[str]) -> Words:
    """The words of the lines, those at their ends left out where a hyphen parts them."""
    known = Words()
    parted = False
    for line in lines:
        inner = _WORD.findall(line)
        inner = inner[1:] if parted else inner
        parted = line.endswith(("-", "\u00ad"))
        for word in inner[:-1] if parted else inner:
            (known.hyphened if "-" in word else known.whole).add(word.casefold())
            known.whole.update(part.casefold() for part in word.split("-"))
    return known


def glue(before: str, after: str, known: Words) -> tuple[str, str]:
    """What a line becomes before the next one, and what stands between them.

    A hyphen at a line's end goes where the word occurs without it, or where both parts are not
    words of the document and the second is in lower case.
    """
    if not before or not after:
        return before, ""
    if before.endswith("\u00ad"):
        return before[:-1], ""
    if wide(before[-1]) or wide(after[0]):
        return before, ""
    if any(wide(c) for c in before) and not (before[-1].isalpha() and after[0].isalpha()):
        return before, ""  # Japanese lines break within numbers.
    match = re.search(r"([^\W\d_]+(?:-[^\W\d_]+)*)-$", before)
    follow = re.match(r"[^\W\d_]+", after)
    if match is None or follow is None:
        return before, "" if re.search(r"\w[-–—/]$", before) else " "
    left, right = match[1].casefold(), follow[0].casefold()
    last = left.rpartition("-")[2]
    if f"{left}-{right}" in known.hyphened or not follow[0][0].islower():
        return before, ""
    if last + right in known.whole:
        return before[:-1], ""
    if last in known.whole and right in known.whole and len(last) > 2:
        return before, ""
    return before[:-1], ""

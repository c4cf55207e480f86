"""Whether what was quoted once still stands: the one place that looks for words in a text."""

from collections.abc import Mapping

from memoqa.cite import href
from memoqa.types import Document, Quotation, Range, Span, Standing, Verdict


def check(quotation: Quotation, documents: Mapping[str, Document]) -> Verdict:
    """Whether a quotation still stands at its place word for word, and where it went if not.

    Words that went elsewhere are looked for exactly, and only in a document whose text changed.
    Where they stand more than once, the words that stood around them decide, and where these do
    not, nothing is guessed.
    """
    document = documents.get(quotation.document)
    if document is None:
        detail = f"there is no document {quotation.document!r} any more"
        return _verdict(quotation, "no_document", detail)
    start, end = quotation.start, quotation.end
    changed = document.sha256 != quotation.sha256
    inside = 0 <= start < end <= len(document.text)
    if inside and document.text[start:end] == quotation.quote:
        detail = "word for word at this place"
        detail += "; the document changed elsewhere" if changed else ""
        return _verdict(quotation, "verbatim", detail, Span(document.id, start, end))
    if not changed:
        size = f"the document has {len(document.text)} characters"
        return _verdict(quotation, "gone", "other words stand at this place" if inside else size)
    places = _places(document.text, quotation)
    if not places:
        return _verdict(quotation, "gone", "these words are no longer in the document")
    if len(places) > 1:
        detail = "these words stand more than once in the document, and nothing tells which"
        return _verdict(quotation, "ambiguous", detail)
    (at,) = places
    now = Span(document.id, at, at + len(quotation.quote))
    return _verdict(quotation, "moved", f"moved to {now.start}-{now.end}, word for word", now)


def _verdict(
    quotation: Quotation, status: Standing, detail: str, now: Span | None = None
) -> Verdict:
    return Verdict(
        document=quotation.document,
        start=quotation.start,
        end=quotation.end,
        verbatim=status == "verbatim",
        status=status,
        detail=detail,
        moved_to=Range(now.start, now.end) if now is not None and status == "moved" else None,
        href=None if now is None else href(now),
    )


def _places(text: str, quotation: Quotation) -> set[int]:
    """Where the words stand between the same words as before; if nowhere, next to the same words
    on one side; if nowhere, at all. Two places say as much as more.
    """
    prefix, words, suffix = quotation.prefix, quotation.quote, quotation.suffix
    return (
        _first_two(text, prefix, words, suffix)
        or _first_two(text, prefix, words, "") | _first_two(text, "", words, suffix)
        or _first_two(text, "", words, "")
    )


def _first_two(text: str, prefix: str, words: str, suffix: str) -> set[int]:
    if not words:
        return set()
    found: set[int] = set()
    at = text.find(prefix + words + suffix)
    while at >= 0 and len(found) < 2:
        found.add(at + len(prefix))
        at = text.find(prefix + words + suffix, at + 1)
    return found

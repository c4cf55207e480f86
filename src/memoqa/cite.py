"""Extracts to numbered citations: pure, what it needs is in its arguments."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from memoqa.corpus import sha256_text
from memoqa.errors import IndexCorrupt
from memoqa.types import Citation, Document, Extract, Passage, Range, Source, Span

_AROUND = 32


def cite(extracts: Sequence[Extract], documents: Mapping[str, Document]) -> tuple[Citation, ...]:
    """Quote each extract from its document's text, numbered from 1.

    Raises:
        IndexCorrupt: when a document's text is not the one that was indexed, or a span does not
            lie in it.
    """
    return tuple(
        _citation(number, extract, documents[extract.span.doc_id])
        for number, extract in enumerate(extracts, start=1)
    )


def locator(document: Document, passage: Passage, span: Span) -> str:
    """Where a reader of the document finds the span: its pages, or else its paragraph."""
    if not document.pages:
        return f"paragraph {passage.paragraph}"
    starts = [page.start for page in document.pages]
    first, last = (
        document.pages[max(0, bisect_right(starts, at) - 1)].label
        for at in (span.start, span.end - 1)
    )
    return f"p. {first}" if first == last else f"pp. {first}–{last}"


def href(span: Span) -> str:
    """The path that leads to the span, marked in its document."""
    return f"/documents/{quote(span.doc_id, safe='')}?start={span.start}&end={span.end}#quote"


def _citation(number: int, extract: Extract, document: Document) -> Citation:
    text, span, highlight = document.text, extract.span, extract.highlight
    if sha256_text(text) != document.sha256:
        raise IndexCorrupt(
            f"the text of {document.id!r} is not the one that was indexed; run: memoqa index"
        )
    if not span.start <= highlight.start < highlight.end <= span.end <= len(text):
        raise IndexCorrupt(f"a span of {document.id!r} does not lie in its text; run: memoqa index")
    return Citation(
        number=number,
        document=Source(
            id=document.id,
            title=document.title,
            kind=document.kind,
            author=document.author,
            year=document.year,
            url=document.url,
            sha256=document.sha256,
            held=document.held,
        ),
        quote=text[span.start : span.end],
        start=span.start,
        end=span.end,
        highlight=Range(highlight.start, highlight.end),
        prefix=text[max(0, span.start - _AROUND) : span.start],
        suffix=text[span.end : span.end + _AROUND],
        locator=locator(document, extract.passage, span),
        href=href(span),
    )

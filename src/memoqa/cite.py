"""Extracts to numbered citations, and citations checked against the documents they quote.

Both are pure: what they need is in their arguments.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from memoqa.corpus import sha256_text
from memoqa.errors import IndexCorrupt
from memoqa.types import Citation, Document, Extract, Range, Source, Verdict

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


def check(
    document_id: str,
    sha256: str,
    start: int,
    end: int,
    quoted: str,
    documents: Mapping[str, Document],
) -> Verdict:
    """Whether `quoted` still stands in the document at `start` to `end`, word for word."""
    document = documents.get(document_id)
    if document is None:
        verbatim, detail = False, f"there is no document {document_id!r} in the index"
    elif not 0 <= start < end <= len(document.text):
        verbatim, detail = False, f"the document has {len(document.text)} characters"
    elif document.text[start:end] != quoted:
        verbatim, detail = False, "other words stand at this place"
    elif document.sha256 != sha256:
        verbatim, detail = True, "word for word at this place; the document changed elsewhere"
    else:
        verbatim, detail = True, "word for word at this place"
    return Verdict(document_id, start, end, verbatim, detail)


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
        ),
        quote=text[span.start : span.end],
        start=span.start,
        end=span.end,
        highlight=Range(highlight.start, highlight.end),
        prefix=text[max(0, span.start - _AROUND) : span.start],
        suffix=text[span.end : span.end + _AROUND],
        locator=f"paragraph {extract.passage.paragraph}",
        href=f"/documents/{quote(document.id, safe='')}?start={span.start}&end={span.end}#quote",
    )

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import document
from memoqa.chunk import passages
from memoqa.cite import check, cite
from memoqa.errors import IndexCorrupt
from memoqa.types import Document, Extract, Span

TEXT = (
    "The 𠮷野家 👍🏽 opened in 1899. It sells beef bowls to a great many hungry people. "
    "“Cheap and fast”, they say."
)
DOCUMENT = replace(
    document(TEXT, "beef bowl/牛丼", "note", "Bowls"), author="A", year=1999, url="https://e.org"
)


def extract(document: Document, quote: str, highlight: str | None = None) -> Extract:
    (passage,) = passages(document)
    start = document.text.index(quote)
    inner = start + quote.index(highlight or quote)
    return Extract(
        passage=passage,
        span=Span(document.id, start, start + len(quote)),
        highlight=Span(document.id, inner, inner + len(highlight or quote)),
        score=1.0,
        relevance=1.0,
    )


MIDDLE = "It sells beef bowls to a great many hungry people."


def test_a_citation_is_the_words_with_their_place() -> None:
    (cited,) = cite([extract(DOCUMENT, MIDDLE, "beef bowls")], {DOCUMENT.id: DOCUMENT})
    start = TEXT.index(MIDDLE)
    assert cited.number == 1
    assert cited.quote == MIDDLE == TEXT[cited.start : cited.end]
    assert (cited.start, cited.end) == (start, start + len(MIDDLE))
    assert TEXT[cited.highlight.start : cited.highlight.end] == "beef bowls"
    assert cited.prefix == TEXT[:start]
    assert cited.suffix == TEXT[cited.end : cited.end + 32]
    assert len(cited.suffix) > 20
    assert cited.locator == "paragraph 1"
    assert (
        cited.href
        == f"/documents/beef%20bowl%2F%E7%89%9B%E4%B8%BC?start={start}&end={cited.end}#quote"
    )
    source = cited.document
    assert (source.id, source.title, source.kind) == (DOCUMENT.id, "Bowls", "note")
    assert (source.author, source.year, source.url) == ("A", 1999, "https://e.org")
    assert source.sha256 == DOCUMENT.sha256


def test_what_stands_around_is_short() -> None:
    long = document("a" * 100 + ". Middle words. " + "b" * 100 + ".")
    (cited,) = cite([extract(long, "Middle words.")], {"doc": long})
    assert cited.prefix == "a" * 30 + ". "
    assert cited.suffix == " " + "b" * 31


def test_citations_are_numbered_in_order() -> None:
    extracts = [extract(DOCUMENT, MIDDLE), extract(DOCUMENT, "The 𠮷野家 👍🏽 opened in 1899.")]
    cited = cite(extracts, {DOCUMENT.id: DOCUMENT})
    assert [c.number for c in cited] == [1, 2]
    assert [c.quote for c in cited] == [MIDDLE, "The 𠮷野家 👍🏽 opened in 1899."]
    assert cite([], {}) == ()


def test_a_text_that_was_tampered_with_is_not_quoted() -> None:
    tampered = replace(DOCUMENT, text=TEXT.replace("beef", "pork"))
    with pytest.raises(IndexCorrupt, match=r"'beef bowl/牛丼'.*run: memoqa index"):
        cite([extract(DOCUMENT, MIDDLE)], {DOCUMENT.id: tampered})


def test_a_span_beyond_the_text_is_not_quoted() -> None:
    good = extract(DOCUMENT, MIDDLE)
    beyond = Span(DOCUMENT.id, good.span.start, len(TEXT) + 1)
    with pytest.raises(IndexCorrupt, match=r"does not lie in its text.*run: memoqa index"):
        cite([replace(good, span=beyond)], {DOCUMENT.id: DOCUMENT})


@pytest.mark.parametrize(("before", "after"), [(-1, 0), (0, 1)])
def test_a_highlight_outside_its_quote_is_not_quoted(before: int, after: int) -> None:
    good = extract(DOCUMENT, MIDDLE)
    outside = Span(DOCUMENT.id, good.span.start + before, good.span.end + after)
    with pytest.raises(IndexCorrupt, match="does not lie in its text"):
        cite([replace(good, highlight=outside)], {DOCUMENT.id: DOCUMENT})


@given(st.text(alphabet="aé𠮷👍 \u0301\u200d産.", min_size=2), st.data())
def test_whatever_the_text_the_quote_is_its_slice(text: str, data: st.DataObject) -> None:
    whole = document(text)
    end = data.draw(st.integers(1, len(text)))
    start = data.draw(st.integers(0, end - 1))
    span = Span("doc", start, end)
    (passage,) = passages(document("Any passage will do."))
    (cited,) = cite([Extract(passage, span, span, 0.0, 0.0)], {"doc": whole})
    assert cited.quote == text[cited.start : cited.end] == text[start:end]
    assert text.startswith(cited.prefix + cited.quote + cited.suffix, start - len(cited.prefix))
    assert check("doc", whole.sha256, start, end, cited.quote, {"doc": whole}).verbatim


def verdict(quoted: str, start: int, end: int, id: str = DOCUMENT.id, sha256: str = "") -> str:
    found = check(id, sha256 or DOCUMENT.sha256, start, end, quoted, {DOCUMENT.id: DOCUMENT})
    assert (found.document, found.start, found.end) == (id, start, end)
    return f"{found.verbatim}: {found.detail}"


def test_a_citation_is_checked_word_for_word() -> None:
    assert verdict("The", 0, 3) == "True: word for word at this place"
    assert verdict("the", 0, 3) == "False: other words stand at this place"
    assert verdict("The", 1, 4) == "False: other words stand at this place"
    assert verdict("The ", 0, 3) == "False: other words stand at this place"


def test_a_document_that_changed_elsewhere_still_holds_the_words() -> None:
    assert verdict("The", 0, 3, sha256="0" * 64) == (
        "True: word for word at this place; the document changed elsewhere"
    )


def test_an_unknown_document_is_named() -> None:
    assert verdict("The", 0, 3, id="other") == "False: there is no document 'other' in the index"


@pytest.mark.parametrize(("start", "end"), [(0, len(TEXT) + 1), (-3, 3), (3, 3), (4, 3), (-3, -1)])
def test_a_place_outside_the_document_is_not_verbatim(start: int, end: int) -> None:
    assert verdict(TEXT[start:end], start, end) == f"False: the document has {len(TEXT)} characters"

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import document
from memoqa.chunk import passages
from memoqa.cite import cite
from memoqa.errors import IndexCorrupt
from memoqa.types import Document, Extract, Page, Span

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


def paged(*pages: str, labels: str) -> Document:
    starts = [sum(map(len, pages[:n])) for n in range(len(pages))]
    return replace(document("".join(pages)), pages=tuple(map(Page, starts, labels.split())))


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("One.", "p. iv"),
        ("Two runs over.", "pp. iv–503"),
        ("Three.", "p. 503"),
        ("Two runs over. Three. Four.", "pp. iv–504"),
        ("Four.", "p. 504"),
    ],
)
def test_a_place_in_pages_is_named_by_what_they_bear(quote: str, expected: str) -> None:
    whole = paged("One. Two runs ", "over. Three. ", "Four.", labels="iv 503 504")
    (cited,) = cite([extract(whole, quote)], {"doc": whole})
    assert (cited.quote, cited.locator) == (quote, expected)


def test_words_before_the_first_page_are_placed_on_it() -> None:
    whole = replace(document("A title.\n\nWords."), pages=(Page(10, "1"), Page(14, "2")))
    (passage,) = passages(document("Any passage will do."))
    span = Span("doc", 0, 8)
    (cited,) = cite([Extract(passage, span, span, 0.0, 0.0)], {"doc": whole})
    assert cited.locator == "p. 1"

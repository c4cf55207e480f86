import html
import re
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import assistant_of, document
from memoqa import chunk, languages
from memoqa.api import create_app
from memoqa.confidence import Level
from memoqa.languages import catalogues, web_folder
from memoqa.models import sha256_file
from memoqa.pages import Pages, markdown, marked, text_fragment
from memoqa.routes.chat import reader
from memoqa.settings import Settings
from memoqa.types import Answer, Citation, Document, Passage, Retrieved, Span, Suggestion
from serving import running

TEXT = """A memo

First paragraph, with <b>markup</b> & “quotes”. Second sentence.

- An item
- Another item

Last paragraph."""

WEB = sorted(
    path
    for path in web_folder().rglob("*")
    if path.suffix in (".html", ".js", ".css")
    # A library, pinned below, and a page that is a file of its own.
    and path.parent.name != "vendor"
    and path.name != "report.html"
)


def document_page(text: str, start: int, end: int, **fields: Any) -> str:
    shown = replace(document(text), **fields)
    return Pages().render("document.html", reader=reader(shown, start, end))


def shown(
    answer: Answer,
    *held: Document,
    level: Level | None = None,
    read: tuple[Retrieved, ...] = (),
) -> str:
    turn = {
        "level": level,
        "question": answer.question,
        "answer": answer,
        "error": None,
        "read": read,
        "held": {document.id: document for document in held},
        "cited_as": {},
        "crosses": None,
        "suggestions": (),
        "record": "{}",
        "judged": "{}",
        "origin": "http://localhost",
    }
    return Pages().render("turn.html", turn=turn)


def answer_page(question: str, *texts: str, **changes: Any) -> str:
    held = [document(text, id=f"doc{number}") for number, text in enumerate(texts)]
    return shown(replace(assistant_of(*held).ask(question), **changes), *held)


@given(st.data())
def test_exactly_what_lies_between_start_and_end_is_marked(data: st.DataObject) -> None:
    text = data.draw(st.text(alphabet="ab. \n-#:é山\u2028", max_size=120))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    blocks = marked(document(text), start, end)
    for block, expected in zip(blocks, chunk.blocks(text), strict=True):
        assert (block.kind, block.number) == (expected.kind, expected.number)
        place = expected.start
        for piece in block.pieces:
            assert piece.text
            for character in piece.text:
                assert character == text[place]
                assert piece.marked == (start <= place < end)
                place += 1
        assert place == expected.end


def test_the_quotation_is_marked_once_as_the_target_of_its_link() -> None:
    start = TEXT.index("with")
    page = document_page(TEXT, start, TEXT.index(" & "))
    assert page.count("<mark") == 1
    assert '<mark id="quote">with &lt;b&gt;markup&lt;/b&gt;</mark> &amp; ' in page
    assert 'href="#quote"' in page


def test_a_quotation_over_two_paragraphs_has_one_target() -> None:
    page = document_page(TEXT, TEXT.index("An item"), TEXT.index("Last") + 4)
    assert re.findall(r"<mark( id=\"quote\")?>([^<]*)</mark>", page) == [
        (' id="quote"', "An item"),
        ("", "Another item"),
        ("", "Last"),
    ]


def test_without_a_quotation_nothing_is_marked_and_nothing_points_to_it() -> None:
    page = document_page(TEXT, 0, 0)
    assert "<mark" not in page
    assert "#quote" not in page
    assert 'id="p1" data-number="1"' in page
    assert "<li id=" in page


@pytest.mark.parametrize("field", ["title", "author", "licence", "url", "language", "sha256"])
def test_markup_in_any_field_of_a_record_is_text(field: str) -> None:
    attack = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
    attacked: dict[str, Any] = {field: attack}
    held = replace(document(TEXT), **attacked)
    pages = Pages()
    for page in (
        pages.render("document.html", reader=reader(held, 0, 9)),
        pages.render("reader.html", reader=reader(held, 0, 9)),
        pages.render("documents.html", documents=[held], missing=[]),
    ):
        assert "<script>" not in page
        assert "<img" not in page
        assert "onerror='" not in page


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://example.org/a?b=1&c", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("httpx:alert(1)", False),
        ("data:text/html,<script>", False),
    ],
)
def test_only_a_web_address_becomes_a_link(url: str, is_link: bool) -> None:
    page = document_page(TEXT, 0, 0, url=url)
    assert ('rel="noreferrer"' in page) == is_link
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    ("kind", "held", "words"),
    [
        ("memo", True, "memo"),
        ("note", True, "note"),
        ("reference", True, "reference"),
        ("reference", False, "bibliographic record"),
    ],
)
def test_a_document_says_what_it_is(kind: str, held: bool, words: str) -> None:
    assert f"<dd>{words}</dd>" in document_page(TEXT, 0, 0, kind=kind, held=held)


def test_an_answer_shows_its_marked_words_and_where_they_stand() -> None:
    page = answer_page("cat sat mat", "Animals\n\nThe dog ran. The cat <i>sat</i> on the mat.")
    assert "<mark>The cat &lt;i&gt;sat&lt;/i&gt; on the mat.</mark>" in page
    assert 'href="/documents/doc0?start=22&amp;end=52#quote"' in page
    assert "paragraph 1" in page


def test_the_words_that_answer_are_marked_within_their_sentence() -> None:
    held = document("Animals\n\nThe cat sat on the mat.")
    answer = assistant_of(held).ask("cat sat mat")
    [citation] = answer.citations
    narrow = replace(citation, highlight=replace(citation.highlight, end=citation.start + 7))
    page = shown(replace(answer, answer="The cat", citations=(narrow,)), held)
    assert "<mark>The cat</mark> sat on the mat." in page
    assert 'In short: </span><bdi lang="en">The cat</bdi></p>' in page


@pytest.mark.parametrize(
    ("confidence", "percent"), [(0.0, 1), (0.004, 1), (0.5, 50), (0.948, 95), (0.999, 99), (1, 99)]
)
def test_confidence_is_never_all_or_nothing(confidence: float, percent: int) -> None:
    page = answer_page("cat sat mat", "A\n\nThe cat sat on the mat.", confidence=confidence)
    assert f">{percent} %</meter>" in page


def test_confidence_says_how_often_answers_like_it_were_right() -> None:
    held = document("A\n\nThe cat sat on the mat.")
    answer = assistant_of(held).ask("cat sat mat")
    words = "Answers at this level were right in 94 of 100 test questions."
    assert words in shown(answer, held, level=Level(0.9, 94, 100))
    assert words not in shown(answer, held)


def test_a_no_shows_the_closest_passages_unmarked() -> None:
    page = answer_page("Who fed the cat yesterday evening?", "A\n\nThe cat sat on the mat.")
    assert "The documents do not say." in page
    assert "Closest passages (not an answer)" in page
    assert "The cat sat on the mat." in page
    assert "<mark" not in page


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("no_question", "There is no question here yet."),
        ("reference_not_held", "the text of that work is not held here"),
        ("not_in_documents", "Other words may find more."),
    ],
)
def test_each_reason_has_its_own_words(reason: str, words: str) -> None:
    page = answer_page("Who?", "A\n\nThe cat sat on the mat.", reason=reason, answered=False)
    assert words in page


def test_stale_documents_are_told() -> None:
    held = document("A\n\nThe cat sat on the mat.")
    answer = assistant_of(held).ask("cat sat mat")
    stale = replace(answer, index=replace(answer.index, stale=True))
    assert "have changed since" in shown(stale, held)
    assert "have changed since" not in shown(answer, held)


def test_a_page_that_lacks_what_it_needs_is_not_shown() -> None:
    with pytest.raises(jinja2.UndefinedError):
        Pages().render("error.html", status=404)


@pytest.mark.parametrize("path", WEB, ids=lambda path: path.name)
def test_no_file_of_the_pages_needs_more_than_the_policy_allows(path: Path) -> None:
    """No inline script or style, no handler in an attribute, and nothing from another host."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        assert not re.search(r"<style|\sstyle=|\son\w+=|<iframe|<object|<embed", text)
        for script in re.findall(r"<script[^>]*>", text):
            assert 'src="{{ asset(' in script
        for address in re.findall(r"\s(?:src|href|action)=\"([^\"{]*)", text):
            assert re.match(r"/(?!/)|#|$", address), address
    if path.suffix == ".css":
        assert not re.search(r"url\(|@import", text)
    if path.suffix == ".js":
        assert not re.search(r"https?://|\beval\(|innerHTML\s*=[^=]|new Function", text)


def saved(page: str) -> str:
    """The turn as Markdown."""
    [text] = re.findall("<template data-markdown>(.*?)</template>", page, re.DOTALL)
    return html.unescape(text)


def cited(text: str, quote: str, url: str | None) -> Citation:
    held = replace(document(text), url=url)
    [first, *_] = assistant_of(held).ask("cat sat mat").citations
    assert first.quote == quote
    return first


@pytest.mark.parametrize(
    ("text", "quote", "fragment"),
    [
        (
            "A\n\nBirds fly. The cat sat on a mat, well-fed & warm. Dogs sleep too.",
            "The cat sat on a mat, well-fed & warm.",
            "fly.-,The%20cat%20sat%20on%20a%20mat%2C%20well%2Dfed%20%26%20warm.,-Dogs%20sleep",
        ),
        ("A\n\nThe cat sat on a mat.", "The cat sat on a mat.", "The%20cat%20sat%20on%20a%20mat."),
        (
            f"A\n\nThe cat sat on a mat {'very ' * 50}long and then it left.",
            f"The cat sat on a mat {'very ' * 50}long and then it left.",
            "The%20cat%20sat%20on%20a,long%20and%20then%20it%20left.",
        ),
        (
            "A\n\nThe cat sat on a mat\nin the old\nhouse by the sea.",
            "The cat sat on a mat\nin the old\nhouse by the sea.",
            "The%20cat%20sat%20on%20a,house%20by%20the%20sea.",
        ),
        (
            "A\n\ncat sat mat 猫は、\n寝た。",
            "cat sat mat 猫は、\n寝た。",
            "cat%20sat%20mat%20%E7%8C%AB%E3%81%AF%E3%80%81,%E5%AF%9D%E3%81%9F%E3%80%82",
        ),
    ],
)
def test_a_text_fragment_names_the_quote_and_its_neighbours(
    text: str, quote: str, fragment: str
) -> None:
    citation = cited(text, quote, "https://example.org/a?b=1")
    assert text_fragment(citation) == f"https://example.org/a?b=1#:~:text={fragment}"


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "ftp://example.org"])
def test_without_a_public_page_there_is_no_text_fragment(url: str | None) -> None:
    assert text_fragment(cited("A\n\nThe cat sat on a mat.", "The cat sat on a mat.", url)) is None


def test_an_anchor_of_the_public_page_stays() -> None:
    citation = cited(
        "A\n\nThe cat sat on a mat.", "The cat sat on a mat.", "https://example.org/#b"
    )
    assert (text_fragment(citation) or "").startswith("https://example.org/#b:~:text=The")


def test_markdown_shows_text_as_it_is() -> None:
    assert markdown("a *b* [c](d)\n# <i>") == r"a \*b\* \[c\](d) \# \<i\>"
    assert markdown("猫は、\n寝た。\u3000犬も\n寝た。") == "猫は、寝た。\u3000犬も寝た。"


def test_a_no_is_saved_with_its_closest_passages() -> None:
    page = answer_page("Who fed the cat yesterday evening?", "A\n\nThe cat sat on the mat.")
    assert "The documents do not say." in saved(page)
    assert "Closest passages (not an answer)\n\n> The cat sat on the mat.\n" in saved(page)


@pytest.mark.parametrize(
    ("locator", "begins"),
    [("p. A-3", "P. A-3"), ("pp. XII–XIV", "Pp. XII–XIV"), ("paragraph 4", "Paragraph 4")],
)
def test_a_place_keeps_the_letters_of_a_page(locator: str, begins: str) -> None:
    held = document("A\n\nThe cat sat on the mat.")
    answer = assistant_of(held).ask("cat sat mat")
    [citation] = answer.citations
    page = shown(replace(answer, citations=(replace(citation, locator=locator),)), held)
    assert f"{begins}.)" in page
    assert f" {begins}. <http" in saved(page)


def test_a_place_is_saved_in_the_language_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "asked", ContextVar("asked", default="ja"))
    assert "第1段落. <http" in saved(answer_page("cat sat mat", "A\n\nThe cat sat on the mat."))


def test_every_quotation_can_be_taken_along() -> None:
    held = document("A\n\nThe cat sat on the mat.\n\nA cat sat on the mat there.")
    answer = assistant_of(held).ask("cat sat mat")
    page = shown(answer, held)
    assert len(answer.citations) == 2
    for citation in answer.citations:
        assert f">“{citation.quote}”</span>" in page
        assert f">http://localhost{html.escape(citation.href)}</a>" in page


@pytest.mark.parametrize("ranks", [(1, 2), (1, 2, 1)])
def test_passages_that_other_models_read_are_listed_apart(ranks: tuple[int, ...]) -> None:
    held = document("A\n\nThe cat sat on the mat.")
    span = Span("doc", 3, 26)
    passage = Passage("p", span, None, 1, ((3, 26),))
    read = tuple(Retrieved(passage, "A", "The cat", float(-rank), rank) for rank in ranks)
    page = shown(assistant_of(held).ask("cat sat mat"), held, read=read)
    [why] = re.findall('<details class="why">(.*?)</details>', page, re.DOTALL)
    lists = [part.count("<li>") for part in why.split("<ol>")[1:]]
    assert lists == [2, 1][: ranks.count(1)]
    assert ("Each language has a list of its own" in why) == (len(lists) > 1)


@pytest.mark.parametrize("question", ["Whose is the dog?", "犬は誰のものですか。"])
def test_under_a_no_stand_questions_in_the_language_of_the_question(question: str) -> None:
    assistant = assistant_of(document("A\n\nThe cat sat on the mat."))
    assistant.index.suggestions = tuple(
        Suggestion(f"{language} {number}", language, "doc")
        for number in range(4)
        for language in ("en", "ja")
    )
    with running(create_app(lambda: assistant, Settings())) as client:
        page = client.post("/", data={"question": question}, headers={"HX-Request": "true"}).text
    offered = re.findall('<button name="question" value="([^"]*)"', page)
    language = "en" if question.isascii() else "ja"
    assert offered == [f"{language} {number}" for number in range(3)]


def test_words_in_another_language_than_the_page_say_so() -> None:
    text = "名前\n\n猫は1990年にマットの上に座っていた。"
    held = document(text, title="猫の記録")
    question = "猫は1990年にマットの上に座っていた"
    answer = assistant_of(held, threshold=0.1).ask(question)
    page = shown(replace(answer, taken_as="猫は座っていたか", answer="1990年"), held)
    for words in (
        f'<bdi data-question lang="ja">{question}</bdi>',
        '<q lang="ja"><bdi>猫は座っていたか</bdi></q>',
        '<bdi lang="ja">1990年</bdi>',
        '<bdi lang="ja">猫の記録</bdi>',
        f'<span lang="ja">“{answer.citations[0].quote}”</span>',
    ):
        assert words in page
    pages = Pages()
    work = {"text": "石井（1990）猫の記録", "key": "ishii", "document": None, "add": "memoqa add"}
    for page in (
        pages.render("document.html", reader=reader(held, 0, 0)),
        pages.render("documents.html", documents=[held], missing=[work]),
    ):
        assert '<bdi lang="ja">猫の記録</bdi>' in page
    assert 'lang="ja">石井' in page
    page = pages.render("work.html", work=work, add="memoqa add", formats=[], mentions=[])
    assert 'lang="ja">石井' in page


def test_the_style_sheet_knows_every_language_of_the_pages() -> None:
    """The words around a mark are said in the language of what is marked, and Japanese is set
    upright in Japanese faces, never in the one of the system, which may be Chinese.
    """
    style = (web_folder() / "static" / "memoqa.css").read_text(encoding="utf-8")
    for language in catalogues(web_folder() / "locales").keys() - {languages.ENGLISH}:
        for rule in (
            rf"mark:lang\({language}\)::before {{ content: \"［印：\"; }}",
            rf"mark:lang\({language}\)::after {{ content: \"印の終わり］\"; }}",
            rf"\[lang\]:lang\({language}\) {{\s+--sans: \"Hiragino Sans\",",
            rf"\.taken q:lang\({language}\) {{ font-style: normal; }}",
        ):
            assert re.search(rule, style), rule


def test_a_follow_up_shows_what_it_was_taken_as() -> None:
    page = answer_page("It?", "A\n\nThe cat sat on the mat.", taken_as="Where <b>is</b> it?")
    assert 'Taken as: <q lang="en"><bdi>Where &lt;b&gt;is&lt;/b&gt; it?</bdi></q>' in page


VENDORED = {
    "htmx-2.0.10.min.js": "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
}


def test_the_vendored_library_is_the_one_that_was_released() -> None:
    folder = web_folder() / "static" / "vendor"
    found = {path.name: sha256_file(path) for path in folder.glob("*.js")}
    assert found == VENDORED
    assert "Zero-Clause BSD" in (folder / "htmx.LICENSE").read_text(encoding="utf-8")

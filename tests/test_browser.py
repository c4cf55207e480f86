import html
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import PHONE, ask, go_to, in_view, page_of, press, scrolls_sideways
from fakes import assistant_of, document
from memoqa import feedback
from memoqa.api import create_app
from memoqa.settings import Settings
from serving import running, served

pytestmark = [pytest.mark.browser, pytest.mark.models]

ROOT = Path(__file__).parents[1]
QUESTION = "How many manufacturing establishments were there in 1990?"
UNANSWERABLE = "Who won the world cup in 2002?"


@pytest.fixture(scope="module")
def address(browser: Browser, real_settings: Settings) -> Iterator[str]:
    """`memoqa serve` on the shipped corpus with the real models; it has to end cleanly."""
    with served(real_settings.home, end_with=signal.SIGTERM, expected=-signal.SIGTERM) as address:
        yield address


def reads_the_citation(page: Page) -> None:
    """From the marked words of the answer to the whole quote, marked in the document beside."""
    quote = page.locator(".citation .quote").first.inner_text()
    assert page.locator(".citation .quote mark").first.inner_text() == "728,853"
    assert "728,853" in quote
    assert in_view(page.locator(".citation .quote mark").first)
    page.locator(".citation .chip").first.click()
    expect(page.locator("#reader mark#quote")).to_have_text(quote)
    assert "document=memo-208&start=" in page.url
    assert in_view(page.locator("mark#quote"))


def test_a_question_by_keyboard_is_answered_and_its_citation_leads_to_the_words(
    browser: Browser, address: str
) -> None:
    with page_of(browser, address) as page:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "question":
                break
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        expect(page.locator(".turn .question")).to_contain_text(QUESTION)
        expect(page.locator(".turn mark")).not_to_have_count(0)
        expect(page.locator("#question")).to_be_focused()
        expect(page.locator("#question")).to_have_value("")
        expect(page.locator("#said")).to_contain_text("728,853")
        reads_the_citation(page)
        expect(page.locator("#reader h2").first).to_be_focused()
        # Coming back closes the document, and finds the conversation.
        page.go_back()
        expect(page.locator("#reader")).to_be_hidden()
        expect(page.locator(".turn .question")).to_contain_text(QUESTION)
        expect(page.locator(".turn mark").first).to_be_visible()
        # The address of the open document brings back both.
        page.go_forward()
        expect(page.locator("#reader mark#quote")).to_be_visible()
        page.reload()
        expect(page.locator(".turn .question")).to_contain_text(QUESTION)
        expect(page.locator("#reader mark#quote")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#reader")).to_be_hidden()
        page.locator("#clear").click()
        expect(page.locator(".turn")).to_have_count(0)
        expect(page.locator("#suggestions")).to_be_visible()


def test_everything_is_done_by_keys(
    browser: Browser, address: str, real_settings: Settings
) -> None:
    with page_of(browser, address, accept_downloads=True) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        question, reader = page.locator("#question"), page.locator("#reader")
        go_to(page, question)
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        turn = page.locator(".turn:has([data-record])")
        expect(turn.locator(".short")).to_have_text(re.compile("728,853"))
        expect(question).to_be_focused()
        # From the box back into the answer, and from one part of it to the next.
        press(page, turn.locator(".chip").first, "Shift+Tab")
        quotes = turn.locator(".citation .quote").all_text_contents()
        mark = reader.locator("mark#quote")
        expect(mark).to_have_text(quotes[0])
        expect(reader.locator("h2").first).to_be_focused()
        press(page, page.locator("[data-step='1']"))
        expect(mark).to_have_text(quotes[1])
        expect(reader.locator("h2").first).to_be_focused()
        press(page, page.locator("[data-step='-1']"))
        expect(mark).to_have_text(quotes[0])
        press(page, page.locator("[data-step='1']"))
        expect(mark).to_have_text(quotes[1])
        press(page, page.locator("[data-close]"))
        expect(reader).to_be_hidden()
        # The quotation that was read last was folded: it is shown, so that it can have the focus.
        expect(turn.locator(".more")).to_have_attribute("open", "")
        expect(turn.locator(".more .chip").first).to_be_focused()
        summary = turn.locator(".more > summary")
        for shown in (False, True):
            press(page, summary, "Shift+Tab")
            expect(turn.locator(".more .chip").first).to_be_visible(visible=shown)
        press(page, turn.locator(".answer > .cite summary"))
        press(page, turn.get_by_role("button", name="Copy the APA reference"))
        expect(turn.locator(".answer > .cite .copied-line")).to_have_text("Copied")
        assert "Yamasaki, A." in page.evaluate("navigator.clipboard.readText()")
        press(page, turn.locator(".why summary"))
        press(page, turn.locator(".why a").last)
        expect(reader.locator("h2").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(reader).to_be_hidden()
        expect(turn.locator(".why a").last).to_be_focused()
        press(page, turn.locator(".judge summary"))
        go_to(page, turn.locator(".judge textarea"))
        page.keyboard.type("Read in its place")
        press(page, turn.get_by_role("button", name="Right", exact=True))
        expect(turn.locator(".thanks")).to_be_focused()
        kept = feedback.read(real_settings.feedback)[-1]
        assert (kept.judgement, kept.note) == ("right", "Read in its place")
        go_to(page, question)
        page.keyboard.type("and in 2009?")
        page.keyboard.press("Enter")
        turn = turn.nth(1)
        expect(turn.locator(".short")).to_have_text(re.compile("448,147"))
        press(page, turn.locator(".taken summary"), "Shift+Tab")
        go_to(page, turn.locator(".taken textarea"))
        page.keyboard.press("Control+a")
        page.keyboard.type(QUESTION.replace("1990", "1950"))
        press(page, turn.locator(".taken button"))
        expect(page.locator(".turn .short").last).to_have_text(re.compile("352,448"))
        expect(question).to_be_focused()
        saving = page.locator("[data-export=markdown]")
        go_to(page, saving, "Shift+Tab")
        with page.expect_download() as saved:
            page.keyboard.press("Enter")
        assert "352,448" in saved.value.path().read_text(encoding="utf-8")
        expect(saving).to_be_focused()
        press(page, page.locator("#clear"), "Shift+Tab")
        expect(page.locator(".turn")).to_have_count(0)
        expect(question).to_be_focused()


def test_what_the_documents_do_not_say_is_a_no_with_the_closest_passages(
    browser: Browser, address: str
) -> None:
    with page_of(browser, address) as page:
        page.fill("#question", UNANSWERABLE)
        page.locator("#send").click()
        expect(page.locator(".no")).to_have_text("The documents do not say.")
        expect(page.locator("#said")).to_have_text("The documents do not say.")
        expect(page.locator(".nearest .citation")).not_to_have_count(0)
        expect(page.locator(".turn mark")).to_have_count(0)
        assert in_view(page.locator(".no"))


def test_without_scripts_the_same_path_leads_to_the_words(browser: Browser, address: str) -> None:
    with page_of(browser, address, java_script_enabled=False) as page:
        page.fill("#question", UNANSWERABLE)
        page.locator("#send").click()
        assert page.locator(".no").inner_text() == "The documents do not say."
        page.fill("#question", QUESTION)
        page.locator("#send").click()
        assert QUESTION in page.locator(".turn .question").inner_text()
        assert "728,853" in page.locator(".citation .quote mark").first.inner_text()
        page.locator(".citation .chip").first.click()
        page.wait_for_url("**/documents/*#quote")
        assert "728,853" in page.locator("mark#quote").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_every_suggestion_is_answered(browser: Browser, address: str, scripts: bool) -> None:
    with page_of(browser, address, java_script_enabled=scripts) as page:
        suggestions = page.locator("#suggestions button").all_inner_texts()
        assert suggestions
        for suggestion in suggestions:
            page.goto("/")
            if scripts and page.locator("#clear").is_visible():
                page.locator("#clear").click()
            page.get_by_role("button", name=suggestion, exact=True).click()
            question = page.locator(".turn .question")
            question.wait_for()
            assert suggestion in question.inner_text()
            page.locator(".turn .citation .quote mark").first.wait_for()


def test_a_phone_never_scrolls_sideways(browser: Browser, address: str) -> None:
    with page_of(
        browser, address, PHONE, expected_errors=("404",), has_touch=True, is_mobile=True
    ) as page:
        assert not scrolls_sideways(page)
        page.fill("#question", QUESTION)
        page.locator("#send").tap()
        page.locator(".citation .quote mark").first.wait_for()
        assert not scrolls_sideways(page)
        page.locator(".citation .chip").first.tap()
        page.locator("#reader mark#quote").wait_for()
        assert not scrolls_sideways(page)
        assert page.locator("mark#quote").evaluate(
            "mark => mark.getBoundingClientRect().top >= 0"
            " && mark.getBoundingClientRect().top < innerHeight"
        )
        # The sheet lies over the chat, which cannot be reached until it is closed.
        assert page.locator(".conversation").evaluate("element => element.inert")
        page.locator("[data-close]").tap()
        expect(page.locator("#reader")).to_be_hidden()
        assert not page.locator(".conversation").evaluate("element => element.inert")
        for path in ("/documents", "/docs", "/none"):
            page.goto(path)
            assert not scrolls_sideways(page), path
        page.goto("/")
        page.fill("#question", UNANSWERABLE)
        page.locator("#send").tap()
        page.locator(".nearest").last.wait_for()
        assert not scrolls_sideways(page)


def test_the_conversation_lends_words_is_kept_and_can_be_saved(
    browser: Browser, address: str
) -> None:
    with page_of(browser, address, accept_downloads=True) as page:
        ask(page, QUESTION)
        turn = ask(page, "and in 2009?")
        taken_as = "How many manufacturing establishments were there in 2009?"
        expect(turn.locator(".taken q")).to_have_text(taken_as)
        assert "448,147" in turn.locator("mark").first.inner_text()
        page.reload()
        expect(page.locator(".turn")).to_have_count(2)
        # What it was taken as can be put in other words.
        turn = page.locator(".turn").last
        turn.locator(".taken summary").click()
        expect(turn.locator(".taken textarea")).to_have_value(taken_as)
        turn.locator(".taken textarea").fill(QUESTION.replace("1990", "1950"))
        turn.locator(".taken button").click()
        expect(page.locator(".turn .short").last).to_have_text(re.compile("352,448"))
        with page.expect_download() as saving:
            page.locator("[data-export=record]").click()
        answers = json.loads(saving.value.path().read_text(encoding="utf-8"))
        assert [answer["answer"] for answer in answers] == ["728,853", "448,147", "352,448"]
        assert {c["document"]["id"] for c in answers[0]["citations"]} >= {"memo-208"}
        with page.expect_download() as saving:
            page.locator("[data-export=markdown]").click()
        text = saving.value.path().read_text(encoding="utf-8")
        assert text.count("## ") == 3
        assert "> Government statistics put manufacturing establishments at 352,448" in text
        assert f"<{address}/documents/memo-208?start=" in text
        page.locator("#clear").click()
        page.reload()
        expect(page.locator(".turn")).to_have_count(0)


def test_who_ran_it_is_asked_of_what_it_stands_for(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        ask(page, "When did METI start the Cluster Program?")
        turn = ask(page, "who ran it?")
        expect(turn.locator(".taken q")).to_have_text("Who ran the Cluster Program?")
        expect(turn.locator(".quote mark").first).to_contain_text("Ministry of Economy")


def test_a_suggestion_under_a_no_is_answered(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        suggestion = ask(page, UNANSWERABLE).locator(".suggestions button").first
        question = suggestion.inner_text()
        suggestion.click()
        turn = page.locator(".turn:has([data-record])").nth(1)
        expect(turn.locator(".question")).to_contain_text(question)
        expect(turn.locator(".quote mark").first).to_be_visible()


def test_the_next_and_the_previous_quotation_open_beside_the_chat(browser: Browser) -> None:
    memo = document("Notes on animals\n\nThe cat sat on the mat. The dog slept in the garden.")
    garden = document("Garden\n\nA cat sat there.", id="garden", kind="note")
    with (
        running(create_app(lambda: assistant_of(memo, garden), Settings())) as client,
        page_of(browser, str(client.base_url)) as page,
    ):
        ask(page, "cat sat mat")
        page.locator(".chip").first.click()
        mark = page.locator("#reader mark")
        expect(mark).to_have_text("The cat sat on the mat.")
        expect(page.locator("[data-step='-1']")).to_be_hidden()
        page.locator("[data-step='1']").click()
        expect(mark).to_have_text("A cat sat there.")
        expect(page.locator("[data-step='1']")).to_be_hidden()
        page.locator("[data-step='-1']").click()
        expect(mark).to_have_text("The cat sat on the mat.")
        page.go_back()
        expect(mark).to_have_text("A cat sat there.")


def test_a_quotation_is_copied_with_its_citation(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        turn = ask(page, QUESTION)
        turn.locator(".answer > .cite summary").click()
        for name, words in (
            ("Copy the quotation", "Yamasaki, A."),
            ("Copy the APA reference", "Yamasaki, A."),
            ("Copy the BibTeX entry", "author = {Yamasaki, Akira}"),
            ("Copy the link", f"{address}/documents/memo-208?start="),
        ):
            turn.get_by_role("button", name=name).click()
            expect(turn.locator(".answer > .cite .copied-line")).to_have_text("Copied")
            copied: str = page.evaluate("navigator.clipboard.readText()")
            assert words in copied
        quote = turn.locator(".quote").first.inner_text()
        page.goto(copied)
        expect(page.locator("mark#quote")).to_have_text(quote)
        expect(page.locator("mark#quote")).to_be_in_viewport()


def test_the_public_page_opens_at_the_quoted_words(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        turn = ask(page, "What do smaller participating firms lack?")
        quote = turn.locator(".quote").first.inner_text()
        turn.locator(".cite:visible summary").first.click()
        link = turn.get_by_role("link", name="Find these words on the public page")
        public = link.get_attribute("href") or ""
    paragraphs = (ROOT / "corpus" / "memo-208.txt").read_text(encoding="utf-8").splitlines()
    far = "<style>p { margin: 100vh 0 }</style>"
    public_page = far + "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    with browser.new_page() as page:
        page.route(
            "**",
            lambda route: route.fulfill(body=public_page, content_type="text/html; charset=utf-8"),
        )
        page.goto(public)
        expect(page.locator("p").filter(has_text=quote)).to_be_in_viewport()


def test_why_this_shows_what_was_read_and_leads_there(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        turn = ask(page, QUESTION)
        turn.locator(".why summary").click()
        assert turn.locator(".why li").count() > 1
        scores = [float(score) for score in turn.locator(".score").all_inner_texts()]
        assert scores == sorted(scores, reverse=True)
        turn.locator(".why a").first.click()
        expect(page.locator("#reader mark").first).to_be_visible()


def test_a_judgement_is_taken_in_place(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        turn = ask(page, QUESTION)
        turn.locator(".judge summary").click()
        turn.get_by_role("button", name="Right", exact=True).click()
        expect(turn.locator(".thanks")).to_be_visible()


def test_a_browser_in_japanese_gets_the_pages_in_japanese(browser: Browser, address: str) -> None:
    with page_of(browser, address, locale="ja-JP") as page:
        assert page.locator("html").get_attribute("lang") == "ja"
        turn = ask(page, QUESTION)
        assert turn.locator(".quote").first.get_attribute("lang") == "en"
        expect(turn.locator(".chip").first).to_contain_text("第3段落")
        turn = ask(page, UNANSWERABLE)
        expect(turn.locator(".no")).to_have_text("文書には書かれていません。")

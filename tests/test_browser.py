import json
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from browsing import PHONE, ask, chromium, go_to, page_of, press, scrolls_sideways
from fakes import GatedReranker, assistant_of, document
from memoqa import feedback
from memoqa.api import create_app
from memoqa.settings import Settings
from screenshots import PICTURES, take
from serving import GUARD, free_port, running, served

pytestmark = [pytest.mark.browser, pytest.mark.models]

ROOT = Path(__file__).parents[1]
QUESTION = "How many manufacturing establishments were there in 1990?"
UNANSWERABLE = "Who won the world cup in 2002?"
ATTACK = "<script>document.title='bad'</script><img src=x onerror=\"document.title='bad'\">"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def address(browser: Browser, real_settings: Settings) -> Iterator[str]:
    """`memoqa serve` on the shipped corpus with the real models; it has to end cleanly."""
    with served(real_settings.home, end_with=signal.SIGTERM, expected=-signal.SIGTERM) as address:
        yield address


def in_view(page: Page, selector: str) -> bool:
    """Whether the whole element stands inside the window."""
    inside: bool = page.locator(selector).first.evaluate(
        """element => {
            const { top, bottom, left, right } = element.getBoundingClientRect();
            return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
                && bottom > top;
        }"""
    )
    return inside


def reads_the_citation(page: Page) -> None:
    """From the marked words of the answer to the whole quote, marked in the document beside."""
    quote = page.locator(".citation .quote").first.inner_text()
    assert page.locator(".citation .quote mark").first.inner_text() == "728,853"
    assert "728,853" in quote
    assert in_view(page, ".citation .quote mark")
    page.locator(".citation .chip").first.click()
    expect(page.locator("#reader mark#quote")).to_have_text(quote)
    assert "document=memo-208&start=" in page.url
    assert in_view(page, "mark#quote")


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
        summary = turn.locator(".more summary")
        for shown in (False, True):
            press(page, summary, "Shift+Tab")
            expect(turn.locator(".more .chip").first).to_be_visible(visible=shown)
        press(page, turn.locator(".cite summary"))
        press(page, turn.get_by_role("button", name="Copy the APA reference"))
        expect(turn.locator(".copied-line")).to_have_text("Copied")
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
        assert in_view(page, ".no")


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


SEEN = {
    "chat": ("728,853", "Cite this"),
    "reader": ("Taken as:", "448,147"),
    "not-in-documents": ("The documents do not say.", "Closest passages (not an answer)"),
    "dark": ("728,853", "Close"),
    "japanese": ("728,853", "第3段落", "引用する"),
    "phone": ("728,853", "Close"),
    "corpus": ("Every answer is quoted from these documents", "passages"),
}


def test_every_picture_of_the_documentation_is_taken() -> None:
    assert SEEN.keys() == PICTURES.keys() == {path.stem for path in (ROOT / "docs").glob("*.png")}


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_of_the_documentation_show_their_states(
    browser: Browser, address: str, tmp_path: Path, name: str
) -> None:
    words = take(browser, address, name, tmp_path)
    assert [seen for seen in SEEN[name] if seen not in words] == []
    taken = tmp_path / f"{name}.png"
    assert taken.stat().st_size < 300_000
    with Image.open(taken) as picture:
        assert picture.size == PICTURES[name].size
        shades = picture.convert("L").histogram()
    # Paper and, in every part from light to dark, ink.
    assert min(sum(shades[part : part + 64]) for part in (0, 64, 128, 192)) > 100


# With fakes, for what the shipped corpus cannot show


MEMO = document("Notes on animals\n\nThe cat sat on the mat. The dog slept in the garden.")
CAT = "The cat sat on the mat."


def test_markup_and_scripts_in_questions_and_documents_are_text(browser: Browser) -> None:
    hostile = document(
        f"Markup\n\nThe hen {ATTACK} laid an egg.",
        id="<b onclick='alert()'>?#&%41 \"",
        title=f"T {ATTACK}",
    )
    hostile_app = create_app(lambda: assistant_of(hostile), Settings())
    question = f"hen laid egg {ATTACK}"
    with running(hostile_app) as client:
        for scripts in (True, False):
            address = str(client.base_url)
            with page_of(browser, address, java_script_enabled=scripts) as page:
                page.fill("#question", question)
                page.locator("#send").click()
                page.locator(".citation .quote").first.wait_for()
                assert question in page.locator(".turn .question").inner_text()
                assert ATTACK in page.locator(".citation .quote").first.inner_text()
                assert ATTACK in page.locator(".citation .chip").first.inner_text()
                assert page.locator("main img, main script").count() == 0
                if scripts:
                    # The kept conversation is put back as it was.
                    page.reload()
                    assert question in page.locator(".turn .question").inner_text()
                    assert page.locator("main img, main script").count() == 0
                page.locator(".citation .chip").first.click()
                page.locator("mark#quote").wait_for()
                assert ATTACK in page.locator("mark#quote").inner_text()
                title = page.locator("#reader h2" if scripts else "h1").first
                assert title.inner_text() == f"T {ATTACK}"
                assert page.locator("main img, main script").count() == 0
                assert page.title() != "bad"
                page.goto("/documents")
                assert page.locator("main img, main script").count() == 0


def test_when_the_service_is_gone_the_page_says_so_and_asks_again_by_itself(
    browser: Browser,
) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with ExitStack() as outlives:
        with running(app, port):
            page = outlives.enter_context(
                page_of(
                    browser, address, expected_errors=("ERR_CONNECTION_REFUSED", "503", "htmx:")
                )
            )
        page.fill("#question", "cat sat mat")
        page.press("#question", "Enter")
        expect(page.locator(".turn .error")).to_contain_text("The service cannot be reached.")
        expect(page.locator(".countdown")).to_contain_text("Trying again in")
        again = create_app(lambda: assistant_of(MEMO), Settings())
        with running(again, port):
            expect(page.locator(".turn .quote mark")).to_have_text(CAT)
            expect(page.locator(".turn .error")).to_have_count(0)


def test_a_proxys_page_is_no_answer(browser: Browser) -> None:
    with (
        running(create_app(lambda: assistant_of(MEMO), Settings())) as client,
        page_of(browser, str(client.base_url), expected_errors=("502", "htmx:")) as page,
    ):
        page.route(
            lambda url: url.endswith("/"),
            lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"),
        )
        page.fill("#question", "cat sat mat")
        page.press("#question", "Enter")
        expect(page.locator(".turn .error")).to_contain_text("The service cannot be reached.")
        assert "Bad gateway" not in page.content()
        page.unroute_all()
        expect(page.locator(".turn .quote mark")).to_have_text(CAT)


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


def test_the_next_and_the_previous_quotation_open_beside_the_chat(browser: Browser) -> None:
    garden = document("Garden\n\nA cat sat on the mat there.", id="garden", kind="note")
    with (
        running(create_app(lambda: assistant_of(MEMO, garden), Settings())) as client,
        page_of(browser, str(client.base_url)) as page,
    ):
        ask(page, "cat sat mat")
        page.locator(".chip").first.click()
        mark = page.locator("#reader mark")
        expect(mark).to_have_text(CAT)
        expect(page.locator("[data-step='-1']")).to_be_hidden()
        page.locator("[data-step='1']").click()
        expect(mark).to_have_text("A cat sat on the mat there.")
        expect(page.locator("[data-step='1']")).to_be_hidden()
        page.locator("[data-step='-1']").click()
        expect(mark).to_have_text(CAT)
        page.go_back()
        expect(mark).to_have_text("A cat sat on the mat there.")


def test_a_quotation_is_copied_with_its_citation(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        turn = ask(page, QUESTION)
        turn.locator(".cite summary").click()
        for name, words in (
            ("Copy the quotation", "Yamasaki, A."),
            ("Copy the APA reference", "Yamasaki, A."),
            ("Copy the BibTeX entry", "author = {Yamasaki, Akira}"),
            ("Copy the link", f"{address}/documents/memo-208?start="),
        ):
            turn.get_by_role("button", name=name).click()
            expect(turn.locator(".copied-line")).to_have_text("Copied")
            assert words in page.evaluate("navigator.clipboard.readText()")
        public = turn.get_by_role("link", name="Find these words on the public page")
        assert "#:~:text=" in (public.get_attribute("href") or "")


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


def test_nothing_moves_when_the_answer_comes(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        page.evaluate(
            """() => {
                window.moved = 0;
                new PerformanceObserver((list) => {
                    for (const shift of list.getEntries()) {
                        if (!shift.hadRecentInput) window.moved += shift.value;
                    }
                }).observe({ type: "layout-shift", buffered: true });
            }"""
        )
        ask(page, QUESTION)
        ask(page, UNANSWERABLE)
        assert page.evaluate("window.moved") == 0


def test_a_browser_in_japanese_gets_the_pages_in_japanese(browser: Browser, address: str) -> None:
    with page_of(browser, address, locale="ja-JP") as page:
        assert page.locator("html").get_attribute("lang") == "ja"
        turn = ask(page, QUESTION)
        assert turn.locator(".quote").first.get_attribute("lang") == "en"
        expect(turn.locator(".chip").first).to_contain_text("第3段落")
        turn = ask(page, UNANSWERABLE)
        expect(turn.locator(".no")).to_have_text("文書には書かれていません。")


def test_long_words_and_turned_text_stay_in_their_place(browser: Browser) -> None:
    held = document(f"A\n\nThe cat \u202esat\u202d on {'w' * 10_000} mat.", title="\u202eTitle")
    with (
        running(create_app(lambda: assistant_of(held), Settings())) as client,
        page_of(browser, str(client.base_url), PHONE) as page,
    ):
        turn = ask(page, f"cat sat mat \u202e{'w' * 1_000}")
        assert not scrolls_sideways(page)
        turn.locator(".chip").first.click()
        page.locator("#reader mark").first.wait_for()
        assert "w" * 10_000 in (page.locator("#reader article").text_content() or "")
        assert not scrolls_sideways(page)


def test_while_it_is_busy_the_page_waits_and_asks_once_more(browser: Browser) -> None:
    reranker = GatedReranker()
    app = create_app(lambda: assistant_of(MEMO, reranker=reranker), Settings(queue_length=1))
    with running(app) as client:
        address = str(client.base_url)
        try:
            with (
                page_of(browser, address) as first,
                page_of(browser, address, expected_errors=("503",)) as second,
            ):
                first.fill("#question", "dog slept garden")
                first.press("#question", "Enter")
                assert reranker.entered.acquire(timeout=GUARD)
                second.fill("#question", "cat sat mat")
                second.press("#question", "Enter")
                expect(second.locator(".error")).to_contain_text("As many questions wait as may")
                expect(second.locator(".countdown")).to_contain_text("Trying again in")
                reranker.gate.set()
                expect(first.locator(".turn .quote mark")).to_have_text(
                    "The dog slept in the garden."
                )
                expect(second.locator(".turn .quote mark")).to_have_text(CAT)
        finally:
            reranker.gate.set()


def test_a_question_can_be_cancelled_and_comes_back_into_the_box(browser: Browser) -> None:
    reranker = GatedReranker()
    app = create_app(lambda: assistant_of(MEMO, reranker=reranker), Settings())
    with running(app) as client:
        try:
            with page_of(browser, str(client.base_url), expected_errors=("htmx:",)) as page:
                page.fill("#question", "cat sat mat")
                page.press("#question", "Enter")
                assert reranker.entered.acquire(timeout=GUARD)
                expect(page.locator(".progress")).to_contain_text("Comparing")
                page.locator("#cancel").click()
                expect(page.locator(".turn")).to_have_count(0)
                expect(page.locator("#question")).to_have_value("cat sat mat")
                reranker.gate.set()
                page.press("#question", "Enter")
                expect(page.locator(".turn .quote mark")).to_have_text(CAT)
        finally:
            reranker.gate.set()


def test_shift_and_enter_make_a_new_line_and_blanks_are_not_sent(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with running(app) as client, page_of(browser, str(client.base_url)) as page:
        page.locator("#question").press_sequentially("cat")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("sat mat")
        expect(page.locator("#question")).to_have_value("cat\nsat mat")
        page.keyboard.press("Enter")
        expect(page.locator(".turn .quote mark")).to_have_text(CAT)
        page.keyboard.type("   ")
        page.keyboard.press("Enter")
        expect(page.locator("#question")).to_have_value("   ")
        expect(page.locator(".turn")).to_have_count(1)

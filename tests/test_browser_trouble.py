"""What the shipped corpus and a quiet service cannot show."""

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browsing import PHONE, ask, page_of, scrolls_sideways
from fakes import GatedReranker, assistant_of, document
from memoqa.answer import Assistant
from memoqa.api import create_app
from memoqa.settings import Settings
from serving import GUARD, free_port, running

pytestmark = pytest.mark.browser

ATTACK = "<script>document.title='bad'</script><img src=x onerror=\"document.title='bad'\">"
MEMO = document("Notes on animals\n\nThe cat sat on the mat. The dog slept in the garden.")
CAT = "The cat sat on the mat."
DOG = "The dog slept in the garden."
FAILED = (
    '<section class="turn"{}><h2 class="question"><bdi data-question>cat sat mat</bdi></h2>'
    '<div class="answer" data-said="Busy"><p class="error">Busy</p>'
    '<form data-ask data-again action="/"><input type="hidden" name="question" value="cat sat mat">'
    "<button>Try again</button></form></div></section>"
)


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


def test_while_the_models_open_the_conversation_stays_and_the_page_comes_alive(
    browser: Browser,
) -> None:
    may_open = threading.Event()

    def opened_late() -> Assistant:
        assert may_open.wait(GUARD)
        return assistant_of(MEMO)

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with ExitStack() as outlives:
        with running(create_app(lambda: assistant_of(MEMO), Settings()), port):
            page = outlives.enter_context(page_of(browser, address, expected_errors=("503",)))
            ask(page, "cat sat mat")
        with running(create_app(opened_late, Settings()), port, ready=False):
            try:
                for path in ("/", "/?document=doc&start=18&end=41"):
                    page.goto(path)
                    expect(page.locator(".turn .quote mark")).to_have_text(CAT)
                    notice = page.locator(".intro .error")
                    expect(notice).to_contain_text("The models are being opened")
                    expect(page.locator(".intro")).not_to_contain_text("No documents")
                other = page.context.new_page()
                other.goto("/corpus")
                expect(other.locator("h1")).to_have_text("Service Unavailable")
            finally:
                may_open.set()
            expect(page.locator(".intro")).to_contain_text("Answers are quoted from")
            expect(page.locator("#reader mark")).to_have_text(CAT)
            expect(notice).to_have_count(0)
            expect(other.locator("h1")).to_have_text("Corpus")
            page.goto("/?document=gone")
            expect(notice).to_contain_text("There is no document 'gone'")


def test_a_turn_that_came_with_the_page_joins_the_kept_ones(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with running(app) as client, page_of(browser, str(client.base_url)) as page:
        ask(page, "cat sat mat")
        page.fill("#question", "dog slept garden")
        with page.expect_navigation():
            page.locator("#ask").evaluate("form => form.submit()")  # as before scripts are there
        expect(page.locator(".turn .quote mark")).to_have_text([CAT, DOG])
        page.goto("/")
        expect(page.locator(".turn .quote mark")).to_have_text([CAT, DOG])


def test_a_question_that_waits_is_asked_at_once_when_the_reader_says_so(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with (
        running(app) as client,
        page_of(browser, str(client.base_url), expected_errors=("503",)) as page,
    ):
        busy = FAILED.format(' data-retry-after="60"')
        page.route("**/", lambda route: route.fulfill(status=503, body=busy))
        page.fill("#question", "cat sat mat")
        page.press("#question", "Enter")
        expect(page.locator(".countdown")).to_be_visible()
        page.unroute_all()
        page.get_by_role("button", name="Try again").click()
        # Well before the countdown is over.
        expect(page.locator(".turn .quote mark")).to_have_text(CAT, timeout=GUARD * 500)


def test_what_is_tried_again_in_its_old_place_is_what_is_said(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with (
        running(app) as client,
        page_of(browser, str(client.base_url), expected_errors=("503",)) as page,
    ):
        page.route("**/", lambda route: route.fulfill(status=503, body=FAILED.format("")))
        page.fill("#question", "cat sat mat")
        page.press("#question", "Enter")
        expect(page.locator(".turn .error")).to_be_visible()
        page.unroute_all()
        ask(page, "dog slept garden")
        expect(page.locator("#said")).to_contain_text(DOG)
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".turn .quote mark")).to_have_text([CAT, DOG])
        expect(page.locator("#said")).to_contain_text(CAT)


def test_a_long_conversation_lends_no_more_than_the_service_takes(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with running(app) as client, page_of(browser, str(client.base_url)) as page:
        ask(page, "dog slept garden")
        page.locator("#log").evaluate(
            """log => {
                const { content } = log.querySelector("[data-record]");
                const said = JSON.parse(content.textContent);
                content.textContent = JSON.stringify({ ...said, question: "猫".repeat(2000) });
                for (let n = 0; n < 9; n++) log.append(log.firstElementChild.cloneNode(true));
            }"""
        )
        expect(ask(page, "cat sat mat").locator(".quote mark")).to_have_text(CAT)


def test_a_refusal_without_its_question_leaves_the_question_in_the_box(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with (
        running(app) as client,
        page_of(
            browser, str(client.base_url), PHONE, ("413",), has_touch=True, is_mobile=True
        ) as page,
    ):
        said = '<div class="answer" data-said="Too long"><p class="error">Too long</p></div>'
        body = f'<section class="turn">{said}</section>'
        page.route("**/", lambda route: route.fulfill(status=413, body=body))
        page.fill("#question", "cat sat mat")
        page.locator("#send").press("Enter")
        expect(page.locator("#question")).to_have_value("cat sat mat")
        expect(page.locator("#send")).to_be_visible()


def test_a_judgement_and_a_question_on_its_way_are_kept_over_a_reload(
    browser: Browser, tmp_path: Path
) -> None:
    reranker = GatedReranker()
    reranker.gate.set()
    app = create_app(lambda: assistant_of(MEMO, reranker=reranker), Settings(home=tmp_path))
    with running(app) as client:
        try:
            with page_of(browser, str(client.base_url), expected_errors=("htmx:",)) as page:
                turn = ask(page, "cat sat mat")
                turn.locator(".judge summary").click()
                turn.get_by_role("button", name="Right", exact=True).click()
                expect(turn.locator(".thanks")).to_be_visible()
                reranker.gate.clear()
                page.fill("#question", "dog slept garden")
                page.press("#question", "Enter")
                expect(page.locator(".progress")).to_be_visible()
                page.reload()
                expect(turn.locator(".thanks")).to_be_visible()
                expect(turn.locator(".judge")).to_have_count(0)
                expect(page.locator("#question")).to_have_value("dog slept garden")
        finally:
            reranker.gate.set()


def test_a_question_put_in_other_words_is_asked_as_it_stands(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with running(app) as client, page_of(browser, str(client.base_url)) as page:
        ask(page, "cat sat mat")
        taken = ask(page, "Where was that?").locator(".taken")
        taken.locator("summary").click()
        taken.locator("textarea").fill("Where was that?")
        taken.get_by_role("button").click()
        expect(page.locator(".turn:has([data-record])")).to_have_count(3)
        expect(page.locator(".turn").last.locator(".taken")).to_have_count(0)


def test_a_conversation_that_the_browser_does_not_keep_is_told(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(MEMO), Settings())
    with running(app) as client, page_of(browser, str(client.base_url)) as page:
        page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
        ask(page, "cat sat mat")
        expect(page.locator("#unkept")).to_contain_text("save it as a file")

"""What the shipped corpus and a quiet service cannot show."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from browsing import PHONE, ask, page_of, scrolls_sideways
from fakes import GatedReranker, assistant_of, document
from memoqa.api import create_app
from memoqa.settings import Settings
from serving import GUARD, free_port, running

pytestmark = pytest.mark.browser

ATTACK = "<script>document.title='bad'</script><img src=x onerror=\"document.title='bad'\">"
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

"""Where the focus goes when what had it is replaced, and what is said where nothing comes."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from browsing import PHONE, ask, page_of
from fakes import GatedReranker, assistant_of, document
from memoqa.api import create_app
from memoqa.settings import Settings
from serving import GUARD, running

pytestmark = pytest.mark.browser

MEMO = document("Notes on animals\n\nThe cat sat on the mat. The dog slept in the garden.")
QUESTION = "cat sat mat"


class Service:
    def __init__(self, address: str, reranker: GatedReranker) -> None:
        self.address = address
        self.reranker = reranker


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    reranker = GatedReranker()
    reranker.gate.set()
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with running(create_app(lambda: assistant_of(MEMO, reranker=reranker), settings)) as client:
        try:
            yield Service(str(client.base_url), reranker)
        finally:
            reranker.gate.set()


def right(page: Page) -> None:
    turn = page.locator(".turn").last
    turn.locator(".judge summary").click()
    turn.locator(".judge textarea").fill("A note")
    turn.get_by_role("button", name="Right", exact=True).press("Enter")


def test_on_a_touch_screen_the_focus_rests_on_the_question(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address, PHONE, has_touch=True, is_mobile=True) as page:
        service.reranker.gate.clear()
        page.fill("#question", QUESTION)
        page.locator("#send").press("Enter")
        expect(page.locator("#cancel")).to_be_focused()
        service.reranker.gate.set()
        expect(page.locator(".turn .quote mark")).to_be_visible()
        expect(page.locator(".turn .question")).to_be_focused()


def test_a_question_that_is_cancelled_leaves_the_focus_in_the_box(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address, expected_errors=("htmx:",)) as page:
        service.reranker.gate.clear()
        page.fill("#question", QUESTION)
        page.locator("#send").press("Enter")
        assert service.reranker.entered.acquire(timeout=GUARD)
        page.locator("#cancel").press("Enter")
        expect(page.locator("#question")).to_be_focused()


def test_what_asks_again_by_itself_does_not_lose_the_focus(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address, expected_errors=("503",)) as page:
        busy = '<section class="turn" data-retry-after="1">{}</section>'.format(
            '<h2 class="question"><bdi data-question>cat sat mat</bdi></h2>'
            '<div class="answer" data-said="Busy"><p class="error">Busy</p>'
            '<form data-ask data-again action="/"><input name="question" value="cat sat mat">'
            "<button>Try again</button></form></div>"
        )
        page.route(
            lambda url: url.endswith("/"), lambda route: route.fulfill(status=503, body=busy)
        )
        service.reranker.gate.clear()
        page.fill("#question", QUESTION)
        page.press("#question", "Enter")
        page.get_by_role("button", name="Try again").focus()
        page.unroute_all()
        expect(page.locator("#cancel")).to_be_focused()
        service.reranker.gate.set()
        expect(page.locator(".turn .quote mark")).to_be_visible()
        expect(page.locator("#question")).to_be_focused()


def test_closing_a_document_leads_back_to_its_quotation(browser: Browser, service: Service) -> None:
    with page_of(browser, service.address) as page:
        chip = ask(page, QUESTION).locator(".chip").first
        chip.press("Enter")
        expect(page.locator("#reader h2").first).to_be_focused()
        page.reload()
        expect(page.locator("#reader mark")).to_be_visible()
        page.locator("[data-close]").press("Enter")
        expect(chip).to_be_focused()
        # What was being written goes on beside the document.
        chip.press("Enter")
        expect(page.locator("#reader h2").first).to_be_focused()
        page.locator("#question").press("Escape")
        expect(page.locator("#reader")).to_be_hidden()
        expect(page.locator("#question")).to_be_focused()


def test_a_document_that_was_opened_by_its_address_leaves_the_focus_on_the_page(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address) as page:
        page.goto("/?document=doc&start=18&end=41")
        page.locator("[data-close]").press("Enter")
        expect(page.locator("#reader")).to_be_hidden()
        expect(page.locator("#main")).to_be_focused()


def test_a_judgement_that_is_not_kept_is_told_and_the_note_stays(
    browser: Browser, service: Service
) -> None:
    with page_of(
        browser, service.address, expected_errors=("413", "502", "ERR_FAILED", "htmx:")
    ) as page:
        turn = ask(page, QUESTION)
        error, note = turn.locator(".judge .error"), turn.locator(".judge textarea")
        page.route("**/feedback/form", lambda route: route.abort())
        right(page)
        expect(error).to_have_text("The service cannot be reached. Is it running?")
        page.unroute_all()
        page.route(
            "**/feedback/form", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>")
        )
        button = turn.get_by_role("button", name="Right", exact=True)
        button.press("Enter")
        expect(error).to_have_text("The service cannot be reached. Is it running?")
        page.unroute_all()
        turn.locator("[name=answer]").evaluate("field => field.value = 'x'.repeat(100_000)")
        button.press("Enter")
        expect(error).to_have_text("The body is over the limit of 65,536 bytes; send less.")
        expect(note).to_have_value("A note")
        expect(button).to_be_focused()


def test_a_document_that_cannot_be_opened_is_told_beside_its_quotation(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address, expected_errors=("404", "htmx:")) as page:
        chip = ask(page, QUESTION).locator(".chip").first
        page.route(
            "**/documents/doc?*",
            lambda route: route.continue_(url=f"{service.address}/documents/gone"),
        )
        chip.press("Enter")
        error = page.locator("figcaption .error")
        expect(error).to_contain_text("There is no document 'gone'")
        expect(page.locator("#reader")).to_be_hidden()
        expect(chip).to_be_focused()
        page.unroute_all()
        chip.press("Enter")
        expect(page.locator("#reader mark")).to_be_visible()
        expect(error).to_have_count(0)


def test_with_the_service_gone_a_document_closes_and_the_way_back_to_it_says_so(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address, PHONE, ("ERR_FAILED", "htmx:")) as page:
        chip = ask(page, QUESTION).locator(".chip").first
        mark, conversation = page.locator("#reader mark"), page.locator(".conversation")
        chip.press("Enter")
        expect(mark).to_be_visible()
        for beneath in (conversation, page.locator(".skip")):
            assert beneath.evaluate("element => element.inert")
        page.route("**", lambda route: route.abort())
        page.locator("[data-close]").press("Enter")
        expect(page.locator("#reader")).to_be_hidden()
        expect(chip).to_be_focused()
        assert not conversation.evaluate("element => element.inert")
        page.go_back()
        expect(page.locator("figcaption .error")).to_have_text(
            "The service cannot be reached. Is it running?"
        )
        page.go_forward()
        page.unroute_all()
        page.go_back()
        expect(mark).to_be_visible()
        page.go_forward()
        expect(page.locator("#reader")).to_be_hidden()


def test_quotations_of_the_same_words_are_places_of_their_own(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address, expected_errors=("htmx:",)) as page:
        ask(page, QUESTION)
        ask(page, QUESTION)
        chips = page.locator(".citation .chip")
        first, second = chips.nth(0), chips.nth(1)
        before, after = page.locator("[data-step='-1']"), page.locator("[data-step='1']")
        second.press("Enter")
        expect(second).to_have_attribute("aria-current", "true")
        expect(after).to_be_hidden()
        before.click()
        expect(first).to_have_attribute("aria-current", "true")
        expect(before).to_be_hidden()
        after.click()
        expect(second).to_have_attribute("aria-current", "true")
        page.keyboard.press("Escape")
        expect(second).to_be_focused()
        # What is answered beside the document comes after it, and a second press does not wait.
        first.press("Enter")
        expect(first).to_have_attribute("aria-current", "true")
        ask(page, "dog slept garden")
        after.evaluate("button => { button.click(); button.click(); }")
        expect(chips.nth(2)).to_have_attribute("aria-current", "true")
        expect(page.locator("#reader mark")).to_have_text("The dog slept in the garden.")


def test_an_answer_beside_the_document_is_its_next_quotation(
    browser: Browser, service: Service
) -> None:
    with page_of(browser, service.address) as page:
        ask(page, QUESTION).locator(".chip").first.press("Enter")
        expect(page.locator("#reader mark")).to_be_visible()
        expect(page.locator("[data-step='1']")).to_be_hidden()
        ask(page, QUESTION)
        expect(page.locator("[data-step='1']")).to_be_visible()


def test_a_long_document_can_have_the_focus(browser: Browser) -> None:
    held = document("Notes\n\n" + "The cat sat on the mat.\n\n" * 100)
    with (
        running(create_app(lambda: assistant_of(held), Settings())) as client,
        page_of(browser, str(client.base_url)) as page,
    ):
        ask(page, QUESTION).locator(".chip").first.press("Enter")
        expect(page.locator("#reader mark")).to_be_visible()
        found = Axe().run(page, options={"runOnly": ["scrollable-region-focusable"]}).response
        assert found["violations"] == []
        expect(page.get_by_role("region", name="A title", exact=True)).to_be_visible()

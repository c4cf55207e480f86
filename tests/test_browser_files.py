"""PDFs beside the chat, and files that readers add, on a service with the real models."""

import base64
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import PHONE, ask, page_of, press, scrolls_sideways
from fakes import FakeEmbedder, assistant_of, document, models
from memoqa import ingest
from memoqa.answer import open_assistant
from memoqa.api import create_app
from memoqa.intake import Intake
from memoqa.settings import Settings
from memoqa.weigh import Models
from serving import GUARD, running, served

pytestmark = [pytest.mark.browser, pytest.mark.models]

FILES = Path(__file__).parent / "files" / "documents"
APPRENTICES = "How many apprentices were there in the Lake Counties in 2017/18?"
PASSENGERS = "How many passengers had the promoters forecast in the tenth year?"


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`memoqa serve` on a PDF, open to files; it has to end cleanly."""
    home = tmp_path_factory.mktemp("home")
    (home / "corpus").mkdir()
    shutil.copy(FILES / "skills-bulletin.pdf", home / "corpus")
    with served(
        home, end_with=signal.SIGTERM, expected=-signal.SIGTERM, MEMOQA_ALLOW_ADD="true"
    ) as address:
        yield address


def shows_the_page(page: Page) -> None:
    """The picture of the page, with boxes on it in view, where words are drawn."""
    leaf = page.locator("#reader .leaf").first
    expect(leaf.locator("rect").first).to_be_in_viewport()
    assert (
        leaf.locator("img").evaluate("async (img) => (await img.decode(), img.naturalWidth)") > 200
    )
    picture, boxes = leaf.bounding_box(), leaf.locator("rect").all()
    assert picture
    for box in boxes:
        place = box.bounding_box()
        assert place
        assert picture["x"] < place["x"]
        assert place["x"] + place["width"] < picture["x"] + picture["width"]
        assert picture["y"] < place["y"] < picture["y"] + picture["height"]
    expect(page.locator("#reader mark#quote")).to_be_attached()


def drop(page: Page, place: Locator, files: list[tuple[str, bytes]]) -> None:
    """Drop files there, as from the desktop."""
    file = page.evaluate_handle(
        """(files) => {
            const dropped = new DataTransfer();
            for (const [name, content] of files) {
                const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
                dropped.items.add(new File([bytes], name));
            }
            return dropped;
        }""",
        [[name, base64.b64encode(content).decode()] for name, content in files],
    )
    place.dispatch_event("dragover", {"dataTransfer": file})
    expect(page.locator("#add.over")).to_be_visible()
    place.dispatch_event("drop", {"dataTransfer": file})


def test_a_pdf_opens_beside_the_chat_with_the_words_boxed(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        turn = ask(page, APPRENTICES)
        expect(turn.locator("mark").first).to_have_text("8,214")
        turn.locator(".chip").first.click()
        shows_the_page(page)
        quoted = page.locator("#reader mark#quote").text_content()
        # From one quotation to the next, over the turns of the conversation.
        last = ask(page, "How much does a boat builder earn a month?").locator(".chip").first
        last.click()
        expect(last).to_have_attribute("aria-current", "true")
        shows_the_page(page)
        chips = page.locator(".turn .chip")
        for place in reversed(range(turn.locator(".chip").count())):
            page.locator("[data-step='-1']").click()
            expect(chips.nth(place)).to_have_attribute("aria-current", "true")
        expect(page.locator("#reader mark#quote")).to_have_text(quoted or "")
        shows_the_page(page)
        page.locator("[data-step='1']").click()
        expect(chips.nth(1)).to_have_attribute("aria-current", "true")
        shows_the_page(page)
        page.reload()
        shows_the_page(page)


def test_on_a_phone_a_pdf_is_a_sheet_over_the_chat(browser: Browser, address: str) -> None:
    with page_of(browser, address, PHONE, has_touch=True, is_mobile=True) as page:
        ask(page, APPRENTICES).locator(".chip").first.tap()
        shows_the_page(page)
        assert not scrolls_sideways(page)
        sheet = page.locator("#reader").bounding_box()
        assert sheet
        assert (sheet["x"], sheet["width"]) == (0, PHONE[0])
        assert page.locator(".conversation").evaluate("element => element.inert")
        page.locator("[data-close]").tap()
        expect(page.locator("#reader")).to_be_hidden()


def test_a_dropped_file_is_indexed_and_answers(browser: Browser, address: str) -> None:
    with page_of(browser, address) as page:
        page.goto("/corpus")
        form, line = page.locator("#add"), page.locator("#progress")
        shown: list[str] = []
        page.expose_function("shown", lambda said: shown.append(said))
        page.evaluate(
            """() => new MutationObserver(() => {
                const bar = document.querySelector("#bar");
                if (!bar.hidden) shown(document.querySelector("#progress").textContent);
            }).observe(document.querySelector("#add"), { subtree: true, childList: true })"""
        )
        drop(page, form, [("valley-line.pdf", (FILES / "valley-line.pdf").read_bytes())])
        expect(line).to_have_text("Added: valley-line.pdf", timeout=5_000 * GUARD)
        assert "valley-line.pdf" in shown
        expect(page.locator("#bar")).to_be_hidden()
        expect(page.locator("#held .documents a[href='/documents/valley-line']")).to_be_visible()
        page.goto("/")
        turn = ask(page, PASSENGERS)
        expect(turn.locator("mark").first).to_contain_text("900,000")
        turn.locator(".chip").first.click()
        shows_the_page(page)
        # The same file once more is no second one.
        page.goto("/corpus")
        drop(page, form, [("valley-line.pdf", (FILES / "valley-line.pdf").read_bytes())])
        expect(line).to_have_text("The same file is held already.")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("weighbridge-ledger.pdf", "it holds pages as pictures and no text"),
        ("broken.pdf", "damaged"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(
    browser: Browser, address: str, name: str, said: str
) -> None:
    with page_of(browser, address, expected_errors=("422",)) as page:
        page.goto("/corpus")
        held = page.locator("#held").inner_text()
        file = FILES / name
        page.locator("#file").set_input_files(
            {
                "name": name,
                "mimeType": "application/octet-stream",
                "buffer": file.read_bytes() if file.exists() else b"%PDF-1.7 and nothing more",
            }
        )
        button = page.get_by_role("button", name="Add", exact=True)
        press(page, button)
        line = page.locator("#progress.error")
        expect(line).to_contain_text(said)
        assert "\n" not in line.inner_text()
        expect(button).to_be_focused()
        page.reload()
        assert page.locator("#held").inner_text() == held


def test_where_files_are_not_added_the_page_says_who_adds_them(browser: Browser) -> None:
    app = create_app(lambda: assistant_of(document("A\n\nThe cat sat.")), Settings())
    with running(app) as client, page_of(browser, str(client.base_url)) as page:
        page.goto("/corpus")
        expect(page.locator("#add")).to_have_count(0)
        expect(page.get_by_text("memoqa add FILE")).to_be_visible()


@pytest.fixture
def adding(tmp_path: Path) -> Iterator[tuple[str, threading.Event]]:
    """The address of a service with fakes, open to files, and what its indexing waits for."""
    settings, may_index = Settings(home=tmp_path), threading.Event()
    settings.corpus.mkdir()
    (settings.corpus / "memo.txt").write_text("A\n\nThe cat sat.", encoding="utf-8")
    ingest.build(settings, FakeEmbedder())

    def opened_late() -> Models:
        assert may_index.wait(GUARD)
        return models()

    intake = Intake(settings, opened_late)
    app = create_app(lambda: open_assistant(settings, models()), settings, intake)
    with running(app) as client:
        try:
            yield str(client.base_url), may_index
        finally:
            may_index.set()


def test_indexing_is_followed_over_a_reload_and_while_the_service_is_away(
    browser: Browser, adding: tuple[str, threading.Event]
) -> None:
    address, may_index = adding
    with page_of(browser, address, expected_errors=("ERR_FAILED",)) as page:
        page.goto("/corpus")
        line, bar = page.locator("#progress"), page.locator("#bar")
        # Beside the form, where a browser would open the file.
        drop(page, page.locator("h1"), [("fish.txt", b"Fish\n\nThe herring swam.")])
        expect(line).to_have_text("fish.txt")
        page.reload()
        expect(bar).to_be_visible()
        page.route("**/corpus/progress", lambda route: route.abort())
        expect(line).to_have_text("The service cannot be reached. Is it running?")
        page.unroute_all()
        may_index.set()
        expect(line).to_have_text("Added: fish.txt")
        expect(bar).to_be_hidden()
        expect(page.locator("#held a[href='/documents/fish']")).to_be_visible()


def test_two_files_at_once_are_told_to_come_one_at_a_time(
    browser: Browser, adding: tuple[str, threading.Event]
) -> None:
    with page_of(browser, adding[0], expected_errors=("422",)) as page:
        page.goto("/corpus")
        drop(page, page.locator("#add"), [("a.txt", b"A\n\nOne."), ("b.txt", b"B\n\nTwo.")])
        expect(page.locator("#progress.error")).to_contain_text("Send one file at a time")

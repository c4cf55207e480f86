"""What every page keeps to: WCAG 2.2 AA, the content security policy, its weight."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml import html
from playwright.sync_api import Browser, Page, expect

from browsing import DESKTOP, PHONE, Site, ask, page_of, scrolls_sideways
from fakes import GatedReranker, document, index_of, models
from memoqa.answer import Assistant
from memoqa.api import create_app
from memoqa.settings import Settings
from memoqa.types import Document, Suggestion
from serving import running

pytestmark = pytest.mark.browser

MEMO = document(
    "Clusters raise wages in small towns (Porter, 1990). Nothing else is cited here.\n\n"
    "- The cat sat on the mat.\n- The dog slept in the garden.\n\n"
    "References\n\n"
    "M. E. Porter. The advantage of towns. Press, 1990.\n",
    "memo",
    title="A memo",
)
NOTE = document("Garden\n\nA cat sat on the mat there.", "garden", "note", "On gardens")
ANSWERED = "Where did the cat sit on the mat?"
REFUSED = "Which patents did the ministry grant?"
NOT_HELD = "What does Porter (1990) argue about patents?"
QUOTE = "/documents/memo?start=0&end=51#quote"

# WCAG 2.2's size of targets is the one rule of level AA that axe runs only when told to.
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# All that the colours of the page change.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
LONG = "w" * 10_000
ATTACK = (
    "<script>document.title='bad'</script><style>*{display:none}</style>"
    "<img src=x onerror=\"document.title='bad'\"> {{ 7 * 7 }} &lt;b&gt; \u202edesrever"
)


class Service:
    """The address of a service with fakes, and the reranker that can hold its answers up."""

    def __init__(self, address: str, reranker: GatedReranker) -> None:
        self.address = address
        self.reranker = reranker


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from _service(tmp_path_factory, MEMO, NOTE)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    text = f"{ATTACK} {LONG}\n\nThe hen {ATTACK} laid an egg {LONG} (Porter, 1990).\n\n"
    listed = f"References\n\nM. E. Porter. The {ATTACK} towns {LONG}. Press, 1990.\n"
    held = replace(
        document(text + listed, "<b onclick='alert()'>?#&%41 \"", title=f"T {ATTACK} {LONG}"),
        author=f"A {ATTACK} {LONG}",
        licence=f"L {ATTACK} {LONG}",
        url=f"javascript:{ATTACK}{LONG}",
    )
    yield from _service(tmp_path_factory, held)


def _service(folders: pytest.TempPathFactory, *documents: Document) -> Iterator[Service]:
    reranker = GatedReranker()
    reranker.gate.set()
    index = index_of(*documents)
    index.suggestions = (Suggestion("Where did the dog sleep in the garden?", "en", "memo"),)
    assistant = Assistant(index, models(reranker=reranker))
    app = create_app(lambda: assistant, Settings(home=folders.mktemp("home"), queue_length=1))
    with running(app) as client:
        yield Service(str(client.base_url), reranker)


def violations(page: Page, options: Mapping[str, object]) -> list[str]:
    found = Axe().run(page, options=dict(options)).response["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


def holds(page: Page, state: str) -> None:
    """No violation in this state of the page, on a phone and a desktop, light and dark, and
    nothing in it that the policy forbids.
    """
    for width, height in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light")
        assert violations(page, RULES) == [], (state, width)
        page.emulate_media(color_scheme="dark")
        assert violations(page, COLOURS) == [], (state, width, "dark")
        assert not scrolls_sideways(page), (state, width)
    assert inline(page.content()) == [], state


def inline(markup: str) -> list[str]:
    """Scripts, styles and handlers that stand in the page itself."""
    forbidden = (
        "//script[not(@src)] | //style | //*[@style]"
        " | //*[@*[starts-with(name(), 'on')]] | //*[starts-with(@href, 'javascript:')]"
    )
    return [
        html.tostring(found, encoding="unicode")
        for found in html.fromstring(markup).xpath(forbidden)
    ]


def test_the_chat_has_no_violation_in_any_state(browser: Browser, service: Service) -> None:
    with page_of(browser, service.address, expected_errors=("ERR_FAILED", "htmx:")) as page:
        holds(page, "empty")
        turn = ask(page, ANSWERED)
        holds(page, "answer")
        for summary in turn.locator("summary").all():
            summary.click()
        holds(page, "answer unfolded")
        turn.get_by_role("button", name="Right", exact=True).click()
        expect(turn.locator(".thanks")).to_be_visible()
        holds(page, "feedback given")
        turn.locator(".chip").first.click()
        expect(page.locator("#reader mark").first).to_be_visible()
        holds(page, "reader open")
        page.keyboard.press("Escape")
        expect(page.locator("#reader")).to_be_hidden()
        ask(page, REFUSED)
        expect(page.locator(".nearest").last).to_be_visible()
        holds(page, "not in the documents")
        ask(page, NOT_HELD)
        expect(page.locator(".missing").last).to_be_visible()
        holds(page, "reference not held")
        service.reranker.gate.clear()
        try:
            page.fill("#question", ANSWERED)
            page.press("#question", "Enter")
            expect(page.locator(".progress")).to_contain_text("Comparing")
            holds(page, "on its way")
        finally:
            service.reranker.gate.set()
        expect(page.locator(".turn:has([data-record])")).to_have_count(4)
        page.route("**/", lambda route: route.abort())
        page.fill("#question", ANSWERED)
        page.press("#question", "Enter")
        expect(page.locator(".countdown")).to_be_visible()
        holds(page, "unreachable")


def test_a_busy_service_has_no_violation(browser: Browser, service: Service) -> None:
    with page_of(browser, service.address) as first:
        service.reranker.gate.clear()
        try:
            first.fill("#question", ANSWERED)
            first.press("#question", "Enter")
            expect(first.locator(".progress")).to_contain_text("Comparing")
            with page_of(browser, service.address, expected_errors=("503",)) as second:
                second.fill("#question", ANSWERED)
                # As it is sent where there are no scripts, for a page that does not ask again.
                second.locator("#ask").evaluate("form => form.submit()")
                expect(second.locator(".turn .error")).to_contain_text("As many questions wait")
                holds(second, "busy")
        finally:
            service.reranker.gate.set()
        expect(first.locator(".turn .quote mark").first).to_be_visible()


@pytest.mark.models
@pytest.mark.parametrize("locale", ["en", "ja"])
def test_the_real_service_has_no_violation(browser: Browser, site: Site, locale: str) -> None:
    with page_of(browser, site.address, locale=locale) as page:
        ask(page, "How many manufacturing establishments were there in 1990?")
        turn = ask(page, "and in 2009?")
        turn.locator(".taken summary").click()
        ask(page, "METIがCluster Programを始めたのは何年ですか。")
        holds(page, "taken as, and from the other language")
        turn.locator(".chip").first.click()
        expect(page.locator("#reader mark#quote")).to_be_visible()
        text = page.locator(".reader-text")
        assert text.evaluate("element => element.scrollHeight > element.clientHeight")
        holds(page, "a long document")
        page.goto("/corpus")
        expect(page.locator("#add")).to_be_visible()
        holds(page, "files may be added")


@pytest.mark.models
def test_a_pdf_has_no_violation(browser: Browser, site: Site) -> None:
    with page_of(browser, site.address) as page:
        turn = ask(page, "How many apprentices were there in the Lake Counties in 2017/18?")
        turn.locator(".chip").first.click()
        expect(page.locator("#reader .leaf rect").first).to_be_visible()
        holds(page, "a PDF")


@pytest.mark.parametrize(
    "path", ["/documents", QUOTE, "/corpus", "/works/porter-1990", "/docs", "/none"]
)
def test_no_page_has_a_violation(browser: Browser, service: Service, path: str) -> None:
    with page_of(browser, service.address, expected_errors=("404",)) as page:
        page.goto(path)
        holds(page, path)


def test_the_page_of_a_judgement_has_no_violation(browser: Browser, service: Service) -> None:
    with page_of(browser, service.address) as page:
        ask(page, ANSWERED)
        # As it is sent where there are no scripts.
        page.locator(".judge").evaluate(
            """form => {
                const right = form.querySelector("[value=right]");
                form.append(Object.assign(document.createElement("input"), {
                    type: "hidden", name: right.name, value: right.value,
                }));
                form.submit();
            }"""
        )
        page.wait_for_url("**/feedback/form")
        holds(page, "judged")


def test_no_page_comes_with_a_script_or_a_style_inside(browser: Browser, service: Service) -> None:
    with page_of(browser, service.address) as page:
        for path in ("/", "/documents", QUOTE, "/corpus", "/works/porter-1990", "/docs", "/none"):
            got = page.request.get(path, headers={"Accept": "text/html"})
            assert inline(got.text()) == [], path
            policy = got.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy


def test_the_policy_is_watched(browser: Browser, service: Service) -> None:
    def break_it() -> None:
        with (
            page_of(browser, service.address) as page,
            page.expect_console_message(lambda said: "policy violated" in said.text),
        ):
            page.evaluate("document.body.setAttribute('style', 'color: red')")

    with pytest.raises(AssertionError, match="policy violated: style-src"):
        break_it()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_is_hostile_is_text_and_keeps_to_its_place(
    browser: Browser, hostile: Service, scripts: bool
) -> None:
    with page_of(
        browser, hostile.address, (320, 640), ("404",), java_script_enabled=scripts
    ) as page:
        question = f"hen laid egg {ATTACK} {'w' * 1_700}"
        page.fill("#question", question)
        page.locator("#send").click()
        quote = page.locator(".citation .quote").first
        quote.wait_for()
        for summary in page.locator("summary").all():
            summary.click()
        assert question in (page.locator(".turn .question").text_content() or "")
        assert f"The hen {ATTACK}" in (quote.text_content() or "")
        is_text(page)
        page.locator(".citation .chip").first.click()
        page.locator("mark#quote").wait_for()
        assert f"{ATTACK} laid an egg {LONG}" in (page.locator(".text").text_content() or "")
        is_text(page)
        for path in (
            "/documents/%3Cb%20onclick%3D'alert()'%3E%3F%23%26%2541%20%22",
            "/documents",
            "/corpus",
            "/works/porter-1990",
            f"/{ATTACK}{LONG[:2_000]}",
        ):
            page.goto(path)
            is_text(page)


def is_text(page: Page) -> None:
    """Nothing in the page has become markup, and nothing stands out to the side, by its length or
    by turning what is around it.
    """
    page.wait_for_load_state()
    assert not scrolls_sideways(page), page.url
    assert page.title() != "bad"
    assert page.locator("main :is(script, style, img, b)").count() == 0, page.url
    assert inline(page.content()) == [], page.url
    turned: list[str] = page.evaluate(
        """() => {
            const main = document.querySelector("main");
            const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
            const leaks = [];
            while (texts.nextNode()) {
                const text = texts.currentNode;
                let around = text.parentElement;
                if (!text.data.includes("\\u202e") || !around.checkVisibility()) continue;
                const styled = () => getComputedStyle(around);
                while (styled().display === "inline" && styled().unicodeBidi === "normal") {
                    around = around.parentElement;
                }
                const kept = styled().unicodeBidi !== "normal";
                if (!kept && around.textContent.trim() !== text.data.trim()) {
                    leaks.push(around.outerHTML.slice(0, 300));
                }
            }
            return leaks;
        }"""
    )
    assert turned == [], page.url


def test_the_page_is_light(browser: Browser, service: Service) -> None:
    with page_of(browser, service.address) as page:
        # Again as if for the first time, now with somebody counting.
        loaded: list[int] = []
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        devtools.on("Network.loadingFinished", lambda of: loaded.append(of["encodedDataLength"]))
        page.reload(wait_until="networkidle")
        assert len(loaded) > 5
        assert sum(loaded) < 100_000
        [painted] = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint').map((e) => e.startTime)"
        )
        print(f"{sum(loaded):,} bytes over the wire; first contentful paint at {painted:.0f} ms")

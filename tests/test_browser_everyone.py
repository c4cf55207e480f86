"""The chat for small and huge screens, for those who want no motion, and in Japanese."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import DESKTOP, PHONE, Site, ask, in_view, on_its_way, page_of, scrolls_sideways

pytestmark = [pytest.mark.browser, pytest.mark.models]

QUESTION = "How many manufacturing establishments were there in 1990?"
UNANSWERABLE = "Who won the world cup in 2002?"
IN_JAPANESE = "三ツ瀬工業高等専門学校と地元企業の共同研究はいつ始まりましたか。"
ACROSS = "経済産業省がクラスター計画を始めたのは何年ですか。"
QUOTED_JAPANESE = "三ツ瀬工業高等専門学校と地元企業の共同研究は、2006年に始まった。"


@pytest.mark.parametrize("size", [(320, 480), (3840, 2160)], ids=["320 px", "3840 px"])
def test_the_smallest_and_the_largest_screen_show_the_words(
    browser: Browser, site: Site, size: tuple[int, int]
) -> None:
    with page_of(browser, site.address, size) as page:
        turn = ask(page, QUESTION)
        assert not scrolls_sideways(page)
        assert is_readable(turn.locator(".quote").first)
        turn.locator(".chip").first.click()
        expect(page.locator("#reader mark#quote")).to_be_in_viewport()
        assert not scrolls_sideways(page)
        assert is_readable(page.locator("#reader .text p").last)
        reader = page.locator("#reader").bounding_box()
        chat = page.locator(".conversation").bounding_box()
        assert reader
        assert chat
        beside = chat["x"] + chat["width"] <= reader["x"]
        assert beside == (size[0] > 1_100)
        page.locator("[data-close]").click()
        expect(page.locator("#reader")).to_be_hidden()
        expect(turn.locator(".chip").first).to_be_in_viewport()


def is_readable(text: Locator) -> bool:
    """At least 16 pixels high, with 20 to 100 characters to a line."""
    height, characters = text.evaluate(
        """element => {
            const style = getComputedStyle(element);
            const measure = document.createElement("span");
            measure.textContent = "the cat sat on the mat ".repeat(10);
            measure.style.cssText = "position: absolute; white-space: pre";
            element.append(measure);
            const width = element.clientWidth - parseFloat(style.paddingInlineStart);
            const average = measure.getBoundingClientRect().width / measure.textContent.length;
            measure.remove();
            return [parseFloat(style.fontSize), width / average];
        }"""
    )
    return bool(height >= 16 and 20 <= characters <= 100)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_what_moves_while_one_waits_stands_still_for_who_asks_for_it(
    browser: Browser, site: Site, motion: str
) -> None:
    with page_of(browser, site.address, reduced_motion=motion) as page:
        ask(page, UNANSWERABLE)
        with on_its_way(page, QUESTION) as pending:
            expect(pending.locator(".progress")).to_be_in_viewport()
            running = page.evaluate("document.getAnimations().map(({ playState }) => playState)")
            assert running == ([] if motion == "reduce" else ["running"])
        expect(page.locator(".turn .quote mark").first).to_be_in_viewport()
        assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("state", ["desktop", "phone", "reader"])
def test_nothing_moves_when_the_answer_comes(browser: Browser, site: Site, state: str) -> None:
    with page_of(browser, site.address, PHONE if state == "phone" else DESKTOP) as page:
        if state == "reader":
            ask(page, QUESTION).locator(".chip").first.click()
            expect(page.locator("#reader mark#quote")).to_be_visible()
        for question in (QUESTION, UNANSWERABLE):
            with on_its_way(page, question) as pending:
                expect(pending).to_be_visible()
                settled(page)
                # An answer within half a second of the key counts as much as a later one.
                page.evaluate(
                    """() => {
                        window.moved = [];
                        new PerformanceObserver((list) => {
                            for (const shift of list.getEntries()) window.moved.push(shift.value);
                        }).observe({ type: "layout-shift" });
                    }"""
                )
            settled(page)
            assert page.evaluate("window.moved") == [], question


def settled(page: Page) -> None:
    """Two frames later: what has changed is laid out and painted."""
    page.evaluate(
        "new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))"
    )


def test_a_question_in_japanese_is_answered_in_the_words_of_a_document_in_japanese(
    browser: Browser, site: Site
) -> None:
    with page_of(browser, site.address, locale="ja-JP") as page:
        suggestion = page.locator("#suggestions button[lang=ja]")
        expect(suggestion).to_have_text(IN_JAPANESE)
        suggestion.click()
        turn = page.locator(".turn:has([data-record])")
        quote = turn.locator(".quote").first
        expect(quote).to_have_text(QUOTED_JAPANESE)
        expect(quote).to_have_attribute("lang", "ja")
        expect(quote.locator("mark")).to_have_text("2006年")
        turn.locator(".chip").first.click()
        expect(page.locator("#reader mark#quote")).to_have_text(QUOTED_JAPANESE)
        expect(page.locator("#reader .text")).to_have_attribute("lang", "ja")


def test_an_answer_from_the_other_language_says_so(browser: Browser, site: Site) -> None:
    with page_of(browser, site.address) as page:
        turn = ask(page, ACROSS)
        expect(turn).to_contain_text("This answer is quoted from a document in English.")
        expect(turn.locator(".quote").first).to_have_attribute("lang", "en")
        expect(turn.locator(".quote mark").first).to_contain_text("2001")


def test_japanese_is_set_in_japanese_fonts(browser: Browser, site: Site) -> None:
    with page_of(browser, site.address, locale="ja-JP") as page:
        assert fonts(page, "h1") == {"Noto Sans CJK JP"}
        ask(page, IN_JAPANESE).locator(".chip").first.click()
        assert fonts(page, ".turn .quote") == {"Noto Serif CJK JP"}
        assert fonts(page, ".turn .question") == {"Noto Sans CJK JP"}
        expect(page.locator("#reader mark#quote")).to_be_visible()
        assert fonts(page, "mark#quote") == {"Noto Serif CJK JP"}


def fonts(page: Page, selector: str) -> set[str]:
    """The families that Chromium took the glyphs of the first such element from."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    node = devtools.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    found = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    devtools.detach()
    return {font["familyName"] for font in found}


def test_the_enter_that_ends_a_conversion_does_not_send(browser: Browser, site: Site) -> None:
    with page_of(browser, site.address) as page:
        page.locator("#question").focus()
        keyboard = page.context.new_cdp_session(page)
        composed = {"text": IN_JAPANESE, "selectionStart": 0, "selectionEnd": 0}
        enter = {"type": "rawKeyDown", "key": "Enter", "code": "Enter"}
        keyboard.send("Input.imeSetComposition", composed)
        keyboard.send("Input.dispatchKeyEvent", enter | {"windowsVirtualKeyCode": 13})
        expect(page.locator(".turn")).to_have_count(0)
        keyboard.send("Input.insertText", {"text": IN_JAPANESE})
        expect(page.locator("#question")).to_have_value(IN_JAPANESE)
        # Safari tells of the key after the conversion has ended.
        keyboard.send("Input.dispatchKeyEvent", enter | {"windowsVirtualKeyCode": 229})
        expect(page.locator(".turn")).to_have_count(0)
        page.keyboard.press("Enter")
        expect(page.locator(".turn .question")).to_contain_text(IN_JAPANESE)
        expect(page.locator(".turn .quote mark").first).to_have_text("2006年")


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_the_confidence_says_how_often_such_answers_were_right(
    browser: Browser, site: Site, touch: bool
) -> None:
    with page_of(browser, site.address, PHONE, has_touch=touch, is_mobile=touch) as page:
        shown = ask(page, QUESTION).locator(".confidence")
        summary, line = shown.locator("summary"), shown.locator("p")
        said = r"Answers at this level were right in \d+ of \d+ test questions"
        expect(summary).to_have_attribute("title", re.compile(said))
        expect(line).to_be_hidden()
        if touch:
            summary.tap()
        else:
            summary.click()
        expect(line).to_be_visible()
        expect(line).to_have_text(re.compile(said))
        assert in_view(line)

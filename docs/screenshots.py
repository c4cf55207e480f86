"""Take the pictures of the documentation from a running service, in Debian's Chromium.

memoqa serve, then: python docs/screenshots.py
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ANSWERED = "How many manufacturing establishments were there in 1990?"
FOLLOW_UP = "and in 2009?"
NOT_IN_DOCUMENTS = "How many people live in Fukuoka today?"
DESKTOP = (1280, 800)
PHONE = (390, 780)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is done on the chat page before its picture is taken, in a window of `size` pixels."""

    prepare: Callable[[Page], None]
    size: tuple[int, int] = DESKTOP
    options: Mapping[str, Any] = field(default_factory=dict)


def ask(page: Page, question: str = ANSWERED) -> None:
    answered = page.locator(".turn [data-record]")
    before = answered.count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    answered.nth(before).wait_for(state="attached")


def read(page: Page, *questions: str) -> None:
    """Ask, and open the last answer's document."""
    for question in questions or (ANSWERED,):
        ask(page, question)
    page.locator(".turn:last-child .chip").first.click()
    page.locator("#reader mark").first.wait_for()


def go_to_corpus(page: Page) -> None:
    page.locator("header a[href='/corpus']").click()
    page.wait_for_url("**/corpus")


PICTURES = {
    "chat": Picture(ask),
    "reader": Picture(lambda page: read(page, ANSWERED, FOLLOW_UP)),
    "not-in-documents": Picture(lambda page: ask(page, NOT_IN_DOCUMENTS)),
    "dark": Picture(read, options={"color_scheme": "dark"}),
    "japanese": Picture(ask, options={"locale": "ja-JP"}),
    "phone": Picture(read, PHONE, {"is_mobile": True, "has_touch": True}),
    "corpus": Picture(go_to_corpus),
}


def take(browser: Browser, url: str, name: str, folder: Path) -> str:
    """Takes one of `PICTURES` as `folder/name.png`; the words that can be seen on the page."""
    picture = PICTURES[name]
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", **picture.options
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(url)
    picture.prepare(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / f"{name}.png")
    words = page.inner_text("body")
    context.close()
    return words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in PICTURES:
            take(browser, arguments.url, name, arguments.to)
        browser.close()


if __name__ == "__main__":
    main()

"""Take the pictures of the documentation from a running service, in Debian's Chromium.

memoqa serve, then: python docs/screenshots.py
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        @contextmanager
        def page(size: tuple[int, int], name: str, **options: Any) -> Iterator[Page]:
            """A page on the chat, of which a picture is taken in the end."""
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **options
            )
            context.set_default_timeout(60_000)
            opened = context.new_page()
            opened.goto(arguments.url)
            yield opened
            opened.screenshot(path=arguments.to / f"{name}.png")
            context.close()

        with page(DESKTOP, "chat") as chat:
            ask(chat, ANSWERED)
        with page(DESKTOP, "reader") as chat:
            ask(chat, ANSWERED)
            ask(chat, FOLLOW_UP)
            open_citation(chat)
        with page(DESKTOP, "not-in-documents") as chat:
            ask(chat, NOT_IN_DOCUMENTS)
        with page(DESKTOP, "dark", color_scheme="dark") as chat:
            ask(chat, ANSWERED)
            open_citation(chat)
        with page(DESKTOP, "japanese", locale="ja-JP") as chat:
            ask(chat, ANSWERED)
        with page(PHONE, "phone", is_mobile=True, has_touch=True) as chat:
            ask(chat, ANSWERED)
            open_citation(chat)
        with page(DESKTOP, "corpus") as chat:
            chat.goto(f"{arguments.url}/corpus")
        browser.close()


def ask(page: Page, question: str) -> None:
    answered = page.locator(".turn [data-record]")
    before = answered.count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    answered.nth(before).wait_for(state="attached")


def open_citation(page: Page) -> None:
    page.locator(".turn:last-child .chip").first.click()
    page.locator("#reader mark").first.wait_for()


if __name__ == "__main__":
    main()

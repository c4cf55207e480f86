"""Take the pictures of the documentation from a running service, in Debian's Chromium.

memoqa serve, then: python docs/screenshots.py
"""

import argparse
from pathlib import Path

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
NOT_IN_DOCUMENTS = "How many people live in Fukuoka today?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(
            viewport={"width": 960, "height": 840}, color_scheme="light", reduced_motion="reduce"
        )
        ask(page, arguments.url, ANSWERED)
        page.screenshot(path=arguments.to / "chat.png")
        page.click(".citation .chip")
        page.wait_for_selector("mark#quote")
        page.set_viewport_size({"width": 960, "height": 600})
        page.screenshot(path=arguments.to / "document.png")
        page.set_viewport_size({"width": 960, "height": 840})
        page.evaluate("sessionStorage.clear()")
        ask(page, arguments.url, NOT_IN_DOCUMENTS)
        page.screenshot(path=arguments.to / "not-in-documents.png")
        browser.close()


def ask(page: Page, url: str, question: str) -> None:
    page.goto(url)
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector(".turn [data-answer]")


if __name__ == "__main__":
    main()

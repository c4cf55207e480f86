"""Pages in a headless Chromium, held to what every page must keep to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Route,
    expect,
    sync_playwright,
)

from serving import GUARD

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = (1280, 800)
PHONE = (360, 740)
expect.set_options(timeout=GUARD * 1_000)

# Beside what Chromium itself says of it, so that no violation passes in silence.
_TELL = """addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    console.error(`policy violated: ${violatedDirective} ${blockedURI}`))"""


@dataclass(frozen=True, slots=True)
class Site:
    """A service that runs, and the folder that it keeps its documents and feedback in."""

    home: Path
    address: str


@contextmanager
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing = f"there is no {CHROMIUM}; install it with: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@contextmanager
def page_of(
    browser: Browser,
    address: str,
    size: tuple[int, int] = DESKTOP,
    expected_errors: tuple[str, ...] = (),
    **options: Any,
) -> Iterator[Page]:
    """A page that may ask nobody but `address`, and must not complain of anything unexpected."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        base_url=address,
        **{"reduced_motion": "reduce", **options},
    )
    context.set_default_timeout(GUARD * 1_000)
    context.add_init_script(_TELL)
    requested: list[str] = []
    complaints: list[str] = []
    context.on("request", lambda request: requested.append(request.url))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    page = context.new_page()
    try:
        page.goto("/")
        yield page
        page.wait_for_load_state()
    finally:
        context.close()
    assert requested
    assert {url for url in requested if not url.startswith(f"{address}/")} == set()
    unexpected = [c for c in complaints if not any(words in c for words in expected_errors)]
    assert unexpected == [], unexpected


def scrolls_sideways(page: Page) -> bool:
    wider: bool = page.evaluate(
        "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"
    )
    return wider


def go_to(page: Page, place: Locator, key: str = "Tab") -> Locator:
    """Move the focus to `place` by the keyboard alone."""
    for _ in range(200):
        if is_focused(place):
            return place
        page.keyboard.press(key)
    raise AssertionError(f"{key} never leads to {place}")


def press(page: Page, place: Locator, key: str = "Tab") -> None:
    """Go to a button, a link or a summary by `key`, and press it."""
    go_to(page, place, key)
    page.keyboard.press("Enter")


def is_focused(place: Locator) -> bool:
    focused: bool = place.evaluate("element => element === document.activeElement")
    return focused


def ask(page: Page, question: str) -> Locator:
    """Ask by keyboard; the turn that comes of it."""
    answered = page.locator(".turn:has([data-record])")
    before = answered.count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    turn = answered.nth(before)
    turn.wait_for()
    return turn


@contextmanager
def on_its_way(page: Page, question: str) -> Iterator[Locator]:
    """Ask by keyboard; the pending turn, whose question goes out when the block ends. Then waits
    for the answer.
    """
    sent: list[Route] = []
    page.route("**/", lambda route: sent.append(route))
    answered = page.locator(".turn:has([data-record])")
    before = answered.count()
    page.fill("#question", question)
    with page.expect_request(lambda request: request.method == "POST"):
        page.press("#question", "Enter")
    yield page.locator(".turn.pending")
    sent[0].continue_()
    page.unroute_all()
    answered.nth(before).wait_for()


def in_view(place: Locator) -> bool:
    """Whether the whole element stands inside the window."""
    inside: bool = place.evaluate(
        """element => {
            const { top, bottom, left, right } = element.getBoundingClientRect();
            return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
                && bottom > top;
        }"""
    )
    return inside

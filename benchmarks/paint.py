"""How soon the chat page is painted, how much of it goes over the wire, and how soon a question
shows that it is on its way, in headless Chromium.

    python benchmarks/paint.py [--home .] [--runs 10]

starts `memoqa serve` and opens the page in a fresh browser context each time, so that nothing is
in a cache; one run before warms both up. Prints medians and the slowest.
"""

import argparse
import signal
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browsing import CHROMIUM, DESKTOP, FLAGS
from serving import served

_PAINTED = """new Promise((painted) => new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) {
        if (name === "first-contentful-paint") painted(startTime);
    }
}).observe({ type: "paint", buffered: true }))"""

_SIGN = """new Promise((shown) => {
    let pressed;
    addEventListener("keydown", () => { pressed = performance.now(); }, { capture: true });
    new MutationObserver(() => {
        // A task after the next frame: by then the turn is painted.
        requestAnimationFrame(() => setTimeout(() => shown(performance.now() - pressed)));
    }).observe(document.querySelector("#log"), { childList: true });
})"""


def opened(browser: Browser, address: str) -> tuple[float, int, float]:
    """Milliseconds from the navigation to the first contentful paint, bytes received, and
    milliseconds from the Enter that asks to the paint of the pending turn.
    """
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    page = context.new_page()
    received: list[int] = []
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda of: received.append(of["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    milliseconds = float(page.evaluate(_PAINTED))
    weight = sum(received)
    page.fill("#question", "How many consortia were created?")
    page.evaluate(f"() => {{ window.sign = {_SIGN}; }}")
    page.press("#question", "Enter")
    sign = float(page.evaluate("window.sign"))
    page.locator(".turn [data-record]").wait_for(state="attached")
    context.close()
    return milliseconds, weight, sign


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path())
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    with (
        served(arguments.home, end_with=signal.SIGTERM, expected=-signal.SIGTERM) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened(browser, address)
        runs = [opened(browser, address) for _ in range(arguments.runs)]
        browser.close()
    paints, weights, signs = zip(*runs, strict=True)
    print(
        f"first contentful paint: median {statistics.median(paints):.0f} ms, "
        f"slowest {max(paints):.0f} ms; {statistics.median(weights):,.0f} bytes"
    )
    print(
        f"from Enter to the pending turn: median {statistics.median(signs):.0f} ms, "
        f"slowest {max(signs):.0f} ms"
    )


if __name__ == "__main__":
    main()

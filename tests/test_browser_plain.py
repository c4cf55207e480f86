"""The chat without scripts: everything goes by links and forms, a page at a time."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import Site, ask, page_of
from fakes import GatedReranker, assistant_of, document
from memoqa import feedback
from memoqa.api import create_app
from memoqa.settings import Settings
from serving import GUARD, MEMOQA, environment, running

pytestmark = [pytest.mark.browser, pytest.mark.models]

QUESTION = "How many manufacturing establishments were there in 1990?"
UNANSWERABLE = "Who won the world cup in 2002?"
APPRENTICES = "How many apprentices were there in the Lake Counties in 2017/18?"


def sent(page: Page, question: str) -> Locator:
    page.fill("#question", question)
    page.locator("#send").click()
    turn = page.locator(".turn").filter(has_text=question)
    turn.wait_for()
    return turn


def judged(turn: Locator, judgement: str, note: str = "") -> None:
    turn.locator(".judge summary").click()
    turn.locator(".judge textarea").fill(note)
    turn.get_by_role("button", name=judgement, exact=True).click()
    expect(turn.page.locator(".thanks")).to_contain_text("your judgement is kept")


def test_a_follow_up_is_understood_by_the_hidden_history(browser: Browser, site: Site) -> None:
    with page_of(browser, site.address, java_script_enabled=False) as page:
        sent(page, QUESTION)
        turn = sent(page, "and in 2009?")
        expect(turn.locator(".taken q")).to_have_text(QUESTION.replace("1990", "2009"))
        expect(turn.locator(".quote mark").first).to_have_text("448,147")
        turn = sent(page, "and in 1950?")
        expect(turn.locator(".quote mark").first).to_have_text("352,448")


def test_a_pdf_is_a_page_with_the_words_boxed(browser: Browser, site: Site) -> None:
    with page_of(browser, site.address, java_script_enabled=False) as page:
        turn = sent(page, APPRENTICES)
        expect(turn.locator(".quote mark").first).to_have_text("8,214")
        turn.locator(".chip").first.click()
        page.wait_for_url("**/documents/skills-bulletin?*#quote")
        expect(page.locator("mark#quote")).to_be_in_viewport()
        assert "8,214" in page.locator("mark#quote").inner_text()
        leaf = page.locator(".leaf")
        leaf.scroll_into_view_if_needed()
        expect(leaf.locator("rect").first).to_be_visible()
        picture = page.request.get(leaf.locator("img").get_attribute("src") or "")
        assert picture.headers["content-type"] == "image/png"


def test_while_it_is_busy_the_page_says_so_and_asks_again(browser: Browser) -> None:
    reranker = GatedReranker()
    memo = document("Notes on animals\n\nThe cat sat on the mat. The dog slept in the garden.")
    app = create_app(lambda: assistant_of(memo, reranker=reranker), Settings(queue_length=1))
    with running(app) as client:
        address = str(client.base_url)
        try:
            with (
                page_of(browser, address) as first,
                page_of(
                    browser, address, expected_errors=("503",), java_script_enabled=False
                ) as second,
            ):
                first.fill("#question", "dog slept garden")
                first.press("#question", "Enter")
                assert reranker.entered.acquire(timeout=GUARD)
                turn = sent(second, "cat sat mat")
                expect(turn.locator(".error")).to_contain_text("As many questions wait as may")
                expect(second.locator("#question")).to_have_value("cat sat mat")
                reranker.gate.set()
                expect(first.locator(".turn .quote mark")).to_be_visible()
                turn.get_by_role("button", name="Try again").click()
                expect(second.locator(".turn .quote mark")).to_have_text("The cat sat on the mat.")
        finally:
            reranker.gate.set()


def test_a_judgement_is_a_form_of_its_own(browser: Browser, site: Site) -> None:
    with page_of(browser, site.address, java_script_enabled=False) as page:
        judged(sent(page, UNANSWERABLE), "Wrong", "It was\nBrazil")
        assert page.url.endswith("/feedback/form")
        page.get_by_role("link", name="Back to the questions").click()
        expect(page.locator("#question")).to_be_visible()
        kept = feedback.read(site.home / "feedback.sqlite3")[-1]
        assert (kept.judgement, kept.note) == ("wrong", "It was\nBrazil")
        assert not kept.record.answered


def test_what_readers_judge_becomes_questions_to_measure_by(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    with page_of(browser, site.address) as page:
        judged(ask(page, APPRENTICES), "Right")
    with page_of(browser, site.address) as page:
        judged(ask(page, QUESTION), "Wrong")
    with page_of(browser, site.address) as page:
        judged(ask(page, "When did METI start the Cluster Program?"), "Should have said no")
    with page_of(browser, site.address) as page:
        turn = ask(page, UNANSWERABLE)
        expect(turn.locator(".judge").get_by_text("Should have said no")).to_have_count(0)
        judged(turn, "Right")
    file = tmp_path / "judged.jsonl"
    of_home = ["--home", str(site.home)]
    memoqa("feedback", "export", str(file), *of_home)
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    answers = {line["question"]: (line["answers"], line["type"]) for line in told}
    assert answers == {
        APPRENTICES: (["8,214"], "right"),
        "When did METI start the Cluster Program?": ([], "should-have-said-no"),
        UNANSWERABLE: ([], "right"),
    }
    measured = memoqa("eval", str(file), *of_home)
    assert "1 of 2 answers were right, and 1 of 3 questions were refused, 1 of them" in measured


def memoqa(*command: str) -> str:
    ran = subprocess.run(
        [MEMOQA, *command],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=3 * GUARD,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout

import html
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fakes import FakeEmbedder, models
from memoqa import ingest
from memoqa.answer import open_assistant
from memoqa.api import create_app
from memoqa.intake import Intake
from memoqa.settings import Settings
from memoqa.weigh import Models
from serving import GUARD, running

TEXT = "Notes\n\nThe cat sat on the mat. The dog slept in the garden.\n"
NEW = b"Notes on fish\n\nThe herring swam to Norway.\n"
HTML = {"Accept": "text/html"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path, max_file_bytes=100_000)
    settings.corpus.mkdir()
    (settings.corpus / "memo.txt").write_text(TEXT, encoding="utf-8")
    (settings.corpus / "bad.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    ingest.build(settings, FakeEmbedder())
    return settings


def app_of(settings: Settings, intake: Intake | None) -> FastAPI:
    return create_app(lambda: open_assistant(settings, models()), settings, intake)


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with running(app_of(settings, Intake(settings, models))) as client:
        yield client


def sent(client: httpx.Client, name: str = "fish.txt", data: bytes = NEW, **more: Any) -> Any:
    return client.post("/corpus", files={"file": (name, data)}, **more)


def finished(client: httpx.Client) -> dict[str, Any]:
    until = time.monotonic() + GUARD
    while (progress := client.get("/corpus/progress").json())["state"] == "indexing":
        assert time.monotonic() < until
        time.sleep(0.02)
    found: dict[str, Any] = progress
    return found


def detail(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    said: str = response.json()["detail"]
    assert "\n" not in said
    return said


def test_the_corpus_is_told(client: httpx.Client) -> None:
    held = client.get("/corpus").json()
    assert [(d["id"], d["format"]) for d in held["documents"]] == [("memo", "txt")]
    assert held["changes"]["added"] == ["memo"]
    assert [source for source, _ in held["left_out"]] == ["bad.pdf"]


def test_why_a_file_was_left_out_is_marked_as_english_on_a_japanese_page(
    client: httpx.Client,
) -> None:
    [(_, reason)] = client.get("/corpus").json()["left_out"]
    page = client.get("/corpus", headers=HTML | {"accept-language": "ja"}).text
    assert '<html lang="ja"' in page
    assert f'<bdi lang="en">{html.escape(reason)}</bdi>' in page


@pytest.mark.parametrize("may_add", [True, False])
def test_the_page_offers_to_add_where_that_is_allowed(settings: Settings, may_add: bool) -> None:
    intake = Intake(settings, models) if may_add else None
    with running(app_of(settings, intake)) as client:
        page = client.get("/corpus", headers=HTML)
    assert page.status_code == 200
    assert ('type="file"' in page.text) == may_add
    assert "bad.pdf" in page.text


def test_an_added_file_is_answered_from_without_a_restart(client: httpx.Client) -> None:
    response = sent(client)
    assert response.status_code == 202
    assert response.json() == {"source": "fish.txt", "before": False}
    assert finished(client) == {"state": "done", "done": 1, "total": 1, "detail": "fish.txt"}
    until = time.monotonic() + GUARD
    while "fish" not in client.get("/corpus").text:
        assert time.monotonic() < until
        time.sleep(0.02)
    answer = client.post("/ask", json={"question": "herring swam Norway"}).json()
    assert answer["citations"][0]["document"]["id"] == "fish"
    assert client.get("/corpus").json()["changes"]["added"] == ["fish"]


def test_a_form_without_script_leads_back_to_the_page(client: httpx.Client) -> None:
    response = sent(client, headers=HTML)
    assert (response.status_code, response.headers["location"]) == (303, "/corpus")


def test_a_note_goes_to_the_notes(client: httpx.Client, settings: Settings) -> None:
    response = client.post("/corpus", files={"file": ("m.md", NEW)}, data={"kind": "note"})
    assert response.json()["source"] == "notes/m.md"


def test_what_is_held_already_is_told(client: httpx.Client) -> None:
    response = sent(client, "memo.txt", TEXT.encode())
    assert response.json() == {"source": "memo.txt", "before": True}
    assert client.get("/corpus/progress").json()["state"] == "idle"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.pdf", b"%PDF-1.7 and nothing more", "damaged"),
        ("memo.txt", b"Other words.", "has its name"),
        ("empty.txt", b"", "no text"),
        ("..", NEW, "no name"),
        ("a" * 300 + ".txt", NEW, "too long"),
        (".hidden.txt", NEW, "rename"),
    ],
)
def test_a_bad_file_is_one_clear_line(
    client: httpx.Client, settings: Settings, name: str, data: bytes, said: str
) -> None:
    before = sorted(settings.corpus.rglob("*"))
    assert said in detail(sent(client, name, data), 422)
    assert sorted(settings.corpus.rglob("*")) == before


@pytest.mark.parametrize("name", ["../../fish.txt", "C:\\docs\\fish.txt", "/etc/fish.txt"])
def test_a_name_leads_nowhere(client: httpx.Client, settings: Settings, name: str) -> None:
    assert sent(client, name).json()["source"] == "fish.txt"
    assert (settings.corpus / "fish.txt").read_bytes() == NEW


def test_a_form_without_a_file_is_told(client: httpx.Client) -> None:
    assert "no file" in detail(client.post("/corpus", data={"kind": "memo"}), 422)
    wrong = client.post("/corpus", files={"file": ("m.md", NEW)}, data={"kind": "poem"})
    assert "kind is one of" in detail(wrong, 422)


def test_too_large_a_file_is_refused(client: httpx.Client, settings: Settings) -> None:
    assert "over the limit of" in detail(sent(client, data=b"x" * 200_000), 413)
    assert "MEMOQA_MAX_FILE_BYTES" in detail(sent(client, data=b"x " * 50_050), 422)
    assert not (settings.corpus / "fish.txt").exists()


def test_other_bodies_keep_their_limit(client: httpx.Client) -> None:
    assert client.post("/ask", content=b"x" * 70_000).status_code == 413


def test_without_leave_nothing_is_added(settings: Settings) -> None:
    with running(app_of(settings, None)) as client:
        assert "MEMOQA_ALLOW_ADD" in detail(sent(client), 403)
    assert not (settings.corpus / "fish.txt").exists()


def test_other_sites_cannot_add(client: httpx.Client, settings: Settings) -> None:
    assert sent(client, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not (settings.corpus / "fish.txt").exists()


def test_one_file_at_a_time_while_questions_are_answered(settings: Settings) -> None:
    gate = threading.Event()

    def opened_late() -> Models:
        assert gate.wait(GUARD)
        return models()

    with running(app_of(settings, Intake(settings, opened_late))) as client:
        try:
            assert sent(client).status_code == 202
            assert client.get("/corpus/progress").json()["state"] == "indexing"
            other = sent(client, "birds.txt", b"Notes\n\nThe heron flew.")
            assert "another file" in detail(other, 503)
            assert other.headers["retry-after"] == "5"
            assert client.post("/ask", json={"question": "cat sat mat"}).json()["answered"]
        finally:
            gate.set()
        assert finished(client)["state"] == "done"
        assert sent(client, "birds.txt", b"Notes\n\nThe heron flew.").status_code == 202


def test_progress_comes_as_events(client: httpx.Client) -> None:
    sent(client)
    with client.stream(
        "GET", "/corpus/progress", headers={"Accept": "text/event-stream"}
    ) as response:
        last = list(filter(None, response.iter_lines()))[-1]
    assert '"state": "done"' in last


def test_what_fails_is_told_and_the_old_index_stays(settings: Settings) -> None:
    def broken() -> Models:
        raise OSError("the disk is full")

    with running(app_of(settings, Intake(settings, broken))) as client:
        sent(client)
        progress = finished(client)
        assert (progress["state"], progress["detail"]) == ("failed", "the disk is full")
        assert client.post("/ask", json={"question": "cat sat mat"}).json()["answered"]
        assert sent(client, "birds.txt", b"Notes\n\nThe heron flew.").status_code == 202

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fakes import assistant_of, document
from memoqa import feedback
from memoqa.api import create_app
from memoqa.feedback import MAX_NOTE
from memoqa.settings import Settings
from serving import running

MEMO = document("Notes\n\nThe cat 🐈 sat on the mat. The dog slept in the garden.", id="memo")
HTML = {"Accept": "text/html"}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(lambda: assistant_of(MEMO), Settings(home=tmp_path))


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with running(app) as client:
        yield client


def answered(client: httpx.Client, question: str = "cat sat mat") -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/ask", json={"question": question}).json()
    return answer


def test_the_answer_is_kept_with_the_judgement(client: httpx.Client, tmp_path: Path) -> None:
    body = {"judgement": "right", "note": " well said ", "answer": answered(client)}
    response = client.post("/feedback", json=body)
    assert (response.status_code, response.json()) == (201, {"id": 1})
    (kept,) = feedback.read(tmp_path / "feedback.sqlite3")
    assert kept.note == "well said"
    assert kept.record.quoted[0].quote == "The cat 🐈 sat on the mat."


def test_a_no_can_be_judged(client: httpx.Client, tmp_path: Path) -> None:
    body = {"judgement": "wrong", "answer": answered(client, "Which ships sank near Iceland?")}
    assert client.post("/feedback", json=body).status_code == 201
    assert not feedback.read(tmp_path / "feedback.sqlite3")[0].record.answered


def test_words_that_the_service_did_not_quote_are_not_taken(
    client: httpx.Client, tmp_path: Path
) -> None:
    answer = answered(client)
    answer["citations"][0]["quote"] = "The cat never sat."
    client.post("/feedback", json={"judgement": "right", "answer": answer})
    kept = feedback.read(tmp_path / "feedback.sqlite3")
    assert [f.record.quoted[0].quote for f in kept] == ["The cat 🐈 sat on the mat."]


def test_an_answer_from_a_text_that_changed_is_a_conflict(client: httpx.Client) -> None:
    answer = answered(client)
    answer["citations"][0]["document"]["sha256"] = "0" * 64
    response = client.post("/feedback", json={"judgement": "right", "answer": answer})
    assert response.status_code == 409
    assert "ask again" in response.json()["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"judgement": "fine"}, "judgement"),
        ({"note": "x" * (MAX_NOTE + 1)}, "note"),
        ({"answer": None}, "answer"),
        ({"stars": 5}, "stars"),
    ],
)
def test_what_is_wrong_is_named(client: httpx.Client, change: dict[str, Any], field: str) -> None:
    body = {"judgement": "right", "answer": answered(client)} | change
    response = client.post("/feedback", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_a_no_should_not_have_said_no(client: httpx.Client) -> None:
    answer = answered(client, "Which ships sank near Iceland?")
    body = {"judgement": "should_have_said_no", "answer": answer}
    response = client.post("/feedback", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "judgement"


def test_a_form_without_script_is_thanked_for(client: httpx.Client, tmp_path: Path) -> None:
    fields = {
        "judgement": "right",
        "note": "two\r\nlines 犬",
        "answer": feedback.compact(assistant_of(MEMO).ask("cat sat mat")),
    }
    response = client.post("/feedback/form", data=fields, headers=HTML)
    assert response.status_code == 201
    assert "<html" in response.text
    assert "Thank you" in response.text
    assert feedback.read(tmp_path / "feedback.sqlite3")[0].note == "two\nlines 犬"


def test_a_script_gets_the_thanks_alone(client: httpx.Client) -> None:
    fields = {
        "judgement": "right",
        "answer": feedback.compact(assistant_of(MEMO).ask("cat sat mat")),
    }
    response = client.post("/feedback/form", data=fields, headers={"HX-Request": "true"})
    assert "Thank you" in response.text
    assert "<html" not in response.text


@pytest.mark.parametrize(
    "body", [b"answer=%FF", b"answer=x", b"", b"judgement=right", b"answer=" + b"[" * 20_000]
)
def test_a_broken_form_is_told(client: httpx.Client, body: bytes) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded", **HTML}
    response = client.post("/feedback/form", content=body, headers=kind)
    assert response.status_code == 422
    assert "<html" in response.text


@pytest.mark.parametrize("path", ["/feedback", "/feedback/form"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://example.org"},
        {"Origin": "null"},
    ],
)
def test_other_sites_cannot_judge(
    client: httpx.Client, path: str, headers: dict[str, str], tmp_path: Path
) -> None:
    assert client.post(path, content=b"", headers=headers).status_code == 403
    assert not (tmp_path / "feedback.sqlite3").exists()


@pytest.mark.parametrize("name", ["Sec-Fetch-Site", "Origin"])
def test_the_own_page_may(client: httpx.Client, name: str) -> None:
    headers = {name: "same-origin" if name == "Sec-Fetch-Site" else str(client.base_url)}
    body = {"judgement": "right", "answer": answered(client)}
    assert client.post("/feedback", json=body, headers=headers).status_code == 201


def test_a_file_that_cannot_be_written_is_told(client: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "feedback.sqlite3").mkdir()
    body = {"judgement": "right", "answer": answered(client)}
    response = client.post("/feedback", json=body)
    assert response.status_code == 503
    assert "feedback.sqlite3" in response.json()["detail"]


def test_feedback_outlives_the_service(tmp_path: Path) -> None:
    for expected in (1, 2):
        app = create_app(lambda: assistant_of(MEMO), Settings(home=tmp_path))
        with running(app) as client:
            body = {"judgement": "right", "answer": answered(client)}
            assert client.post("/feedback", json=body).json() == {"id": expected}

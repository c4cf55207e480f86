import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from fakes import FakeReranker, GatedReranker, assistant_of, document
from memoqa import types
from memoqa.answer import MAX_QUESTION, Assistant
from memoqa.api import create_app
from memoqa.errors import IndexCorrupt, IndexNotFound, Overloaded
from memoqa.settings import Settings
from serving import GUARD, running

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MEMO = document(
    "Notes on animals\n\nThe cat 🐈 sat on the mat. The dog slept in the garden.\n\n"
    "Fish swim in the sea.",
    id="memo",
)
OTHER_ID = 'a&b "c" <i>?'
OTHER = document(
    "Markup\n\nThe <script>alert('hen')</script> laid an egg & left.",
    id=OTHER_ID,
    kind="note",
    title="<b>Bold</b> title",
)
SETTINGS = Settings(max_body_bytes=20_000)
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>"
ROUTES = [
    ("GET", "/", 200),
    ("POST", "/", 422),
    ("GET", "/documents", 200),
    ("GET", "/documents/memo", 200),
    ("GET", "/documents/none", 404),
    ("GET", "/documents/memo?start=9", 422),
    ("GET", "/docs", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/static/memoqa.css", 200),
    ("GET", "/static/ask.js", 200),
    ("GET", "/static/favicon.svg", 200),
    ("GET", "/static/none.css", 404),
    ("GET", "/static/%00", 404),
    ("GET", "/static/" + "a" * 4_000, 404),
    ("GET", "/none", 404),
    ("GET", "/%ff%ed%a0%80", 404),
    ("GET", "/ask", 405),
    ("DELETE", "/", 405),
    ("POST", "/ask", 422),
    ("POST", "/verify", 422),
]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with running(create_app(lambda: assistant_of(MEMO, OTHER), SETTINGS)) as client:
        yield client


def asked(client: httpx.Client, question: str = "cat sat mat", **more: Any) -> dict[str, Any]:
    response = client.post("/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def text_of(client: httpx.Client, href: str) -> str:
    response = client.get(href.split("?")[0], headers={"Accept": "application/json"})
    assert response.headers["content-type"] == "application/json"
    text: str = response.json()["text"]
    return text


def is_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert list(problem) == ["type", "title", "status", "detail", "errors"]
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["detail"]
    return problem


def names(of: type) -> list[str]:
    return [field.name for field in fields(of)]


# POST /ask


def test_an_answer_has_every_field_of_the_contract(client: httpx.Client) -> None:
    answer = asked(client)
    assert list(answer) == names(types.Answer)
    assert answer["question"] == "cat sat mat"
    assert answer["answered"] is True
    assert answer["reason"] is None
    assert answer["nearest"] == []
    assert 0 < answer["confidence"] <= 1
    assert list(answer["index"]) == names(types.IndexState)
    assert re.fullmatch("[0-9a-f]{16}", answer["index"]["fingerprint"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", answer["index"]["built_at"])
    assert answer["index"]["stale"] is False
    assert list(answer["timings_ms"]) == names(types.Timings)
    assert all(isinstance(ms, float) and ms >= 0 for ms in answer["timings_ms"].values())
    first = answer["citations"][0]
    assert list(first) == names(types.Citation)
    assert first["document"] == {
        "id": "memo",
        "title": "A title",
        "kind": "memo",
        "author": None,
        "year": None,
        "url": None,
        "sha256": MEMO.sha256,
        "held": True,
    }
    assert first["number"] == 1
    assert first["quote"] == "The cat 🐈 sat on the mat."
    assert first["locator"] == "paragraph 1"
    start, end = first["highlight"]["start"], first["highlight"]["end"]
    assert answer["answer"] == MEMO.text[start:end]


@pytest.mark.parametrize(
    "question", ["cat sat mat", "dog slept garden", "hen laid egg", "Who ate?"]
)
def test_offsets_cut_every_quote_out_of_the_document_as_json(
    client: httpx.Client, question: str
) -> None:
    answer = asked(client, question)
    quoted = [*answer["citations"], *answer["nearest"]]
    assert quoted
    for citation in quoted:
        text = text_of(client, citation["href"])
        start, end = citation["start"], citation["end"]
        assert text[start:end] == citation["quote"]
        assert start <= citation["highlight"]["start"] < citation["highlight"]["end"] <= end
        assert citation["prefix"] == text[max(0, start - 32) : start]
        assert citation["suffix"] == text[end : end + 32]
        assert citation["href"].endswith(f"?start={start}&end={end}#quote")


def test_a_no_has_no_answer_and_the_nearest_passages(client: httpx.Client) -> None:
    answer = asked(client, "Who won the world chess championship?")
    assert (answer["answered"], answer["answer"], answer["citations"]) == (False, None, [])
    assert answer["reason"] == "not_in_documents"
    assert 1 <= len(answer["nearest"]) <= 3


def test_marks_alone_are_no_question(client: httpx.Client) -> None:
    answer = asked(client, "?! …")
    assert (answer["answered"], answer["reason"], answer["nearest"]) == (False, "no_question", [])


def test_the_limit_bounds_the_quotations(client: httpx.Client) -> None:
    question = "the cat the dog sat slept"
    wide = document("Many\n\n" + " ".join(f"The cat sat on mat {n}." for n in range(9)))
    with running(create_app(lambda: assistant_of(wide, threshold=0.1), SETTINGS)) as client_:
        for limit in (1, 3, 5, 9):
            assert len(asked(client_, question, limit=limit)["citations"]) == limit
        assert len(asked(client_, question)["citations"]) == 3


def test_only_the_documents_asked_for_are_quoted(client: httpx.Client) -> None:
    assert asked(client, "cat sat mat", documents=["memo"])["answered"]
    elsewhere = asked(client, "cat sat mat", documents=[OTHER_ID])
    assert not elsewhere["answered"]
    assert {n["document"]["id"] for n in elsewhere["nearest"]} == {OTHER_ID}
    nowhere = asked(client, "cat sat mat", documents=[])
    assert (nowhere["answered"], nowhere["nearest"]) == (False, [])


def test_a_follow_up_takes_words_from_the_question_before(client: httpx.Client) -> None:
    history = [{"question": "cat sat"}, {"question": "dog slept garden", "answer": "x"}]
    answer = asked(client, "Where was that?", history=history)
    assert answer["answer"] == "The dog slept in the garden."
    assert answer["question"] == "Where was that?"
    assert not asked(client, "Where was that?")["answered"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \n\t\u3000"}, "question"),
        ({"question": "x" * (MAX_QUESTION + 1)}, "question"),
        ({"question": None}, "question"),
        ({"question": 1}, "question"),
        ({"question": ["cat"]}, "question"),
        ({"question": "cat", "limit": "3"}, "limit"),
        ({"question": "cat", "limit": 3.5}, "limit"),
        ({"question": "cat", "limit": True}, "limit"),
        ({"question": "cat", "limit": 0}, "limit"),
        ({"question": "cat", "limit": 11}, "limit"),
        ({"question": "cat", "history": {}}, "history"),
        ({"question": "cat", "history": ["before"]}, "history.0"),
        ({"question": "cat", "history": [{}]}, "history.0.question"),
        ({"question": "cat", "history": [{"question": "a", "x": 1}]}, "history.0.x"),
        ({"question": "cat", "history": [{"question": "a"}] * 51}, "history"),
        ({"question": "cat", "documents": "memo"}, "documents"),
        ({"question": "cat", "documents": [1]}, "documents.0"),
        ({"question": "cat", "documents": ["memo", "none"]}, "documents"),
        ({"question": "cat", "model": "other"}, "model"),
        ([], "body"),
        ("cat", "body"),
        (None, "body"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, body: object, field: str) -> None:
    problem = is_problem(client.post("/ask", json=body), 422)
    [error] = problem["errors"]
    assert error["field"] == field
    assert error["detail"] in problem["detail"]


def test_the_longest_question_is_asked(client: httpx.Client) -> None:
    question = "猫" * MAX_QUESTION
    assert asked(client, question)["question"] == question


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"cat",
        b"{",
        b'{"question": "cat"',
        b'\xff\xfe{"question": "cat"}',
        b'{"question": "caf\xe9"}',
        b'{"question": "\\ud800"}',
        b'{"question": "cat", "history": [{"question": "\\ud800"}]}',
        b'{"question": "cat", "documents": ["\\ud800"]}',
        b'{"question": "cat", "\\ud800": 1}',
        b'{"question": NaN}',
        b'{"question": "cat", "limit": 1e400}',
        b'{"question": "cat", "limit": ' + b"9" * 5_000 + b"}",
        b"[" * 15_000,
        b'{"a":' * 3_000,
    ],
    ids=lambda body: repr(body[:40]),
)
@pytest.mark.parametrize("path", ["/ask", "/verify"])
def test_a_body_that_is_not_the_json_wanted_is_refused(
    client: httpx.Client, path: str, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    is_problem(client.post(path, content=body, headers=headers), 422)


def test_a_body_of_another_type_is_told_which_type_to_send(client: httpx.Client) -> None:
    headers = {"Content-Type": "text/plain"}
    response = client.post("/ask", content=b'{"question": "cat"}', headers=headers)
    assert "application/json" in is_problem(response, 422)["detail"]


@pytest.mark.parametrize("path", ["/ask", "/verify"])
def test_a_body_over_the_limit_is_refused(client: httpx.Client, path: str) -> None:
    body = json.dumps({"question": "x" * SETTINGS.max_body_bytes}).encode()
    headers = {"Content-Type": "application/json"}

    def in_pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 1_000):
            yield body[start : start + 1_000]

    for content in (body, in_pieces()):
        problem = is_problem(client.post(path, content=content, headers=headers), 413)
        assert "20,000 bytes" in problem["detail"]


def test_a_body_declared_over_the_limit_is_refused_before_it_comes(client: httpx.Client) -> None:
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port or 0)
    connection.timeout = GUARD
    try:
        connection.putrequest("POST", "/ask")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders(b"{")
        assert connection.getresponse().status == 413
    finally:
        connection.close()


def test_a_body_of_just_the_limit_is_read(client: httpx.Client) -> None:
    body = b'{"question": "cat sat mat"'
    body += b" " * (SETTINGS.max_body_bytes - len(body) - 1) + b"}"
    response = client.post("/ask", content=body, headers={"Content-Type": "application/json"})
    assert response.json()["answered"] is True


# Server-sent events


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        key, _, value = line.partition(":")
        if key == "event":
            name = value.strip()
        elif key == "data":
            yield name, json.loads(value)


def streamed(client: httpx.Client, question: str) -> list[tuple[str, Any]]:
    headers = {"Accept": "text/event-stream"}
    with client.stream("POST", "/ask", json={"question": question}, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        return list(events_of(response.iter_lines()))


def test_a_stream_is_the_passages_the_answer_and_its_end(client: httpx.Client) -> None:
    events = streamed(client, "cat sat mat")
    assert [name for name, _ in events] == ["retrieved", "answer", "done"]
    retrieved, answer, done = (data for _, data in events)
    expected = asked(client, "cat sat mat")
    assert done == answer["timings_ms"]
    assert list(done) == names(types.Timings)
    assert {**answer, "timings_ms": None} == {**expected, "timings_ms": None}
    texts = {"memo": MEMO.text, OTHER_ID: OTHER.text}
    for place in retrieved["passages"]:
        assert list(place) == ["doc_id", "start", "end", "score"]
        assert texts[place["doc_id"]][place["start"] : place["end"]].strip()
    assert [p["score"] for p in retrieved["passages"]] == sorted(
        (p["score"] for p in retrieved["passages"]), reverse=True
    )


def test_what_is_retrieved_is_streamed_before_the_answer_is_there() -> None:
    reranker = GatedReranker()
    assistant = assistant_of(MEMO, reranker=reranker)
    with running(create_app(lambda: assistant, SETTINGS)) as client:
        headers = {"Accept": "text/event-stream"}
        body = {"question": "cat sat mat"}
        try:
            with client.stream("POST", "/ask", json=body, headers=headers) as response:
                events = events_of(response.iter_lines())
                assert next(events)[0] == "retrieved"
                assert not reranker.gate.is_set()
                reranker.gate.set()
                assert [name for name, _ in events] == ["answer", "done"]
        finally:
            reranker.gate.set()


class Failing(FakeReranker):
    """Fails as a changed index does, once something was retrieved."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:  # noqa: ARG002
        raise Overloaded("the reranker is away", 7)


def test_an_error_after_the_first_event_is_an_event() -> None:
    with running(create_app(lambda: assistant_of(MEMO, reranker=Failing()), SETTINGS)) as client:
        events = streamed(client, "cat sat mat")
    assert [name for name, _ in events] == ["retrieved", "error"]
    problem = events[1][1]
    assert (problem["status"], problem["detail"]) == (503, "the reranker is away")


def test_an_error_before_the_first_event_is_an_ordinary_problem(client: httpx.Client) -> None:
    headers = {"Accept": "text/event-stream"}
    is_problem(client.post("/ask", json={"question": " "}, headers=headers), 422)
    body = {"question": "cat", "documents": ["none"]}
    is_problem(client.post("/ask", json=body, headers=headers), 422)


def test_a_reader_who_leaves_the_stream_does_not_hold_up_the_next() -> None:
    reranker = GatedReranker()
    assistant = assistant_of(MEMO, reranker=reranker)
    with running(create_app(lambda: assistant, Settings(queue_length=1))) as client:
        headers = {"Accept": "text/event-stream"}
        body = {"question": "cat sat mat"}
        try:
            with client.stream("POST", "/ask", json=body, headers=headers) as response:
                assert next(events_of(response.iter_lines()))[0] == "retrieved"
            reranker.gate.set()
            answered = _until(lambda: client.post("/ask", json=body), 200)
            assert answered.json()["answered"]
        finally:
            reranker.gate.set()


def _until(send: Callable[[], httpx.Response], status: int) -> httpx.Response:
    for _ in range(1_000):
        if (response := send()).status_code == status:
            return response
        assert response.status_code == 503
        time.sleep(0.01)
    raise AssertionError(f"never {status}")


# GET /documents


def test_documents_are_listed_as_json_without_their_text(client: httpx.Client) -> None:
    listed = client.get("/documents", headers={"Accept": "application/json"}).json()
    assert [d["id"] for d in listed] == ["memo", OTHER_ID]
    assert list(listed[0]) == names(types.Document)
    assert {d["text"] for d in listed} == {None}
    assert listed[0]["sha256"] == MEMO.sha256


def test_documents_are_listed_as_a_page(client: httpx.Client) -> None:
    page = client.get("/documents")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'href="/documents/memo"' in page.text
    assert "&lt;b&gt;Bold&lt;/b&gt; title" in page.text
    assert "<b>Bold" not in page.text
    [href] = re.findall(r'href="(/documents/a[^"]*)"', page.text)
    assert text_of(client, href) == OTHER.text


def test_a_document_as_json_is_its_record_and_text(client: httpx.Client) -> None:
    found = client.get("/documents/memo", headers={"Accept": "application/json"}).json()
    assert list(found) == names(types.Document)
    assert found["text"] == MEMO.text


def test_the_link_of_a_citation_opens_the_page_with_the_quote_marked(
    client: httpx.Client,
) -> None:
    for question, marked in (
        ("cat sat mat", "The cat 🐈 sat on the mat."),
        (
            "hen laid egg",
            "The &lt;script&gt;alert(&#39;hen&#39;)&lt;/script&gt; laid an egg &amp; left.",
        ),
    ):
        page = client.get(asked(client, question)["citations"][0]["href"])
        assert page.status_code == 200
        assert re.findall('<mark id="quote">([^<]*)</mark>', page.text) == [marked]


@pytest.mark.parametrize(
    "query",
    [
        "start=4",
        "end=4",
        "start=5&end=4",
        "start=0&end=100000",
        "start=-1&end=4",
        "start=a&end=4",
        "start=1.5&end=4",
        "start=&end=",
        "start=0&end=" + "9" * 50,
    ],
)
def test_a_wrong_place_in_a_document_is_refused(client: httpx.Client, query: str) -> None:
    problem = is_problem(client.get(f"/documents/memo?{query}"), 422)
    assert re.search("start|end", problem["detail"])


def test_the_whole_document_can_be_marked(client: httpx.Client) -> None:
    page = client.get(f"/documents/memo?start=0&end={len(MEMO.text)}")
    assert page.status_code == 200
    assert page.text.count('id="quote"') == 1


@pytest.mark.parametrize("id_", ["none", "%00", "%ff", "memo%20", "..%2fmemo", "MEMO", "%f0%9f"])
def test_an_unknown_document_is_not_found(client: httpx.Client, id_: str) -> None:
    assert "'/documents'" in is_problem(client.get(f"/documents/{id_}"), 404)["detail"].replace(
        "GET /documents", "'/documents'"
    )


# POST /verify


def test_an_answer_just_given_is_verbatim(client: httpx.Client) -> None:
    for question in ("cat sat mat", "hen laid egg", "Who won?"):
        answer = asked(client, question)
        verified = client.post("/verify", json=answer).json()
        quoted = [*answer["citations"], *answer["nearest"]]
        assert verified["verbatim"] is True
        assert [v["start"] for v in verified["verdicts"]] == [c["start"] for c in quoted]
        assert all(list(v) == names(types.Verdict) for v in verified["verdicts"])


def test_one_citation_alone_is_verified(client: httpx.Client) -> None:
    verified = client.post("/verify", json=asked(client)["citations"][0]).json()
    assert (verified["verbatim"], len(verified["verdicts"])) == (True, 1)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"quote": "The cat 🐈 sat on the hat."}, "other words"),
        ({"start": 19}, "other words"),
        ({"start": 17, "end": 42}, "other words"),
        ({"start": 50, "end": 20}, "characters"),
        ({"start": -1}, "characters"),
        ({"end": 10**30}, "characters"),
        ({"document": {"id": "none", "sha256": ""}}, "no document 'none' any more"),
    ],
)
def test_a_citation_that_was_changed_is_found_out(
    client: httpx.Client, changes: dict[str, Any], detail: str
) -> None:
    answer = asked(client)
    answer["citations"][0] |= changes
    verified = client.post("/verify", json=answer).json()
    assert verified["verbatim"] is False
    assert verified["verdicts"][0]["verbatim"] is False
    assert detail in verified["verdicts"][0]["detail"]


def test_a_quote_that_stands_in_a_document_changed_elsewhere_is_verbatim(
    client: httpx.Client,
) -> None:
    citation = asked(client)["citations"][0]
    citation["document"]["sha256"] = "0" * 64
    verified = client.post("/verify", json=citation).json()
    assert verified["verbatim"] is True
    assert "changed elsewhere" in verified["verdicts"][0]["detail"]


def test_words_that_moved_are_reported_and_not_accepted(client: httpx.Client) -> None:
    citation = asked(client)["citations"][0]
    place = {"start": citation["start"], "end": citation["end"]}
    citation["document"]["sha256"] = "0" * 64
    citation["start"] += 5
    citation["end"] += 5
    verified = client.post("/verify", json=citation).json()
    assert verified["verbatim"] is False
    (verdict,) = verified["verdicts"]
    assert (verdict["status"], verdict["moved_to"]) == ("moved", place)
    assert verdict["href"] == citation["href"]


def test_a_name_that_is_no_text_is_refused(client: httpx.Client) -> None:
    body = b'{"document": {"id": "\\ud800", "sha256": ""}, "quote": "a", "start": 0, "end": 1}'
    headers = {"Content-Type": "application/json"}
    problem = is_problem(client.post("/verify", content=body, headers=headers), 422)
    assert "Cited.document.id" in {error["field"] for error in problem["errors"]}


# Health, and opening


def test_it_is_alive_at_once_and_ready_when_open() -> None:
    may_open = threading.Event()

    def open_assistant() -> Assistant:
        assert may_open.wait(GUARD)
        return assistant_of(MEMO)

    with running(create_app(open_assistant, SETTINGS), ready=False) as client:
        try:
            assert client.get("/healthz").json() == {"status": "alive"}
            for response in (
                client.get("/readyz"),
                client.get("/documents"),
                client.get("/documents/memo"),
                client.post("/ask", json={"question": "cat"}),
                client.post("/verify", json={"citations": []}),
            ):
                assert "being opened" in is_problem(response, 503)["detail"]
                assert int(response.headers["retry-after"]) > 0
            page = client.get("/")
            assert page.status_code == 200
            assert "being opened" in page.text
            form = client.post("/", data={"question": "cat"})
            assert (form.status_code, int(form.headers["retry-after"]) > 0) == (503, True)
            assert ">\ncat</textarea>" in form.text
        finally:
            may_open.set()
        ready = _until(lambda: client.get("/readyz"), 200).json()
        assert ready == {"status": "ready", "fingerprint": asked(client)["index"]["fingerprint"]}


def test_without_an_index_it_says_what_to_run_until_there_is_one() -> None:
    outcomes: list[bool] = []

    def open_assistant() -> Assistant:
        if not outcomes:
            raise IndexNotFound("there is no index; run: memoqa index")
        return assistant_of(MEMO)

    with running(create_app(open_assistant, SETTINGS), ready=False) as client:
        told = _until_told(client, "run: memoqa index")
        assert int(told.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
        assert "run: memoqa index" in client.get("/").text
        assert "run: memoqa index" in is_problem(client.get("/documents"), 503)["detail"]
        outcomes.append(True)
        _until(lambda: client.get("/readyz"), 200)
        assert asked(client)["answered"]


def _until_told(client: httpx.Client, words: str) -> httpx.Response:
    for _ in range(1_000):
        response = client.post("/ask", json={"question": "cat"})
        if words in is_problem(response, 503)["detail"]:
            return response
        time.sleep(0.01)
    raise AssertionError(f"never told: {words}")


def test_stale_documents_are_told_in_every_answer() -> None:
    assistant = assistant_of(MEMO)
    assistant.stale = lambda: True
    with running(create_app(lambda: assistant, SETTINGS)) as client:
        assert asked(client)["index"]["stale"] is True
        assert "have changed since" in client.get("/").text


def test_a_corrupt_index_is_a_problem_of_the_server() -> None:
    """The one answer 500: what is held cannot be quoted, and nobody else is to blame."""

    class Corrupt(FakeReranker):
        def score(self, question: str, texts: Sequence[str]) -> list[float]:  # noqa: ARG002
            raise IndexCorrupt("the text is not the one that was indexed; run: memoqa index")

    app = create_app(lambda: assistant_of(MEMO, reranker=Corrupt()), SETTINGS)
    with TestClient(app, base_url="http://localhost") as client:
        for _ in range(1_000):
            response = client.post("/ask", json={"question": "cat"})
            if response.status_code != 503:
                break
            time.sleep(0.01)
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-security-policy"] == CSP


# Headers and hosts


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
def test_every_answer_keeps_to_its_own_host(
    client: httpx.Client, method: str, path: str, status: int, accept: str
) -> None:
    if accept == "application/json" and "start=" in path:
        status = 200  # A place is marked on the page alone.
    response = client.request(method, path, headers={"Accept": accept})
    assert response.status_code == status
    assert response.headers.get_list("content-security-policy") == [CSP]
    assert response.headers.get_list("x-content-type-options") == ["nosniff"]
    assert response.headers.get_list("referrer-policy") == ["same-origin"]
    assert response.headers.get_list("cross-origin-opener-policy") == ["same-origin"]
    assert "server" not in response.headers
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
def test_a_refusal_is_a_page_for_a_browser_and_a_problem_for_a_program(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    if status == 200:
        return
    page = client.request(method, path, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "<h1>" in page.text
    if (method, path) != ("POST", "/"):
        is_problem(client.request(method, path), status)


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [("/ask", "GET", "POST"), ("/ask", "PUT", "POST"), ("/documents", "POST", "GET")],
)
def test_a_wrong_method_is_told_the_right_one(
    client: httpx.Client, path: str, method: str, allowed: str
) -> None:
    response = client.request(method, path)
    is_problem(response, 405)
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]", "[::1]:80"]
)
def test_its_own_hosts_are_trusted(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["example.org", "localhost.example.org", "", "127.0.0.2", "localhost@evil", "evil:80"]
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/static/ask.js", "/none"])
def test_another_host_is_refused(client: httpx.Client, path: str, host: str) -> None:
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 400
    assert response.headers["content-security-policy"] == CSP


def test_other_hosts_can_be_allowed() -> None:
    settings = Settings(allowed_hosts=("memo.example.org",))
    with running(create_app(lambda: assistant_of(MEMO), settings), ready=False) as client:
        assert client.get("/healthz", headers={"Host": "memo.example.org"}).status_code == 200
        assert client.get("/healthz").status_code == 400


# Pages


def test_the_form_answers_with_a_whole_page(client: httpx.Client) -> None:
    page = client.post("/", data={"question": "cat sat mat"})
    assert page.status_code == 200
    assert page.text.startswith("<!doctype html>")
    assert "<mark>The cat 🐈 sat on the mat.</mark>" in page.text
    assert "cat sat mat</bdi></h2>" in page.text
    assert page.headers["vary"] == "HX-Request, Accept-Encoding, Accept-Language"


def test_the_form_answers_the_script_with_progress_and_the_turn_alone(
    client: httpx.Client,
) -> None:
    headers = {"HX-Request": "true"}
    part = client.post("/", data={"question": "cat sat mat"}, headers=headers)
    assert part.status_code == 200
    assert re.findall(r'data-stage="(\w+)"|(<section class="turn)', part.text) == [
        ("retrieved", ""),
        ("read", ""),
        ("", '<section class="turn'),
    ]
    assert "<mark>The cat 🐈 sat on the mat.</mark>" in part.text
    assert "<html" not in part.text
    assert part.headers["vary"] == "HX-Request, Accept-Encoding, Accept-Language"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 422, "There is no question yet"),
        (b"question=", 422, "There is no question yet"),
        (b"question=++%0D%0A", 422, "There is no question yet"),
        (b"other=cat", 422, "There is no question yet"),
        (b"question=" + b"x" * 2_001, 422, "2,001 characters"),
        (b"question=%FF", 422, "cannot be read"),
        (b"question=%ED%A0%80", 422, "cannot be read"),
        (b"question=\xff", 422, "cannot be read"),
        (b"a=b&" * 20, 422, "cannot be read"),
        (b"question=" + b"x" * 30_000, 413, "20,000 bytes"),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else None,
)
@pytest.mark.parametrize("fragment", [False, True])
def test_a_wrong_form_is_told_where_it_was_filled_in(
    client: httpx.Client, body: bytes, status: int, words: str, fragment: bool
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    headers |= {"HX-Request": "true"} if fragment else {}
    page = client.post("/", content=body, headers=headers)
    assert page.status_code == status
    assert words in re.findall('<p class="error"[^>]*>([^<]*)</p>', page.text)[0]
    assert ("<html" in page.text) != fragment


def test_a_line_break_counts_once_in_the_form(client: httpx.Client) -> None:
    question = "cat\r\n" * (MAX_QUESTION // 4 - 1) + "cat"
    assert client.post("/", data={"question": question}).status_code == 200


def test_a_question_that_was_refused_stays_in_the_box(client: httpx.Client) -> None:
    question = f"\n  {ATTACK}{'x' * 2_000}"
    page = client.post("/", data={"question": question})
    assert page.status_code == 422
    [kept] = re.findall(r"<textarea[^>]*>\n([^<]*)</textarea>", page.text)
    assert kept.startswith("&lt;script&gt;alert(1)")


def test_markup_in_a_question_is_text(client: httpx.Client) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        page = client.post("/", data={"question": f"{ATTACK} hen laid egg"}, headers=headers)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "<img" not in page.text
        assert "&lt;script&gt;alert(&#39;hen&#39;)" in page.text
    for path in (f"/{ATTACK}", f"/documents/{ATTACK}"):
        error = client.get(path, headers={"Accept": "text/html"})
        assert error.status_code == 404
        assert "<script>" not in error.text
        assert "&lt;script&gt;" in error.text


def test_suggestions_are_shown_as_text() -> None:
    assistant = assistant_of(MEMO)
    questions = ("cat sat mat", f"cat sat mat {ATTACK}")
    assistant.index.suggestions = tuple(types.Suggestion(q, "en", "memo") for q in questions)
    with running(create_app(lambda: assistant, SETTINGS)) as client:
        page = client.get("/").text
    assert 'value="cat sat mat"' in page
    assert "<img" not in page


def test_the_description_names_no_other_host(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    hosts = set(re.findall(r"https?://([^/\"'\s<:]+)", page.text))
    assert hosts <= {"127.0.0.1", "localhost"}
    for path in ("/ask", "/documents", "/documents/{document_id}", "/verify", "/healthz"):
        assert f"<code>{path}</code>" in page.text


# Load


def test_beyond_the_queue_it_turns_away_at_once_and_answers_again_afterwards() -> None:
    reranker = GatedReranker()
    assistant = assistant_of(MEMO, reranker=reranker)
    body = {"question": "cat sat mat"}
    app = create_app(lambda: assistant, Settings(queue_length=1))
    with running(app) as client, ThreadPoolExecutor() as pool:
        try:
            under_way = pool.submit(client.post, "/ask", json=body)
            assert reranker.entered.acquire(timeout=GUARD)
            for accept in ("*/*", "text/event-stream", "*/*"):
                response = client.post("/ask", json=body, headers={"Accept": accept})
                assert "ask again" in is_problem(response, 503)["detail"]
                assert int(response.headers["retry-after"]) > 0
            form = client.post("/", data=body, headers={"HX-Request": "true"})
            assert (form.status_code, "retry-after" in form.headers) == (503, True)
            assert client.get("/healthz").status_code == 200
            assert client.get("/readyz").status_code == 200
            assert client.get("/documents/memo").status_code == 200
        finally:
            reranker.gate.set()
        assert under_way.result(GUARD).json()["answered"]
        for _ in range(5):
            assert asked(client)["answered"]


def test_a_burst_is_answered_or_turned_away_and_never_hangs() -> None:
    assistant = assistant_of(MEMO)
    app = create_app(lambda: assistant, Settings(queue_length=3))
    with running(app) as client, ThreadPoolExecutor(24) as pool:
        body = {"question": "cat sat mat"}
        burst = [pool.submit(client.post, "/ask", json=body) for _ in range(120)]
        responses = [future.result(GUARD) for future in burst]
        for response in responses:
            if response.status_code == 200:
                assert response.json()["answered"]
            else:
                is_problem(response, 503)
        assert asked(client)["answered"]


def test_it_ends_cleanly_while_a_question_is_under_way() -> None:
    reranker = GatedReranker()
    assistant = assistant_of(MEMO, reranker=reranker)
    app = create_app(lambda: assistant, SETTINGS)
    with ThreadPoolExecutor() as pool:
        with running(app) as client:
            address = str(client.base_url)
            send = httpx.Client(base_url=address, trust_env=False, timeout=GUARD)
            under_way = pool.submit(send.post, "/ask", json={"question": "cat sat mat"})
            assert reranker.entered.acquire(timeout=GUARD)
            # Opened only when the service has been told to end, below.
            pool.submit(_open_when_refused, client.base_url.port or 0, reranker)
        response = under_way.result(GUARD)
        send.close()
    assert response.status_code == 200
    assert response.json()["answered"]


def _open_when_refused(port: int, reranker: GatedReranker) -> None:
    """Open the gate once nothing listens any more."""
    try:
        for _ in range(10_000):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            threading.Event().wait(0.01)
    except OSError:
        pass
    finally:
        reranker.gate.set()


# The OpenAPI document


def test_what_the_description_says_holds(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests made from the OpenAPI document, right and wrong ones, get what it promises."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    schema = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == 14
    tried: set[str] = set()

    @hypothesis.settings(
        max_examples=25,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def holds(case: schemathesis.Case[Any]) -> None:
        # A schema cannot say which documents there are, nor how long they are.
        case.call_and_validate(timeout=GUARD, excluded_checks=[positive_data_acceptance])
        tried.add(case.operation.label)

    for operation in operations:
        hypothesis.given(case=operation.as_strategy())(holds)()
    assert tried == {operation.label for operation in operations}

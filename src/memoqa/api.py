"""The HTTP service: `POST /ask`, the documents, `POST /verify`, health, and the chat page."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from memoqa import __version__, support, types
from memoqa.answer import Assistant
from memoqa.errors import (
    Changed,
    CorpusError,
    IndexCorrupt,
    InvalidQuestion,
    LimitExceeded,
    MemoqaError,
    Overloaded,
)
from memoqa.intake import Intake
from memoqa.messages import Answered, Ask, Cited, Problem, Verified
from memoqa.middleware import BodyLimit, Language, SecurityHeaders
from memoqa.pages import Pages
from memoqa.pictures import Pictures
from memoqa.routes import corpus, feedback, works
from memoqa.routes import pictures as routes_pictures
from memoqa.routes.chat import Chat, beside, is_fragment
from memoqa.service import Service
from memoqa.settings import Settings
from memoqa.verify import check

Question = tuple[str, list[types.Turn], int, list[str] | None]
"""What `Service.ask` is given: question, history, limit, documents."""

_FORM_BYTES = 10_000
"""What a form takes beside the file in it."""

_PROBLEM = {"model": Problem, "content": {"application/problem+json": {}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {413: _PROBLEM, 422: _PROBLEM, 503: _PROBLEM}
_STREAM: dict[str, Any] = {"content": {"text/event-stream": {}}}
_PAGE: dict[str, Any] = {"content": {"text/html": {}}}


def create_app(
    open_assistant: Callable[[], Assistant], settings: Settings, intake: Intake | None = None
) -> FastAPI:
    """The service; `open_assistant` is called when it starts, off the event loop. Readers add
    files by `intake` where there is one.
    """
    service = Service(open_assistant, settings.queue_length)
    pages = Pages()
    pictures = Pictures(settings)
    chat = Chat(service, pages, pictures)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        await asyncio.to_thread(service.stop)
        await asyncio.to_thread(pictures.stop)
        if intake is not None:
            await asyncio.to_thread(intake.stop)

    app = FastAPI(
        title="memoqa",
        version=__version__,
        summary="Answers by exact quotation, or says that the documents do not hold the answer.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_hosts)
    limits = {} if intake is None else {"/corpus": settings.max_file_bytes + _FORM_BYTES}
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, of_path=limits)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(GZipMiddleware)
    app.add_middleware(Language, offered=list(pages.languages))
    app.mount("/static", pages.assets, name="static")

    app.include_router(chat.routes)
    app.include_router(corpus.router(service, pages, intake))
    app.include_router(routes_pictures.router(service, pictures))
    app.include_router(feedback.router(service, pages, settings.feedback))
    app.include_router(works.router(service, pages))

    def problem(
        request: Request, found: Problem, headers: Mapping[str, str] | None = None
    ) -> Response:
        if request.url.path == "/" and request.method == "POST":
            return chat.refusal(request, found.status, found.detail, headers)
        detail = pages.translate(_sentence(found.detail))
        if is_fragment(request):
            fragment = pages.render("problem.html", detail=detail)
            return HTMLResponse(fragment, found.status, headers)
        if _wants_html(request):
            page = pages.render(
                "error.html",
                status=found.status,
                title=pages.translate(found.title),
                detail=detail,
            )
            headers = dict(headers or {})
            if request.method == "GET" and "Retry-After" in headers:
                # The page that is not to be had yet comes by itself.
                headers["Refresh"] = headers["Retry-After"]
            return HTMLResponse(page, found.status, headers)
        return JSONResponse(
            found.model_dump(), found.status, headers, media_type="application/problem+json"
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {
                "field": _field(e),
                "detail": _explained(e),
            }
            for e in error.errors()
        ]
        detail = "; ".join(f"{e['field']}: {e['detail']}" for e in errors)
        return problem(request, _problem(422, detail, errors))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        details = {
            400: 'the body is not JSON in UTF-8; send {"question": "…"}',
            404: f"there is nothing at {request.url.path!r}; the documents are at '/documents'",
        }
        status = 422 if error.status_code == 400 else error.status_code
        found = _problem(status, details.get(error.status_code, error.detail))
        return problem(request, found, error.headers)

    @app.exception_handler(MemoqaError)
    async def failed(request: Request, error: MemoqaError) -> Response:
        status, retry_after = _status(error)
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return problem(request, _problem(status, str(error)), headers)

    @app.post(
        "/ask",
        response_model=types.Answer,
        responses={200: _STREAM, **_PROBLEMS},
        summary="Ask a question",
    )
    async def ask(body: Ask, request: Request) -> Response:
        """Answers by quotation, or says that the documents do not hold the answer.

        With `Accept: text/event-stream` the answer comes as the events `retrieved`, `answer` and
        `done`; an error is the event `error`.
        """
        known = service.assistant.index.documents
        if unknown := sorted(set(body.documents or ()) - known.keys()):
            detail = f"there is no document {unknown[0]!r}; GET /documents lists them"
            errors = [{"field": "documents", "detail": detail}]
            return problem(request, _problem(422, f"documents: {detail}", errors))
        history = [types.Turn(turn.question, turn.answer or "") for turn in body.history]
        question = (body.question, history, body.limit, body.documents)
        if "text/event-stream" in request.headers.get("accept", ""):
            return await _streamed(service, question)
        return JSONResponse(asdict(await service.ask(*question)))

    @app.get("/documents", responses={200: _PAGE, 503: _PROBLEM}, summary="List the documents")
    async def documents(request: Request) -> Response:
        """Every document's record, as a page or, by `Accept: application/json`, as JSON."""
        index = service.assistant.index
        documents = list(index.documents.values())
        if _wants_json(request):
            return JSONResponse([{**asdict(d), "text": None} for d in documents])
        cited = [work for work in index.works.values() if work.document is None]
        # Setting a reference takes a while when it is done for the first time.
        missing = await asyncio.to_thread(lambda: list(map(support.missing, cited)))
        page = pages.render("documents.html", documents=documents, missing=missing)
        return HTMLResponse(page)

    @app.get(
        "/documents/{document_id}",
        responses={200: _PAGE, 404: _PROBLEM, 422: _PROBLEM, 503: _PROBLEM},
        summary="Read a document",
    )
    async def document(
        request: Request,
        document_id: str,
        start: Annotated[int | None, Query(ge=0)] = None,
        end: Annotated[int | None, Query(ge=0)] = None,
    ) -> Response:
        """The document as a page with `start` to `end` marked, or, by
        `Accept: application/json`, its record with its `sha256` and whole `text`.
        """
        found = service.assistant.index.documents.get(document_id)
        if found is None:
            detail = f"there is no document {document_id!r}; GET /documents lists them"
            return problem(request, _problem(404, detail))
        if _wants_json(request):
            return JSONResponse(asdict(found))
        if (start is None) != (end is None) or not (start or 0) <= (end or 0) <= len(found.text):
            detail = f"start and end must mark a part of its {len(found.text):,} characters"
            return problem(request, _problem(422, f"start, end: {detail}"))
        shown = await chat.reader(found, start or 0, end or 0)
        headers = {"Vary": "Accept, HX-Request"}
        if is_fragment(request):
            headers["HX-Push-Url"] = beside(found, start or 0, end or 0)
            return HTMLResponse(pages.render("reader.html", reader=shown), headers=headers)
        return HTMLResponse(pages.render("document.html", reader=shown), headers=headers)

    @app.post("/verify", responses=_PROBLEMS, summary="Check citations against the index")
    async def verify(body: Answered | Cited) -> Verified:
        """Whether each citation still stands word for word, and where its words went if not."""
        held = service.assistant.index.documents
        said = [body.quotation()] if isinstance(body, Cited) else body.quotations()
        verdicts = [check(quotation, held) for quotation in said]
        return Verified(verbatim=all(v.verbatim for v in verdicts), verdicts=verdicts)

    @app.get("/healthz", summary="Is the process alive?")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", responses={503: _PROBLEM}, summary="Can it answer?")
    async def readyz() -> dict[str, str]:
        """200 when the index is open and the models are warm, else 503 with what is missing."""
        return {"status": "ready", "fingerprint": service.assistant.index.manifest.fingerprint}

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def reference() -> str:
        return pages.render("reference.html", openapi=app.openapi())

    return app


async def _streamed(service: Service, question: Question) -> Response:
    """The answer as server-sent events; a refusal before the first is an ordinary problem."""
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def retrieved(passages: Sequence[types.Retrieved]) -> None:
        places = [{**asdict(p.passage.span), "score": p.score} for p in passages]
        loop.call_soon_threadsafe(events.put_nowait, ("retrieved", {"passages": places}))

    task = asyncio.ensure_future(service.ask(*question, retrieved))
    # The first event or the refusal: what is refused at once gets its own status.
    first = asyncio.ensure_future(events.get())
    await asyncio.wait((task, first), return_when=asyncio.FIRST_COMPLETED)
    if task.done() and not first.done() and (refusal := task.exception()):
        first.cancel()
        raise refusal

    async def stream() -> AsyncIterator[bytes]:
        name, data = await first
        yield _event(name, data)
        try:
            answer = await task
        except MemoqaError as error:
            status, _ = _status(error)
            yield _event("error", _problem(status, str(error)).model_dump())
            return
        yield _event("answer", asdict(answer))
        yield _event("done", asdict(answer.timings_ms))

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


def _event(name: str, data: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _status(error: MemoqaError) -> tuple[int, int | None]:
    """The HTTP status of an error, and the seconds after which it is worth trying again."""
    if isinstance(error, Overloaded):
        return 503, error.retry_after
    if isinstance(error, LimitExceeded | InvalidQuestion | CorpusError):
        return 422, None
    if isinstance(error, Changed):
        return 409, None
    if isinstance(error, IndexCorrupt):
        return 500, None
    return 503, 30


def _problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> Problem:
    return Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or []
    )


def _field(error: dict[str, Any]) -> str:
    """The name of what is wrong: a field of the body, a parameter, or the body itself."""
    if error["type"] == "json_invalid":
        return "body"
    where, *names = error["loc"]
    return ".".join(str(name) for name in names) or str(where)


def _explained(error: dict[str, Any]) -> str:
    if error["type"] == "string_pattern_mismatch":
        return "it is blank; write a question"
    if error["type"] == "json_invalid":
        return f"it is not JSON: {error['ctx']['error']}"
    if error["type"] == "model_attributes_type":
        return "it is not a JSON object; send one as application/json"
    return str(error["msg"])


def _sentence(detail: str) -> str:
    return f"{detail[:1].upper()}{detail[1:]}."

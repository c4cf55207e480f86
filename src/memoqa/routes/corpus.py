"""`/corpus`: what is held, and adding to it where the operator allows that."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from fastapi.sse import format_sse_event
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from memoqa.add import Added
from memoqa.errors import CorpusError
from memoqa.holdings import Holdings, holdings
from memoqa.intake import Intake, Progress, file_name
from memoqa.messages import Problem
from memoqa.pages import Pages
from memoqa.routes.origin import same_origin
from memoqa.service import Service
from memoqa.types import Kind

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
_PAGE: dict[str, Any] = {"content": {"text/html": {}}}
_STREAM: dict[str, Any] = {"content": {"text/event-stream": {}}}
_KINDS = get_args(Kind)
_SECONDS_BETWEEN = 0.25
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "kind": {"type": "string", "enum": list(_KINDS)},
                        "reference": {"type": "string", "maxLength": 100},
                    },
                }
            }
        },
    }
}


def router(service: Service, pages: Pages, intake: Intake | None) -> APIRouter:
    """What `service` holds; files go to `intake`, and none may be added without one."""
    routes = APIRouter()

    @routes.get(
        "/corpus",
        response_model=Holdings,
        responses={200: _PAGE, 503: _PROBLEM},
        summary="What is held",
    )
    async def corpus(request: Request) -> Response:
        """The documents, the works they cite, what changed last and what was left out, as JSON or,
        by `Accept: text/html`, as a page.
        """
        assistant = service.assistant
        held = await asyncio.to_thread(holdings, assistant.index)
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse(asdict(held))
        page = pages.render(
            "corpus.html",
            holdings=held,
            stale=assistant.stale(),
            may_add=intake is not None,
            progress=so_far(),
        )
        return HTMLResponse(page)

    @routes.post(
        "/corpus",
        status_code=202,
        response_model=Added,
        responses={303: {}, 403: _PROBLEM, 413: _PROBLEM, 422: _PROBLEM, 503: _PROBLEM},
        dependencies=[Depends(same_origin)],
        openapi_extra=_FORM,
        summary="Add a file",
    )
    async def add(request: Request) -> Response:
        """Takes a file into the corpus and indexes it meanwhile; where the operator does not allow
        that, 403.
        """
        if intake is None:
            raise HTTPException(
                403, "files are not added here; the operator may set MEMOQA_ALLOW_ADD"
            )
        await _parse(request)
        async with request.form() as form:
            file, kind, reference = (form.get(name) for name in ("file", "kind", "reference"))
            if not isinstance(file, UploadFile):
                raise CorpusError("there is no file; choose one and send it again")
            if kind not in (None, "", *_KINDS) or isinstance(reference, UploadFile):
                raise CorpusError(f"a file's kind is one of {', '.join(_KINDS)}")
            name = file_name(file.filename or "")
            added = await asyncio.to_thread(
                _take, intake, file.file, name, kind or None, reference or None
            )
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/corpus", 303)
        return JSONResponse(asdict(added), 202)

    def so_far() -> Progress:
        """A file is done once the service answers from the index that holds it."""
        now = Progress() if intake is None else intake.progress
        taken_up = now.state != "done" or not service.assistant.outdated()
        return now if taken_up else replace(now, state="indexing")

    @routes.get("/corpus/progress", response_model=Progress, responses={200: _STREAM})
    async def progress(request: Request) -> Response:
        """How far the index is after a file was added; with `Accept: text/event-stream`, event by
        event until it is done.
        """
        if "text/event-stream" not in request.headers.get("accept", ""):
            return JSONResponse(asdict(so_far()))

        async def events() -> AsyncIterator[bytes]:
            seen = None
            while seen is None or seen.state == "indexing":
                now = so_far()
                if now != seen:
                    yield format_sse_event(event="progress", data_str=json.dumps(asdict(now)))
                    seen = now
                await asyncio.sleep(_SECONDS_BETWEEN)

        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(events(), media_type="text/event-stream", headers=headers)

    return routes


async def _parse(request: Request) -> None:
    """The request keeps its form."""
    try:
        await request.form(max_files=1, max_fields=2)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise CorpusError(f"the form is refused: {error.detail} Send one file at a time") from error


def _take(intake: Intake, file: BinaryIO, name: str, kind: Any, reference: str | None) -> Added:
    # `add` names the file in the corpus as it is named here.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        return intake.take(path, kind, reference)

"""`POST /feedback`."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from memoqa import feedback, types
from memoqa.feedback import MAX_NOTE, Judgement, Place, Record
from memoqa.messages import Asked, CitedDocument, Problem
from memoqa.pages import Pages
from memoqa.routes.origin import same_origin
from memoqa.service import Service

_PROBLEM = {"model": Problem, "content": {"application/problem+json": {}}}
_RESPONSES: dict[int | str, dict[str, Any]] = dict.fromkeys((403, 409, 413, 422, 503), _PROBLEM)


class Words(BaseModel):
    start: int
    end: int


class Quoted(BaseModel):
    """A citation as `POST /ask` gave it; fields that feedback does not need are ignored."""

    document: CitedDocument
    start: int
    end: int
    highlight: Words

    def place(self) -> Place:
        words = types.Range(self.highlight.start, self.highlight.end)
        return Place(self.document.id, self.document.sha256, self.start, self.end, words)


class Index(BaseModel):
    fingerprint: Annotated[str, StringConstraints(max_length=64)]


class Given(BaseModel):
    """An answer as `POST /ask` gave it; fields that feedback does not need are ignored."""

    question: Asked
    taken_as: Annotated[str, StringConstraints(max_length=4_100)] | None = None
    answered: bool
    confidence: Annotated[float, Field(ge=0, le=1)]
    citations: Annotated[list[Quoted], Field(max_length=10)]
    nearest: Annotated[list[Quoted], Field(max_length=10)] = []
    index: Index


class Judged(BaseModel):
    """What a reader says of an answer: right (also of a no), wrong, or, of an answer that the
    documents do not hold, should have said no.
    """

    model_config = ConfigDict(extra="forbid")

    judgement: Judgement
    note: Annotated[str, StringConstraints(max_length=MAX_NOTE)] = ""
    answer: Given


class Kept(BaseModel):
    """`id` counts the feedback that this home holds."""

    id: int


def router(service: Service, pages: Pages, path: Path) -> APIRouter:
    """Feedback on answers from `service`, kept in the file at `path`."""
    routes = APIRouter(dependencies=[Depends(same_origin)])

    async def keep(judged: Judged) -> int:
        answer = judged.answer
        if judged.judgement == "should_have_said_no" and not answer.answered:
            raise _invalid("judgement", "this answer said no; judge it right or wrong")
        if answer.answered != bool(answer.citations):
            raise _invalid("citations", "an answer has citations, and a no has none")
        places = [found.place() for found in (answer.citations or answer.nearest)]
        record = Record(
            question=answer.question,
            taken_as=answer.taken_as,
            answered=answer.answered,
            confidence=answer.confidence,
            fingerprint=answer.index.fingerprint,
            quoted=feedback.confirmed(places, service.assistant.index.documents),
        )
        return await asyncio.to_thread(
            feedback.keep, path, judged.judgement, judged.note.strip(), record
        )

    @routes.post("/feedback", status_code=201, responses=_RESPONSES, summary="Judge an answer")
    async def judge(body: Judged) -> Kept:
        """Keeps what a reader says of an answer, with the answer.

        Its quotations are cut from the index anew; 409 says that a document has changed since.
        """
        return Kept(id=await keep(body))

    @routes.post(
        "/feedback/form", status_code=201, response_class=HTMLResponse, include_in_schema=False
    )
    async def judge_by_form(request: Request) -> str:
        judged = _from_form(await request.body())
        await keep(judged)
        whole = "hx-request" not in request.headers
        return pages.render("feedback.html" if whole else "thanks.html")

    return routes


def _from_form(body: bytes) -> Judged:
    """A form's fields, its `answer` JSON; a browser's line breaks are two characters."""
    try:
        fields = parse_qs(body.decode("ascii"), errors="strict", max_num_fields=10)
        found: dict[str, Any] = {
            name: values[0].replace("\r\n", "\n") for name, values in fields.items()
        }
        found["answer"] = json.loads(found.get("answer", "null"))
    except (ValueError, RecursionError) as error:
        raise _invalid("body", "the form cannot be read; send it again from the page") from error
    try:
        return Judged.model_validate(found)
    except ValidationError as error:
        raise RequestValidationError(
            [{**wrong, "loc": ("body", *wrong["loc"])} for wrong in error.errors()]
        ) from error


def _invalid(field: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", field), "msg": message}])

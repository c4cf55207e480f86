"""The chat page: whole, or for its script a turn at a time, as the answer comes about."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from pydantic import TypeAdapter, ValidationError

from memoqa import messages, style
from memoqa.answer import MAX_QUESTION
from memoqa.bibtex import write as bibtex
from memoqa.errors import (
    Changed,
    CorpusError,
    InvalidQuestion,
    LimitExceeded,
    MemoqaError,
    Overloaded,
)
from memoqa.feedback import compact
from memoqa.index import Index
from memoqa.pages import Pages, asked_in, marked, written_in
from memoqa.parse import Sheet
from memoqa.pictures import Pictures, has_pages
from memoqa.service import Service, Step
from memoqa.types import Answer, Document, Retrieved, Turn

_TURNS = TypeAdapter(list[messages.Turn])
_VARY = {"Vary": "HX-Request"}
_SECONDS_TO_WAIT = 30


@dataclass(frozen=True, slots=True)
class CitedAs:
    """A document's reference in APA style and in BibTeX."""

    apa: str
    bibtex: str


class Chat:
    """Answers on the page at `/` from `service`."""

    def __init__(self, service: Service, pages: Pages, pictures: Pictures) -> None:
        self._service = service
        self._pages = pages
        self._pictures = pictures
        self.routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
        self.routes.get("/")(self.open)
        self.routes.post("/")(self.ask)

    async def open(
        self,
        document: str | None = None,
        start: Annotated[int, Query(ge=0)] = 0,
        end: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        """The page without a turn, with a document open beside it when one is named."""
        shown = notice = None
        with suppress(MemoqaError):
            if found := self._service.assistant.index.documents.get(document or ""):
                shown = await self.reader(found, start, end)
            elif document:
                notice = f"there is no document {document!r}; the documents are at '/documents'"
        return self.page(reader=shown, notice=notice)

    async def reader(self, document: Document, start: int, end: int) -> dict[str, Any]:
        """What shows a document with `start` to `end` marked, in its text and on its pages."""
        sheets: Sequence[Sheet] = ()
        if has_pages(document) and start < end <= len(document.text):
            # Where the pages cannot be drawn, the text is what there is to see.
            with suppress(Changed, CorpusError):
                index = self._service.assistant.index
                sheets = await self._pictures.sheets(index, document, start, end)
        return reader(document, start, end, sheets)

    async def ask(self, request: Request) -> Response:
        """A turn: as the whole page, or for the page's script as fragments of progress and the
        turn itself.
        """
        fields = _fields(await request.body())
        request.state.question = question = fields.get("question", "").strip()
        _check(question)
        history = _history(fields.get("history", "[]"))
        if is_fragment(request):
            steps = self._service.follow(question, history)
            # What is refused at once gets a status of its own.
            first = await anext(steps)
            stream = self._stream(request, question, first, steps)
            return StreamingResponse(stream, media_type="text/html", headers=_VARY)
        read: list[Retrieved] = []
        answer = await self._service.ask(question, history, read=read.extend)
        turn = await asyncio.to_thread(self._turn, request, question, answer, read)
        return self.page(turn=turn, history=[*history, Turn(question, answer.answer or "")])

    def page(
        self,
        status: int = 200,
        turn: Mapping[str, Any] | None = None,
        history: Sequence[Turn] = (),
        reader: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        notice: str | None = None,
    ) -> Response:
        after = None
        try:
            assistant = self._service.assistant
            corpus = list(assistant.index.documents.values())
            stale = assistant.stale()
        except MemoqaError as unready:
            corpus, stale, notice = [], False, str(unready)
            after = unready.retry_after if isinstance(unready, Overloaded) else _SECONDS_TO_WAIT
        page = self._pages.render(
            "chat.html",
            turn=turn,
            kept=turn["question"] if turn and turn["error"] else "",
            history=json.dumps([asdict(said) for said in history], ensure_ascii=False),
            suggestions=self._service.suggestions,
            corpus=corpus,
            stale=stale,
            reader=reader,
            notice=notice and self._sentence(notice),
            retry_after=after,
        )
        return HTMLResponse(page, status, {**_VARY, **(headers or {})})

    def refusal(
        self, request: Request, status: int, detail: str, headers: Mapping[str, str] | None
    ) -> Response:
        """A question that got no answer, and why, as the form or the page's script asked."""
        after = (headers or {}).get("Retry-After")
        turn = self.failure(request, detail, None if after is None else int(after), status)
        if not is_fragment(request):
            return self.page(status, turn, headers=headers)
        fragment = self._pages.render("turn.html", turn=turn)
        return HTMLResponse(fragment, status, {**_VARY, **(headers or {})})

    def failure(
        self, request: Request, detail: str, retry_after: int | None, status: int = 503
    ) -> dict[str, Any]:
        return {
            "question": getattr(request.state, "question", ""),
            "answer": None,
            "error": self._sentence(detail),
            "retry_after": retry_after,
            "again": status >= 500,
        }

    def _sentence(self, detail: str) -> str:
        return self._pages.translate(f"{detail[:1].upper()}{detail[1:]}.")

    def _turn(
        self, request: Request, question: str, answer: Answer, read: Sequence[Retrieved]
    ) -> dict[str, Any]:
        assistant = self._service.assistant
        index = assistant.index
        others = [s for s in self._service.suggestions if s.question != question]
        others.sort(key=lambda suggestion: suggestion.language != asked_in(question))
        return {
            "question": question,
            "answer": answer,
            "error": None,
            "read": read,
            "level": assistant.confidence(answer).level(answer.confidence),
            "held": index.documents,
            "cited_as": _cited_as(index, {c.document.id for c in answer.citations}),
            "crosses": _crosses(question, answer, index.documents),
            "suggestions": [] if answer.answered else others[:3],
            "record": json.dumps(asdict(answer), ensure_ascii=False),
            "judged": compact(answer),
            "origin": str(request.base_url).rstrip("/"),
        }

    async def _stream(
        self, request: Request, question: str, first: Step, steps: AsyncIterator[Step]
    ) -> AsyncIterator[str]:
        read: Sequence[Retrieved] = ()
        try:
            async for step in _chained(first, steps):
                match step:
                    case "answer", Answer() as answer:
                        turn = await asyncio.to_thread(self._turn, request, question, answer, read)
                        yield self._pages.render("turn.html", turn=turn)
                    case stage, passages:
                        read = passages
                        yield self._pages.render("progress.html", stage=stage, passages=passages)
        except MemoqaError as error:
            after = error.retry_after if isinstance(error, Overloaded) else None
            turn = self.failure(request, str(error), after)
            yield self._pages.render("turn.html", turn=turn)


async def _chained(first: Step, steps: AsyncIterator[Step]) -> AsyncIterator[Step]:
    yield first
    async for step in steps:
        yield step


def is_fragment(request: Request) -> bool:
    """Whether the page's script asks, for a part of it."""
    return "hx-request" in request.headers


def reader(
    document: Document, start: int, end: int, sheets: Sequence[Sheet] = ()
) -> dict[str, Any]:
    """What shows a document with `start` to `end` marked; a place beyond its text marks none."""
    inside = start <= end <= len(document.text)
    return {
        "document": document,
        "sheets": sheets,
        "blocks": marked(document, start, end) if inside else marked(document, 0, 0),
    }


def beside(document: Document, start: int, end: int) -> str:
    """The address of the chat with the document open beside it."""
    return "/?" + urlencode({"document": document.id, "start": start, "end": end})


def _cited_as(index: Index, documents: set[str]) -> dict[str, CitedAs]:
    return {
        work.document: CitedAs(style.apa(work.record), bibtex(work.record, work.key))
        for work in index.works.values()
        if work.document in documents
    }


def _crosses(question: str, answer: Answer, held: Mapping[str, Document]) -> str | None:
    """The language of the first quotation where the question is in the other: `en` or `ja`."""
    if not answer.citations:
        return None
    first = answer.citations[0]
    quoted = written_in(held[first.document.id], first.quote)[:2]
    return quoted if {asked_in(question), quoted} == {"en", "ja"} else None


def _fields(body: bytes) -> dict[str, str]:
    """A form's fields; a browser counts and sends a line break as two characters."""
    try:
        fields = parse_qs(body.decode("ascii"), errors="strict", max_num_fields=10)
    except ValueError as error:
        raise InvalidQuestion("the form cannot be read; ask again in UTF-8 text") from error
    return {name: values[0].replace("\r\n", "\n") for name, values in fields.items()}


def _history(said: str) -> list[Turn]:
    try:
        turns = _TURNS.validate_json(said)
    except ValidationError as error:
        raise InvalidQuestion(
            "the earlier questions cannot be read; begin a new conversation"
        ) from error
    return [Turn(turn.question, turn.answer or "") for turn in turns[-50:]]


def _check(question: str) -> None:
    if not question:
        raise InvalidQuestion("there is no question yet; write one and ask again")
    if len(question) > MAX_QUESTION:
        raise LimitExceeded(
            f"the question has {len(question):,} characters; ask in at most {MAX_QUESTION:,}"
        )

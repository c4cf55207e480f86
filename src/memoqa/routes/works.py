"""`GET /works`: the works that the documents are and cite, and their records to take along."""

from dataclasses import asdict
from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from memoqa import cite, style
from memoqa.messages import Problem
from memoqa.pages import Pages
from memoqa.service import Service
from memoqa.support import href, missing
from memoqa.types import Work

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {503: _PROBLEM}
_FORMATS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media, _ in style.FORMATS.values()} | {"text/html": {}}},
    404: _PROBLEM,
    422: _PROBLEM,
    503: _PROBLEM,
}


def router(service: Service, pages: Pages) -> APIRouter:
    routes = APIRouter()

    @routes.get("/works", responses=_RESPONSES, summary="List the works")
    def works() -> list[dict[str, Any]]:
        """Every work: a document with a record, or one that the documents cite; held or not."""
        return [_shown(work) for work in service.assistant.index.works.values()]

    @routes.get("/works/{key}", responses=_FORMATS, summary="Read a work's record")
    def work(
        key: str, request: Request, format: Literal["bib", "ris", "json"] | None = None
    ) -> Response:
        """The work with the places that cite it, as a page or, by `Accept: application/json`, as
        JSON. `format`, or its name after the key and a full stop, downloads the record: BibTeX,
        RIS or CSL-JSON.
        """
        known = service.assistant.index.works
        if key not in known and format is None:
            stem, _, suffix = key.rpartition(".")
            if suffix in style.FORMATS:
                return _download(known.get(stem), suffix)
        found = known.get(key)
        if found is None or format is not None:
            return _download(found, format or "")
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse(_shown(found) | {"record": dict(found.record), **_places(found)})
        documents = service.assistant.index.documents
        page = pages.render(
            "work.html",
            work=_shown(found),
            add=None if found.document else missing(found).add,
            formats=list(style.FORMATS),
            mentions=[
                {
                    "title": documents[span.doc_id].title,
                    "text": documents[span.doc_id].text[span.start : span.end],
                    "href": cite.href(span),
                }
                for span in found.mentions
            ],
        )
        return HTMLResponse(page)

    return routes


def _download(work: Work | None, suffix: str) -> Response:
    if work is None:
        raise HTTPException(404)
    media, write = style.FORMATS[suffix]
    name = f"{work.key}.{suffix}"
    return Response(
        write(work.record, work.key),
        media_type=media,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )


def _shown(work: Work) -> dict[str, Any]:
    return {
        "key": work.key,
        "text": style.apa(work.record),
        "held": work.document is not None,
        "document": work.document,
        "href": href(work),
    }


def _places(work: Work) -> dict[str, Any]:
    return {"mentions": [{**asdict(span), "href": cite.href(span)} for span in work.mentions]}

"""The pages of a PDF as pictures, and where its words stand on them."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from memoqa.errors import CorpusError
from memoqa.index import Index
from memoqa.messages import Problem
from memoqa.parse import Sheet
from memoqa.pictures import Pictures, has_pages
from memoqa.service import Service
from memoqa.types import Document

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {"application/problem+json": {}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = dict.fromkeys((404, 409, 422, 503), _PROBLEM)
_PNG: dict[str, Any] = {"content": {"image/png": {}}}


def router(service: Service, pictures: Pictures) -> APIRouter:
    routes = APIRouter()

    def found(document_id: str) -> tuple[Index, Document]:
        index = service.assistant.index
        document = index.documents.get(document_id)
        if document is None or not has_pages(document):
            raise HTTPException(404)
        return index, document

    @routes.get(
        "/documents/{document_id}/pages/{page}.png",
        response_class=Response,
        responses={200: _PNG, 304: {}, **_PROBLEMS},
        summary="See a page",
    )
    async def picture(
        request: Request,
        document_id: str,
        page: Annotated[int, Path(ge=1)],
        width: Annotated[int, Query(ge=200, le=1_600)] = 900,
    ) -> Response:
        """A page of a PDF, counted from 1, as a picture of at most `width` pixels across; 409 says
        that the file is not the one indexed.
        """
        index, document = found(document_id)
        tag = f'"{index.manifest.sources.get(document.source, "")[:32]}-{page}-{width}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        try:
            png = await pictures.picture(index, document, page - 1, width)
        except CorpusError as error:
            raise HTTPException(404) from error
        return Response(png, media_type="image/png", headers=headers)

    @routes.get(
        "/documents/{document_id}/boxes",
        response_model=list[Sheet],
        responses=_PROBLEMS,
        summary="See where words stand",
    )
    async def boxes(
        document_id: str, start: Annotated[int, Query(ge=0)], end: Annotated[int, Query(ge=0)]
    ) -> Response:
        """The pages of a PDF, counted from 1, on which the text from `start` to `end` stands, with
        boxes around it in fractions of the page, from its top left.
        """
        index, document = found(document_id)
        if not start < end <= len(document.text):
            size = f"{len(document.text):,}"
            raise CorpusError(f"start and end must mark a part of its {size} characters")
        sheets = await pictures.sheets(index, document, start, end)
        return JSONResponse([{**asdict(sheet), "page": sheet.page + 1} for sheet in sheets])

    return routes

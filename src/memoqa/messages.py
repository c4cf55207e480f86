"""The JSON of the HTTP service: what is checked on the way in, and how problems are told.

Answers go out as `types.Answer`.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from memoqa import types
from memoqa.answer import MAX_QUESTION

Text = Annotated[str, StringConstraints(max_length=MAX_QUESTION)]
Asked = Annotated[str, StringConstraints(max_length=MAX_QUESTION, pattern=r"\S")]


class Turn(BaseModel):
    """An earlier question and its answer."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Text
    answer: Annotated[str, StringConstraints(max_length=20_000)] | None = None


class Ask(BaseModel):
    """A question; `history` is newest last and only lends words to a follow-up."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Asked
    history: Annotated[list[Turn], Field(max_length=50)] = []
    limit: Annotated[int, Field(ge=1, le=10)] = 3
    documents: list[str] | None = None


class CitedDocument(BaseModel):
    # As long as a file's name may be.
    id: Annotated[str, StringConstraints(max_length=255)]
    sha256: str


class Cited(BaseModel):
    """A citation as `POST /ask` gave it; fields that verifying does not need are ignored."""

    document: CitedDocument
    quote: str
    start: int
    end: int
    prefix: str = ""
    suffix: str = ""

    def quotation(self) -> types.Quotation:
        return types.Quotation(
            document=self.document.id,
            sha256=self.document.sha256,
            quote=self.quote,
            start=self.start,
            end=self.end,
            prefix=self.prefix,
            suffix=self.suffix,
        )


class Answered(BaseModel):
    """An answer as `POST /ask` gave it."""

    citations: list[Cited]
    nearest: list[Cited] = []

    def quotations(self) -> list[types.Quotation]:
        return [cited.quotation() for cited in (*self.citations, *self.nearest)]


class Verified(BaseModel):
    """`verbatim` is true when every citation is."""

    verbatim: bool
    verdicts: list[types.Verdict]


class Problem(BaseModel):
    """RFC 9457. `errors` names each field that is wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []

"""The values that flow through memoqa, from a file in the corpus to an answer.

Every offset is half-open and counts Unicode code points of `Document.text`.
`dataclasses.asdict(answer)` is the JSON of `POST /ask`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["memo", "reference", "note"]
Reason = Literal["not_in_documents", "reference_not_held", "no_question"]
Standing = Literal["verbatim", "moved", "ambiguous", "gone", "no_document"]


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page's words start in the document's text, and the number that the page bears."""

    start: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """One text of the corpus with what its bibliographic record says of it.

    `source` is the file's path relative to the corpus folder; `sha256` is of `text` in UTF-8;
    `questions` are ones that the document is meant to answer, to start a reader off; `pages` are
    in order and none where the format has no pages; `warnings` say what of the file is not in
    `text`, such as hidden words; `held` is false for a record that stands for a work whose text
    is not in the corpus.
    """

    id: str
    title: str
    kind: Kind
    text: str
    sha256: str
    source: str
    author: str | None = None
    year: int | None = None
    url: str | None = None
    language: str | None = None
    licence: str | None = None
    questions: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()
    warnings: tuple[str, ...] = ()
    held: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """The code points `start` to `end` of one document's text.

    Raises:
        ValueError: when `0 <= start < end` does not hold.
    """

    doc_id: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"no span of {self.doc_id!r} from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Work:
    """A work that has a bibliographic record: a document of the corpus, or one that they cite.

    `record` is CSL-JSON; `document` is the id of the document that holds the work's text, None
    where it is not held; `mentions` are the places that cite the work.
    """

    key: str
    record: Mapping[str, Any]
    document: str | None
    mentions: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Dates:
    """When a document came into the index, and when it last changed (ISO 8601, UTC)."""

    added: str
    changed: str


@dataclass(frozen=True, slots=True)
class History:
    """What the last build that changed a document did, and when (ISO 8601, UTC): ids of the
    documents added, changed and removed.

    `dates` are those of each document by its id; `left_out` are (path, reason) of each file that
    is not in the index.
    """

    at: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    dates: Mapping[str, Dates]
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that the documents answer, to start a reader off; `document` is the id of the one
    that does, and `language` the question's, as `en` or `ja`.
    """

    question: str
    language: str
    document: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved: whole sentences of one paragraph, under the heading they stand below.

    `sentences` are (start, end) pairs in document coordinates, in order, all within `span`;
    `paragraph` counts the document's paragraphs from 1, headings left out.
    """

    id: str
    span: Span
    heading: str | None
    paragraph: int
    sentences: tuple[tuple[int, int], ...]


def under(context: str, text: str) -> str:
    """A text with the title and heading that it stands under, as models read it."""
    return f"{context}\n\n{text}"


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage with its score for a question and its rank, from 1.

    `text` is the passage's words, and `context` the title and heading it stands under, which help
    a model to understand it and are never quoted.
    """

    passage: Passage
    context: str
    text: str
    score: float
    rank: int

    @property
    def in_context(self) -> str:
        """The text under its context."""
        return under(self.context, self.text)


@dataclass(frozen=True, slots=True)
class Extract:
    """What a reader found: the whole sentence to quote and the words in it that answer.

    `score` orders the extracts of one reading; `relevance` says how well the passage as a whole
    answers. Both are logits on the reader's own scale.
    """

    passage: Passage
    span: Span
    highlight: Span
    score: float
    relevance: float


@dataclass(frozen=True, slots=True)
class Source:
    """The document of a citation; `sha256` is that of its text in UTF-8, and `held` as in
    `Document`.
    """

    id: str
    title: str
    kind: Kind
    author: str | None
    year: int | None
    url: str | None
    sha256: str
    held: bool = True


@dataclass(frozen=True, slots=True)
class Range:
    """Half-open offsets in the text of the citation's document."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CitedWork:
    """A work that a quotation cites. `text` is its reference in APA style; `href` leads to the
    document that holds it, or to what is known of it.

    `support` quotes the sentence of a held work that best bears out the quotation, None where none
    does well enough.
    """

    key: str
    text: str
    held: bool
    document: str | None
    href: str
    support: "Citation | None"


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quotation with its place.

    `quote` is `text[start:end]`; `highlight` lies inside it; `prefix` and `suffix` are the up to
    32 code points on each side; `works` are those that the words of the quote cite.
    """

    number: int
    document: Source
    quote: str
    start: int
    end: int
    highlight: Range
    prefix: str
    suffix: str
    locator: str
    href: str
    works: tuple[CitedWork, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which index answered: its fingerprint, when it was built (ISO 8601, UTC), and whether the
    corpus has changed since.
    """

    fingerprint: str
    built_at: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds."""

    retrieve: float
    rerank: float
    read: float
    total: float


@dataclass(frozen=True, slots=True)
class MissingReference:
    """A work that a question is about and whose text is not held. `text` is its reference in APA
    style, and `add` the command that adds the text.
    """

    key: str
    text: str
    add: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer by quotation, or a no.

    When `answered`, `answer` is the highlight of the first citation and `confidence` the
    probability that it is right. Otherwise `answer` is None, `reason` says why, `nearest` holds
    the up to three passages that came closest, and `confidence` is that of the first of them.
    `reference` is the work to add where the reason is that it is not held. `taken_as` is what a
    follow-up was understood as, None where that is the question itself.
    """

    question: str
    answered: bool
    answer: str | None
    confidence: float
    citations: tuple[Citation, ...]
    reason: Reason | None
    nearest: tuple[Citation, ...]
    index: IndexState
    timings_ms: Timings
    reference: MissingReference | None = None
    taken_as: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and its answer, which lend words to a follow-up and never evidence."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Quotation:
    """What a saved citation says: these words, between these others, at this place of a document
    whose text has this sha256.
    """

    document: str
    sha256: str
    quote: str
    start: int
    end: int
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one citation still stands word for word; `detail` says what differs.

    `verbatim` is true of the standing of that name alone. `moved_to` is where the words stand in a
    text that changed since, and `href` leads to the words wherever they stand.
    """

    document: str
    start: int
    end: int
    verbatim: bool
    status: Standing
    detail: str
    moved_to: Range | None = None
    href: str | None = None

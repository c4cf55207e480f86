"""What an index holds, for people: its documents, the works they cite, and what changed last."""

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from memoqa import style, support
from memoqa.index import Index
from memoqa.types import Document, History, Kind, Work


@dataclass(frozen=True, slots=True)
class Holding:
    """A document: `format` is its file's suffix, such as `pdf`; `pages` counts its pages, None
    where the format has none; the dates are ISO 8601, UTC.
    """

    id: str
    title: str
    kind: Kind
    author: str | None
    year: int | None
    url: str | None
    licence: str | None
    language: str | None
    source: str
    format: str
    pages: int | None
    passages: int
    held: bool
    added_at: str
    changed_at: str
    warnings: tuple[str, ...]
    href: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A work that is cited or has a record. `text` is its reference in APA style; `add` is the
    command that adds its text, None where that is held.
    """

    key: str
    text: str
    held: bool
    document: str | None
    href: str
    add: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of the documents that the last build which changed any added, changed and removed."""

    at: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """`left_out` are (path, reason) of the corpus's files that are not in the index."""

    documents: tuple[Holding, ...]
    references: tuple[Reference, ...]
    changes: Changes
    left_out: tuple[tuple[str, str], ...]
    built_at: str
    fingerprint: str


def holdings(index: Index) -> Holdings:
    """What the index holds; setting references takes a while for the first time."""
    passages = Counter(passage.span.doc_id for passage in index.passages)
    history = index.history
    return Holdings(
        documents=tuple(
            _holding(document, passages[document.id], history)
            for document in index.documents.values()
        ),
        references=tuple(map(_reference, index.works.values())),
        changes=Changes(history.at, history.added, history.changed, history.removed),
        left_out=history.left_out,
        built_at=index.manifest.built_at,
        fingerprint=index.manifest.fingerprint,
    )


def _holding(document: Document, passages: int, history: History) -> Holding:
    dates = history.dates.get(document.id)
    return Holding(
        id=document.id,
        title=document.title,
        kind=document.kind,
        author=document.author,
        year=document.year,
        url=document.url,
        licence=document.licence,
        language=document.language,
        source=document.source,
        format=PurePosixPath(document.source).suffix.lower().removeprefix("."),
        pages=len(document.pages) or None,
        passages=passages,
        held=document.held,
        added_at=dates.added if dates else history.at,
        changed_at=dates.changed if dates else history.at,
        warnings=document.warnings,
        href=f"/documents/{quote(document.id, safe='')}",
    )


def _reference(work: Work) -> Reference:
    held = work.document is not None
    return Reference(
        key=work.key,
        text=style.apa(work.record),
        held=held,
        document=work.document,
        href=support.href(work),
        add=None if held else support.missing(work).add,
    )

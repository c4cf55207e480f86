"""The works of a corpus: those with a record of their own, and those that documents list."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from memoqa import bibliography
from memoqa.bibliography import Record
from memoqa.references.fold import fold
from memoqa.references.lists import Entry, entries
from memoqa.references.mentions import Cited
from memoqa.types import Document, Span, Work

VERSION = "references-1"
"""Goes up when the same documents and records would give other works."""

_FIRST_PAGE = 3_000
"""Code points taken for the first page of a document that has no pages."""

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+")


def works(
    documents: Sequence[Document],
    records: Mapping[str, Record],
    documents_before: Mapping[str, Document] = {},
    works_before: Mapping[str, Work] = {},
) -> tuple[Work, ...]:
    """Every work that has a record among `records` or an entry in a document's reference list.

    A work that comes again is one: the same DOI, or ISBN or URL with a like title, or the same
    title and no other year, or but for its subtitle the same title, first author and year.
    Records come before entries, those of documents that are held first. A work is held by the
    document that bears its key, its title, or its DOI on the first page.

    `works_before` are those of `documents_before`, both by key and made by this `VERSION`. While
    the works and what holds them stay the same, the mentions in a document that stays the same
    are taken from there, which changes nothing of what is returned.
    """
    held = {document.id: document for document in documents if document.held}
    catalogue = _Catalogue(taken={document.id for document in documents})
    for key in sorted(records, key=lambda key: (key not in held, key)):
        catalogue.add(records[key], key)
    listed = {
        document.id: [(entry, catalogue.add(entry.record)) for entry in entries(document)]
        for document in held.values()
    }
    holders = _holders(catalogue.records, held, listed)
    before = _mentions_by_document(works_before)
    same_works = catalogue.records.keys() == works_before.keys() and all(
        (work.record, work.document) == (catalogue.records[key], holders.get(key))
        for key, work in works_before.items()
    )
    cited = Cited(catalogue.records)
    mentions: dict[str, set[Span]] = defaultdict(set)
    for document in documents:
        found = before[document.id]
        own = listed.get(document.id, [])
        # An entry may come to stand for another work through what other documents list.
        if not (
            same_works
            and documents_before.get(document.id) == document
            and all((key, entry.span) in found for entry, key in own)
        ):
            found = set(cited.find(document, own))
        for key, span in found:
            # A document does not cite itself by bearing its own title.
            if holders.get(key) != document.id:
                mentions[key].add(span)
    return tuple(
        Work(
            key=key,
            record=record,
            document=holders.get(key),
            mentions=tuple(sorted(mentions[key], key=lambda s: (s.doc_id, s.start, s.end))),
        )
        for key, record in catalogue.records.items()
    )


def _mentions_by_document(works: Mapping[str, Work]) -> defaultdict[str, set[tuple[str, Span]]]:
    """(key, place) of the mentions in each document, by its id."""
    found: defaultdict[str, set[tuple[str, Span]]] = defaultdict(set)
    for key, work in works.items():
        for span in work.mentions:
            found[span.doc_id].add((key, span))
    return found


class _Catalogue:
    """Records by key, each work once."""

    def __init__(self, taken: set[str]) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self._taken = taken
        self._by_identifier: dict[str, str] = {}
        self._by_title: dict[str, list[str]] = defaultdict(list)
        self._by_main_title: dict[tuple[str, str, int], str] = {}

    def add(self, record: Record, key: str | None = None) -> str:
        """The key under which the work stands: that of its like, else its own or a new one."""
        known = self._known(record)
        if known is None:
            known = key or self._new_key(record)
            self.records[known] = {**record, "id": known}
            self._by_title[fold(record["title"])].append(known)
            if main := _main_title(record):
                self._by_main_title.setdefault(main, known)
        for identifier in _identifiers(record):
            self._by_identifier.setdefault(identifier, known)
        return known

    def _known(self, record: Record) -> str | None:
        title = fold(record["title"])
        for identifier in _identifiers(record):
            if known := self._by_identifier.get(identifier):
                other_title = fold(self.records[known]["title"])
                # The chapters of one book, and the articles of one site, may share an address.
                if identifier.startswith("doi:") or title in other_title or other_title in title:
                    return known
        year = bibliography.year(record)
        for key in self._by_title.get(title, ()):
            other = bibliography.year(self.records[key])
            if year is None or other is None or year == other:
                return key
        main = _main_title(record)
        return self._by_main_title.get(main) if main else None

    def _new_key(self, record: Record) -> str:
        names = record.get("author") or [{}]
        first = names[0].get("family") or names[0].get("literal") or record["title"]
        words = [re.sub(r"\W+", "", word) for word in first.casefold().split()[:3]]
        if year := bibliography.year(record):
            words.append(f"{year}{record.get('custom', {}).get('year-suffix', '')}")
        stem = bibliography.key("-".join(filter(None, words)))
        for suffix in ("", *(f"-{number}" for number in range(2, len(self.records) + 3))):
            if (key := stem + suffix) not in self.records and key not in self._taken:
                return key
        raise AssertionError("there are more suffixes than keys")


def _main_title(record: Record) -> tuple[str, str, int] | None:
    """The title without its subtitle, the first author and the year: as good as a whole title."""
    year = bibliography.year(record)
    names = record.get("author")
    title = fold(re.split(r"[:：]|\s[–—]\s", record["title"])[0])
    if year is None or not names or not title:
        return None
    return title, fold(names[0].get("family") or names[0].get("literal") or ""), year


def _identifiers(record: Record) -> Iterator[str]:
    if doi := record.get("DOI"):
        yield f"doi:{str(doi).lower()}"
    if isbn := record.get("ISBN"):
        yield f"isbn:{re.sub(r'[^0-9Xx]', '', str(isbn)).upper()}"
    if url := record.get("URL"):
        yield "url:" + re.sub(r"^https?://(?:www\.)?|/$", "", str(url))


def _holders(
    records: Mapping[str, Record],
    held: Mapping[str, Document],
    listed: Mapping[str, Sequence[tuple[Entry, str]]],
) -> dict[str, str]:
    """The document that holds each work, by the work's key."""
    holders = {key: key for key in records if key in held}
    free = [document for document in held.values() if document.id not in records]
    by_title = {fold(document.title): document.id for document in free}
    by_doi = {
        doi: document.id
        for document in free
        if document.kind == "reference" and (doi := _own_doi(document, listed[document.id]))
    }
    for key, record in records.items():
        doi = str(record.get("DOI", "")).lower()
        document = by_doi.get(doi) or by_title.get(fold(record["title"]))
        if document is not None:
            holders.setdefault(key, document)
    return holders


def _own_doi(document: Document, listed: Sequence[tuple[Entry, str]]) -> str | None:
    """The DOI that stands first on the first page, before any reference list."""
    pages = document.pages
    end = pages[1].start if len(pages) > 1 else _FIRST_PAGE
    end = min([end, *(entry.span.start for entry, _ in listed)])
    match = _DOI.search(document.text, 0, end)
    return match[0].rstrip(".,;)]").lower() if match else None

"""Files to Documents.

The corpus is a folder. Every file in a format that `parse` reads is a document: a reference in
`references/`, a note in `notes/`, elsewhere a memo. `.json` (CSL-JSON) and `.bib` (BibTeX) files
hold bibliographic records. A record is that of the document whose name is its key, and a file
with one record beside a document of the same name is always the document's. A record without a
document stands for a work that is not held; its text is what the record says.

Names that start with a dot or `~$` or end in `~`, and README and SOURCES, are not documents.
"""

import contextlib
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from memoqa import bibliography
from memoqa.bibliography import Record
from memoqa.errors import CorpusError
from memoqa.models import sha256_file
from memoqa.parse import Parsed, Parser
from memoqa.types import Document, Kind

RECORDS = (".json", ".bib")
FOLDERS: dict[Kind, str] = {"memo": "", "reference": "references", "note": "notes"}

_KINDS: dict[str, Kind] = {folder: kind for kind, folder in FOLDERS.items() if folder}
_OWN = ("README", "SOURCES")
_TITLE = re.compile(r"#*\s*(.+)")


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a corpus folder holds: its documents in the order of their paths, the records by their
    keys, the sha256 of each file's bytes by its path, and (path, reason) of each file left out.

    The record of a document has the document's id as its key.
    """

    documents: tuple[Document, ...] = ()
    records: dict[str, Record] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()


def load(folder: Path, parser: Parser, before: Corpus | None = None) -> Corpus:
    """Read every document below `folder`.

    A file that cannot be read is left out with the reason, and the rest goes on. What `before`
    held of a file that did not change since is taken from there and not parsed again. A file that
    changes while it is read has no sha256 in `sources`.

    Raises:
        CorpusError: when there is no such folder or no document in it.
    """
    require(folder)
    seen = Sources(folder)
    sources = seen.read()
    reading = _Reading(folder, parser, sources, before or Corpus())
    paths = list(files(folder))
    texts = [path for path in paths if not is_record(path)]
    named = {path.with_suffix("") for path in texts}
    for path in paths:
        if is_record(path):
            reading.read_records(path, beside=path.with_suffix("") in named)
    for path in texts:
        reading.read_text(path)
    reading.describe_the_rest()
    if not reading.documents:
        reasons = "".join(f"; {source!r}: {reason}" for source, reason in reading.left_out)
        raise CorpusError(f"there is no document in {str(folder)!r}{reasons}")
    after = seen.read()
    return Corpus(
        documents=tuple(sorted(reading.documents.values(), key=lambda d: Path(d.source))),
        records=reading.records,
        sources={name: sha256 for name, sha256 in sources.items() if after.get(name) == sha256},
        left_out=tuple(reading.left_out),
    )


def require(folder: Path) -> None:
    """Raise CorpusError unless there is such a folder."""
    if not folder.is_dir():
        raise CorpusError(
            f"there is no corpus folder {str(folder)!r}; put your memo there, or name another "
            "home with --home"
        )


def files(folder: Path) -> Iterator[Path]:
    """The corpus's files in the order of their paths."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names]
    for path in sorted(found):
        if is_named_well(path) and path.is_file():
            yield path


def is_named_well(path: Path) -> bool:
    """Whether a file of this name is read: not hidden, left by an editor or the corpus's own."""
    name = path.name
    return not (name.startswith((".", "~$")) or name.endswith("~") or path.stem in _OWN)


def is_record(path: Path) -> bool:
    """Whether a file holds bibliographic records, by its name."""
    return path.suffix.lower() in RECORDS


def id_of(path: Path) -> str:
    """The id that a file's document has."""
    return unicodedata.normalize("NFC", path.stem)


def read_records(path: Path, parser: Parser) -> dict[str, Record]:
    """The records of a `.json` or `.bib` file by their keys.

    Raises:
        CorpusError: when it cannot be read as such.
    """
    try:
        return bibliography.records(parser.parse(path).text, path.name)
    except (CorpusError, ValueError) as error:
        what = "BibTeX" if path.suffix.lower() == ".bib" else "CSL-JSON"
        raise CorpusError(f"{path.name!r} is not {what}: {error}") from error


class Sources:
    """The sha256 of every corpus file's bytes, by its path; read again only where a file's size
    or time of change differs from the last reading.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[tuple[int, ...], str]] = {}

    def read(self) -> dict[str, str]:
        seen: dict[str, tuple[tuple[int, ...], str]] = {}
        for path in files(self._folder):
            name = path.relative_to(self._folder).as_posix().encode(errors="replace").decode()
            # A file may be unreadable, or removed between its listing and its reading.
            with contextlib.suppress(OSError):
                status = path.stat()
                # A copy may bring its time of modification along; that of its status is new.
                state = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                known = self._seen.get(name)
                seen[name] = known if known and known[0] == state else (state, sha256_file(path))
        self._seen = seen
        return {name: sha256 for name, (_, sha256) in seen.items()}


def sha256_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _Reading:
    """A corpus while it is being read: records first, then texts, then what is left of records."""

    def __init__(
        self, folder: Path, parser: Parser, sources: dict[str, str], before: Corpus
    ) -> None:
        self.documents: dict[str, Document] = {}
        self.records: dict[str, Record] = {}
        self.left_out: list[tuple[str, str]] = []
        self._folder = folder
        self._parser = parser
        self._origins: dict[str, Path] = {}
        self._broken: dict[Path, CorpusError] = {}
        same = {name for name, sha256 in sources.items() if before.sources.get(name) == sha256}
        self._before = {d.source: d for d in before.documents if d.held and d.source in same}
        self._records_differ = any(
            is_record(Path(name)) and name not in same for name in before.sources
        )

    def read_records(self, path: Path, beside: bool) -> None:
        try:
            _require_name(path)
            found = read_records(path, self._parser)
        except CorpusError as error:
            if beside:
                self._broken[path.with_suffix("")] = error
            else:
                self._leave_out(path, error)
            return
        if beside and len(found) == 1:
            found = {id_of(path): record for record in found.values()}
        for key, record in found.items():
            if key in self.records:
                other = self._source(self._origins[key])
                self._leave_out(path, f"its record {key!r} is in {other!r} already; remove one")
            else:
                self.records[key] = record
                self._origins[key] = path

    def read_text(self, path: Path) -> None:
        try:
            document = self._document(path)
        except CorpusError as error:
            self._leave_out(path, error)
        else:
            self.documents[document.id] = document

    def describe_the_rest(self) -> None:
        """Add a document for each record that no text has."""
        for key, record in self.records.items():
            if key not in self.documents:
                text = bibliography.describe(record)
                source = self._source(self._origins[key])
                self.documents[key] = _described(
                    key, "reference", source, Parsed(text), record, held=False
                )

    def _document(self, path: Path) -> Document:
        _require_name(path)
        source, id = self._source(path), id_of(path)
        if path.with_suffix("") in self._broken:
            raise self._broken[path.with_suffix("")]
        if id in self.documents:
            other = self.documents[id].source
            raise CorpusError(f"its id {id!r} is taken by {other!r}; rename the file")
        kind = _KINDS.get(source.split("/")[0], "memo")
        record = self.records.get(id)
        if record is not None and kind == "note" and self._origins[id].parent != path.parent:
            other = self._source(self._origins[id])
            raise CorpusError(f"its name is the key of a work in {other!r}; rename the note")
        old = self._before.get(source)
        # Without a record the title is the file's own, unless it had a record before.
        if old is not None and (record or not self._records_differ):
            parsed = Parsed(old.text, old.pages, old.title, old.warnings)
        else:
            parsed = self._parser.parse(path)
        return _described(id, kind, source, parsed, record or {}, held=True)

    def _source(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _leave_out(self, path: Path, reason: CorpusError | str) -> None:
        # A name may hold what a terminal obeys or no file in UTF-8 can hold.
        source = "".join(ascii(c)[1:-1] if _is_unshown(c) else c for c in self._source(path))
        self.left_out.append((source, str(reason)))


def _described(
    id: str, kind: Kind, source: str, parsed: Parsed, record: Record, held: bool
) -> Document:
    return Document(
        id=id,
        title=record.get("title") or parsed.title or _title(parsed.text),
        kind=kind,
        text=parsed.text,
        sha256=sha256_text(parsed.text),
        source=source,
        author=bibliography.author(record),
        year=bibliography.year(record),
        url=record.get("URL"),
        language=record.get("language"),
        licence=bibliography.licence(record),
        questions=bibliography.questions(record),
        pages=parsed.pages,
        warnings=parsed.warnings,
        held=held,
    )


def _title(text: str) -> str:
    first = next(line.strip() for line in text.splitlines() if line.strip())
    match = _TITLE.fullmatch(first)
    return (match[1] if match else first)[:200]


def _require_name(path: Path) -> None:
    if any("\ud800" <= character <= "\udfff" for character in str(path)):
        raise CorpusError("its name is not UTF-8; rename the file")
    if any(map(_is_unshown, path.name)):
        raise CorpusError("its name holds a control character; rename the file")


def _is_unshown(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")

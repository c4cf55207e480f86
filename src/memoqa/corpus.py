"""Files to Documents.

The corpus is a folder. A text (`.txt`, `.md`, UTF-8) is a document; `NAME.json` beside
`NAME.txt` is its bibliographic record (CSL-JSON); a record alone stands for a work that is not
held, and its text is what the record says. Documents in `references/` are references, in
`notes/` notes, elsewhere memos. Names that start with a dot, and README and SOURCES, are the
corpus's own papers and not documents.
"""

import contextlib
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memoqa import bibliography
from memoqa.errors import CorpusError
from memoqa.models import sha256_file
from memoqa.types import Document, Kind

_TEXTS = (".txt", ".md")
_RECORD = ".json"
_KINDS: dict[str, Kind] = {"references": "reference", "notes": "note"}
_TITLE = re.compile(r"#*\s*(.+)")


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a corpus folder holds, and (path, reason) of each file that had to be left out."""

    documents: tuple[Document, ...]
    left_out: tuple[tuple[str, str], ...]


def load(folder: Path, max_file_bytes: int) -> Corpus:
    """Read every document below `folder`, in the order of their paths.

    A file that cannot be read is left out with the reason, and the rest goes on.

    Raises:
        CorpusError: when there is no such folder or no document in it.
    """
    require(folder)
    documents: dict[str, Document] = {}
    left_out: list[tuple[str, str]] = []
    for path in files(folder):
        source = path.relative_to(folder).as_posix()
        try:
            document = _read(path, source, max_file_bytes)
            if document is not None and document.id in documents:
                other = documents[document.id].source
                raise CorpusError(f"its id {document.id!r} is taken by {other!r}; rename the file")
        except CorpusError as error:
            left_out.append((source, str(error)))
            continue
        if document is not None:
            documents[document.id] = document
    if not documents:
        reasons = "".join(f"; {source!r}: {reason}" for source, reason in left_out)
        raise CorpusError(f"there is no document in {str(folder)!r}{reasons}")
    return Corpus(tuple(documents.values()), tuple(left_out))


def require(folder: Path) -> None:
    """Raise CorpusError unless there is such a folder."""
    if not folder.is_dir():
        raise CorpusError(
            f"there is no corpus folder {str(folder)!r}; put your memo there as a .txt or .md "
            "file, or name another home with --home"
        )


def files(folder: Path) -> Iterator[Path]:
    """The corpus's files in the order of their paths."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if not hidden and path.stem not in ("README", "SOURCES") and path.is_file():
            yield path


class Sources:
    """The sha256 of every corpus file's bytes, by its path; read again only where a file's size
    or time of change differs from the last reading.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[tuple[int, int], str]] = {}

    def read(self) -> dict[str, str]:
        seen: dict[str, tuple[tuple[int, int], str]] = {}
        for path in files(self._folder):
            name = path.relative_to(self._folder).as_posix().encode(errors="replace").decode()
            # A file may be unreadable, or removed between its listing and its reading.
            with contextlib.suppress(OSError):
                status = path.stat()
                state = (status.st_size, status.st_mtime_ns)
                known = self._seen.get(name)
                seen[name] = known if known and known[0] == state else (state, sha256_file(path))
        self._seen = seen
        return {name: sha256 for name, (_, sha256) in seen.items()}


def sha256_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, source: str, max_bytes: int) -> Document | None:
    """The document of one file, or None for a record that stands beside its text."""
    if any("\ud800" <= character <= "\udfff" for character in source):
        raise CorpusError("its name is not UTF-8; rename the file")
    suffix = path.suffix.lower()
    if suffix == _RECORD:
        if any(path.with_suffix(text).is_file() for text in _TEXTS):
            return None
        record = _record(path, max_bytes)
        return _document(path, source, bibliography.describe(record), record)
    if suffix not in _TEXTS:
        raise CorpusError(f"files of type {suffix!r} are not read; save it as .txt or .md in UTF-8")
    text = _text(path, max_bytes)
    beside = path.with_suffix(_RECORD)
    return _document(path, source, text, _record(beside, max_bytes) if beside.is_file() else {})


def _document(path: Path, source: str, text: str, record: bibliography.Record) -> Document:
    if not text.strip():
        raise CorpusError("it holds no text; fill it or remove it")
    return Document(
        id=unicodedata.normalize("NFC", path.stem),
        title=record.get("title") or _title(text),
        kind=_KINDS.get(source.split("/")[0], "memo"),
        text=text,
        sha256=sha256_text(text),
        source=source,
        author=bibliography.author(record),
        year=bibliography.year(record),
        url=record.get("URL"),
        language=record.get("language"),
        licence=bibliography.licence(record),
        questions=bibliography.questions(record),
    )


def _title(text: str) -> str:
    first = next(line.strip() for line in text.splitlines() if line.strip())
    match = _TITLE.fullmatch(first)
    return (match[1] if match else first)[:200]


def _text(path: Path, max_bytes: int) -> str:
    try:
        if (size := path.stat().st_size) > max_bytes:
            raise CorpusError(f"it has {size:,} bytes, over the limit of {max_bytes:,}; split it")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CorpusError(f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"byte {error.start} is not UTF-8; save the file as UTF-8") from error
    if "\0" in text:
        raise CorpusError("it holds a NUL character, so it is not a text; save it as UTF-8 text")
    return text


def _record(path: Path, max_bytes: int) -> dict[str, Any]:
    try:
        record = json.loads(_text(path, max_bytes))
        # JSON can spell half a surrogate pair, which no text holds.
        json.dumps(record, ensure_ascii=False).encode()
        _check(record)
    except (CorpusError, ValueError, RecursionError) as error:
        raise CorpusError(f"{path.name!r} is not a CSL-JSON record: {error}") from error
    return dict(record)


def _check(record: Any) -> None:
    """Raise ValueError unless the fields that are read have the shapes that CSL-JSON gives them."""
    if not isinstance(record, dict):
        raise ValueError("it must be one JSON object")
    if not isinstance(record.get("title"), str) or not record["title"].strip():
        raise ValueError("it needs a 'title'")
    names = record.get("author", [])
    if not isinstance(names, list) or not all(isinstance(name, dict) for name in names):
        raise ValueError("'author' must be a list of names")
    for name in names:
        if not all(isinstance(name.get(part, ""), str) for part in ("literal", "given", "family")):
            raise ValueError("an author's name must be a string")
    for field in ("issued", "custom"):
        if not isinstance(record.get(field, {}), dict):
            raise ValueError(f"{field!r} must be an object")
    if not isinstance(record.get("custom", {}).get("questions", []), list):
        raise ValueError("'questions' must be a list")
    parts = record.get("issued", {}).get("date-parts", [[]])
    if not (
        isinstance(parts, list)
        and parts
        and isinstance(parts[0], list)
        and all(str(part).isdecimal() and len(str(part)) <= 4 for part in parts[0])
    ):
        raise ValueError("'issued' must hold 'date-parts', such as [[2005, 3]]")
    for field in ("language", "URL", "type"):
        if not isinstance(record.get(field, ""), str):
            raise ValueError(f"{field!r} must be a string")
    if not record.get("URL", "http").startswith("http"):
        raise ValueError("'URL' must start with http")

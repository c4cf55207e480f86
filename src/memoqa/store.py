"""The index folder: written beside the old one, put in its place by one rename, opened whole.

    index/manifest.json        format, fingerprint, models, settings, the sha256 of every file
    index/<build>/documents.jsonl, works.jsonl, passages.jsonl, vectors.faiss, lexical/,
                        history.json, suggestions.json

A build is written into a folder of its own, and takes effect when the manifest that names it
replaces the old one. A crash before that leaves the old index whole.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from memoqa.errors import IndexCorrupt, IndexMismatch, IndexNotFound
from memoqa.index import FORMAT, SETTINGS, Index, Manifest, models_in_use, row
from memoqa.lexical import Lexical
from memoqa.models import sha256_file
from memoqa.types import Dates, Document, History, Page, Passage, Span, Suggestion, Work

_MANIFEST = "manifest.json"


def write(index: Index, folder: Path) -> Manifest:
    """Write the index into `folder` and put it in the place of the one there.

    Raises:
        OSError: when it cannot be written; the index there is left as it is.
    """
    import faiss

    folder.mkdir(parents=True, exist_ok=True)
    build = folder / f"build-{secrets.token_hex(6)}"
    build.mkdir()
    try:
        _write_lines(build / "documents.jsonl", map(row, index.documents.values()))
        _write_lines(build / "works.jsonl", map(row, index.works.values()))
        _write_lines(build / "passages.jsonl", map(_passage, index.passages))
        (build / "vectors.faiss").write_bytes(faiss.serialize_index(index.dense).tobytes())
        index.words.save(build / "lexical")
        (build / "history.json").write_text(_json(asdict(index.history)), encoding="utf-8")
        suggestions = list(map(asdict, index.suggestions))
        (build / "suggestions.json").write_text(_json(suggestions), encoding="utf-8")
        written = sorted(path for path in build.rglob("*") if path.is_file())
        for path in written:
            _sync(path)
        manifest = replace(
            index.manifest,
            build=build.name,
            files={path.relative_to(build).as_posix(): sha256_file(path) for path in written},
        )
        (build / _MANIFEST).write_text(_json(asdict(manifest)), encoding="utf-8")
        _sync(build / _MANIFEST)
        _sync(build)
    except BaseException:
        shutil.rmtree(build, ignore_errors=True)
        raise
    # From here on the build may be the one in use; where it is not, the next build removes it.
    (build / _MANIFEST).replace(folder / _MANIFEST)
    _sync(folder)
    for other in folder.glob("build-*"):
        if other.name != build.name:
            shutil.rmtree(other, ignore_errors=True)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read what the index in `folder` was made of.

    Raises:
        IndexNotFound: when there is no index in `folder`.
        IndexMismatch: when it is of another format.
        IndexCorrupt: when its manifest cannot be read.
    """
    try:
        fields = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if fields["format"] != FORMAT:
            raise IndexMismatch(
                f"the index in {str(folder)!r} is of format {fields['format']!r}, not {FORMAT}; "
                "run: memoqa index"
            )
        return Manifest(**fields)
    except FileNotFoundError as error:
        raise IndexNotFound(f"there is no index in {str(folder)!r}; run: memoqa index") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IndexCorrupt(
            f"the manifest in {str(folder)!r} cannot be read ({error}); run: memoqa index"
        ) from error


def state(folder: Path) -> tuple[int, int] | None:
    """What differs once another index has taken this one's place; None when there is none."""
    try:
        status = (folder / _MANIFEST).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def open_index(folder: Path, embedder: str) -> Index:
    """Open the index in `folder` to search it with the embedder of this identity.

    Raises:
        IndexNotFound: when there is no index in `folder`.
        IndexMismatch: when it was made by other models or settings than are in use.
        IndexCorrupt: when a file is missing or not what was written.
    """
    index = load(folder)
    in_use = models_in_use(embedder) | SETTINGS
    made_with = index.manifest.models | index.manifest.settings
    for name in sorted({*in_use, *made_with}):
        if in_use.get(name) != made_with.get(name):
            raise IndexMismatch(
                f"the index in {str(folder)!r} was made with the {name} {made_with.get(name)!r}, "
                f"and {in_use.get(name)!r} is in use; run: memoqa index"
            )
    return index


def load(folder: Path) -> Index:
    """The index in `folder`, whatever it was made with, every file checked.

    Raises:
        IndexNotFound, IndexCorrupt: as `open_index`.
        IndexMismatch: when it is of another format.
    """
    while True:
        manifest = read_manifest(folder)
        try:
            return _load(manifest, folder / manifest.build)
        except IndexCorrupt:
            # A build that finished meanwhile has taken the old one's files away.
            if read_manifest(folder) == manifest:
                raise


def _load(manifest: Manifest, build: Path) -> Index:
    import faiss

    contents: dict[str, bytes] = {}
    for name, expected in manifest.files.items():
        path = build / name
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            raise IndexCorrupt(
                f"{str(path)!r} cannot be read ({error.strerror}); run: memoqa index"
            ) from error
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise IndexCorrupt(f"{str(path)!r} is not what was written; run: memoqa index")
    documents = [
        Document(
            **(
                fields
                | {"questions": tuple(fields["questions"]), "warnings": tuple(fields["warnings"])}
                | {"pages": tuple(Page(**page) for page in fields["pages"])}
            )
        )
        for fields in _lines(contents["documents.jsonl"])
    ]
    works = [
        Work(**(fields | {"mentions": tuple(Span(**span) for span in fields["mentions"])}))
        for fields in _lines(contents["works.jsonl"])
    ]
    passages = [
        Passage(
            id=fields["id"],
            span=Span(**fields["span"]),
            heading=fields["heading"],
            paragraph=fields["paragraph"],
            sentences=tuple(map(tuple, fields["sentences"])),
        )
        for fields in _lines(contents["passages.jsonl"])
    ]
    dense = faiss.deserialize_index(np.frombuffer(contents["vectors.faiss"], dtype=np.uint8))
    assert isinstance(dense, faiss.IndexIDMap)
    try:
        words = Lexical.load(build / "lexical")
    except (OSError, ValueError) as error:
        raise IndexCorrupt(
            f"{str(build / 'lexical')!r} cannot be read ({error}); run: memoqa index"
        ) from error
    suggestions = tuple(Suggestion(**fields) for fields in json.loads(contents["suggestions.json"]))
    history = _history(json.loads(contents["history.json"]))
    return Index(manifest, documents, works, passages, dense, words, history, suggestions)


def _history(fields: dict[str, Any]) -> History:
    return History(
        at=fields["at"],
        added=tuple(fields["added"]),
        changed=tuple(fields["changed"]),
        removed=tuple(fields["removed"]),
        dates={id: Dates(**dates) for id, dates in fields["dates"].items()},
        left_out=tuple((source, reason) for source, reason in fields["left_out"]),
    )


def _passage(passage: Passage) -> dict[str, Any]:
    # Not by `row` and `asdict`: there may be tens of thousands.
    span = passage.span
    return {
        "id": passage.id,
        "span": {"doc_id": span.doc_id, "start": span.start, "end": span.end},
        "heading": passage.heading,
        "paragraph": passage.paragraph,
        "sentences": passage.sentences,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for fields in rows:
            file.write(json.dumps(fields, ensure_ascii=False, default=asdict) + "\n")


def _lines(content: bytes) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in content.split(b"\n") if line)


def _sync(path: Path) -> None:
    """Have the system write a file or folder to disk, so that a rename never precedes it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

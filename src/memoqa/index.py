"""The index folder: documents, passages, their vectors (FAISS) and their words (BM25).

    index/manifest.json        format, fingerprint, models, settings, the sha256 of every file
    index/<build>/documents.jsonl, passages.jsonl, vectors.faiss, lexical/

A build is written into a folder of its own, and takes effect when the manifest that names it
replaces the old one by one rename. A crash before that leaves the old index whole.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memoqa import chunk, lexical
from memoqa.embed import Vectors
from memoqa.errors import IndexCorrupt, IndexMismatch, IndexNotFound
from memoqa.lexical import Lexical
from memoqa.models import READER, RERANKER, sha256_file
from memoqa.types import Document, Passage, Span

if TYPE_CHECKING:
    import faiss

FORMAT = 1
SETTINGS = {"chunker": chunk.SETTINGS, "lexical": lexical.SETTINGS}
"""What shapes an index beside its corpus and models."""

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made of.

    `models` and `settings` say how; an index opens only with the same. `sources` holds the
    sha256 of each corpus file's bytes, by its path; `files` that of each file of the build.
    """

    format: int
    fingerprint: str
    built_at: str
    build: str
    dimension: int
    models: dict[str, str]
    settings: dict[str, str]
    sources: dict[str, str]
    files: dict[str, str]


class Index:
    """An opened index, all of it in memory: it goes on working when the folder changes."""

    def __init__(
        self,
        manifest: Manifest,
        documents: Iterable[Document],
        passages: Sequence[Passage],
        vectors: "faiss.Index",
        words: Lexical,
    ) -> None:
        self.manifest = manifest
        self.documents = {document.id: document for document in documents}
        self.passages = passages
        self._vectors = vectors
        self._words = words

    def search_dense(
        self, vector: Vectors, limit: int, documents: frozenset[str] | None = None
    ) -> list[tuple[int, float]]:
        """(position, cosine) of the nearest passages, best first."""
        import faiss

        among = self._positions(documents)
        parameters = None
        if among is not None:
            if not len(among):
                return []
            parameters = faiss.SearchParameters()
            parameters.sel = faiss.IDSelectorBatch(among)
        scores, positions = self._vectors.search(vector[None, :], limit, params=parameters)
        found = zip(positions[0].tolist(), scores[0].tolist(), strict=True)
        return sorted(((i, s) for i, s in found if i >= 0), key=lambda hit: (-hit[1], hit[0]))

    def search_lexical(
        self, question: str, limit: int, documents: frozenset[str] | None = None
    ) -> list[tuple[int, float]]:
        """(position, BM25 score) of the passages that share words, best first."""
        among = self._positions(documents)
        return self._words.search(question, limit, None if among is None else among.tolist())

    def vectors(self) -> Vectors:
        """(passages, dimension): every passage's vector, by position."""
        vectors: Vectors = self._vectors.reconstruct_n(0, self._vectors.ntotal)
        return vectors

    def _positions(self, documents: frozenset[str] | None) -> np.ndarray[Any, Any] | None:
        if documents is None:
            return None
        return np.array(
            [i for i, p in enumerate(self.passages) if p.span.doc_id in documents], dtype=np.int64
        )


def context(document: Document, passage: Passage) -> str:
    """The title and heading that a passage stands under: what a model reads before its text."""
    if passage.heading and passage.heading != document.title:
        return f"{document.title}. {passage.heading}"
    return document.title


def text_of(document: Document, passage: Passage) -> str:
    """The passage's words."""
    return document.text[passage.span.start : passage.span.end]


def indexed_text(document: Document, passage: Passage) -> str:
    """What is embedded and counted of a passage: its words after their context."""
    return f"{context(document, passage)}\n{text_of(document, passage)}"


def assemble(
    documents: Sequence[Document],
    passages: Sequence[Passage],
    vectors: Vectors,
    embedder: str,
    sources: Mapping[str, str],
) -> Index:
    """An index in memory. `vectors` is (passages, dimension), rows of unit length, made by the
    embedder of this identity; `sources` is the sha256 of every corpus file, by its path.
    """
    import faiss

    models = _models(embedder)

    by_id = {document.id: document for document in documents}
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    words = Lexical.build([indexed_text(by_id[p.span.doc_id], p) for p in passages])
    manifest = Manifest(
        format=FORMAT,
        fingerprint=_fingerprint(documents, models),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        build="",
        dimension=int(vectors.shape[1]),
        models=models,
        settings=SETTINGS,
        sources=dict(sources),
        files={},
    )
    return Index(manifest, documents, passages, flat, words)


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
        _write_lines(build / "documents.jsonl", map(asdict, index.documents.values()))
        _write_lines(build / "passages.jsonl", map(asdict, index.passages))
        (build / "vectors.faiss").write_bytes(faiss.serialize_index(index._vectors).tobytes())
        index._words.save(build / "lexical")
        written = sorted(path for path in build.rglob("*") if path.is_file())
        for path in written:
            _sync(path)
        manifest = replace(
            index.manifest,
            build=build.name,
            files={path.relative_to(build).as_posix(): sha256_file(path) for path in written},
        )
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n"
        (build / _MANIFEST).write_text(text, encoding="utf-8")
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
    in_use = _models(embedder) | SETTINGS
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


def _models(embedder: str) -> dict[str, str]:
    return {"embedder": embedder, "reranker": RERANKER.identity, "reader": READER.identity}


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
        Document(**(fields | {"questions": tuple(fields["questions"])}))
        for fields in _lines(contents["documents.jsonl"])
    ]
    passages = [
        Passage(
            id=fields["id"],
            span=Span(**fields["span"]),
            heading=fields["heading"],
            paragraph=fields["paragraph"],
            sentences=tuple((start, end) for start, end in fields["sentences"]),
        )
        for fields in _lines(contents["passages.jsonl"])
    ]
    vectors = faiss.deserialize_index(np.frombuffer(contents["vectors.faiss"], dtype=np.uint8))
    try:
        words = Lexical.load(build / "lexical")
    except (OSError, ValueError) as error:
        raise IndexCorrupt(
            f"{str(build / 'lexical')!r} cannot be read ({error}); run: memoqa index"
        ) from error
    return Index(manifest, documents, passages, vectors, words)


def _fingerprint(documents: Sequence[Document], models: Mapping[str, str]) -> str:
    identity = {
        "format": FORMAT,
        "documents": [{**asdict(d), "text": None} for d in documents],
        "models": dict(models),
        "settings": SETTINGS,
    }
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _lines(content: bytes) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in content.split(b"\n") if line)


def _sync(path: Path) -> None:
    """Have the system write a file or folder to disk, so that a rename never precedes it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

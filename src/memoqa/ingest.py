"""The offline path: corpus to index."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from memoqa import chunk, corpus, parse, references, store
from memoqa.bibliography import Record
from memoqa.corpus import Corpus
from memoqa.embed import Embedder, Vectors
from memoqa.errors import CorpusError, MemoqaError
from memoqa.history import history
from memoqa.index import NO_HISTORY, Index, Manifest, indexed_text
from memoqa.index import assemble as assemble_index
from memoqa.parse import Limits, Parser
from memoqa.settings import Settings
from memoqa.types import Document, Passage, Suggestion, Work


@dataclass(frozen=True, slots=True)
class Report:
    """What `build` did: ids of the documents added, changed and removed against the index before,
    how many passages there are and how many were embedded, the files left out with reasons, and
    what is missing of files that are in, by their paths.
    """

    manifest: Manifest
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    documents: int
    passages: int
    embedded: int
    left_out: tuple[tuple[str, str], ...]
    warnings: tuple[tuple[str, str], ...]


def build(
    settings: Settings,
    embedder: Embedder,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
    waiting: Callable[[], object] = lambda: None,
    suggest: Callable[[Index, Index | None], tuple[Suggestion, ...]] = lambda _new, _old: (),
) -> Report:
    """Index the corpus anew and put the index in the place of the old one.

    What did not change is taken from the old index: files are not parsed again, nor texts cut,
    nor passages embedded whose words it holds. A second build at the same time calls `waiting`
    and waits for the first. `suggest` is given the new index and the old one.

    Raises:
        CorpusError: when there is nothing to index; the old index is left as it is.
    """
    corpus.require(settings.corpus)
    settings.index.mkdir(parents=True, exist_ok=True)
    with _locked(settings.index, waiting):
        old = _old(settings.index)
        read = _read(settings, old)
        index, embedded = assemble(
            read.documents,
            embedder,
            known=_vectors_by_text(old, embedder),
            sources=read.sources,
            records=read.records,
            before=old,
            progress=progress,
        )
        index.history = history(
            {} if old is None else old.documents,
            index.documents,
            NO_HISTORY if old is None else old.history,
            index.manifest.built_at,
            read.left_out,
        )
        index.suggestions = suggest(index, old)
        manifest = store.write(index, settings.index)
    before, after = {} if old is None else old.documents, index.documents
    return Report(
        manifest=manifest,
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(i for i in after.keys() & before.keys() if after[i] != before[i])),
        removed=tuple(sorted(before.keys() - after.keys())),
        documents=len(after),
        passages=len(index.passages),
        embedded=embedded,
        left_out=read.left_out,
        warnings=tuple((d.source, warning) for d in read.documents for warning in d.warnings),
    )


def assemble(
    documents: Sequence[Document],
    embedder: Embedder,
    known: Mapping[str, Vectors],
    sources: Mapping[str, str],
    records: Mapping[str, Record] = {},
    before: Index | None = None,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> tuple[Index, int]:
    """The index of these documents, in memory, and how many passages had to be embedded.

    `known` maps a passage's indexed text to its vector; passages and words of documents that did
    not change are taken from the index `before`.
    """
    cut = _passages_by_text(before)
    by_id = {document.id: document for document in documents}
    passages: list[Passage] = []
    for document in documents:
        passages += cut.get((document.id, document.sha256)) or chunk.passages(document)
    if not passages:
        raise CorpusError("the documents hold headings only; add a text to the corpus")
    texts = [indexed_text(by_id[p.span.doc_id], p) for p in passages]
    new = sorted({text for text in texts if text not in known})
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, len(new))

    progress(0, len(new))
    vectors = {**known, **dict(zip(new, embedder.embed_passages(new, advance), strict=True))}
    index = assemble_index(
        documents,
        passages,
        np.stack([vectors[text] for text in texts]),
        embedder.identity,
        sources,
        _works(documents, records, before),
        before,
    )
    return index, len(new)


@contextmanager
def _locked(folder: Path, waiting: Callable[[], object]) -> Iterator[None]:
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def survey(settings: Settings) -> tuple[Corpus, tuple[Work, ...]]:
    """The corpus as it is now, and the works in it; what the index holds is not parsed again.

    Raises:
        CorpusError: when there is no document.
    """
    old = _old(settings.index)
    read = _read(settings, old)
    return read, _works(read.documents, read.records, old)


def _works(
    documents: Sequence[Document], records: Mapping[str, Record], before: Index | None
) -> tuple[Work, ...]:
    if before is None or before.manifest.settings.get("references") != references.VERSION:
        return references.works(documents, records)
    return references.works(documents, records, before.documents, before.works)


def _read(settings: Settings, old: Index | None) -> Corpus:
    before = None
    if old is not None and old.manifest.settings.get("parser") == parse.VERSION:
        before = Corpus(tuple(old.documents.values()), sources=old.manifest.sources)
    with Parser(Limits.of(settings)) as parser:
        return corpus.load(settings.corpus, parser, before)


def _old(folder: Path) -> Index | None:
    """The index in place, whatever it was made with."""
    try:
        return store.load(folder)
    except MemoqaError:
        return None


def _vectors_by_text(index: Index | None, embedder: Embedder) -> dict[str, Vectors]:
    if index is None or index.manifest.models["embedder"] != embedder.identity:
        return {}
    return dict(zip(index.texts(), index.vectors(), strict=True))


def _passages_by_text(index: Index | None) -> dict[tuple[str, str], list[Passage]]:
    if index is None or index.manifest.settings.get("chunker") != chunk.SETTINGS:
        return {}
    found: dict[tuple[str, str], list[Passage]] = {}
    for passage in index.passages:
        document = index.documents[passage.span.doc_id]
        found.setdefault((document.id, document.sha256), []).append(passage)
    return found

"""The offline path: corpus to index."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from memoqa import chunk, corpus
from memoqa import index as index_folder
from memoqa.embed import Embedder, Vectors
from memoqa.errors import CorpusError, MemoqaError
from memoqa.index import Index, Manifest
from memoqa.settings import Settings
from memoqa.types import Document, Passage


@dataclass(frozen=True, slots=True)
class Report:
    """What `build` did: ids of the documents added, changed and removed against the index before,
    how many passages there are and how many were embedded, and the files left out with reasons.
    """

    manifest: Manifest
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    documents: int
    passages: int
    embedded: int
    left_out: tuple[tuple[str, str], ...]


def build(
    settings: Settings,
    embedder: Embedder,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Report:
    """Index the corpus anew and put the index in the place of the old one.

    Passages whose words the old index holds keep their vectors. A second build at the same time
    waits for the first.

    Raises:
        CorpusError: when there is nothing to index; the old index is left as it is.
    """
    corpus.require(settings.corpus)
    settings.index.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.index / ".lock"):
        # Read before the documents: a file that changes in between leaves the index stale.
        sources = corpus.Sources(settings.corpus).read()
        read = corpus.load(settings.corpus, settings.max_file_bytes)
        old = _old(settings.index, embedder)
        index, embedded = assemble(
            read.documents,
            embedder,
            known={} if old is None else _vectors_by_text(old),
            sources=sources,
            progress=progress,
        )
        manifest = index_folder.write(index, settings.index)
    before = {} if old is None else old.documents
    after = index.documents
    return Report(
        manifest=manifest,
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(i for i in after.keys() & before.keys() if after[i] != before[i])),
        removed=tuple(sorted(before.keys() - after.keys())),
        documents=len(after),
        passages=len(index.passages),
        embedded=embedded,
        left_out=read.left_out,
    )


def assemble(
    documents: tuple[Document, ...],
    embedder: Embedder,
    known: dict[str, Vectors],
    sources: dict[str, str],
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> tuple[Index, int]:
    """The index of these documents, in memory, and how many passages had to be embedded.

    `known` maps a passage's indexed text to its vector.
    """
    by_id = {document.id: document for document in documents}
    passages: list[Passage] = [p for document in documents for p in chunk.passages(document)]
    if not passages:
        raise CorpusError("the documents hold headings only; add a text to the corpus")
    texts = [index_folder.indexed_text(by_id[p.span.doc_id], p) for p in passages]
    new = sorted({text for text in texts if text not in known})
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, len(new))

    progress(0, len(new))
    vectors = embedder.embed_passages(new, advance)
    known = known | dict(zip(new, vectors, strict=True))
    index = index_folder.assemble(
        documents,
        passages,
        np.stack([known[text] for text in texts]),
        embedder.identity,
        sources,
    )
    return index, len(new)


def _old(folder: Path, embedder: Embedder) -> Index | None:
    """The index in place, whatever else it was made with, as long as its vectors are this
    embedder's.
    """
    try:
        index = index_folder.load(folder)
    except MemoqaError:
        return None
    return index if index.manifest.models["embedder"] == embedder.identity else None


def _vectors_by_text(index: Index) -> dict[str, Vectors]:
    texts = (index_folder.indexed_text(index.documents[p.span.doc_id], p) for p in index.passages)
    return dict(zip(texts, index.vectors(), strict=True))

"""What is searched: documents, works, passages, their vectors (FAISS) and their words (BM25)."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from memoqa import chunk, lexical, parse, references
from memoqa.embed import Vectors
from memoqa.lexical import Lexical
from memoqa.models import BILINGUAL_READER, READER, RERANKER
from memoqa.types import Document, History, Passage, Suggestion, Work, under

if TYPE_CHECKING:
    import faiss

FORMAT = 4
SETTINGS = {
    "parser": parse.VERSION,
    "chunker": chunk.SETTINGS,
    "lexical": lexical.SETTINGS,
    "references": references.VERSION,
}
"""What shapes an index beside its corpus and models."""

NO_HISTORY = History(at="", added=(), changed=(), removed=(), dates={}, left_out=())


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
    """An opened index, all of it in memory: it goes on working when the folder changes.

    `dense` holds the passages' vectors in their order, each under a number that stays the same
    over builds; `words` is the BM25 leg. `history` and `suggestions` are for people alone: what
    builds changed, and questions to start with.
    """

    def __init__(
        self,
        manifest: Manifest,
        documents: Iterable[Document],
        works: Iterable[Work],
        passages: Sequence[Passage],
        dense: "faiss.IndexIDMap",
        words: Lexical,
        history: History = NO_HISTORY,
        suggestions: tuple[Suggestion, ...] = (),
    ) -> None:
        import faiss

        self.manifest = manifest
        self.documents = {document.id: document for document in documents}
        self.works = {work.key: work for work in works}
        self.passages = passages
        self.dense = dense
        self.words = words
        self.history = history
        self.suggestions = suggestions
        self._ids = faiss.vector_to_array(dense.id_map)
        self._position = {id: position for position, id in enumerate(self._ids.tolist())}

    def texts(self) -> list[str]:
        """What was embedded and counted of every passage, by position."""
        return [indexed_text(self.documents[p.span.doc_id], p) for p in self.passages]

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
            parameters.sel = faiss.IDSelectorBatch(self._ids[among])
        scores, ids = self.dense.search(vector[None, :], limit, params=parameters)
        found = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        hits = ((self._position[id], score) for id, score in found if id >= 0)
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def search_lexical(
        self, question: str, limit: int, documents: frozenset[str] | None = None
    ) -> list[tuple[int, float]]:
        """(position, BM25 score) of the passages that share words, best first."""
        among = self._positions(documents)
        return self.words.search(question, limit, None if among is None else among.tolist())

    def vectors(self) -> Vectors:
        """(passages, dimension): every passage's vector, by position."""
        vectors: Vectors = self.dense.index.reconstruct_n(0, self.dense.ntotal)
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
    return under(context(document, passage), text_of(document, passage))


def assemble(
    documents: Sequence[Document],
    passages: Sequence[Passage],
    vectors: Vectors,
    embedder: str,
    sources: Mapping[str, str],
    works: Sequence[Work] = (),
    before: Index | None = None,
) -> Index:
    """An index in memory. `vectors` is (passages, dimension), rows of unit length, made by the
    embedder of this identity; `sources` is the sha256 of every corpus file, by its path. Words of
    passages that the index `before` holds are taken from it.
    """
    import faiss

    models = models_in_use(embedder)
    by_id = {document.id: document for document in documents}
    texts = [indexed_text(by_id[p.span.doc_id], p) for p in passages]
    dense = faiss.IndexIDMap(faiss.IndexFlatIP(vectors.shape[1]))
    dense.add_with_ids(vectors, _ids(passages, texts))
    manifest = Manifest(
        format=FORMAT,
        fingerprint=_fingerprint(documents, works, models),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        build="",
        dimension=int(vectors.shape[1]),
        models=models,
        settings=SETTINGS,
        sources=dict(sources),
        files={},
    )
    if before is None or before.manifest.settings.get("lexical") != lexical.SETTINGS:
        words = Lexical.build(texts)
    else:
        known = {text: position for position, text in enumerate(before.texts())}
        words = Lexical.build(texts, before.words, known)
    return Index(manifest, documents, works, passages, dense, words)


def row(value: Document | Work) -> dict[str, Any]:
    """The fields of a value, for `json.dumps` with `asdict` for what is inside them: `asdict` of
    the whole copies each part and takes a second for some thousand values.
    """
    return {field.name: getattr(value, field.name) for field in fields(value)}


def models_in_use(embedder: str) -> dict[str, str]:
    """The identities of the models that an index serves, by their names in the manifest."""
    return {
        "embedder": embedder,
        "reranker": RERANKER.identity,
        "reader": READER.identity,
        "bilingual reader": BILINGUAL_READER.identity,
    }


def _ids(passages: Sequence[Passage], texts: Sequence[str]) -> np.ndarray[Any, Any]:
    """A number of 63 bits for each passage, which it keeps while its document holds its words, in
    whatever place.

    Of passages of one document with the same words, each has its turn counted in.
    """
    turns: Counter[tuple[str, str]] = Counter()
    ids = np.empty(len(passages), dtype=np.int64)
    for position, (passage, text) in enumerate(zip(passages, texts, strict=True)):
        name = (passage.span.doc_id, text)
        digest = hashlib.sha256("\0".join((*name, str(turns[name]))).encode()).digest()
        turns[name] += 1
        ids[position] = int.from_bytes(digest[:8]) >> 1
    return ids


def _fingerprint(
    documents: Sequence[Document], works: Sequence[Work], models: Mapping[str, str]
) -> str:
    identity = {
        "format": FORMAT,
        "documents": [{**row(document), "text": None} for document in documents],
        "works": [asdict(work) for work in works],
        "models": dict(models),
        "settings": SETTINGS,
    }
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False, default=asdict)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

"""Deterministic stand-ins at the model seams, and small ways to make what tests need."""

import hashlib
import threading
from collections.abc import Callable, Sequence

import numpy as np

from memoqa import ingest
from memoqa.answer import Assistant
from memoqa.confidence import Confidence
from memoqa.corpus import sha256_text
from memoqa.embed import Vectors
from memoqa.index import Index
from memoqa.lexical import tokens
from memoqa.read import quoted
from memoqa.rerank import Reranker
from memoqa.types import Document, Extract, Kind, Retrieved, Span
from memoqa.weigh import ENGLISH_ORDER, Models, Reading

DIMENSION = 64


class FakeEmbedder:
    """Texts that share terms are near: each term adds one to a place of its own."""

    identity = "fake-embedder@1"

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_passages(
        self, texts: Sequence[str], advance: Callable[[int], object] = lambda _: None
    ) -> Vectors:
        self.embedded.extend(texts)
        advance(len(texts))
        return np.array([self.embed_question(text) for text in texts], dtype=np.float32).reshape(
            -1, DIMENSION
        )

    def embed_question(self, text: str) -> Vectors:
        vector = np.full(DIMENSION, 1e-3, dtype=np.float32)
        for term in tokens(text):
            vector[hashlib.sha256(term.encode()).digest()[0] % DIMENSION] += 1
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit


class FakeReranker:
    """The logit of the share of the question's terms that stand in the text, from -5 to 5."""

    identity = "fake-reranker@1"

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        asked = set(tokens(question))
        return [
            10 * len(asked & set(tokens(text))) / len(asked) - 5 if asked else -5.0
            for text in texts
        ]


class FakeReader:
    """Reads by sentences: each is an extract, highlighted whole, with the reranker's score."""

    identity = "fake-reader@1"

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker

    def read(self, question: str, retrieved: Sequence[Retrieved]) -> list[Extract]:
        places: dict[Span, Retrieved] = {}
        for hit in retrieved:
            for bounds in hit.passage.sentences:
                places.setdefault(Span(hit.passage.span.doc_id, *bounds), hit)
        scores = self._reranker.score(question, [quoted(*place) for place in places.items()])
        extracts = [
            Extract(hit.passage, span, span, score=score, relevance=hit.score)
            for (span, hit), score in zip(places.items(), scores, strict=True)
        ]
        return sorted(extracts, key=lambda e: (-e.score, e.span.doc_id, e.span.start))


class GatedReranker(FakeReranker):
    """Scores only when `gate` is set; `entered` is released each time it is reached."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        self.asked: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        self.asked.append(question)
        self.entered.release()
        if not self.gate.wait(60):
            raise TimeoutError("the gate was never opened")
        return super().score(question, texts)


def confidence(threshold: float = 0.6) -> Confidence:
    """Rises with the share of the question's terms in the quote alone."""
    return Confidence({"terms_in_quote": 8.0}, -4.0, threshold)


def models(threshold: float = 0.6, reranker: Reranker | None = None) -> Models:
    reranker = reranker or FakeReranker()
    reading = Reading(
        reranker,
        FakeReader(reranker),
        reranker,
        confidence(threshold),
        ENGLISH_ORDER,
        FakeEmbedder(),
    )
    return Models(FakeEmbedder(), reading, reading, reading)


def document(text: str, id: str = "doc", kind: Kind = "memo", title: str = "A title") -> Document:
    return Document(
        id=id, title=title, kind=kind, text=text, sha256=sha256_text(text), source=f"{id}.txt"
    )


def index_of(*documents: Document) -> Index:
    return ingest.assemble(documents, FakeEmbedder(), known={}, sources={})[0]


def assistant_of(
    *documents: Document, threshold: float = 0.6, reranker: Reranker | None = None
) -> Assistant:
    return Assistant(index_of(*documents), models(threshold, reranker))

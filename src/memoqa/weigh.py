"""Passages to extracts, each with the probability that it answers: rerank, read and weigh.

Questions and passages in English are for models that know English alone. A pair with Japanese in
it is for models that know both, whose scores mean something else where they cross languages.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge

from memoqa.confidence import Confidence, features, open_confidence
from memoqa.embed import Embedder, open_embedder
from memoqa.models import EMBEDDER, READER
from memoqa.read import Reader, narrowed, open_bilingual_reader, open_reader
from memoqa.rerank import CrossEncoder, Reranker, open_reranker, rerank
from memoqa.script import asks_in_japanese, is_japanese
from memoqa.settings import Settings
from memoqa.types import Extract, Retrieved

READ = 6
"""Passages that the reader reads."""

CANDIDATES = 6
"""Extracts, the reader's best, whose probability is worked out."""

ENGLISH_ORDER = {
    "score": 1.0,
    "relevance": 1.0,
    "score_alone": 1.0,
    "relevance_alone": 1.0,
    "passage": 2.0,
    "similarity": 160.0,
}
"""What orders these, features by their weights. A near miss often leans on its neighbours, so that
quotes are read alone too; the reranker and the embedder were trained on other questions, and know
other phrasings. Similarities lie within a tenth or so of each other.
"""

BILINGUAL_ORDER = {"score": 1.0, "score_alone": 1.0, "passage": 4.0, "similarity": 320.0}
"""Of the model that ranks and reads, how relevant it finds the passage says more than where it sees
words that fit. The embedder learnt from far more pairs of languages, and knows what means the same.
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The opened models that read questions and passages of some languages; `embedder` tells how
    similar question and quote are.
    """

    reranker: Reranker
    reader: Reader
    confidence: Confidence
    order: Mapping[str, float]
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class Models:
    """The opened models: `english` for English alone, `japanese` for Japanese alone, `crossed`
    for a question in one language and a passage in the other.
    """

    embedder: Embedder
    english: Reading
    japanese: Reading
    crossed: Reading

    def reading(self, question: str, text: str) -> Reading:
        """The models that read this text for this question."""
        if asks_in_japanese(question):
            return self.japanese if is_japanese(text) else self.crossed
        return self.crossed if is_japanese(text) else self.english


@dataclass(frozen=True, slots=True)
class Weighed:
    """`answers` says whether the probability is high enough for an answer."""

    extract: Extract
    probability: float
    answers: bool


Ranked = list[tuple[Reading, list[Retrieved]]]
"""The passages that are read, by the models that read them, with their reranker's scores."""


def rank(question: str, retrieved: Iterable[Retrieved], models: Models) -> Ranked:
    """The best passages for each of the models that read some of them."""
    groups: dict[int, tuple[Reading, list[Retrieved]]] = {}
    for hit in retrieved:
        reading = models.reading(question, hit.text)
        groups.setdefault(id(reading), (reading, []))[1].append(hit)
    return [
        (reading, rerank(reading.reranker, question, hits, READ))
        for reading, hits in groups.values()
    ]


def weighed(question: str, ranked: Ranked) -> list[Weighed]:
    """What may answer the question, best first.

    Scores of different models do not compare, so extracts of each are ordered apart, and their
    probabilities decide between them.
    """
    groups = (_judged(reading, weigh(question, hits, reading)) for reading, hits in ranked)
    return list(merge(*groups, key=lambda one: -one.probability))


def weigh(
    question: str, ranked: Sequence[Retrieved], reading: Reading
) -> list[tuple[Extract, dict[str, float]]]:
    """Read the passages, say what speaks for each of the reader's best extracts, and order them."""
    hits = {hit.passage: hit for hit in ranked}
    extracts = reading.reader.read(question, ranked)[:CANDIDATES]
    quotes = [narrowed(hits[extract.passage], extract.span) for extract in extracts]
    vectors = reading.embedder.embed_passages([quote.in_context for quote in quotes])
    near = (vectors @ reading.embedder.embed_question(question)).tolist()
    alone = {again.span: again for again in reading.reader.read(question, quotes)}
    found = [
        (
            extract,
            features(
                question, extract, alone[extract.span], hits[extract.passage], quote, similarity
            ),
        )
        for extract, quote, similarity in zip(extracts, quotes, near, strict=True)
    ]
    found.sort(key=lambda one: -sum(w * one[1][name] for name, w in reading.order.items()))
    return found


def _judged(
    reading: Reading, found: Iterable[tuple[Extract, dict[str, float]]]
) -> Iterator[Weighed]:
    for extract, speaks in found:
        probability = reading.confidence.probability(speaks)
        yield Weighed(extract, probability, probability >= reading.confidence.threshold)


def open_models(settings: Settings, embedder: Embedder | None = None) -> Models:
    """Open the models that the settings name, but for an embedder that is open already.

    A reader that the user names reads all languages.

    Raises:
        ModelNotFound, ModelMismatch: each says what mends it.
    """
    embedder = embedder or open_embedder(settings.embedder)
    # Another embedder's similarities lie elsewhere than those that were weighed.
    similar = embedder if embedder.identity == EMBEDDER.identity else open_embedder(EMBEDDER.name)

    def opened(
        reranker: Reranker, reader: Reader, languages: str, order: Mapping[str, float]
    ) -> Reading:
        confidence = open_confidence(reader.identity, languages)
        return Reading(reranker, reader, confidence, order, similar)

    english = opened(open_reranker(), open_reader(settings.reader), "english", ENGLISH_ORDER)
    if settings.reader != READER.name:
        return Models(embedder, english, english, english)
    both = open_bilingual_reader()
    # It says how relevant a text is in the same pass, which its encoder remembers.
    relevance = CrossEncoder(both.encoder, both.identity)
    japanese, crossed = (
        opened(relevance, both, languages, BILINGUAL_ORDER) for languages in ("japanese", "crossed")
    )
    return Models(embedder, english, japanese, crossed)

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

CANDIDATES = 4
"""Extracts, the reader's best, among which the order and the answer are chosen."""

ENGLISH_ORDER = {
    "score": 1.0,
    "score_alone": 0.25,
    "relevance": 2.0,
    "relevance_alone": 1.0,
    "passage": 2.0,
    "similarity": 120.0,
}
"""What orders these, features by their weights. A near miss often leans on its neighbours, so that
quotes are read alone too; the second opinion and the embedder were trained on other questions, and
know other phrasings. Similarities lie within a tenth or so of each other.
"""

BILINGUAL_ORDER = {"score": 1.0, "score_alone": 1.0, "passage": 4.0, "similarity": 320.0}
"""Of the model that ranks and reads, how relevant it finds the passage says more than where it sees
words that fit. The embedder learnt from far more pairs of languages, and knows what means the same.
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The opened models that read questions and passages of some languages.

    `reranker` orders the passages, `second` gives another opinion of those with the best extracts,
    and `embedder` tells how similar question and quote are.
    """

    reranker: Reranker
    reader: Reader
    second: Reranker
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
"""The passages, by the models that read them, in the order and with the scores of their reranker.
"""


def rank(question: str, retrieved: Iterable[Retrieved], models: Models) -> Ranked:
    """The passages in order, for each of the models that read some of them."""
    groups: dict[int, tuple[Reading, list[Retrieved]]] = {}
    for hit in retrieved:
        reading = models.reading(question, hit.text)
        groups.setdefault(id(reading), (reading, []))[1].append(hit)
    return [
        (reading, rerank(reading.reranker, question, hits)) for reading, hits in groups.values()
    ]


def weighed(question: str, ranked: Ranked, wanted: int = CANDIDATES) -> list[Weighed]:
    """What may answer the question, best first; `wanted` extracts of each of the models, or
    `CANDIDATES` if these are more.

    Scores of different models do not compare, so extracts of each are ordered apart, and their
    probabilities decide between them.
    """
    groups = (_judged(reading, weigh(question, hits, reading, wanted)) for reading, hits in ranked)
    return list(merge(*groups, key=lambda one: -one.probability))


def weigh(
    question: str, ranked: Sequence[Retrieved], reading: Reading, wanted: int = CANDIDATES
) -> list[tuple[Extract, dict[str, float]]]:
    """Read the passages, say what speaks for each of the reader's best extracts, and order them.

    The candidates come first: what is best does not depend on how many are wanted.
    """
    extracts = reading.reader.read(question, ranked)[: max(wanted, CANDIDATES)]
    passages = {extract.passage for extract in extracts}
    hits = {hit.passage: hit for hit in ranked if hit.passage in passages}
    scores = reading.second.score(question, [hit.in_context for hit in hits.values()])
    second = dict(zip(hits, scores, strict=True))
    quotes = [narrowed(hits[extract.passage], extract.span) for extract in extracts]
    vectors = reading.embedder.embed_passages([quote.in_context for quote in quotes])
    near = (vectors @ reading.embedder.embed_question(question)).tolist()
    alone = {again.span: again for again in reading.reader.read(question, quotes)}
    found = [
        (
            extract,
            features(
                question,
                extract,
                alone[extract.span],
                hits[extract.passage],
                quote,
                second[extract.passage],
                similarity,
            ),
        )
        for extract, quote, similarity in zip(extracts, quotes, near, strict=True)
    ]

    def worth(one: tuple[Extract, dict[str, float]]) -> float:
        return sum(weight * one[1][name] for name, weight in reading.order.items())

    parts = (found[:CANDIDATES], found[CANDIDATES:])
    return [one for part in parts for one in sorted(part, key=worth, reverse=True)]


def _judged(
    reading: Reading, found: Iterable[tuple[Extract, dict[str, float]]]
) -> Iterator[Weighed]:
    # Whether anything answers is for the candidates to say.
    answered = False
    for number, (extract, speaks) in enumerate(found):
        probability = reading.confidence.probability(speaks)
        likely = probability >= reading.confidence.threshold
        answered = answered or (likely and number < CANDIDATES)
        yield Weighed(extract, probability, likely and answered)


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
        reranker: Reranker,
        reader: Reader,
        second: Reranker,
        languages: str,
        order: Mapping[str, float],
    ) -> Reading:
        confidence = open_confidence(reader.identity, languages)
        return Reading(reranker, reader, second, confidence, order, similar)

    second, reader = open_reranker(), open_reader(settings.reader)
    if settings.reader != READER.name:
        named = opened(second, reader, second, "english", ENGLISH_ORDER)
        return Models(embedder, named, named, named)
    # The shipped readers say how relevant a text is in the same pass, which encoders remember.
    relevance = CrossEncoder(reader.encoder, reader.identity)
    english = opened(relevance, reader, second, "english", ENGLISH_ORDER)
    both = open_bilingual_reader()
    relevance = CrossEncoder(both.encoder, both.identity)
    japanese, crossed = (
        opened(relevance, both, relevance, languages, BILINGUAL_ORDER)
        for languages in ("japanese", "crossed")
    )
    return Models(embedder, english, japanese, crossed)

import math
from dataclasses import replace

import pytest

from fakes import FakeEmbedder, document, index_of
from memoqa.confidence import Confidence, features, open_confidence
from memoqa.read import narrowed
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.types import Extract, Span
from memoqa.weigh import open_models, weigh

MEMO = document(
    "Twenty consortia were created in Kyushu. In 2007, 1,194 companies joined.", title="Clusters"
)


def found(
    question: str, quote: str = "Twenty consortia were created in Kyushu."
) -> dict[str, float]:
    (hit,) = Retriever(index_of(MEMO), FakeEmbedder()).retrieve(question, 1)
    start = MEMO.text.index(quote)
    span = Span(MEMO.id, start, start + len(quote))
    extract = Extract(hit.passage, span, span, score=2.5, relevance=1.5)
    alone = replace(extract, score=3.5, relevance=0.75)
    return features(question, extract, alone, hit, narrowed(hit, span), second=1.25, similarity=0.5)


def test_the_models_scores_are_features() -> None:
    asked = found("How many consortia?")
    assert asked["score"] == 2.5
    assert asked["relevance"] == 1.5
    assert asked["score_alone"] == 3.5
    assert asked["relevance_alone"] == 0.75
    assert asked["passage"] == 1.25
    assert asked["similarity"] == 0.5


@pytest.mark.parametrize(
    ("question", "in_quote", "in_passage"),
    [
        ("Which consortia were created?", 1.0, 1.0),
        ("Which consortia did companies join?", 1 / 3, 1.0),
        ("Which zebra?", 0.0, 0.0),
        ("Which clusters?", 1.0, 1.0),
        ("Who are they?", 0.0, 0.0),
    ],
)
def test_shares_of_the_question_s_terms(question: str, in_quote: float, in_passage: float) -> None:
    asked = found(question)
    assert asked["terms_in_quote"] == pytest.approx(in_quote)
    assert asked["terms_in_passage"] == pytest.approx(in_passage)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Who joined in 2007?", 0.0),
        ("Who joined in ２００７?", 0.0),
        ("Did 1194 join?", 0.0),
        ("Did 1,194, or fewer, join?", 0.0),
        ("Who joined in 2008?", 1.0),
        ("Who joined in 2007 and 2008?", 1.0),
        ("Who joined?", 0.0),
    ],
)
def test_a_number_that_stands_nowhere_is_missing(question: str, missing: float) -> None:
    assert found(question)["numbers_missing"] == missing


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("What was created in Kyushu?", 0.0),
        ("What was created in Kumamoto?", 1.0),
        ("Zebras were created where?", 0.0),
        ("what was created?", 0.0),
    ],
)
def test_a_name_that_stands_nowhere_is_missing(question: str, missing: float) -> None:
    assert found(question)["names_missing"] == missing


def test_probability_is_the_logistic_of_the_weighted_features() -> None:
    confidence = Confidence({"score": 0.5, "relevance": -0.25}, -0.5, 0.5)
    values = {"score": 4.0, "relevance": 2.0, "passage": 9.0}
    assert confidence.probability(values) == pytest.approx(1 / (1 + math.exp(-1.0)))


def test_probability_stays_between_0_and_1_however_large_the_sum() -> None:
    assert Confidence({}, -5_000.0, 0.5).probability({}) == 0.0
    assert Confidence({}, 0.0, 0.5).probability({}) == 0.5
    assert Confidence({}, 5_000.0, 0.5).probability({}) == 1.0


def test_another_reader_is_taken_at_its_own_odds() -> None:
    confidence = open_confidence("another reader", "english")
    assert confidence.probability({"relevance": 9.0, "score": 0.0}) == 0.5
    assert confidence.probability({"relevance": 9.0, "score": math.log(3)}) == pytest.approx(0.75)
    assert confidence.threshold == 0.5


@pytest.mark.models
@pytest.mark.parametrize("languages", ["english", "japanese", "crossed"])
def test_the_shipped_weights_are_for_the_shipped_readers(languages: str) -> None:
    reading = getattr(open_models(Settings()), languages)
    confidence = reading.confidence
    assert confidence != open_confidence("another reader", languages)
    hits = Retriever(index_of(MEMO), FakeEmbedder()).retrieve("consortia", 1)
    ((_, speaks), *_) = weigh("How many consortia were created?", hits, reading)
    assert set(confidence.weights) == set(speaks)
    assert set(reading.order) < set(speaks)
    assert 0 < confidence.threshold < 1
    starts = [level.start for level in confidence.levels]
    assert starts == sorted(starts, reverse=True)
    # Where there is no answer, no level says how often answers were right.
    assert starts[-1] == confidence.threshold
    assert all(level.right <= level.of for level in confidence.levels)

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fakes import FakeEmbedder, FakeReader, FakeReranker, confidence, document, index_of
from memoqa.answer import Assistant
from memoqa.confidence import Confidence
from memoqa.models import EMBEDDER
from memoqa.retrieve import Retriever
from memoqa.settings import Settings
from memoqa.weigh import (
    CANDIDATES,
    ENGLISH_ORDER,
    Models,
    Reading,
    open_models,
    rank,
    weigh,
    weighed,
)

ENGLISH = document("The plan began in 2001. Bread is made of flour.", id="english", title="Plans")
JAPANESE = document("計画は2001年に始まった。パンは小麦粉で作る。", id="japanese", title="計画")


class Named(FakeReranker):
    """A reranker apart from others, which keeps the texts that it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        self.texts += texts
        return super().score(question, texts)


def reading(threshold: float = 0.6) -> Reading:
    reranker = Named()
    return Reading(
        reranker,
        FakeReader(reranker),
        reranker,
        confidence(threshold),
        ENGLISH_ORDER,
        FakeEmbedder(),
    )


@pytest.fixture
def models() -> Models:
    return Models(FakeEmbedder(), reading(), reading(), reading())


@pytest.mark.parametrize(
    ("question", "text", "name"),
    [
        ("When did it begin?", "The plan began in 2001.", "english"),
        ("When did it begin?", "計画は2001年に始まった。", "crossed"),
        ("いつ始まりましたか？", "計画は2001年に始まった。", "japanese"),
        ("いつ始まりましたか？", "The plan (計画) began in 2001.", "crossed"),
    ],
)
def test_the_languages_pick_the_models(models: Models, question: str, text: str, name: str) -> None:
    assert models.reading(question, text) is getattr(models, name)


def test_each_passage_is_read_by_the_models_for_its_language(models: Models) -> None:
    hits = Retriever(index_of(ENGLISH, JAPANESE), FakeEmbedder()).retrieve("the plan 2001", 10)
    ranked = rank("When did the plan of 2001 begin?", hits, models)
    by = {id(reading): [hit.passage.span.doc_id for hit in hits] for reading, hits in ranked}
    assert by == {id(models.english): ["english"], id(models.crossed): ["japanese"]}


def test_probabilities_decide_between_models(models: Models) -> None:
    hits = Retriever(index_of(ENGLISH, JAPANESE), FakeEmbedder()).retrieve("the plan 2001", 10)
    question = "What 2001 plan began?"
    found = weighed(question, rank(question, hits, models))
    assert [one.probability for one in found] == sorted(
        (one.probability for one in found), reverse=True
    )
    assert {one.extract.span.doc_id for one in found} == {"english", "japanese"}
    assert found[0].extract.span.doc_id == "english"
    assert found[0].answers
    assert not found[-1].answers


def test_one_model_keeps_its_own_order(models: Models) -> None:
    hits = Retriever(index_of(ENGLISH), FakeEmbedder()).retrieve("plan flour", 10)
    ((english, ranked),) = rank("plan flour?", hits, models)
    extracts = [extract for extract, _ in weigh("plan flour?", ranked, english)]
    assert [one.extract for one in weighed("plan flour?", [(english, ranked)])] == extracts


def test_similarity_of_quote_and_question_is_a_feature(models: Models) -> None:
    question, text = "Where do ships anchor?", "Ships anchor here. Boats of ships anchor there."
    hits = Retriever(index_of(document(text)), FakeEmbedder()).retrieve(question, 1)
    unlike = replace(models.english, order={"similarity": -1.0})
    alike = replace(unlike, order={"similarity": 1.0})
    worst, best = weigh(question, hits, unlike), weigh(question, hits, alike)
    assert [one for one, _ in worst] == [one for one, _ in reversed(best)]
    near = [speaks["similarity"] for _, speaks in best]
    assert 1 >= near[0] > near[-1] >= -1


def test_a_second_opinion_is_of_the_passages_with_the_best_extracts_alone() -> None:
    long = document("\n\n".join(f"Paragraph {n} is about clusters." for n in range(30)))
    hits = Retriever(index_of(long), FakeEmbedder()).retrieve("clusters 29", 16)
    second = Named()
    among = replace(reading(), second=second)
    found = weigh("clusters 29?", hits, among)
    passages = {extract.passage: extract for extract, _ in found}
    assert set(second.texts) == {hit.in_context for hit in hits if hit.passage in passages}
    assert len(second.texts) == len(passages) <= CANDIDATES < len(hits)
    for extract, speaks in found:
        (hit,) = (hit for hit in hits if hit.passage == extract.passage)
        assert [speaks["passage"]] == FakeReranker().score("clusters 29?", [hit.in_context])


def test_more_that_are_wanted_come_after_the_candidates_and_change_nothing(models: Models) -> None:
    wide = document(" ".join(f"{'Ships ' * n}anchor at pier {n}." for n in range(9)))
    hits = Retriever(index_of(wide), FakeEmbedder()).retrieve("ships anchor", 16)
    ranked = rank("Where do ships anchor?", hits, models)
    few = weighed("Where do ships anchor?", ranked)
    many = weighed("Where do ships anchor?", ranked, 8)
    assert (len(few), len(many)) == (CANDIDATES, 8)
    assert many[:CANDIDATES] == few


def test_only_a_candidate_turns_a_no_into_an_answer(models: Models) -> None:
    text = "Blue ships anchor here. Red ships anchor. Ships anchor there. Ships do anchor. Lions."
    hits = Retriever(index_of(document(text)), FakeEmbedder()).retrieve("ships", 16)
    # Sure of what the others are not: the quotation without any word of the question.
    sure_of_last = Confidence({"terms_in_quote": -20.0}, 5.0, 0.6)
    among = replace(models, english=replace(models.english, confidence=sure_of_last))
    found = weighed("Where do ships anchor?", rank("ships anchor?", hits, among), 5)
    assert [one.answers for one in found] == [False] * 5
    assert found[-1].probability > 0.6


def test_of_nothing_comes_nothing(models: Models) -> None:
    assert weighed("clusters?", rank("clusters?", [], models)) == []


def test_the_level_of_an_answer_is_that_of_the_models_that_gave_it(models: Models) -> None:
    models = replace(models, crossed=reading(0.0))
    assistant = Assistant(index_of(ENGLISH), models)
    for question, name in (("plan began 2001?", "english"), ("plan began 2001は？", "crossed")):
        answer = assistant.ask(question)
        assert answer.answered
        assert assistant.confidence(answer) is getattr(models, name).confidence


@pytest.mark.models
def test_similarities_are_the_shipped_embedder_s_whichever_finds_the_passages() -> None:
    opened = open_models(Settings(), FakeEmbedder())
    assert opened.embedder.identity == FakeEmbedder().identity
    for reading in (opened.english, opened.japanese, opened.crossed):
        assert reading.embedder.identity == EMBEDDER.identity

import pytest

from fakes import FakeEmbedder, FakeReranker, document, index_of
from memoqa.rerank import open_reranker, rerank
from memoqa.retrieve import Retriever
from memoqa.types import Retrieved

DOCUMENT = document(
    "Apples are red.\n\nPears are green.\n\nCherries are red and small.\n\nPlums are blue.",
    title="Fruit",
)


def retrieved() -> list[Retrieved]:
    return Retriever(index_of(DOCUMENT), FakeEmbedder()).retrieve("fruit", 4)


def test_the_best_come_first_with_new_scores_and_ranks() -> None:
    found = rerank(FakeReranker(), "small red cherries", retrieved())
    assert [hit.rank for hit in found] == [1, 2, 3, 4]
    assert found[0].text == "Cherries are red and small."
    assert found[0].score == 5.0
    assert found[1].text == "Apples are red."
    assert found[1].score == pytest.approx(10 / 3 - 5)


def test_equal_scores_keep_the_order_of_retrieval() -> None:
    before = retrieved()
    found = rerank(FakeReranker(), "zebra", before)
    assert [hit.passage for hit in found] == [hit.passage for hit in before]


def test_the_context_is_read_with_the_words() -> None:
    (first, *_) = rerank(FakeReranker(), "fruit plums", retrieved())
    assert first.text == "Plums are blue."
    assert first.score == 5.0


def test_of_nothing_comes_nothing() -> None:
    assert rerank(FakeReranker(), "fruit", []) == []


@pytest.mark.models
def test_the_real_model_knows_an_answer_from_a_stranger() -> None:
    reranker = open_reranker()
    question = "What is the capital of France?"
    texts = ["Paris is the capital of France.", "Bread is made of flour.", "Paris is a city."]
    scores = reranker.score(question, texts)
    assert scores[0] > scores[2] > scores[1]
    assert scores[0] > 0 > scores[1]
    assert reranker.score(question, []) == []


@pytest.mark.models
def test_a_text_scores_the_same_in_any_company() -> None:
    reranker = open_reranker()
    texts = ["Short.", "A much longer text " * 200, "日本の計画。"]
    together = reranker.score("Which plan?", texts)
    assert together == [reranker.score("Which plan?", [text])[0] for text in texts]

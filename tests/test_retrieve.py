from fakes import FakeEmbedder, document, index_of
from memoqa.retrieve import Retriever, fused, min_max

MOON = document("# The moon\n\nIt is made of cheese.\n\nNobody lives on it.", "moon", title="Sky")
SUN = document("The sun is made of fire, and it is far away.", "sun", "note")


def test_min_max_sums_what_each_leg_found_scaled() -> None:
    dense = [(0, 0.75), (1, 0.5), (2, 0.25)]
    lexical = [(2, 8.0), (3, 6.0), (1, 4.0)]
    assert min_max(dense, lexical) == [
        (0, 1.0),
        (2, 1.0),
        (1, 0.5),
        (3, 0.5),
    ]


def test_min_max_of_equal_scores_and_of_empty_legs() -> None:
    assert min_max([(4, 0.3), (2, 0.3)], []) == [(2, 1.0), (4, 1.0)]
    assert min_max([], []) == []


def test_what_is_near_in_meaning_is_kept_among_what_says_the_words() -> None:
    dense = [(0, 1.0), (1, 0.75), (2, 0.5), (3, 0.5), (4, 0.0)]
    lexical = [(2, 9.0), (3, 8.0), (4, 7.0), (0, 1.0)]
    assert [position for position, _ in min_max(dense, lexical)] == [2, 3, 0, 1, 4]
    assert fused(dense, lexical, 3) == [(2, 1.5), (0, 1.0), (1, 0.75)]
    assert fused(dense, lexical, 7) == min_max(dense, lexical)
    assert fused([], lexical, 2) == [(2, 1.0), (3, 0.875)]
    assert fused(dense, [], 2) == [(0, 1.0), (1, 0.75)]


def test_passages_come_best_first_with_their_words_and_context() -> None:
    found = Retriever(index_of(MOON, SUN), FakeEmbedder()).retrieve("What is made of cheese?", 5)
    assert [hit.rank for hit in found] == [1, 2, 3]
    assert [hit.score for hit in found] == sorted((h.score for h in found), reverse=True)
    best = found[0]
    assert best.text == "It is made of cheese."
    assert best.context == "Sky. The moon"
    assert MOON.text[best.passage.span.start : best.passage.span.end] == best.text


def test_the_limit_holds() -> None:
    retriever = Retriever(index_of(MOON, SUN), FakeEmbedder())
    assert len(retriever.retrieve("What is made of cheese?", 2)) == 2


def test_a_question_without_a_shared_word_still_finds_the_nearest() -> None:
    assert Retriever(index_of(MOON, SUN), FakeEmbedder()).retrieve("zebra", 1)


def test_only_the_named_documents_are_searched() -> None:
    retriever = Retriever(index_of(MOON, SUN), FakeEmbedder())
    found = retriever.retrieve("What is made of cheese?", 5, frozenset({"sun"}))
    assert {hit.passage.span.doc_id for hit in found} == {"sun"}
    assert retriever.retrieve("cheese", 5, frozenset({"mars"})) == []
    assert retriever.retrieve("cheese", 5, frozenset()) == []


def test_the_same_question_finds_the_same() -> None:
    retriever = Retriever(index_of(MOON, SUN), FakeEmbedder())
    assert retriever.retrieve("cheese", 5) == retriever.retrieve("cheese", 5)

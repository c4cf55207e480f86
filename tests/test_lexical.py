from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoqa.lexical import Lexical, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The establishments of Japan", ["establish", "japan"]),
        ("Clusters CLUSTER cluster's", ["cluster", "cluster", "cluster", "s"]),
        ("What is it, and who are you?", []),
        ("728,853 in 1990.", ["728853", "1990"]),
        ("3.5 percent; 1,234.5; No.17530216", ["3.5", "1234.5", "17530216", "percent", "no"]),
        ("２００１ ＭＥＴＩ", ["2001", "meti"]),
        ("産業計画", ["産業", "業計", "計画", "産", "業", "計", "画"]),
        ("産", ["産"]),
        ("ｸﾗｽﾀｰ", ["クラ", "ラス", "スタ", "ター"]),
        ("METIの計画", ["meti", "の計", "計画", "計", "画"]),
        ("2001年に", ["2001", "年に", "年"]),
        ("計画2001", ["2001", "計画", "計", "画"]),
        ("東\r\n京", ["東京", "東", "京"]),
        ("何ですか", ["何で", "何"]),
        ("…?! 👍", []),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@given(st.text())
def test_case_and_width_do_not_count(text: str) -> None:
    assert all(tokens(text))
    assert tokens(f"{text} ABC １２") == tokens(f"{text} abc 12")


TEXTS = [
    "Twenty consortia were created.",
    "The Ministry created the program in 2001.",
    "産業クラスター計画は2001年に始まった。",
    "Of the and to.",
    "Twenty consortia were created.",
]


def test_texts_that_share_more_and_rarer_words_come_first() -> None:
    found = Lexical.build(TEXTS).search("Which ministry created a program?", 5)
    assert [position for position, _ in found] == [1, 0, 4]
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_ties_keep_the_order_of_the_texts() -> None:
    found = Lexical.build(TEXTS).search("twenty consortia", 5)
    assert [position for position, _ in found] == [0, 4]
    assert found[0][1] == found[1][1]


def test_japanese_is_found_in_japanese_text() -> None:
    assert [p for p, _ in Lexical.build(TEXTS).search("クラスター", 5)] == [2]


def test_a_number_is_found_where_japanese_follows_it() -> None:
    assert {p for p, _ in Lexical.build(TEXTS).search("2001", 5)} == {1, 2}


def test_english_and_japanese_terms_of_one_question_both_count() -> None:
    texts = ["The Industrial Cluster Program（産業クラスター計画）began.", "The program.", "産業史"]
    assert Lexical.build(texts).search("産業クラスター program", 3)[0][0] == 0


def test_a_year_is_found_by_its_era() -> None:
    assert {p for p, _ in Lexical.build(TEXTS).search("平成十三年", 5)} == {1, 2}


def test_the_limit_holds() -> None:
    assert len(Lexical.build(TEXTS).search("created", 2)) == 2


def test_only_some_texts_may_be_searched() -> None:
    words = Lexical.build(TEXTS)
    assert {p for p, _ in words.search("created", 5)} == {0, 1, 4}
    assert {p for p, _ in words.search("created", 5, [4, 1, 2])} == {1, 4}
    assert words.search("created", 5, []) == []


@pytest.mark.parametrize("question", ["", "the", "zebra", "\0", "?!"])
def test_without_a_shared_word_nothing_is_found(question: str) -> None:
    assert Lexical.build(TEXTS).search(question, 5) == []


def test_texts_without_any_word_can_be_indexed() -> None:
    assert Lexical.build(["the", "?"]).search("cluster", 5) == []


def test_what_is_saved_finds_the_same(tmp_path: Path) -> None:
    words = Lexical.build(TEXTS)
    words.save(tmp_path / "lexical")
    again = Lexical.load(tmp_path / "lexical")
    for question in ("ministry created program", "クラスター計画", "zebra", "2001"):
        assert again.search(question, 5) == words.search(question, 5)


terms = st.sampled_from(["moon", "sun", "mars", "1990", "産業", "the"])
some_texts = st.lists(st.lists(terms, max_size=6).map(" ".join), min_size=1, max_size=8)


@given(some_texts)
def test_scores_are_those_of_bm25s(texts: list[str]) -> None:
    theirs = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    theirs.index([tokens(text) or ["\0"] for text in texts], show_progress=False)
    for asked in ("moon", "sun 1990 moon", "産業", "venus moon"):
        expected = theirs.get_scores(tokens(asked))
        found = dict(Lexical.build(texts).search(asked, len(texts)))
        assert set(found) == set(np.flatnonzero(expected).tolist())
        for position, score in found.items():
            assert score == pytest.approx(float(expected[position]), abs=1e-5)


@given(some_texts, some_texts)
def test_words_taken_from_another_index_find_the_same(
    old_texts: list[str], texts: list[str]
) -> None:
    known = {text: position for position, text in enumerate(old_texts)}
    taken = Lexical.build(texts, Lexical.build(old_texts), known)
    anew = Lexical.build(texts)
    for asked in ("moon", "sun 1990 mars", "産業 moon", "venus"):
        assert taken.search(asked, 9) == anew.search(asked, 9)

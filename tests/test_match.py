import pytest

from memoqa.evaluate.match import exact_match, f1


@pytest.mark.parametrize(
    ("answer", "gold", "em", "overlap"),
    [
        ("The 194 companies,", "194 companies", 1, 1),
        ("194", "194 companies", 0, 2 / 3),
        ("an A.B. of the sea", "AB of Sea", 1, 1),
        ("the cat the cat", "cat", 0, 2 / 3),
        ("728,853", "728853", 1, 1),
        ("dog", "cat", 0, 0),
        ("the", "a", 1, 1),
        ("the", "cat", 0, 0),
        # Another script's punctuation stays, as in SQuAD's own script.
        ("«cat»", "cat", 0, 0),
    ],
)
def test_english_is_compared_as_by_squad(answer: str, gold: str, em: int, overlap: float) -> None:
    assert exact_match(answer, [gold]) == em
    assert f1(answer, [gold]) == pytest.approx(overlap)


@pytest.mark.parametrize(
    ("answer", "gold", "em", "overlap"),
    [
        ("産業クラスター計画。", "「産業 クラスター計画」", 1, 1),
        ("２００１年", "2001年", 1, 1),
        ("ｸﾗｽﾀｰ", "クラスター", 1, 1),
        ("東京都", "東京", 0, 4 / 5),
        ("METI計画", "meti計画", 1, 1),
        ("the year", "年", 0, 0),
        ("", "年", 0, 0),
    ],
)
def test_japanese_is_compared_by_characters(
    answer: str, gold: str, em: int, overlap: float
) -> None:
    assert exact_match(answer, [gold]) == em
    assert f1(answer, [gold]) == pytest.approx(overlap)


def test_the_gold_that_fits_best_counts_and_without_any_nothing_does() -> None:
    assert exact_match("194", ["194 companies", "194", "二"]) == 1
    assert f1("194 firms", ["194 companies", "194"]) == pytest.approx(2 / 3)
    assert exact_match("194", []) == f1("194", []) == 0


def test_an_answer_with_a_few_japanese_words_is_compared_by_words() -> None:
    assert f1("smaller firms", ["the Cluster Program (産業クラスター計画)"]) == 0

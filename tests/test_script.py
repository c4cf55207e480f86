import pytest

from memoqa.script import asks_in_japanese, is_japanese


@pytest.mark.parametrize(
    ("text", "japanese"),
    [
        ("The Cluster Program (産業クラスター計画) began in 2001.", False),
        ("産業クラスター計画（Cluster Program）は平成13年に始まった。", True),
        ("ﾊﾝｶｸ", True),
        ("2001, 728,853", False),
        ("", False),
    ],
)
def test_a_text_is_in_the_language_of_most_of_its_letters(text: str, japanese: bool) -> None:
    assert is_japanese(text) is japanese


@pytest.mark.parametrize(
    ("question", "japanese"),
    [
        ("Ministry of Economy, Trade and Industryの予算は？", True),
        ("産業クラスター計画 開始年", True),
        ("When did the plan (計画) begin?", False),
        ("What is METI?", False),
    ],
)
def test_a_question_is_japanese_by_its_particles(question: str, japanese: bool) -> None:
    assert asks_in_japanese(question) is japanese

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoqa.followup import understood
from memoqa.types import Turn

COUNTED = Turn("How many manufacturing establishments were there in 1990?", "728,853")
STARTED = Turn("When did METI start the Cluster Program?", "2001")
WRITTEN = Turn("Who is the author of the memo?", "Akira Yamasaki")


@pytest.mark.parametrize(
    ("question", "before", "taken_as"),
    [
        ("and in 2009?", COUNTED, "How many manufacturing establishments were there in 2009?"),
        ("What about 1950?", COUNTED, "How many manufacturing establishments were there in 1950?"),
        (
            "And in Tohoku?",
            Turn("Who joined the program in Kyushu?"),
            "Who joined the program in Tohoku?",
        ),
        (
            "and in 2009?",
            Turn("How many people live in Fukuoka today?"),
            "How many people live in Fukuoka today in 2009?",
        ),
        ("who ran it?", STARTED, "Who ran the Cluster Program?"),
        ("And what was its aim?", STARTED, "What was the Cluster Program’s aim?"),
        ("Why did they decline?", COUNTED, "Why did manufacturing establishments decline?"),
        (
            "Who paid for it?",
            Turn("How many companies joined the program in 2007?"),
            "Who paid for the program?",
        ),
        (
            "How were they measured?",
            Turn("What were the positive effects of the Cluster Program?"),
            "How were the positive effects measured?",
        ),
        ("Where does he teach?", WRITTEN, "Where does Akira Yamasaki teach?"),
        ("And when?", STARTED, f"{STARTED.question} And when?"),
        ("Why?", STARTED, f"{STARTED.question} Why?"),
        ("What about it?", STARTED, f"{STARTED.question} What about it?"),
        ("2009年は？", Turn("1990年の事業所数は？"), "2009年の事業所数は？"),
        ("その目的は？", Turn("産業クラスター計画とは？"), "産業クラスター計画とは？ その目的は？"),
    ],
)
def test_a_follow_up_takes_words_from_the_turn_before(
    question: str, before: Turn, taken_as: str
) -> None:
    assert understood(question, [Turn("Who won the cup?"), before]) == taken_as


def test_a_follow_up_to_a_follow_up_takes_words_from_both() -> None:
    history = [STARTED, Turn("who ran it?", "METI")]
    assert understood("And in 2009?", history) == "Who ran the Cluster Program? And in 2009?"


def test_a_person_stays_the_one_whom_a_follow_up_named() -> None:
    history = [WRITTEN, Turn("Where does he teach?", "Chuo University")]
    assert understood("What did he study?", history) == "What did Akira Yamasaki study?"
    assert understood("What is its name?", history).startswith("Where does Akira Yamasaki teach?")


@pytest.mark.parametrize(
    "question", ["How many consortia were created?", "When was METI founded?", "?", "…"]
)
def test_a_question_that_stands_alone_stays_as_it_is(question: str) -> None:
    assert understood(question, [STARTED]) == question


@given(st.text(min_size=1, max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_understood_as_something_with_words(
    question: str, before: str, answer: str
) -> None:
    found = understood(question, [Turn(before, answer)])
    assert found.strip() or not question.strip()
    assert understood(question, []) == question

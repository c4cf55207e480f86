import pytest

from memoqa.evaluate import Figure, Result, figures, statement
from memoqa.evaluate.measure import SLICED, reliability, risk_coverage, slices
from results import RESULTS, result


def by_name(results: list[Result], seed: int = 0) -> dict[str, Figure]:
    found = figures(results, seed)
    assert len({figure.name for figure in found}) == len(found)
    return {figure.name: figure for figure in found}


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("recall@1", 2 / 5, 5),
        ("recall@5", 3 / 5, 5),
        ("MRR", (1 + 1 + 1 / 4 + 1 / 6 + 0) / 5, 5),
        ("answer in the best quote", 3 / 5, 5),
        ("answered, and in the first quote", 2 / 5, 5),
        ("precision of answers", 2 / 4, 4),
        ("refusal precision", 2 / 4, 4),
        ("refusal recall", 2 / 3, 3),
        ("citations exact", 7 / 8, 8),
        ("recall@8", 4 / 5, 5),
        ("recall@12", 4 / 5, 5),
        ("EM", 2 / 5, 5),
        ("F1", (1 + 2 / 3 + 1) / 5, 5),
        ("EM with refusal", (1 + 2) / 8, 8),
        ("F1 with refusal", (1 + 2 / 3 + 2) / 8, 8),
        ("ECE", (0.05 + 0.1 + 0.8 + 0.3 + 2 * 0.2 + 0.8 + 0.1) / 8, 8),
        ("Brier", (0.01 + 0.64 + 0.09 + 0.64 + 0.01 + 0.49 + 0.09 + 0.0025) / 8, 8),
        ("AURC", (0 + 1 / 2 + 1.5 / 3 + 2 / 4 + 3 / 5 + 3 / 6 + 4 / 7 + 5 / 8) / 8, 8),
        # Of the 15 pairs, answerable 0.9 and 0.8 win 3 each, 0.7 wins 2 and ties 1, 0.2 and 0.1
        # win 1 each.
        ("AUROC", (3 + 3 + 2.5 + 1 + 1) / 15, 8),
    ],
)
def test_figures_on_a_case_worked_out_by_hand(name: str, value: float, count: int) -> None:
    figure = by_name(RESULTS)[name]
    assert figure.value == pytest.approx(value)
    assert figure.count == count
    assert 0 <= figure.low <= figure.value <= figure.high <= 1


def test_a_figure_of_nothing_is_left_out() -> None:
    answerable = by_name([result(rank=1, right=True)])
    assert "refusal recall" not in answerable
    assert "AUROC" not in answerable
    assert "refusal precision" not in answerable
    unanswerable = by_name([result(answerable=False, answered=False)])
    assert not {"recall@1", "F1", "AUROC", "precision of answers"} & set(unanswerable)
    assert unanswerable["refusal recall"].value == unanswerable["F1 with refusal"].value == 1
    assert figures([], 0) == []


def test_where_every_question_went_alike_the_interval_is_a_point() -> None:
    figure = by_name([result(rank=1, right=True)] * 5)["recall@1"]
    assert (figure.value, figure.low, figure.high) == (1.0, 1.0, 1.0)


def test_the_interval_depends_on_the_seed_alone_and_narrows_with_more_questions() -> None:
    few, many = RESULTS, RESULTS * 30
    assert figures(few, 7) == figures(few, 7)
    assert figures(many, 7) != figures(many, 8)
    for name, figure in by_name(many).items():
        assert figure.high - figure.low < by_name(few)[name].high - by_name(few)[name].low


def test_figures_can_be_had_by_name() -> None:
    assert figures(RESULTS, 0, {"F1", "MRR"}) == [by_name(RESULTS)[name] for name in ("MRR", "F1")]


def test_the_calibration_error_keeps_its_value_inside_its_interval() -> None:
    # Confidence is right on average, so every resample is off by more than the sample itself.
    results = [result(right=n % 10 < 7, confidence=0.7 + n / 1e6) for n in range(100)]
    figure = by_name(results)["ECE"]
    assert 0 <= figure.low <= figure.value <= figure.high


def test_slices_are_by_type_and_language_the_largest_first() -> None:
    results = [
        result(right=True, type="who"),
        result(type="number", text="いくつですか"),
        result(right=True, type="number"),
        result(answerable=False, type="off-topic"),
    ]
    found = slices(results, 0)
    assert [(s.name, s.count) for s in found["Question type"]] == [
        ("number", 2),
        ("off-topic", 1),
        ("who", 1),
    ]
    assert [(s.name, s.count) for s in found["Language"]] == [("Latin", 3), ("Japanese", 1)]
    number, off_topic, _ = found["Question type"]
    assert number.figures["answer in the best quote"].value == 1 / 2
    assert set(number.figures) == set(SLICED) - {"refusal recall"}
    assert set(off_topic.figures) == {"refusal recall", "F1 with refusal"}


def test_the_reliability_diagram_has_a_tenth_of_the_questions_in_each_bin() -> None:
    results = [result(right=n >= 50, confidence=n / 100) for n in range(100)]
    points = reliability(results, 0)
    assert [point.count for point in points] == [10] * 10
    assert [point.x for point in points] == pytest.approx([0.045 + n / 10 for n in range(10)])
    assert [point.y for point in points] == [0] * 5 + [1] * 5
    assert all((point.low, point.high) == (point.y, point.y) for point in points)


def test_the_curve_ends_at_all_questions_with_the_share_that_is_wrong() -> None:
    points = risk_coverage(RESULTS, 0)
    assert [point.count for point in points] == list(range(1, 9))
    assert [point.x for point in points] == [n / 8 for n in range(1, 9)]
    assert [point.y for point in points] == pytest.approx(
        [0, 1 / 2, 1 / 2, 1 / 2, 3 / 5, 1 / 2, 4 / 7, 5 / 8]
    )
    assert all(point.low <= point.y <= point.high for point in points)
    assert len(risk_coverage(RESULTS * 100, 0)) == 100


def test_the_statement_counts() -> None:
    assert statement(RESULTS) == (
        "At this setting 2 of 4 answers were right, and 4 of 8 questions were refused, 2 of them "
        "rightly."
    )

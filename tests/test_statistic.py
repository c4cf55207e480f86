from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memoqa.evaluate.statistic import (
    BINS,
    Floats,
    area_under_risks,
    auroc,
    bins,
    bootstrap,
    calibration_error,
    interval,
    mean,
    risks,
)

scores = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]) | st.floats(0, 1)
pairs = st.lists(st.tuples(scores, st.sampled_from([0.0, 1.0])), min_size=1).map(np.array)


@given(st.lists(scores, min_size=1), st.lists(scores, min_size=1))
def test_auroc_is_that_of_scikit_learn(yes: list[float], no: list[float]) -> None:
    from sklearn.metrics import roc_auc_score

    expected = roc_auc_score([1] * len(yes) + [0] * len(no), [*yes, *no])
    assert auroc(np.array(yes), np.array(no)) == pytest.approx(float(expected))


@given(pairs)
def test_bins_are_all_of_the_pairs_in_order_and_never_part_equal_confidences(
    sample: Floats,
) -> None:
    parts = bins(sample)
    assert 1 <= len(parts) <= BINS
    assert sorted(map(tuple, np.concatenate(parts))) == sorted(map(tuple, sample))
    for below, above in pairwise(parts):
        assert below[:, 0].max() < above[:, 0].min()


def test_bins_have_equal_mass() -> None:
    sample = np.column_stack([np.arange(100) / 100, np.ones(100)])
    assert [len(part) for part in bins(sample)] == [10] * BINS


def test_the_calibration_error_on_a_case_worked_out_by_hand() -> None:
    sure = [[0.9, 1.0]] * 6 + [[0.9, 0.0]] * 4
    unsure = [[0.2, 0.0]] * 30
    assert calibration_error(np.array(sure + unsure)) == pytest.approx((10 * 0.3 + 30 * 0.2) / 40)


@given(pairs, st.integers(0))
@settings(max_examples=50)
def test_neither_curve_nor_error_depends_on_the_order(sample: Floats, seed: int) -> None:
    other = np.random.default_rng(seed).permutation(sample)
    assert calibration_error(other) == pytest.approx(calibration_error(sample))
    assert risks(other) == pytest.approx(risks(sample))


def test_risks_on_a_case_worked_out_by_hand() -> None:
    sample = np.array([[0.2, 0], [0.9, 1], [0.5, 0], [0.5, 1]])
    # Of the two at 0.5 one is wrong: half an error each.
    assert risks(sample) == pytest.approx([0, 0.5 / 2, 1 / 3, 2 / 4])
    assert area_under_risks(sample) == pytest.approx((0 + 1 / 4 + 1 / 3 + 1 / 2) / 4)


@given(pairs)
def test_the_risk_at_full_coverage_is_the_share_wrong(sample: Floats) -> None:
    assert risks(sample)[-1] == pytest.approx(1 - sample[:, 1].mean())


def test_resamples_are_drawn_by_the_seed_and_each_sample_by_itself() -> None:
    def sizes(a: Floats, b: Floats) -> float:
        assert (len(a), len(b)) == (3, 2)
        assert set(a) <= {0.0, 1.0, 2.0}
        assert set(b) <= {5.0, 6.0}
        return float(a.sum() + b.sum())

    samples = [np.array([0.0, 1.0, 2.0]), np.array([5.0, 6.0])]
    assert bootstrap(sizes, samples, 1) == bootstrap(sizes, samples, 1)
    assert bootstrap(sizes, samples, 1) != bootstrap(sizes, samples, 2)
    assert len(set(bootstrap(sizes, samples, 1))) > 5


def test_the_interval_of_a_share_is_near_the_binomial_one() -> None:
    sample = np.array([1.0] * 300 + [0.0] * 700)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 1000)
    ends = interval(bootstrap(mean, [sample], 0))
    assert ends == pytest.approx([0.3 - half, 0.3 + half], abs=0.006)

"""Statistics of samples, whose rows are questions, and their bootstrap intervals.

A sample of pairs is (n, 2): the confidence of each question, and 1 where it came out right.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Bins of equal mass in the reliability diagram and the calibration error."""

RESAMPLES = 1_000

Floats = NDArray[np.float64]
T = TypeVar("T")


def mean(values: Floats) -> float:
    return float(values.mean())


def auroc(yes: Floats, no: Floats) -> float:
    """The share of pairs in the right order, ties counted half (Mann and Whitney 1947)."""
    ordered = np.sort(no)
    below = np.searchsorted(ordered, yes, "left") + np.searchsorted(ordered, yes, "right")
    return float(below.mean() / (2 * len(no)))


def bins(pairs: Floats) -> list[Floats]:
    """The pairs by quantiles of the confidence; equal confidences stay together."""
    edges = np.quantile(pairs[:, 0], np.linspace(0, 1, BINS + 1)[1:-1])
    place = np.searchsorted(edges, pairs[:, 0], side="right")
    return [pairs[place == number] for number in np.unique(place)]


def calibration_error(pairs: Floats) -> float:
    """The expected calibration error (Guo et al. 2017), in bins of equal mass (Nixon et al.
    2019).
    """
    gaps = (len(part) * abs(part[:, 0].mean() - part[:, 1].mean()) for part in bins(pairs))
    return float(sum(gaps) / len(pairs))


def risks(pairs: Floats) -> Floats:
    """(n,): the share wrong among the 1, 2, … n most confident; equal confidences share their
    errors evenly.
    """
    _, place, counts = np.unique(-pairs[:, 0], return_inverse=True, return_counts=True)
    wrong = np.bincount(place, weights=1 - pairs[:, 1]) / counts
    errors: Floats = np.cumsum(np.repeat(wrong, counts)) / np.arange(1, len(pairs) + 1)
    return errors


def area_under_risks(pairs: Floats) -> float:
    """The area under the risk–coverage curve (Geifman and El-Yaniv 2017)."""
    return float(risks(pairs).mean())


def bootstrap(statistic: Callable[..., T], samples: Sequence[Floats], seed: int) -> list[T]:
    """The statistic of resamples, each sample drawn anew by itself (Efron 1979)."""
    random = np.random.default_rng(seed)
    return [
        statistic(*(sample[random.integers(len(sample), size=len(sample))] for sample in samples))
        for _ in range(RESAMPLES)
    ]


def interval(draws: Sequence[float] | Sequence[Floats]) -> Floats:
    """(2, …): the 2.5th and 97.5th percentile."""
    ends: Floats = np.quantile(np.array(draws), (0.025, 0.975), axis=0)
    return ends

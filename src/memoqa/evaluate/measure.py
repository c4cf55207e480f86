"""Figures: each a function of the results, with a bootstrap interval over questions.

A result is right when its best quote holds an answer. The confidence is the probability of that,
so the figures on confidence are over all questions, refused ones too.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from memoqa.answer import RETRIEVED
from memoqa.evaluate.ask import Result
from memoqa.evaluate.questions import language
from memoqa.evaluate.statistic import (
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
from memoqa.languages import Catalogue, English

SLICED = ("answer in the best quote", "F1", "refusal recall", "F1 with refusal")
"""The figures of a slice."""

_POINTS = 100
_ENGLISH = English()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over `count` questions, with its 95 % bootstrap interval from `low` to `high`."""

    group: str
    name: str
    meaning: str
    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Some figures of the questions of one type or language, by their names."""

    name: str
    count: int
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a curve over `count` questions, with the 95 % bootstrap interval of `y`."""

    x: float
    y: float
    low: float
    high: float
    count: int


def figures(
    results: Sequence[Result], seed: int, names: Collection[str] | None = None
) -> list[Figure]:
    """Every figure, or those of these names, that there are questions for."""
    wanted = [m for m in _MEASURES if names is None or m.name in names]
    sampled = ((measure, measure.samples(results)) for measure in wanted)
    return [measure.figure(samples, seed) for measure, samples in sampled if all(map(len, samples))]


def slices(results: Sequence[Result], seed: int) -> dict[str, list[Slice]]:
    """Figures by question type and by language, the largest slices first."""
    return {
        "Question type": _slices(results, lambda r: r.question.type, seed),
        "Language": _slices(results, lambda r: language(r.question.text), seed),
    }


def reliability(results: Sequence[Result], seed: int) -> list[Point]:
    """For each bin of equal mass: its mean confidence and the share that is right."""
    points = []
    for part in bins(_pairs(results)):
        low, high = interval(bootstrap(mean, [part[:, 1]], seed))
        points.append(Point(mean(part[:, 0]), mean(part[:, 1]), float(low), float(high), len(part)))
    return points


def risk_coverage(results: Sequence[Result], seed: int) -> list[Point]:
    """The share wrong among the most confident answers, by the share of questions answered."""
    pairs = _pairs(results)
    counts = np.unique(np.linspace(1, len(pairs), _POINTS).round().astype(int))
    draws = bootstrap(lambda drawn: risks(drawn)[counts - 1], [pairs], seed)
    low, high = interval(draws)
    points = zip(counts / len(pairs), risks(pairs)[counts - 1], low, high, counts, strict=True)
    return [Point(float(x), float(y), float(a), float(b), int(n)) for x, y, a, b, n in points]


def statement(results: Sequence[Result], catalogue: Catalogue = _ENGLISH) -> str:
    """What the results come to, in a sentence of the catalogue's language."""
    answered = [r for r in results if r.answer.answered]
    refused = [r for r in results if not r.answer.answered]
    sentence = catalogue.gettext(
        "At this setting %(right)s of %(answered)s answers were right, "
        "and %(refused)s of %(asked)s questions were refused, %(rightly)s of them rightly."
    )
    return sentence % {
        "right": sum(r.right for r in answered),
        "answered": len(answered),
        "refused": len(refused),
        "asked": len(results),
        "rightly": sum(not r.question.answers for r in refused),
    }


@dataclass(frozen=True, slots=True)
class _Measure:
    """A statistic and the samples it takes of the results. `excess` says that resamples give more
    than the sample they are drawn from, for they repeat its rows.
    """

    group: str
    name: str
    meaning: str
    samples: Callable[[Sequence[Result]], list[Floats]]
    statistic: Callable[..., float] = mean
    excess: bool = False

    def figure(self, samples: list[Floats], seed: int) -> Figure:
        value = self.statistic(*samples)
        low, high = interval(bootstrap(self.statistic, samples, seed))
        if self.excess:
            # The basic interval turns the excess around (Davison and Hinkley 1997, 5.2); it is
            # widened to its figure where there is little error to speak of.
            low, high = max(0, min(value, 2 * value - high)), max(value, 2 * value - low)
        count = sum(map(len, samples))
        return Figure(self.group, self.name, self.meaning, value, float(low), float(high), count)


def _answerable(result: Result) -> bool:
    return bool(result.question.answers)


def _unanswerable(result: Result) -> bool:
    return not result.question.answers


def _answered(result: Result) -> bool:
    return result.answer.answered


def _refused(result: Result) -> bool:
    return not result.answer.answered


def _all(_: Result) -> bool:
    return True


def _share(
    among: Callable[[Result], bool], of: Callable[[Result], float]
) -> Callable[[Sequence[Result]], list[Floats]]:
    return lambda results: [np.array([of(r) for r in results if among(r)], dtype=np.float64)]


def _recall(depth: int) -> Callable[[Sequence[Result]], list[Floats]]:
    return _share(_answerable, lambda r: r.rank is not None and r.rank <= depth)


def _pairs(results: Sequence[Result]) -> Floats:
    pairs = [(r.answer.confidence, r.right) for r in results]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def _confidence_by_answerable(results: Sequence[Result]) -> list[Floats]:
    return [
        np.array([r.answer.confidence for r in results if among(r)])
        for among in (_answerable, _unanswerable)
    ]


def _with_refusal(score: Callable[[Result], float]) -> Callable[[Result], float]:
    """As SQuAD 2.0 counts: a refusal is right where there is no answer, and else worth nothing."""
    return lambda r: float(_unanswerable(r)) if _refused(r) else score(r)


def _slices(results: Sequence[Result], name_of: Callable[[Result], str], seed: int) -> list[Slice]:
    parts: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        parts[name_of(result)].append(result)
    return [
        Slice(name, len(part), {f.name: f for f in figures(part, seed, SLICED)})
        for name, part in sorted(parts.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


_MEASURES = (
    *(
        _Measure(
            "Retrieval",
            f"recall@{depth}",
            f"an answer stands in the first {depth} passages retrieved"
            if depth > 1
            else "an answer stands in the first passage retrieved",
            _recall(depth),
        )
        for depth in (1, 5, 8, RETRIEVED)
    ),
    _Measure(
        "Retrieval",
        "MRR",
        "one over the rank of the first passage that holds an answer",
        _share(_answerable, lambda r: 1 / r.rank if r.rank else 0),
    ),
    _Measure(
        "Quotation",
        "answer in the best quote",
        "the first quote holds an answer, or where the question is refused, the nearest one does",
        _share(_answerable, lambda r: r.right),
    ),
    _Measure(
        "Quotation",
        "answered, and in the first quote",
        "an answerable question is answered, and by a quote that holds an answer",
        _share(_answerable, lambda r: r.right and _answered(r)),
    ),
    _Measure(
        "Quotation",
        "precision of answers",
        "of the questions that were answered, the first quote holds an answer",
        _share(_answered, lambda r: r.right),
    ),
    _Measure(
        "Quotation",
        "citations exact",
        "every citation stands word for word in its document",
        _share(_all, lambda r: r.exact),
    ),
    _Measure(
        "Short answer",
        "EM",
        "the marked words are an acceptable answer, whether or not the question was refused",
        _share(_answerable, lambda r: r.exact_match),
    ),
    _Measure(
        "Short answer",
        "F1",
        "the words shared by the marked words and the acceptable answer that fits best",
        _share(_answerable, lambda r: r.f1),
    ),
    _Measure(
        "Short answer",
        "EM with refusal",
        "EM as SQuAD 2.0 has it: a refusal is right where there is no answer, and else wrong",
        _share(_all, _with_refusal(lambda r: r.exact_match)),
    ),
    _Measure(
        "Short answer",
        "F1 with refusal",
        "F1 in the same manner",
        _share(_all, _with_refusal(lambda r: r.f1)),
    ),
    _Measure(
        "Refusal",
        "refusal precision",
        "of the questions that were refused, these have no answer",
        _share(_refused, _unanswerable),
    ),
    _Measure(
        "Refusal",
        "refusal recall",
        "of the questions without an answer, these were refused",
        _share(_unanswerable, _refused),
    ),
    _Measure(
        "Refusal",
        "AUROC",
        "the chance that an answerable question has more confidence than one that is not",
        _confidence_by_answerable,
        auroc,
    ),
    _Measure(
        "Confidence",
        "ECE",
        "how far confidence is from the share that is right, in ten bins; less is better",
        lambda results: [_pairs(results)],
        calibration_error,
        excess=True,
    ),
    _Measure(
        "Confidence",
        "Brier",
        "the squared distance of confidence from what came out; less is better",
        _share(_all, lambda r: (r.answer.confidence - r.right) ** 2),
    ),
    _Measure(
        "Confidence",
        "AURC",
        "the area under the risk–coverage curve; less is better",
        lambda results: [_pairs(results)],
        area_under_risks,
    ),
)

"""The results as one page that needs nothing beside it: no host, no script."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from memoqa.answer import RETRIEVED
from memoqa.evaluate.ask import Result
from memoqa.evaluate.measure import (
    SLICED,
    figures,
    reliability,
    risk_coverage,
    slices,
    statement,
)
from memoqa.pages import Pages

_LISTED = 10


@dataclass(frozen=True, slots=True)
class Misses:
    """Questions that went wrong in one way, the worst first; `count` says how many there are."""

    title: str
    meaning: str
    results: tuple[Result, ...]
    count: int


def page(results: Sequence[Result], source: str, seed: int) -> str:
    """The report in HTML on the questions of `source`; `seed` is the bootstrap's.

    Raises:
        ValueError: when there are no results.
    """
    if not results:
        raise ValueError("there are no results to report on")
    return Pages().render(
        "report.html",
        source=source,
        seed=seed,
        index=results[0].answer.index,
        statement=statement(results),
        outcomes=outcomes(results),
        count=len(results),
        groups=[
            (name, list(members))
            for name, members in groupby(figures(results, seed), lambda figure: figure.group)
        ],
        depth=RETRIEVED,
        slices=slices(results, seed),
        sliced=SLICED,
        reliability=reliability(results, seed),
        risk_coverage=risk_coverage(results, seed),
        misses=misses(results),
    )


def outcomes(results: Sequence[Result]) -> Counter[tuple[bool, str]]:
    """How many questions, by whether they have an answer, came out as right, wrong or refused."""

    def outcome(result: Result) -> str:
        if not result.answer.answered:
            return "refused"
        return "right" if result.right else "wrong"

    return Counter((bool(result.question.answers), outcome(result)) for result in results)


def misses(results: Sequence[Result]) -> list[Misses]:
    """What went wrong, by kind; of each, the results with the most confidence."""
    kinds: list[tuple[str, str, Callable[[Result], bool]]] = [
        (
            "Answered wrongly",
            "The documents hold an answer, and the first quote does not.",
            lambda r: bool(r.question.answers) and r.answer.answered and not r.right,
        ),
        (
            "Answered, with no answer there",
            "The documents hold no answer, and the question should have been refused.",
            lambda r: not r.question.answers and r.answer.answered,
        ),
        (
            "Refused, with the answer at hand",
            "The nearest quote holds an answer, and the confidence in it was too low.",
            lambda r: not r.answer.answered and r.right,
        ),
        (
            "Refused, with the answer passed over",
            "A passage that holds an answer was retrieved, and the nearest quote holds none.",
            lambda r: not r.answer.answered and not r.right and r.rank is not None,
        ),
        (
            "Refused, with the answer not found",
            "No passage that was retrieved holds an answer.",
            lambda r: bool(r.question.answers) and not r.answer.answered and r.rank is None,
        ),
    ]
    found = []
    for title, meaning, belongs in kinds:
        among = sorted(filter(belongs, results), key=lambda r: -r.answer.confidence)
        if among:
            found.append(Misses(title, meaning, tuple(among[:_LISTED]), len(among)))
    return found

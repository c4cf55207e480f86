"""How good the answers are, on questions with known answers.

Asking is slow and done once (`ask`); the figures and the page are functions of the results.
"""

from memoqa.evaluate.ask import Result, Run, Seen, prepare
from memoqa.evaluate.measure import Figure, figures, statement
from memoqa.evaluate.questions import Question, holds, read_squad
from memoqa.evaluate.report import page

__all__ = [
    "Figure",
    "Question",
    "Result",
    "Run",
    "Seen",
    "figures",
    "holds",
    "page",
    "prepare",
    "read_squad",
    "statement",
]

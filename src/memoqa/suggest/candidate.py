"""A question made from one sentence, with the words of the sentence that answer it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """`start` and `end` are the answer's place in the sentence."""

    question: str
    start: int
    end: int

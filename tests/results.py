"""Results of asking, made up."""

from memoqa.evaluate import Question, Result, Seen
from memoqa.types import Answer, Citation, IndexState, Range, Source, Timings


def asked(*answers: str, id: str = "q", text: str = "How many?", type: str = "number") -> Question:
    return Question(id, text, answers, ("memo",) if answers else (), type)


def citation(quote: str, highlight: Range) -> Citation:
    source = Source("memo", "Memo", "memo", None, None, None, "0")
    return Citation(1, source, quote, 100, 100 + len(quote), highlight, "", "", "paragraph 1", "/")


def result(
    answerable: bool = True,
    answered: bool = True,
    right: bool = False,
    rank: int | None = None,
    confidence: float = 0.5,
    exact: bool = True,
    type: str = "number",
    text: str = "How many?",
    marked: int = 13,
) -> Result:
    """The acceptable answer is «194 companies»; the first `marked` code points of the quote are
    its highlight: all 13 of this answer where it is right.
    """
    words = "194 companies joined." if right else "Twenty consortia joined."
    quote = citation(words, Range(100, 100 + marked))
    answer = Answer(
        question=text,
        answered=answered,
        answer="quoted" if answered else None,
        confidence=confidence,
        citations=(quote,) if answered else (),
        reason=None if answered else "not_in_documents",
        nearest=() if answered else (quote,),
        index=IndexState("0", "2020", False),
        timings_ms=Timings(0, 0, 0, 0),
    )
    seen = tuple(Seen("Memo", f"Passage {n}.", 1 / n, n == rank) for n in range(1, 17))
    question = asked(*["194 companies"] * answerable, text=text, type=type)
    return Result(question, answer, seen, exact)


RESULTS = [
    result(rank=1, right=True, confidence=0.9),
    result(rank=1, right=False, confidence=0.8),
    result(rank=4, right=True, confidence=0.7, marked=3),
    result(rank=6, right=True, answered=False, confidence=0.2),
    result(rank=None, answered=False, confidence=0.1, exact=False),
    result(answerable=False, confidence=0.7),
    result(answerable=False, answered=False, confidence=0.3),
    result(answerable=False, answered=False, confidence=0.05),
]

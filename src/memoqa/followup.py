"""A follow-up with the words of earlier turns that it leans on.

«And in 2009?» and «who ran it?» cannot be looked up as they stand. Fixed patterns put earlier
words in the place of what a follow-up leaves out or points at; the result is searched for and
shown. Where no pattern fits, the follow-up comes after the question before it.
"""

import re
from collections.abc import Sequence

from memoqa.lexical import tokens
from memoqa.types import Turn

_OPENING = re.compile(
    r"^\W*(?:(?:and|but|so|or|then|ok|okay)\b[\s,]*)?(?:(?:what|how) about\b)?[\s,]*", re.IGNORECASE
)
_POINTER = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|he|him|his|she|her|then|ones?|there(?=\W*$))\b"
    r"|それ|その|これ|この|そこ|彼|では|じゃあ|ほか|他に",
    re.IGNORECASE,
)
_THING = re.compile(r"\b(?:it|they|them|(?:this|that|these|those)(?=\W*$))(?!\w)", re.IGNORECASE)
_ITS = re.compile(r"\b(?:its|their)\b", re.IGNORECASE)
_PERSON = re.compile(r"\b(?:he|she|him)\b", re.IGNORECASE)
_NAME = re.compile(r"(?:[A-Z][\w.’'-]*\s?){2,5}")
_ADVERBIAL = re.compile(
    r"(in|for|by|at|from|to|of|on|with|under|since|before|after|during|until)\s+\S.*", re.IGNORECASE
)
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_NUMBER_ALONE = re.compile(r"\W*(?:in )?(\d[\d.,]*\d|\d)年?(?:は|では|には)?\W*")
_VERB = "is|are|was|were|be|been|have|has|had|do|does|did|can|could|will|would"
_HOW_MANY = re.compile(
    rf"\bhow (?:many|much) (.+?) (?:{_VERB}|there|in|joined|took)\b", re.IGNORECASE
)
_END = (
    rf"(?:{_VERB}|of|in|on|at|by|for|to|from|with|under|and|or|the|there"
    r"|published|started|begun|located|made|called)\b"
)
_PHRASE = re.compile(
    rf"\b[Tt]he\s+(?:(?!{_END})[\w’'-]+\s?)+|(?<=\s)[A-Z][\w’'-]*(?:\s[A-Z][\w’'-]*)*"
)


def understood(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked on its own, after these turns, newest last."""
    if not history or not any(character.isalnum() for character in question):
        return question
    rest = question[_OPENING.match(question).end() :]  # type: ignore[union-attr]
    opened = len(rest) < len(question.lstrip("\"'“«( "))
    leans = opened or _POINTER.search(question) or _NUMBER_ALONE.fullmatch(question)
    if not leans and len(tokens(question)) >= 2:
        return question
    before = understood(history[-1].question, history[:-1])
    return (
        _other_number(rest, before)
        or _other_adverbial(rest, before)
        or _pointed_at(rest, before, history[-1].answer)
        or f"{before} {question}"
    )


def _other_number(rest: str, before: str) -> str | None:
    """«In 2009?» after a question with one number: that question with 2009."""
    asked, earlier = _NUMBER_ALONE.fullmatch(rest), _NUMBER.findall(before)
    return _NUMBER.sub(asked[1], before) if asked and len(earlier) == 1 else None


def _other_adverbial(rest: str, before: str) -> str | None:
    """«In Tohoku?» after a question that ends in «in Kyushu»: that question with Tohoku."""
    asked = _ADVERBIAL.fullmatch(rest.rstrip("?？. "))
    if asked is None:
        return None
    ended = re.search(rf"\b{asked[1]}\s+[^?,]*?(?=[?.\s]*$)", before, re.IGNORECASE)
    return f"{before[: ended.start()]}{asked[0]}?" if ended else None


def _pointed_at(rest: str, before: str, answer: str) -> str | None:
    """«Who ran it?» with what «it» stands for: a thing of the question before it, or for a person
    the name that answered that.
    """
    if not tokens(_POINTER.sub("", rest)):
        return None
    asked = rest[:1].upper() + rest[1:]
    if _PERSON.search(asked):
        return _PERSON.sub(answer, asked, count=1) if _NAME.fullmatch(answer) else None
    if (thing := _thing(before)) is None:
        return None
    # Escaped, since a backslash has a meaning in what re.sub puts in.
    thing = thing.replace("\\", r"\\")
    for pointer, words in ((_THING, thing), (_ITS, f"{thing}’s")):
        if pointer.search(asked):
            return pointer.sub(words, asked, count=1)
    return None


def _thing(question: str) -> str | None:
    """What a question is about: what it counts, or else the last thing that it names."""
    if counted := _HOW_MANY.search(question):
        return counted[1]
    phrases = [match[0].strip() for match in _PHRASE.finditer(question)]
    named = [phrase for phrase in phrases if phrase.lower().startswith("the ")]
    return next(reversed(named or phrases), None)

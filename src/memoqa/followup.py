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
_ONE = re.compile(r"\b(?:it|(?:this|that)(?=\W*$))(?!\w)", re.IGNORECASE)
_MANY = re.compile(r"\b(?:they|them|(?:these|those)(?=\W*$))(?!\w)", re.IGNORECASE)
_ITS = re.compile(r"\bits\b", re.IGNORECASE)
_THEIR = re.compile(r"\btheir\b", re.IGNORECASE)
_PERSON = re.compile(r"\b(?:he|she|him)\b", re.IGNORECASE)
_NAME = re.compile(r"(?:[A-Z][\w.’'-]*\s){1,4}[A-Z][\w’'-]*")
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
    opening = _OPENING.match(question)
    rest = question[opening.end() :] if opening else question
    opened = len(rest) < len(question.lstrip("\"'“«( "))
    leans = opened or _POINTER.search(question) or _NUMBER_ALONE.fullmatch(question)
    if not leans and len(tokens(question)) >= 2:
        return question
    before = understood(history[-1].question, history[:-1])
    return (
        _other_number(rest, before)
        or _other_adverbial(rest, before)
        or _pointed_at(rest, before, [turn.answer for turn in history])
        or f"{before} {question}"
    )


def _other_number(rest: str, before: str) -> str | None:
    """«In 2009?» after a question with one number: that question with 2009."""
    asked, earlier = _NUMBER_ALONE.fullmatch(rest), _NUMBER.findall(before)
    return _NUMBER.sub(asked[1], before) if asked and len(earlier) == 1 else None


def _other_adverbial(rest: str, before: str) -> str | None:
    """«In Tohoku?» after a question that ends in «in Kyushu»: that question with Tohoku. Where one
    is a number and the other is not, as a year and a place, the question keeps both.
    """
    asked = _ADVERBIAL.fullmatch(rest.rstrip("?？. "))
    if asked is None:
        return None
    ended = re.search(rf"\b{asked[1]}\s+[^?,]*?(?=[?.\s]*$)", before, re.IGNORECASE)
    if ended is None:
        return None
    alike = bool(_NUMBER.search(asked[0])) == bool(_NUMBER.search(ended[0]))
    return f"{before[: ended.start() if alike else ended.end()].strip()} {asked[0]}?"


def _pointed_at(rest: str, before: str, answers: Sequence[str]) -> str | None:
    """«Who ran it?» with what «it» stands for: a thing of the question before it, or for a person
    the name in that question, or the one that answered it.
    """
    if not tokens(_POINTER.sub("", rest)):
        return None
    asked = rest[:1].upper() + rest[1:]
    one, many = _thing(before, answers, plural=False), _thing(before, answers, plural=True)
    for pointer, words in (
        (_PERSON, _person(before, answers)),
        (_ONE, one),
        (_ITS, one and f"{one}’s"),
        (_MANY, many),
        (_THEIR, many and f"{many}’"),
    ):
        if words and pointer.search(asked):
            # Escaped, since a backslash has a meaning in what re.sub puts in.
            return pointer.sub(words.replace("\\", r"\\"), asked, count=1)
    return None


def _person(question: str, answers: Sequence[str]) -> str | None:
    named = next((name for name in answers if name and name in question), None)
    found = named or answers[-1]
    return found if _NAME.fullmatch(found) else None


def _thing(question: str, answers: Sequence[str], plural: bool) -> str | None:
    """What a question is about: what it counts, or else the last thing of that number that it
    names; what answered an earlier question, such as a person, is none.
    """
    if plural and (counted := _HOW_MANY.search(question)):
        return counted[1]
    phrases = [match[0].strip() for match in _PHRASE.finditer(question)]
    things = [p for p in phrases if p not in answers and p.endswith("s") == plural]
    named = [phrase for phrase in things if phrase.lower().startswith("the ")]
    return next(reversed(named or things), None)

"""Questions from English sentences, by patterns of whole clauses.

A pattern that does not fit a sentence exactly gives nothing: few good questions are wanted, and
no clumsy one.
"""

import re
from collections.abc import Callable, Iterator

from memoqa.suggest.candidate import Candidate

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December) "
)
_YEAR = rf"(?P<year>(?:{_MONTH})?(?:1[5-9]|20)\d\d)\b"
_WORD = r"(?!(?:is|are|was|were|has|have|had|did|will|can|may)\b)[\w’'&#./-]*[\w’'&#]"
_TITLE = r"“[^“”]{4,120}”"
_SUBJECT = rf"(?P<subject>(?:(?:The|An?) )?(?:{_WORD} ){{0,4}}(?:{_TITLE}|{_WORD}))"
_ASIDE = r"(?: ?[(（][^()（）]*[)）])?"
_NUMBER = (
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight"
    r"|[Nn]ine|[Tt]en|[Ee]leven|[Tt]welve|[Tt]wenty|[Tt]hirty|[Ff]orty|[Ff]ifty)"
)
_NOUNS = r"(?P<nouns>(?:[a-z][\w-]+ ){0,2}[a-z][\w-]+s)"
_BASE = {
    "adopted": "adopt", "began": "begin", "built": "build", "closed": "close",
    "conducted": "conduct", "created": "create", "established": "establish", "founded": "found",
    "introduced": "introduce", "launched": "launch", "opened": "open", "published": "publish",
    "set up": "set up", "started": "start",
}  # fmt: skip
_DID = rf"(?P<did>{'|'.join(_BASE)})"
_DONE = (
    r"(?P<done>adopted|built|carried out|closed|completed|conducted|created|drawn up|established"
    r"|founded|introduced|launched|opened|published|set up|signed|started|written)"
)
_WROTE = {"written": "wrote", "drawn up": "drew up"}
_OBJECT = r"(?P<object>(?:the|an?) (?:[\w’'-]+ ){0,5}?[\w’'-]+)"
_END = r"(?=[,.;:(（]| to | in | with | for | under | at | by | and )"

_NOT_SUBJECTS = frozenset(
    "about after all although and another any as at because before both but by each either every"
    " few for from he her here his how if in it its many most neither no none of on only one or"
    " other others our she since so some such than that their then there these they this those"
    " though through to together under until we what when where whether which while who why with"
    " yet you".split()
)
_LEANING = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|he|she|his|her|here|there|we|our|us|such"
    r"|other|others|another|former|latter|same|above|below|following|respectively|which|who|whom"
    r"|last year|this year)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:professor|lecturer|director|researcher|economist|historian|geographer|minister|author"
    r"|journalist|engineer|president|chair|fellow)\b",
    re.IGNORECASE,
)
_LONGEST = 110

_Maker = Callable[[re.Match[str]], tuple[str, str] | None]
"""From a match to the question and the name of the group that answers it."""


def candidates(sentence: str) -> Iterator[Candidate]:
    """The questions that a sentence answers, the most telling first."""
    for pattern, make in _PATTERNS:
        match = pattern.match(sentence)
        made = make(match) if match else None
        if match is None or made is None:
            continue
        question, group = made
        if _reads_well(question, match):
            yield Candidate(question, *match.span(group))


def _reads_well(question: str, match: re.Match[str]) -> bool:
    subject = match.groupdict().get("subject") or "a"
    asked = question.split(" ", 1)[1].replace("were there in", "")
    return (
        len(question) <= _LONGEST
        and subject.split(" ")[0].casefold() not in _NOT_SUBJECTS
        and not _LEANING.search(re.sub(_TITLE, "", asked))
        and not re.search(r"[\[\]|:]|https?", question)
    )


def _named(match: re.Match[str]) -> str:
    """The subject as it stands within a sentence, a body by its abbreviation where it has one."""
    subject = match["subject"]
    first, space, rest = subject.partition(" ")
    if first in ("The", "A", "An") or (first[1:].islower() and rest and rest[0].islower()):
        return first.lower() + space + rest
    return subject


def _body(match: re.Match[str]) -> str:
    return match["short"] or _named(match)


def _when_done(match: re.Match[str]) -> tuple[str, str]:
    return f"When {match['be']} {_named(match)} {match['done']}?", "year"


def _when_did(match: re.Match[str]) -> tuple[str, str]:
    return f"When did {_body(match)} {_BASE[match['did']]} {match['object']}?", "year"


def _when_began(match: re.Match[str]) -> tuple[str, str] | None:
    # «A school» and «the school» do not say which.
    words = match["subject"].split(" ")
    if words[0] in ("A", "An") or (len(words) < 3 and not match["subject"].istitle()):
        return None
    return f"When did {_named(match)} {_BASE[match['did']]}?", "year"


def _who_did(match: re.Match[str]) -> tuple[str, str]:
    return f"Who {match['did']} {match['object']}?", "subject"


def _who_is(match: re.Match[str]) -> tuple[str, str] | None:
    return (f"Who is {match['subject']}?", "what") if _PERSON.search(match["what"]) else None


def _who_wrote(match: re.Match[str]) -> tuple[str, str]:
    done = match["done"]
    return f"Who {_WROTE.get(done, done)} {_named(match)}?", "by"


def _who_wrote_title(match: re.Match[str]) -> tuple[str, str]:
    return f"Who wrote {match['subject']}?", "by"


def _when_title(match: re.Match[str]) -> tuple[str, str]:
    return f"When was {match['subject']} published?", "year"


def _where_done(match: re.Match[str]) -> tuple[str, str]:
    return f"Where {match['be']} {_named(match)} {match['done']}?", "where"


def _how_many_in(match: re.Match[str]) -> tuple[str, str]:
    return f"How many {match['nouns']} were there in {match['year']}?", "number"


def _how_many_had(match: re.Match[str]) -> tuple[str, str]:
    return f"How many {match['nouns']} did {_named(match)} have in {match['year']}?", "number"


def _how_many_were(match: re.Match[str]) -> tuple[str, str]:
    when = f" in {match['year']}" if match["year"] else ""
    return f"How many {match['nouns']} {match['rest']}{when}?", "number"


def _what_is(match: re.Match[str]) -> tuple[str, str]:
    return f"What is {_named(match)}?", "what"


def _what_means(match: re.Match[str]) -> tuple[str, str]:
    return f"What does {_named(match)} mean?", "what"


def _why(match: re.Match[str]) -> tuple[str, str]:
    return f"Why {match['be']} {_named(match)} {match['rest']}?", "what"


def _how_many_counted(match: re.Match[str]) -> tuple[str, str]:
    return f"How many {match['nouns']} were counted{match['where']} in {match['year']}?", "number"


_BE = r"(?P<be>was|were)"
_SHORT = r"(?: ?[(（](?P<short>[A-Z]{3,8})[)）])?"
_BODY = r"(?P<subject>(?:[Tt]he )?[A-Z][\w’'&-]*(?:,? (?:of|and|for|the|[A-Z][\w’'&-]*))*)"
_PUBLISHED = (
    rf"(?P<subject>{_TITLE}), an? [a-z ]{{3,30}}? by (?P<by>[^,.“”]{{3,60}}), was published in "
    rf"{_YEAR}"
)
_PATTERNS: tuple[tuple[re.Pattern[str], _Maker], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (
            rf"(?:[^,]*, )?[Ii]n {_YEAR},? {_BODY}{_SHORT}{_ASIDE} {_DID} {_OBJECT}{_ASIDE}{_END}",
            _when_did,
        ),
        (rf"{_SUBJECT}{_ASIDE} {_BE} {_DONE} in {_YEAR}", _when_done),
        (rf"(?:[^,]*, )?[Ii]n {_YEAR},? {_BODY}{_SHORT}{_ASIDE} {_DID} {_OBJECT}{_ASIDE}{_END}",
         _who_did),
        (rf"{_SUBJECT} (?P<did>began|opened|started|closed)(?: in [A-Z]\w+)? in {_YEAR}",
         _when_began),
        (rf"{_SUBJECT} {_BE} {_DONE} by (?P<by>(?:the )?[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*)",
         _who_wrote),
        (_PUBLISHED, _who_wrote_title),
        (_PUBLISHED, _when_title),
        (rf"{_SUBJECT} {_BE} (?P<done>carried out|published|held|built) (?:in (?:1\d|20)\d\d )?"
         r"(?:at|in) (?P<where>(?:the )?[A-Z][\w’'-]*(?: (?:of|the|and|[A-Z][\w’'-]*))*"
         r" ?[A-Z][\w’'-]*)", _where_done),
        (rf"[\w ’'-]+ put {_NOUNS} at {_NUMBER} in {_YEAR}", _how_many_in),
        (rf"[\w ’'()-]+ counted {_NUMBER} {_NOUNS}(?P<where>(?: in [A-Z]\w+)?) in {_YEAR}\.",
         _how_many_counted),
        (rf"There were (?:only |about |some )?{_NUMBER} {_NOUNS} in {_YEAR}", _how_many_in),
        (rf"{_SUBJECT} had (?:only |about |some )?{_NUMBER} {_NOUNS} in {_YEAR}", _how_many_had),
        (rf"[Ii]n {_YEAR},? (?:only |about |some )?{_NUMBER} {_NOUNS}"
         r" (?P<rest>(?:were |joined |took part in |signed )[^,.;:()]{3,60}?)(?=[.;]|, )",
         _how_many_were),
        (rf"{_NUMBER} {_NOUNS} (?P<rest>were \w+ed|(?:applied|joined|answered)(?= in))"
         rf"(?: in {_YEAR})?(?=[.;,])", _how_many_were),
        (rf"{_SUBJECT}{_ASIDE} is (?P<what>(?:an?|the) [^.;]{{15,}})\.", _who_is),
        (r"(?P<subject>An? (?:[a-z-]+ ){0,2}[a-z-]+) is (?P<what>(?:an?|the|any) [^.;]{15,})\.",
         _what_is),
        (rf"{_SUBJECT} means (?P<what>[^.;]{{4,}}?)(?: in English)?[.;]", _what_means),
        (rf"(?P<subject>(?:The |An? )?(?:{_WORD} ){{0,5}}?{_WORD}) (?P<be>was|were|is|are) "
         r"(?P<rest>(?:not )?\w+(?:ed|en|ut|ft|lt|de)\b[^,.;:()]{0,50}?),? because "
         r"(?P<what>[^.;]{8,}?)(?: ?\[\d+\])?[.;]", _why),
    )
)  # fmt: skip

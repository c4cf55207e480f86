"""Which of the works that are not held a question is about."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from memoqa import bibliography
from memoqa.lexical import tokens
from memoqa.references.fold import fold
from memoqa.references.mentions import Cited
from memoqa.types import Span, Work

ENOUGH = 3.0
"""The points from which a question is taken to be about a work."""

_MOST, _HALF = 0.6, 0.5
_ANY = frozenset[str]()
_ARTICLES = frozenset({"article-journal", "chapter", "paper-conference", "article", "document"})
_NOUNS = (
    (re.compile(r"\breports?\b|報告書", re.I), frozenset({"report", "document"})),
    (re.compile(r"\b(?:articles?|papers?|essays?|chapters?)\b|論文|論説", re.I), _ARTICLES),
    (re.compile(r"\b(?:books?|monographs?)\b|著書|書籍", re.I), frozenset({"book", "document"})),
    (re.compile(r"\bthes[ie]s\b|\bdissertations?\b|学位論文", re.I), frozenset({"thesis"})),
    (re.compile(r"\b(?:references?|publications?|cited works?|works? cited)\b|文献", re.I), _ANY),
)
_REFERENCES = re.compile(
    r"\b(?:references|cited works|works cited|reference list)\b|参考文献", re.I
)
_CLAIMS = re.compile(
    r"\b(?:say|says|said|argu\w+|find|finds|found|findings?|conclu\w+|claim\w*|show\w*|discuss\w*|"
    r"suggest\w*|recommend\w*|propos\w+|explain\w*|criticis\w+|criticiz\w+|defin\w+|describ\w+|"
    r"mention\w*|stat(?:e|es|ed)|according to|evaluates?|compar\w+|examin\w+|"
    r"data|methods?|evidence|theory|arguments?)\b|述べ|論じ|主張|結論|指摘|書いて|"
    r"提案|提言|説明|定義|分析|批判|示し|明らかに|によれば|によると|データ|手法|根拠|議論",
    re.I,
)
_RECORD = re.compile(
    r"\b(?:titles?|authors?|wrote|written|publish\w*|appear\w*|journals?|pages?|volumes?|"
    r"issues?|language|japanese|english|when|where|year|issn|doi|number|cites?|cited|full text|"
    r"held|read|called|which (?:work|reference|paper|article|report)s?)\b|著者|筆者|"
    r"題名|題目|タイトル|何年|いつ|どこ|掲載|刊行|出版|発行|発表|雑誌|何巻|何号|何ページ|何頁|番号|言語|何語|全文|読め|所蔵",
    re.I,
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_NUMBER = re.compile(r"\d{5,}")


@dataclass(frozen=True, slots=True)
class _Known:
    """A work with what a question may call it by, folded or as terms."""

    work: Work
    kind: str
    year: str
    titles: frozenset[str]
    identifiers: frozenset[str]
    families: tuple[frozenset[str], ...]
    title: frozenset[str]
    place: frozenset[str]


class Asked:
    """Tells which of these works a question is about."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._known = [_known(work) for work in works]
        self._cited = Cited({known.work.key: known.work.record for known in self._known})

    def about(self, question: str, nearest: Span | None) -> Work | None:
        """The one of the works that the question names or describes, or None.

        A title, an identifier, or authors with the year name a work. A description has to say
        what kind of work it is or ask what it claims, and adds up: its year, its author, where it
        appeared, words of its title, and that the passage which came `nearest` to an answer cites
        it.
        """
        question = unicodedata.normalize("NFKC", question)
        points = {known.work.key: self._points(question, known, nearest) for known in self._known}
        for key in self.named(question):
            points[key] += ENOUGH
        best = max(self._known, key=lambda known: points[known.work.key], default=None)
        return best.work if best and points[best.work.key] >= ENOUGH else None

    def named(self, text: str) -> set[str]:
        """The keys of the works whose title, identifier, or authors with the year the text has."""
        folded, lower = fold(text), text.lower()
        return {key for key, _, _ in self._cited.by_author_and_year(text)} | {
            known.work.key
            for known in self._known
            if any(title in folded for title in known.titles)
            or any(identifier in lower for identifier in known.identifiers)
        }

    def _points(self, question: str, known: _Known, nearest: Span | None) -> float:
        kinds = [kinds for noun, kinds in _NOUNS if noun.search(question)]
        claims = asks_for_claims(question)
        if not kinds and not claims:
            return 0.0
        terms = _terms(question)
        if _REFERENCES.search(question) and claims:
            return ENOUGH + _share(known.title, terms)
        points = 0.0
        fits = any(not kind or known.kind in kind for kind in kinds)
        if kinds:
            points += 1 if fits else -2
        if years := set(_YEAR.findall(question)):
            points += 2 if known.year in years else -1
        if any(family <= terms for family in known.families):
            alike = [other for other in self._known if other.kind == known.kind]
            alone = sum(any(f <= terms for f in other.families) for other in alike) == 1
            points += 2 if alone and fits else 1
        if place := _share(known.place, terms):
            points += 2 if place >= _MOST else 1
        if (title := _share(known.title, terms)) >= _HALF:
            points += 2 * title
        if nearest is not None and any(_overlaps(nearest, m) for m in known.work.mentions):
            points += 1
        return points


def asks_for_claims(question: str) -> bool:
    """Whether a question asks what a work says."""
    return bool(_CLAIMS.search(question))


def asks_for_record(question: str) -> bool:
    """Whether a question asks what a work is: its title, its authors, where it appeared."""
    return bool(_RECORD.search(question))


def _known(work: Work) -> _Known:
    record = work.record
    title = record["title"]
    names = {title, re.split(r"[:：]|\s[–—]\s", title)[0]}
    identifiers = {str(record.get(field, "")).lower() for field in ("DOI", "number")}
    families = (name.get("family") or name.get("literal", "") for name in record.get("author", []))
    places = (record.get("container-title"), record.get("genre"))
    return _Known(
        work=work,
        kind=record.get("type", "document"),
        year=str(bibliography.year(record) or ""),
        titles=frozenset(fold(name) for name in names if len(name.split()) >= 3),
        identifiers=frozenset(i for i in identifiers if i[:3] == "10." or _NUMBER.fullmatch(i)),
        families=tuple(frozenset(terms) for name in families if (terms := tokens(name))),
        title=_terms(title),
        place=_terms(" ".join(str(place) for place in places if place)),
    )


def _terms(text: str) -> frozenset[str]:
    """The text's terms, nouns for works left out."""
    for noun, _ in _NOUNS:
        text = noun.sub(" ", text)
    return frozenset(tokens(text)) - {"journal"}


def _share(terms: frozenset[str], among: frozenset[str]) -> float:
    return len(terms & among) / len(terms) if terms else 0.0


def _overlaps(one: Span, other: Span) -> bool:
    return one.doc_id == other.doc_id and one.start < other.end and other.start < one.end

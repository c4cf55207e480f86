"""One entry of a reference list to a CSL-JSON record, by the marks that styles have in common.

Quotation marks or the place after the year make the title; what stands before it is the authors,
and after it where the work appeared.
"""

import re
from collections.abc import Iterator
from typing import Any

_LANGUAGES = {"English": "en", "Japanese": "ja", "French": "fr", "German": "de", "Chinese": "zh"}
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)?(10\.\d{4,9}/[^\s\"<>]+)", re.I)
_URL = re.compile(r"(?:(?:Retrieved|Available|Accessed)\b[^.:]{0,40}?\b(?:from|at)?:?\s*)?"
                  r"(https?://[^\s<>\"、。）」]+)")  # fmt: skip
_ISBN = re.compile(r"ISBN(?:-1[03])?:?\s*([\dX][\dX -]{8,16}[\dX])")
_LANGUAGE = re.compile(rf",?\s*[(\[]?\b[Ii]n ({'|'.join(_LANGUAGES)})\b[)\]]?")
_YEAR = r"(?:1[5-9]|20)\d\d"
_PARENTHESISED = re.compile(rf"[(（\[](?:({_YEAR})([a-z]?)|n\.d\.)(?:,[^)）\]]*)?[)）\]][.:,]?\s*")
_PLAIN_YEAR = re.compile(rf"(?<![\d–-])({_YEAR})([a-z]?)(?![\d–-])")
_CHICAGO = re.compile(rf"(?<=[.,])\s({_YEAR})([a-z]?)\.\s+")
_QUOTED = re.compile(r"“([^”]+)”|「([^」]+)」|『([^』]+)』|\"([^\"]+)\"|«([^»]+)»|‘([^’]+)’(?!\w)")
# K. Tanaka, A title, A journal 12 (2005) 33-50.
_COMMAS = re.compile(
    r"((?:(?:[A-Z]\.[ -]?)+ ?[^\W\d]\S+(?:, (?:and )?| and ))+)(?=[A-Z])(.+?), "
    rf"([^,]+,? \(?({_YEAR})\b.*)"
)
# A full stop that ends something: not after an initial or a common abbreviation.
_STOP = re.compile(r"(?<![\s.(][A-Z])(?<!^[A-Z])(?<!\b[Ee]ds)(?<!\b[Ee]d)(?<!\bal)(?<!\b[Vv]ol)"
                   r"(?<!\b[Nn]o)(?<!\bpp)(?<![-‐][A-Z])[.。．?!？]\s+")  # fmt: skip
_VOLUME = re.compile(
    r"\b(?P<v1>\d{1,4})\s*[(（]\s*(?P<i1>\d[\d–/-]*)\s*[)）]\s*[:,，、]?\s*(?:pp?\.\s*)?(?P<p1>\d+\s*[-–—]+\s*\d+)?"
    r"|\b(?P<v2>\d{1,4}):\s*(?P<p2>\d+\s*[-–—]+\s*\d+)"
    r"|\b[Vv]ol(?:ume|\.)?\s*(?P<v3>\d{1,4})|第\s*(?P<v4>\d{1,4})\s*巻|(?P<v5>\d{1,4})\s*巻"
)
_ISSUE = re.compile(r"\b[Nn]o\.?\s*(\d[\d–/-]*)|第\s*(\d+)\s*号|(\d+)\s*号")
_PAGES = re.compile(
    r"\bpp?\.\s*(\d+\s*[-–—]+\s*\d+)|(\d+\s*[-–—~〜]+\s*\d+)\s*(?:頁|ページ)"
    rf"|(?<![\d–-])(?!{_YEAR}\s*[-–])(\d+\s*[-–—]+\s*\d+)(?![\d–-])"
)
_BY = re.compile(r"[(（][Bb]y ([^()（）]+)[)）]")
_EDITED = re.compile(r"^[Ii]n:?\s+")
_EDITORS = re.compile(r"^.*?[(（](?:[Ee]ds?\.|編)[)）],?\s*")
_INITIALS = re.compile(r"(?:[A-Z]\.?[ -]?){1,4}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_BODY = re.compile(
    r"\b(?:Ministry|Agency|Office|Institute|University|Committee|Council|Association|Bank|Group|"
    r"Organi[sz]ation|Commission|Department|Bureau|Center|Centre|Society|Government|Team|of|for)\b"
    r"|^[A-Z]{3,}$|省|庁|委員会|研究会|協会|機構|大学|銀行"
)
_PARTICLES = {"van", "von", "de", "der", "den", "del", "della", "di", "da", "la", "le", "ten"}
_SMALL_WORDS = {"of", "for", "and", "the", "on", "in", "&"}
_EDGES = " \t\r\n.,;:，、。．：；()（）[]–—-"
_KINDS = (
    (re.compile(r"\bthesis\b|dissertation|学位論文|博士論文", re.I), "thesis"),
    (re.compile(r"\breport\b|working paper|discussion paper|報告書|白書", re.I), "report"),
    (re.compile(r"\bproceedings\b|\bconference\b|論文集|大会", re.I), "paper-conference"),
)


def parse(text: str) -> dict[str, Any] | None:
    """The record of an entry, its number left out; None where no title can be told.

    A letter after the year stays in `custom` as `year-suffix`.
    """
    rest = " ".join(text.split())
    record: dict[str, Any] = {}
    for field, pattern in (("DOI", _DOI), ("URL", _URL), ("ISBN", _ISBN)):
        if match := pattern.search(rest):
            record[field] = match[1].rstrip(".,;)]")
            rest = rest[: match.start()].rstrip() + " " + rest[match.end() :].lstrip()
    if match := _LANGUAGE.search(rest):
        record["language"] = _LANGUAGES[match[1]]
        rest = rest[: match.start()] + rest[match.end() :]
    by = _BY.search(rest)
    if by:
        rest = rest[: by.start()] + rest[by.end() :]
    parts = _parts(rest)
    if parts is None:
        return None
    before, title, after, year = parts
    title = title.strip().strip(_EDGES)
    if len(title) < 4 or not any(character.isalpha() for character in title):
        return None
    record["title"] = title
    if names := authors(by[1] if by else before):
        record["author"] = names
    if year:
        record["issued"] = {"date-parts": [[int(year[0])]]}
        if year[1]:
            record["custom"] = {"year-suffix": year[1]}
    record |= _where(after)
    record["type"] = _type(record, after)
    if "language" not in record and _KANA.search(title):
        record["language"] = "ja"
    return record


def _parts(rest: str) -> tuple[str, str, str, tuple[str, str] | None] | None:
    """What stands before the title, the title, what stands after it, and the year."""
    dated = _PARENTHESISED.search(rest) or _CHICAGO.search(rest)
    quoted = _QUOTED.search(rest)
    if quoted and not (dated and dated.start() > quoted.end() + 200):
        title = next(group for group in quoted.groups() if group)
        before, after = rest[: quoted.start()], rest[quoted.end() :]
        if dated and dated.end() <= quoted.start() + 1:
            return before[: dated.start()], title, after, _year_of(dated)
        return before, title, after, _last_year(after) or _last_year(before)
    if match := _COMMAS.fullmatch(rest):
        return match[1], match[2], match[3], (match[4], "")
    if dated and authors(rest[: dated.start()]):
        before, body = rest[: dated.start()], rest[dated.end() :]
        stop = _STOP.search(body)
        title, after = (body[: stop.start() + 1], body[stop.end() :]) if stop else (body, "")
        return before, title, after, _year_of(dated)
    # Authors. Title. Where it appeared, year.
    sentences = _STOP.split(rest, maxsplit=2)
    year = _last_year(rest)
    if len(sentences) < 2 or year is None or not authors(sentences[0]):
        return None
    return sentences[0], sentences[1], sentences[2] if len(sentences) > 2 else "", year


def _year_of(dated: re.Match[str]) -> tuple[str, str] | None:
    return (dated[1], dated[2]) if dated[1] else None


def _last_year(text: str) -> tuple[str, str] | None:
    years = list(_PLAIN_YEAR.finditer(text))
    return (years[-1][1], years[-1][2]) if years else None


def _where(after: str) -> dict[str, str]:
    """The container or publisher, volume, issue, number and pages."""
    found: dict[str, str] = {}
    ends = [len(after)]
    if match := _VOLUME.search(after):
        ends.append(match.start())
        found["volume"] = next(v for n in "12345" if (v := match[f"v{n}"]))
        if match["i1"] and not re.fullmatch(_YEAR, match["i1"]):
            found["issue"] = match["i1"]
        if pages := match["p1"] or match["p2"]:
            found["page"] = pages
    if match := _ISSUE.search(after):
        ends.append(match.start())
        number = next(group for group in match.groups() if group)
        found.setdefault("issue" if "volume" in found else "number", number)
    if "page" not in found and (match := _PAGES.search(after)):
        ends.append(match.start())
        found["page"] = next(group for group in match.groups() if group)
    if "page" in found:
        found["page"] = re.sub(r"\s*[-–—~〜]+\s*", "-", found["page"])
    if match := _PLAIN_YEAR.search(after):
        ends.append(match.start())
    named = after[: min(ends)]
    if quoted := re.search(r"『([^』]+)』", after):
        named = quoted[1]
    inside = bool(_EDITED.match(named.lstrip(_EDGES)))
    if inside:
        named = _EDITORS.sub("", _EDITED.sub("", named.lstrip(_EDGES)))
    named = named.strip(_EDGES)
    if 2 < len(named) < 200:
        whole = inside or "volume" in found or "page" in found or "『" in after
        found["container-title" if whole else "publisher"] = named
    return found


def _type(record: dict[str, Any], after: str) -> str:
    for pattern, kind in _KINDS:
        if pattern.search(after):
            return kind
    if "container-title" in record:
        return "article-journal" if "volume" in record else "chapter"
    return "book" if "publisher" in record else "document"


def authors(text: str) -> list[dict[str, str]]:
    """The names in what stands before a title, in their order."""
    text = re.sub(r"[(（](?:[Ee]ds?\.|編著?|著)[)）]|編著?$|,?\s*\bet al\b\.?|ほか$|他$", "", text)
    text = re.sub(rf"[\s,(（]*{_YEAR}[a-z]?[)）.\s]*$", "", text).strip(" ,;:，、：()（）")
    if not text or len(text) > 400 or not any(character.isalpha() for character in text):
        return []
    if _CJK.search(text):
        return [
            {"literal": name.strip()} for name in re.split(r"[、・,，;；]", text) if name.strip()
        ]
    if _BODY.search(text):
        capital = all(word[0].isupper() or word in _SMALL_WORDS for word in text.split())
        return [{"literal": text.rstrip(".")}] if capital else []
    people = list(_people(text))
    return people if all(map(_is_person, people)) else []


def _people(text: str) -> Iterator[dict[str, str]]:
    """Names as «Family, I. I.» or «Given Family», the first perhaps «Family, Given»."""
    pieces = [p.strip() for p in re.split(r"\s*;\s*|,?\s+(?:and|&)\s+|,\s*", text) if p.strip()]
    inverted = len(pieces) > 1 and " " not in _bare(pieces[0]) and (
        _INITIALS.fullmatch(pieces[1]) is not None or len(pieces[1].split()) < 3
    )  # fmt: skip
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        following = pieces[at + 1] if at + 1 < len(pieces) else ""
        if following and (_INITIALS.fullmatch(following) or (at == 0 and inverted)):
            yield {"family": piece, "given": following}
            at += 2
            continue
        words = piece.split()
        first = next((i for i, word in enumerate(words) if word in _PARTICLES), len(words) - 1)
        name = {"family": " ".join(words[first:]).strip("."), "given": " ".join(words[:first])}
        yield {part: words for part, words in name.items() if words}
        at += 1


def _is_person(name: dict[str, str]) -> bool:
    words = " ".join(name.values()).split()
    return len(words) <= 5 and name["family"].split()[-1][0].isupper()


def _bare(name: str) -> str:
    return " ".join(word for word in name.split() if word not in _PARTICLES)

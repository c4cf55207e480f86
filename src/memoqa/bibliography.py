"""CSL-JSON records: what a document is, and a text for a work that is not held.

https://docs.citationstyles.org/en/stable/specification.html#appendix-iii-types and
https://github.com/citation-style-language/schema/blob/master/schemas/input/csl-data.json
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from memoqa import bibtex

Record = Mapping[str, Any]

_MAX_KEY = 100
_UNSAFE = re.compile(r"[^\w.+-]+")
_STRINGS = ("language", "URL", "type")
_VALUES = (
    "container-title", "publisher", "publisher-place", "volume", "issue", "page", "number",
    "genre", "DOI", "ISBN", "ISSN", "edition", "collection-title",
)  # fmt: skip

_LANGUAGES = {"en": "English", "ja": "Japanese", "fr": "French", "de": "German", "zh": "Chinese"}
_TYPES = {
    "article-journal": "a journal article",
    "book": "a book",
    "chapter": "a book chapter",
    "paper-conference": "a conference paper",
    "report": "a report",
    "thesis": "a thesis",
}


def records(text: str, name: str) -> dict[str, Record]:
    """The records of a BibTeX file (`.bib`) or of a CSL-JSON file with one object or a list.

    A record's key is its entry's, made fit for a file's name; that of a single object is the
    stem of `name`, the file's name.

    Raises:
        ValueError: when the file cannot be read, or a record lacks what it needs.
    """
    try:
        if name.lower().endswith(".bib"):
            found: Any = bibtex.parse(text)
        else:
            found = json.loads(text)
        # JSON can spell half a surrogate pair, which no text holds.
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if isinstance(found, dict):
        _check(found)
        return {unicodedata.normalize("NFC", PurePath(name).stem): found}
    if not isinstance(found, list) or not found:
        raise ValueError("it must be one JSON object, a list of them, or BibTeX entries")
    keyed: dict[str, Record] = {}
    for number, record in enumerate(found, start=1):
        named = record.get("id") if isinstance(record, dict) else None
        where = f"record {number}" if named is None else f"record {str(named)!r}"
        try:
            _check(record)
            its_key = key(str(record.get("id", "")))
            if its_key in keyed:
                raise ValueError("another record has this key")
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        keyed[its_key] = {**record, "id": its_key}
    return keyed


def key(name: str) -> str:
    """The name as an id and a file's name: letters, digits and `_ . + -`.

    Raises:
        ValueError: when nothing is left of it.
    """
    safe = _UNSAFE.sub("-", unicodedata.normalize("NFC", name)).strip("-.")[:_MAX_KEY]
    if not safe:
        raise ValueError(f"{name!r} is no key; give the record an 'id' of letters and digits")
    return safe


def author(record: Record) -> str | None:
    """The authors' names as one string, given name first, or None."""
    names = [
        name.get("literal") or " ".join(filter(None, [name.get("given"), name.get("family")]))
        for name in record.get("author", [])
    ]
    if len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return names[0] if names else None


def year(record: Record) -> int | None:
    parts = record.get("issued", {}).get("date-parts") or [[]]
    return int(parts[0][0]) if parts[0] else None


def licence(record: Record) -> str | None:
    return _custom(record, "licence")


def questions(record: Record) -> tuple[str, ...]:
    return tuple(str(question) for question in record.get("custom", {}).get("questions", []))


def describe(record: Record) -> str:
    """Plain English sentences that say what the record says, each naming the work."""
    title = f"“{record['title']}”"
    subject = f"{title}, {_TYPES.get(record.get('type', ''), 'a work')}"
    if by := author(record):
        subject += f" by {by}"
    sentences = [f"{subject}, {_publication(record)}."]
    if language := record.get("language"):
        sentences.append(f"{title} is written in {_LANGUAGES.get(language, language)}.")
    if number := record.get("number"):
        sentences.append(f"The number of {title} is {number}.")
    if issn := record.get("ISSN"):
        sentences.append(f"The ISSN of the journal of {title} is {issn}.")
    if doi := record.get("DOI"):
        sentences.append(f"The DOI of {title} is {doi}.")
    sentences.append(f"The full text of {title} is not held among these documents.")
    return " ".join(sentences)


def _publication(record: Record) -> str:
    published = "was published"
    if published_in := year(record):
        published += f" in {published_in}"
    if container := record.get("container-title"):
        published += f" in {container}"
        if original := _custom(record, "container-title-original"):
            published += f" ({original})"
    elif genre := record.get("genre"):
        published += f" as {genre}"
    if volume := record.get("volume"):
        issue = record.get("issue")
        published += f", volume {volume}" + (f", issue {issue}" if issue else "")
    if page := record.get("page"):
        published += f", pages {page}"
    if publisher := record.get("publisher"):
        published += f", by {publisher}"
    return published


def _custom(record: Record, key: str) -> str | None:
    value = record.get("custom", {}).get(key)
    return None if value is None else str(value)


def _check(record: Any) -> None:
    """Raise ValueError unless the fields that are read have the shapes that CSL-JSON gives them."""
    if not isinstance(record, dict):
        raise ValueError("it must be one JSON object")
    if not isinstance(record.get("title"), str) or not record["title"].strip():
        raise ValueError("it needs a 'title'")
    for role in ("author", "editor"):
        names = record.get(role, [])
        if not isinstance(names, list) or not all(isinstance(name, dict) for name in names):
            raise ValueError(f"{role!r} must be a list of names")
        parts = [name.get(part, "") for name in names for part in ("literal", "given", "family")]
        if not all(isinstance(part, str) for part in parts):
            raise ValueError(f"an {role}'s name must be a string")
    for field in ("issued", "custom"):
        if not isinstance(record.get(field, {}), dict):
            raise ValueError(f"{field!r} must be an object")
    if not isinstance(record.get("custom", {}).get("questions", []), list):
        raise ValueError("'questions' must be a list")
    dates = record.get("issued", {}).get("date-parts", [[]])
    if not (
        isinstance(dates, list)
        and dates
        and isinstance(dates[0], list)
        and all(str(part).isdecimal() and len(str(part)) <= 4 for part in dates[0])
    ):
        raise ValueError("'issued' must hold 'date-parts', such as [[2005, 3]]")
    for field in _STRINGS:
        if not isinstance(record.get(field, ""), str):
            raise ValueError(f"{field!r} must be a string")
    for field in _VALUES:
        if not isinstance(record.get(field, ""), str | int | float):
            raise ValueError(f"{field!r} must be a string or a number")
    if not record.get("URL", "http").startswith("http"):
        raise ValueError("'URL' must start with http")

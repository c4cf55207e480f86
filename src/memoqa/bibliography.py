"""CSL-JSON records: what a document is, and a text for a work that is not held.

https://docs.citationstyles.org/en/stable/specification.html#appendix-iii-types and
https://github.com/citation-style-language/schema/blob/master/schemas/input/csl-data.json
"""

from collections.abc import Mapping
from typing import Any

Record = Mapping[str, Any]

_LANGUAGES = {"en": "English", "ja": "Japanese", "fr": "French", "de": "German", "zh": "Chinese"}
_TYPES = {
    "article-journal": "a journal article",
    "book": "a book",
    "chapter": "a book chapter",
    "paper-conference": "a conference paper",
    "report": "a report",
    "thesis": "a thesis",
}


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

"""A record in the forms in which others read it: APA, BibTeX, RIS and CSL-JSON.

APA is set by a CSL processor (https://citationstyles.org) from `apa.csl`, the style of the CSL
project under CC BY-SA 3.0; RIS follows https://en.wikipedia.org/wiki/RIS_(file_format).
"""

import json
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

from memoqa import bibliography, bibtex
from memoqa.bibliography import Record

_SET = (
    "author", "editor", "title", "container-title", "volume", "issue", "page", "number", "genre",
    "publisher", "publisher-place", "edition", "collection-title", "DOI", "URL", "ISBN",
)  # fmt: skip
_RIS_TYPES = {
    "article-journal": "JOUR",
    "book": "BOOK",
    "chapter": "CHAP",
    "paper-conference": "CPAPER",
    "report": "RPRT",
    "thesis": "THES",
    "webpage": "ELEC",
    "post-weblog": "BLOG",
}
_RIS_FIELDS = {
    "title": "TI",
    "container-title": "T2",
    "volume": "VL",
    "issue": "IS",
    "number": "M1",
    "publisher": "PB",
    "publisher-place": "CY",
    "edition": "ET",
    "ISBN": "SN",
    "ISSN": "SN",
    "DOI": "DO",
    "URL": "UR",
    "language": "LA",
}
_setting = threading.Lock()


def apa(record: Record) -> str:
    """The reference in the style of the American Psychological Association, as plain text."""
    return _apa(json.dumps(record, ensure_ascii=False, sort_keys=True))


@lru_cache(maxsize=10_000)
def _apa(record: str) -> str:
    # Imported here because a style is opened only when a work is shown.
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    source = CiteProcJSON([_for_processor(json.loads(record))])
    with _setting:
        bibliography_ = CitationStylesBibliography(_style(), source, formatter.plain)
        bibliography_.register(Citation([CitationItem("work")]))
        (text,) = map(str, bibliography_.bibliography())
    return " ".join(text.split())


@lru_cache(maxsize=1)
def _style() -> Any:
    from citeproc import CitationStylesStyle

    with as_file(files("memoqa").joinpath("apa.csl")) as path:
        return CitationStylesStyle(str(path), validate=False)


def _for_processor(record: dict[str, Any]) -> dict[str, Any]:

    plain = {field: record[field] for field in _SET if record.get(field)}
    for role in ("author", "editor"):
        if role in plain:
            plain[role] = list(map(_name, plain[role]))
    if parts := (record.get("issued", {}).get("date-parts") or [[]])[0]:
        plain["issued"] = {"date-parts": [[int(part) for part in parts]]}
    if not {"author", "editor"} & plain.keys():
        # A title takes the place of the author; the processor would say it twice.
        plain["author"] = [{"literal": plain.pop("title")}]
    return plain | {"id": "work", "type": record.get("type", "document")}


def _name(name: Mapping[str, str]) -> dict[str, str]:
    """A Japanese name has no initials: it is set whole, family name first."""
    family, given = name.get("family", ""), name.get("given", "")
    if name.get("literal") or not given or not family or _is_spaced(family):
        return {part: name[part] for part in ("literal", "family", "given") if name.get(part)}
    return {"literal": family + given}


def _is_spaced(name: str) -> bool:
    return not any(unicodedata.name(c, "").startswith(("CJK", "HIRA", "KATA")) for c in name)


def ris(record: Record, key: str) -> str:
    """The record in RIS."""
    return "\r\n".join(f"{tag}  - {value}" for tag, value in _ris(record, key)) + "\r\n"


def _ris(record: Record, key: str) -> Iterator[tuple[str, str]]:
    yield "TY", _RIS_TYPES.get(record.get("type", ""), "GEN")
    yield "ID", key
    for role, tag in (("author", "AU"), ("editor", "ED")):
        for name in record.get(role, []):
            parts = (name.get("family"), name.get("given"))
            yield tag, name.get("literal") or ", ".join(filter(None, parts))
    for field, tag in _RIS_FIELDS.items():
        if value := record.get(field):
            yield tag, " ".join(str(value).split())
    if year := bibliography.year(record):
        yield "PY", str(year)
    if pages := record.get("page"):
        first, _, last = str(pages).partition("-")
        yield "SP", first
        if last:
            yield "EP", last
    yield "ER", ""


def csl_json(record: Record, key: str) -> str:
    """The record as a CSL-JSON list of one, without what only this corpus says of it."""
    plain = {field: value for field, value in record.items() if field != "custom"}
    return json.dumps([plain | {"id": key}], ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, tuple[str, Callable[[Record, str], str]]] = {
    "bib": ("application/x-bibtex", bibtex.write),
    "ris": ("application/x-research-info-systems", ris),
    "json": ("application/vnd.citationstyles.csl+json", csl_json),
}
"""What a record is downloaded as, by suffix: the media type, and what writes it."""

"""BibTeX and BibLaTeX entries to CSL-JSON records, and back.

https://ctan.org/pkg/bibtex (btxdoc, section 3) and https://ctan.org/pkg/biblatex (section 2).
"""

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

# What the parser logs of a broken entry is told by `parse`.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())

_TYPES = {
    "article": "article-journal",
    "book": "book",
    "booklet": "pamphlet",
    "collection": "book",
    "conference": "paper-conference",
    "dataset": "dataset",
    "inbook": "chapter",
    "incollection": "chapter",
    "inproceedings": "paper-conference",
    "manual": "report",
    "mastersthesis": "thesis",
    "online": "webpage",
    "phdthesis": "thesis",
    "proceedings": "book",
    "report": "report",
    "techreport": "report",
    "thesis": "thesis",
    "unpublished": "manuscript",
}
_ENTRIES = {
    "article-journal": "article",
    "book": "book",
    "chapter": "incollection",
    "paper-conference": "inproceedings",
    "report": "techreport",
    "thesis": "phdthesis",
    "manuscript": "unpublished",
}
_FIELDS = {
    "title": "title",
    "journal": "container-title",
    "journaltitle": "container-title",
    "booktitle": "container-title",
    "volume": "volume",
    "edition": "edition",
    "publisher": "publisher",
    "institution": "publisher",
    "organization": "publisher",
    "school": "publisher",
    "address": "publisher-place",
    "location": "publisher-place",
    "series": "collection-title",
    "type": "genre",
    "pages": "page",
    "doi": "DOI",
    "isbn": "ISBN",
    "issn": "ISSN",
    "url": "URL",
}
_SYNONYMS = {"journaltitle", "booktitle", "institution", "organization", "school", "location"}
_VERBATIM = {"doi", "url"}
_LANGUAGES = {"english": "en", "american": "en", "british": "en", "japanese": "ja"} | {
    "french": "fr", "german": "de", "ngerman": "de", "chinese": "zh", "spanish": "es",
}  # fmt: skip
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_PERCENT = re.compile(r"(?<!\\)%")
_WHOLE_BRACED = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_ESCAPED = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
)


def parse(text: str) -> list[dict[str, Any]]:
    """The entries as CSL-JSON records, each with its key as `id`.

    Raises:
        ValueError: at the first entry that cannot be read, naming its line.
    """
    # Imported here because only a corpus with a .bib file needs them.
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import SeparateCoAuthors, SplitNameParts

    library = parse_string(text, append_middleware=[SeparateCoAuthors(), SplitNameParts()])
    for block in library.failed_blocks:
        reason = " ".join(str(block.error).split())[:100]
        raise ValueError(f"the entry at line {(block.start_line or 0) + 1}: {reason}")
    return [_record(entry) for entry in library.entries]


def write(record: Mapping[str, Any], key: str) -> str:
    """The record as one BibTeX entry in UTF-8."""
    kind = _ENTRIES.get(record.get("type", ""), "misc")
    lines = [f"  {name} = {{{value}}}," for name, value in _written(record, kind)]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _record(entry: Any) -> dict[str, Any]:
    fields = {field.key.lower(): field.value for field in entry.fields}
    record: dict[str, Any] = {
        "id": entry.key,
        "type": _TYPES.get(entry.entry_type.lower(), "document"),
    }
    for name, csl in _FIELDS.items():
        if isinstance(value := fields.get(name), str):
            record.setdefault(csl, value.strip() if name in _VERBATIM else _plain(value))
    if "page" in record:
        record["page"] = re.sub(r"\s*(?:--?|–|—)\s*", "-", record["page"])
    if number := fields.get("number"):
        record["issue" if record["type"] == "article-journal" else "number"] = _plain(number)
    for role in ("author", "editor"):
        if names := fields.get(role):
            record[role] = [_name(name) for name in names if name.last != ["others"]]
    if issued := _issued(fields):
        record["issued"] = issued
    language = fields.get("langid") or fields.get("language")
    if language:
        record["language"] = _LANGUAGES.get(_plain(language).lower(), _plain(language))
    return record


def _plain(latex: str) -> str:
    """The text that LaTeX would set, on one line."""
    from pylatexenc.latex2text import LatexNodes2Text

    decoder = LatexNodes2Text(math_mode="verbatim", keep_comments=True)
    # BibTeX has no comments within a field.
    plain = decoder.latex_to_text(_PERCENT.sub(r"\\%", latex))
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def _name(name: Any) -> dict[str, str]:
    whole = [*name.first, *name.von, *name.last, *name.jr]
    # Braces around a whole name keep a body's name from being taken for a person's.
    if len(whole) == 1 and _WHOLE_BRACED.fullmatch(whole[0]):
        return {"literal": _plain(whole[0])}
    family = _plain(" ".join([*name.von, *name.last]))
    given = _plain(" ".join([*name.first, *name.jr]))
    return {"family": family} | ({"given": given} if given else {})


def _issued(fields: dict[str, Any]) -> dict[str, Any]:
    date = _plain(str(fields.get("date") or fields.get("year") or ""))
    if match := re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", date):
        parts = [int(part) for part in match.groups() if part]
        month = str(fields.get("month", "")).strip().lower()
        if len(parts) == 1 and month[:3] in _MONTHS:
            parts.append(_MONTHS.index(month[:3]) + 1)
        return {"date-parts": [parts]}
    return {"literal": date} if date else {}


def _written(record: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    names = {csl: name for name, csl in _FIELDS.items() if name not in _SYNONYMS}
    names["container-title"] = "journal" if kind == "article" else "booktitle"
    names["publisher"] = {"techreport": "institution", "phdthesis": "school"}.get(kind, "publisher")
    for role in ("author", "editor"):
        if people := record.get(role):
            yield role, " and ".join(_written_name(name) for name in people)
    for csl, name in names.items():
        if value := record.get(csl):
            text = str(value).replace("-", "--") if csl == "page" else str(value)
            yield name, text if name in _VERBATIM else text.translate(_ESCAPED)
    if number := record.get("issue") or record.get("number"):
        yield "number", str(number).translate(_ESCAPED)
    parts = (record.get("issued", {}).get("date-parts") or [[]])[0]
    if parts:
        yield "year", str(parts[0])
    if len(parts) > 1:
        yield "month", _MONTHS[int(parts[1]) - 1]
    if language := record.get("language"):
        yield "language", str(language).translate(_ESCAPED)


def _written_name(name: dict[str, str]) -> str:
    if literal := name.get("literal"):
        return f"{{{literal.translate(_ESCAPED)}}}"
    parts = (name.get("family", ""), name.get("given", ""))
    return ", ".join(part.translate(_ESCAPED) for part in parts if part)

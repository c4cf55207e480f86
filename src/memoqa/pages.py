"""The HTML pages: Jinja templates and what they are given."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from memoqa import languages
from memoqa.assets import Assets
from memoqa.chunk import blocks
from memoqa.languages import Catalogue, web_folder
from memoqa.parse.prose import line
from memoqa.script import asks_in_japanese, is_japanese
from memoqa.types import Citation, Document

_SHORT = 200
"""Code points of a quote that its text fragment gives whole."""

_WORDS = 5
"""Words at each end of a longer one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a block's text, marked or not."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph or list item with its pieces in order; `number` as in the chunker."""

    kind: str
    number: int | None
    pieces: tuple[Piece, ...]


class Pages:
    """Renders templates in the language that was asked for, `languages.asked`."""

    def __init__(self) -> None:
        web = web_folder()
        self.assets = Assets(web / "static")
        self.languages = languages.catalogues(web / "locales")
        self._templates = {
            language: self._environment(web / "templates", language, catalogue)
            for language, catalogue in self.languages.items()
        }

    def render(self, template: str, **context: Any) -> str:
        environment = self._templates[languages.asked.get()]
        return environment.get_template(template).render(context)

    def translate(self, sentence: str) -> str:
        """A sentence of the program in the language that was asked for, or as it is."""
        return self.languages[languages.asked.get()].gettext(sentence)

    def _environment(self, folder: Path, language: str, catalogue: Catalogue) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            catalogue.gettext, catalogue.ngettext, newstyle=True
        )
        environment.globals.update(
            asked_in=asked_in,
            asset=self.assets.url,
            language=language,
            language_of=language_of,
            text_fragment=text_fragment,
            written_in=written_in,
        )
        environment.filters["capital"] = capital
        environment.filters["markdown"] = markdown
        return environment


def marked(document: Document, start: int, end: int) -> list[Block]:
    """The document's blocks with what lies within `start` to `end` marked; nothing is marked
    where `start == end`.
    """
    return [
        Block(
            kind=block.kind,
            number=block.number,
            pieces=_pieces(document.text, block.start, block.end, start, end),
        )
        for block in blocks(document.text)
    ]


def written_in(document: Document, text: str) -> str:
    """The language of a part of a document: what its record says, or else by its letters."""
    return document.language or language_of(text)


def language_of(text: str) -> str:
    """The language of words by their letters: `en` or `ja`."""
    return "ja" if is_japanese(text) else "en"


def asked_in(question: str) -> str:
    """The language of a question: `en` or `ja`."""
    return "ja" if asks_in_japanese(question) else "en"


def text_fragment(citation: Citation) -> str | None:
    """The document's public address with a fragment that leads a browser to the quote there; None
    where it has no address on the web.

    A long quote is given by its first and last words, and one over several lines by its first and
    last line: what breaks them on the page, a browser does not look past. Words that `prefix` and
    `suffix` cut in two are left out: a browser looks for whole ones. Source: the text directive of
    https://wicg.github.io/scroll-to-text-fragment/.
    """
    url = citation.document.url
    if url is None or not url.startswith(("https://", "http://")):
        return None
    lines = [words for row in citation.quote.splitlines() if (words := row.split())]
    first, last = lines[0], lines[-1]
    if len(lines) > 1 or (len(first) > 2 * _WORDS and len(citation.quote) > _SHORT):
        parts = [" ".join(first[:_WORDS]), " ".join(last[-_WORDS:])]
    else:
        parts = [" ".join(first)]
    before = citation.prefix.rpartition("\n")[2].partition(" ")[2].strip()
    after = citation.suffix.partition("\n")[0].rpartition(" ")[0].strip()
    directive = ",".join(map(_directive, parts))
    if before:
        directive = f"{_directive(before)}-,{directive}"
    if after:
        directive = f"{directive},-{_directive(after)}"
    address, _, anchor = url.partition("#")
    return f"{address}#{anchor}:~:text={directive}"


def _directive(text: str) -> str:
    # A dash has a meaning in a directive and none in an address, so that quote() leaves it.
    return quote(text, safe="").replace("-", "%2D")


def markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#&|~$!])", r"\\\1", line(text))


def capital(text: str) -> str:
    """The text with a capital first letter, and the others as they are."""
    return text[:1].upper() + text[1:]


def _pieces(text: str, start: int, end: int, mark_start: int, mark_end: int) -> tuple[Piece, ...]:
    mark_start = min(max(mark_start, start), end)
    mark_end = min(max(mark_end, mark_start), end)
    cuts = ((start, mark_start, False), (mark_start, mark_end, True), (mark_end, end, False))
    return tuple(Piece(text[a:b], is_marked) for a, b, is_marked in cuts if a < b)

"""The languages of the pages and of the command, and which of them a reader asks for.

Both are written in English; `web/locales/<language>.json` says the same in another language, from
English to it.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

ENGLISH = "en"

asked: ContextVar[str] = ContextVar("asked", default=ENGLISH)
"""The language of the pages for the request at hand."""


class Catalogue(Protocol):
    def gettext(self, message: str) -> str: ...
    def ngettext(self, singular: str, plural: str, n: int) -> str: ...


class English:
    """What is said as it is written."""

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return singular if n == 1 else plural


class Translation:
    """A language with one form for every number; what it lacks stays in English."""

    def __init__(self, messages: dict[str, str]) -> None:
        self._messages = messages

    def gettext(self, message: str) -> str:
        return self._messages.get(message, message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:  # noqa: ARG002
        return self.gettext(plural)


def catalogues(folder: Path) -> dict[str, Catalogue]:
    """English, and what the files of the folder translate it into, by language tags."""
    found: dict[str, Catalogue] = {ENGLISH: English()}
    for path in sorted(folder.glob("*.json")):
        found[path.stem] = Translation(json.loads(path.read_text(encoding="utf-8")))
    return found


def web_folder() -> Path:
    """The templates, static files and translations: in the package when installed, else beside
    `src/`.
    """
    inside = Path(__file__).parent / "web"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "web"


def of_locale(environment: Mapping[str, str], offered: Collection[str]) -> str:
    """The language of `offered` that a user's locale names, or else English.

    Source: POSIX.1-2017, 8.2: the first of these variables that is set and not empty decides.
    """
    values = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, values), "")
    language = re.split("[^a-z]", locale.lower(), maxsplit=1)[0]
    return language if language in offered else ENGLISH


def preferred(accepted: str, offered: Sequence[str]) -> str:
    """The language of `offered` that an Accept-Language header puts first, or else English.

    Source: RFC 9110, 12.5.4; a tag is offered where its first part is.
    """
    choices: list[tuple[float, int, str]] = []
    for place, choice in enumerate(accepted[:1_000].split(",")):
        tag, *parameters = (part.strip().lower() for part in choice.split(";"))
        language = tag.partition("-")[0]
        if language in offered and (quality := _quality(parameters)) > 0:
            choices.append((-quality, place, language))
    return min(choices)[2] if choices else ENGLISH


def _quality(parameters: list[str]) -> float:
    try:
        return next((float(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    except ValueError:
        return 0.0

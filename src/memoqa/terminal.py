"""What the command shows, in the language of the user's locale: results on stdout, and on stderr
what else there is to say.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from memoqa import languages
from memoqa.languages import Catalogue
from memoqa.script import asks_in_japanese, is_japanese
from memoqa.types import Answer, Citation, Verdict

if TYPE_CHECKING:
    # It imports FAISS and more, which no command needs for its help.
    from memoqa.ingest import Report

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_SIGNS = {"verbatim": "[green]✓[/]", "moved": "[yellow]→[/]"}


def catalogue() -> Catalogue:
    """What translates into the language of the user's locale."""
    found = _catalogues()
    return found[languages.of_locale(os.environ, found)]


def gettext(message: str, /, **values: object) -> str:
    """A message of the command in the user's language, with the values in their places."""
    return catalogue().gettext(message) % values


def translated(command: Any) -> Any:
    """A Typer command with its help, and that of its subcommands, in the user's language."""
    if command.help:
        # A docstring may break its lines.
        command.help = gettext(" ".join(command.help.split()))
    for parameter in command.params:
        if parameter.help:
            parameter.help = gettext(parameter.help)
        if isinstance(parameter.show_default, str):
            parameter.show_default = gettext(parameter.show_default)
    if isinstance(command, TyperGroup):
        for subcommand in command.commands.values():
            translated(subcommand)
    return command


@cache
def _catalogues() -> dict[str, Catalogue]:
    return languages.catalogues(languages.web_folder() / "locales")


def show_error(error: Exception) -> None:
    err.print(f"[bold red]{gettext('error:')}[/] {escape(str(error))}")


def show_report(report: "Report") -> None:
    for source, reason in report.left_out:
        err.print(f"[yellow]{gettext('left out')}[/] {escape(source)}: {escape(reason)}")
    for source, warning in report.warnings:
        err.print(f"[yellow]{gettext('warning')}[/] {escape(source)}: {escape(warning)}")
    for word, ids in (
        (gettext("added:"), report.added),
        (gettext("changed:"), report.changed),
        (gettext("removed:"), report.removed),
    ):
        if ids:
            out.print(f"{word} {escape(', '.join(ids))}")
    out.print(
        gettext(
            "indexed %(documents)s documents as %(passages)s passages, "
            "%(embedded)s of them embedded; fingerprint %(fingerprint)s",
            documents=report.documents,
            passages=report.passages,
            embedded=report.embedded,
            fingerprint=report.manifest.fingerprint,
        )
    )


def show_verdict(number: int, verdict: Verdict) -> None:
    sign = _SIGNS.get(verdict.status, "[red]✗[/]")
    place = f"{verdict.document} {verdict.start}-{verdict.end}"
    out.print(f"{sign} {number} {escape(place)}: {escape(_standing(verdict))}")


def _standing(verdict: Verdict) -> str:
    """`Verdict.detail` in the user's language."""
    if verdict.moved_to is not None:
        start, end = verdict.moved_to.start, verdict.moved_to.end
        return gettext("moved to %(start)s-%(end)s, word for word", start=start, end=end)
    if verdict.status == "no_document":
        return gettext("there is no document %(id)s any more", id=repr(verdict.document))
    return catalogue().gettext(verdict.detail)


def show_answer(answer: Answer) -> None:
    if answer.answered:
        percent = f"{answer.confidence:.0%}"
        out.print(f"[dim]{gettext('confidence %(percent)s', percent=percent)}[/]")
        _show_crossing(answer)
        for citation in answer.citations:
            _show_citation(citation)
        return
    if answer.reason == "no_question":
        out.print(gettext("There is no question here."))
        return
    out.print(gettext("The documents do not say."))
    if answer.reference:
        out.print(f"{gettext('This work is not held:')} {escape(answer.reference.text)}")
        out.print(f"{gettext('If you have it, add it:')} {escape(answer.reference.add)}")
    if answer.nearest:
        out.print(f"[dim]{gettext('Closest passages, not an answer:')}[/]")
        for citation in answer.nearest:
            _show_citation(citation)


def _show_crossing(answer: Answer) -> None:
    """Say that the answer is quoted from another language than the question's, where it is."""
    quoted = is_japanese(answer.citations[0].quote)
    if quoted == asks_in_japanese(answer.question):
        return
    if quoted:
        out.print(gettext("This answer is quoted from a document in Japanese."))
    else:
        out.print(gettext("This answer is quoted from a document in English."))


def _show_citation(citation: Citation) -> None:
    start = citation.highlight.start - citation.start
    end = citation.highlight.end - citation.start
    before, words, after = (
        escape(part)
        for part in (citation.quote[:start], citation.quote[start:end], citation.quote[end:])
    )
    where = f"{citation.document.title}, {_place(citation.locator)} ({citation.document.id})"
    out.print(
        f"“{before}[bold]{words}[/]{after}”\n  [{citation.number}] {escape(where)}", markup=True
    )
    for work in citation.works:
        held = work.document or gettext("not held")
        out.print(f"      {gettext('cites')} {escape(work.text)} ({escape(held)})")
        if work.support:
            place = _place(work.support.locator)
            out.print(f"      “{escape(work.support.quote)}” {escape(place)}")


def _place(locator: str) -> str:
    """A locator, such as "paragraph 3" or "pp. 4–5", in the user's language."""
    kind, _, where = locator.partition(" ")
    match kind:
        case "paragraph":
            return gettext("paragraph %(n)s", n=where)
        case "p.":
            return gettext("p. %(n)s", n=where)
        case "pp.":
            return gettext("pp. %(n)s", n=where)
    return locator

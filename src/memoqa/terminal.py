"""What the command shows: results on stdout, and on stderr what else there is to say."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from memoqa.types import Answer, Citation, Verdict

if TYPE_CHECKING:
    # It imports FAISS and more, which no command needs for its help.
    from memoqa.ingest import Report

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_SIGNS = {"verbatim": "[green]✓[/]", "moved": "[yellow]→[/]"}


def show_error(error: Exception) -> None:
    err.print(f"[bold red]error:[/] {escape(str(error))}")


def show_report(report: "Report") -> None:
    for source, reason in report.left_out:
        err.print(f"[yellow]left out[/] {escape(source)}: {escape(reason)}")
    for source, warning in report.warnings:
        err.print(f"[yellow]note[/] {escape(source)}: {escape(warning)}")
    for word, ids in (
        ("added", report.added),
        ("changed", report.changed),
        ("removed", report.removed),
    ):
        if ids:
            out.print(f"{word}: {escape(', '.join(ids))}")
    out.print(
        f"indexed {report.documents} documents as {report.passages} passages, "
        f"{report.embedded} of them embedded; fingerprint {report.manifest.fingerprint}"
    )


def show_verdict(number: int, verdict: Verdict) -> None:
    sign = _SIGNS.get(verdict.status, "[red]✗[/]")
    place = f"{verdict.document} {verdict.start}-{verdict.end}"
    out.print(f"{sign} {number} {escape(place)}: {escape(verdict.detail)}")


def show_answer(answer: Answer) -> None:
    if answer.answered:
        out.print(f"[dim]confidence {answer.confidence:.0%}[/]")
        for citation in answer.citations:
            _show_citation(citation)
        return
    if answer.reason == "no_question":
        out.print("There is no question here.")
        return
    out.print("The documents do not say.")
    if answer.reference:
        out.print(f"This work is not held: {escape(answer.reference.text)}")
        out.print(f"If you have it, add it: {escape(answer.reference.add)}")
    if answer.nearest:
        out.print("[dim]Closest passages, not an answer:[/]")
        for citation in answer.nearest:
            _show_citation(citation)


def _show_citation(citation: Citation) -> None:
    start = citation.highlight.start - citation.start
    end = citation.highlight.end - citation.start
    before, words, after = (
        escape(part)
        for part in (citation.quote[:start], citation.quote[start:end], citation.quote[end:])
    )
    where = f"{citation.document.title}, {citation.locator} ({citation.document.id})"
    out.print(
        f"“{before}[bold]{words}[/]{after}”\n  [{citation.number}] {escape(where)}", markup=True
    )
    for work in citation.works:
        held = work.document or "not held"
        out.print(f"      cites {escape(work.text)} ({escape(held)})")
        if work.support:
            out.print(f"      “{escape(work.support.quote)}” {escape(work.support.locator)}")

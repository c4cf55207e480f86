"""The `memoqa` command.

Exit codes: 0 done, 1 an error with one clear line on stderr, 2 wrong usage.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from memoqa.errors import IndexCorrupt, IndexMismatch, IndexNotFound, MemoqaError

if TYPE_CHECKING:
    from memoqa.embed import Embedder
    from memoqa.settings import Settings
    from memoqa.types import Answer, Citation

app = typer.Typer(
    help="Ask a memo and its references; every answer is an exact quotation with its place.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Home = Annotated[
    Path | None,
    typer.Option(help="The folder with corpus/ and index/.", show_default="here, or MEMOQA_HOME"),
]


def main() -> None:
    """Run the command; what goes wrong on purpose ends as one line and exit code 1."""
    try:
        app()
    except (MemoqaError, OSError) as error:
        err.print(f"[bold red]error:[/] {escape(str(error))}")
        sys.exit(1)


@app.command()
def index(home: Home = None) -> None:
    """Index the corpus: what did not change is not embedded again."""
    from memoqa import corpus
    from memoqa.embed import open_embedder

    settings = _settings(home)
    # Told before the seconds that a model takes to open.
    corpus.require(settings.corpus)
    with err.status("Opening the embedder"):
        embedder = open_embedder(settings.embedder)
    _index(settings, embedder)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    home: Home = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole answer as JSON.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10, help="The most quotations wanted.")] = 3,
) -> None:
    """Ask the documents a question."""
    if not question.strip():
        raise typer.BadParameter("the question is blank")
    from memoqa.answer import open_assistant, open_models

    settings = _settings(home)
    answer = open_assistant(settings, open_models(settings)).ask(question, limit=limit)
    if as_json:
        # Not by rich, which would wrap and mark up what a program reads.
        print(json.dumps(asdict(answer), ensure_ascii=False, indent=2))
    else:
        _show(answer)


@app.command()
def serve(
    home: Home = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve the chat page and POST /ask; the index is built first where there is none to open."""
    import uvicorn

    from memoqa.answer import open_assistant, open_models
    from memoqa.api import create_app

    settings = _settings(home)
    with err.status("Opening the models"):
        models = open_models(settings)
    try:
        open_assistant(settings, models)
    except (IndexNotFound, IndexMismatch, IndexCorrupt) as reason:
        why = str(reason).removesuffix("; run: memoqa index")
        err.print(f"Building the index, for {escape(why)}")
        _index(settings, models.embedder)
    out.print(f"memoqa answers on [bold]http://{host}:{port}[/] (Ctrl+C ends it)")
    uvicorn.run(
        create_app(lambda: open_assistant(settings, models), settings),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=5,
    )


@app.command()
def verify(
    answer: Annotated[Path, typer.Argument(help="What `memoqa ask --json` printed.")],
    home: Home = None,
) -> None:
    """Check that every citation of a saved answer still stands word for word in the index."""
    from pydantic import ValidationError

    from memoqa.index import load
    from memoqa.messages import Answered
    from memoqa.verify import check

    try:
        saved = Answered.model_validate_json(answer.read_bytes())
    except OSError as error:
        raise MemoqaError(f"{str(answer)!r} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise MemoqaError(
            f"{str(answer)!r} is not an answer; save one with: memoqa ask --json"
        ) from error
    documents = load(_settings(home).index).documents
    verdicts = [check(quotation, documents) for quotation in saved.quotations()]
    for number, verdict in enumerate(verdicts, start=1):
        sign = "[green]✓[/]" if verdict.verbatim else "[red]✗[/]"
        place = f"{verdict.document} {verdict.start}-{verdict.end}"
        out.print(f"{sign} {number} {escape(place)}: {escape(verdict.detail)}")
    if not all(verdict.verbatim for verdict in verdicts):
        raise MemoqaError("not every citation stands word for word in the index")


@app.command(name="eval")
def evaluate_(
    questions: Annotated[
        Path, typer.Argument(help="SQuAD-format .json, or memo questions .jsonl.")
    ],
    home: Home = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Ask only so many questions, drawn by --seed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sample and of the bootstrap.")] = 0,
    misses: Annotated[bool, typer.Option(help="Show each question that went wrong.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write a page with all figures, curves and errors here.")
    ] = None,
) -> None:
    """Measure retrieval, quotation, refusal and confidence on a file of questions."""
    from rich.progress import track
    from rich.table import Table

    from memoqa import evaluate

    # Told before the minutes that asking takes.
    if report is not None and not report.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(report.parent)!r} for the report")
    results = []
    settings = _settings(home)
    with_total = evaluate.prepare(questions, settings, sample, seed)
    for result in track(
        with_total, description="Asking", total=len(with_total), console=err, transient=True
    ):
        results.append(result)
        if misses and result.wrong:
            out.print(escape(result.wrong))
    table = Table("figure", "value", "95 % interval", "of")
    for figure in evaluate.figures(results, seed):
        interval = f"{figure.low:.3f}–{figure.high:.3f}"
        table.add_row(figure.name, f"{figure.value:.3f}", interval, str(figure.count))
    out.print(table)
    out.print(evaluate.statement(results))
    if report is not None:
        report.write_text(evaluate.page(results, questions.name, seed), encoding="utf-8")


def _settings(home: Path | None) -> "Settings":
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from memoqa.settings import Settings

    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"MEMOQA_{'_'.join(str(part) for part in first['loc']).upper()}"
        raise MemoqaError(f"the setting {name!r} is wrong: {first['msg']}") from error
    except SettingsError as error:
        raise MemoqaError(
            f'a setting is wrong: {error}; a list is written as JSON, such as ["localhost"]'
        ) from error


def _index(settings: "Settings", embedder: "Embedder") -> None:
    from rich.progress import Progress

    from memoqa import ingest

    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("Embedding", total=None)
        report = ingest.build(
            settings, embedder, lambda done, total: bar.update(task, completed=done, total=total)
        )
    for source, reason in report.left_out:
        err.print(f"[yellow]left out[/] {escape(source)}: {escape(reason)}")
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


def _show(answer: "Answer") -> None:
    if answer.answered:
        out.print(f"[dim]confidence {answer.confidence:.0%}[/]")
        for citation in answer.citations:
            _show_citation(citation)
        return
    if answer.reason == "no_question":
        out.print("There is no question here.")
        return
    out.print("The documents do not say.")
    if answer.nearest:
        out.print("[dim]Closest passages, not an answer:[/]")
        for citation in answer.nearest:
            _show_citation(citation)


def _show_citation(citation: "Citation") -> None:
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

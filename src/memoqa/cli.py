"""The `memoqa` command, in the language of the user's locale.

Exit codes: 0 done, 1 an error with one clear line on stderr, 2 wrong usage.
"""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from memoqa.errors import IndexCorrupt, IndexMismatch, IndexNotFound, MemoqaError
from memoqa.terminal import (
    catalogue,
    err,
    gettext,
    out,
    show_answer,
    show_error,
    show_report,
    show_verdict,
    translated,
)
from memoqa.types import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memoqa.embed import Embedder
    from memoqa.index import Index
    from memoqa.settings import Settings
    from memoqa.types import Document
    from memoqa.weigh import Models

app = typer.Typer(
    help="Ask a memo and its references; every answer is an exact quotation with its place.",
    no_args_is_help=True,
    add_completion=False,
)
feedback = typer.Typer(help="What readers said of answers.", no_args_is_help=True)
app.add_typer(feedback, name="feedback")

Home = Annotated[
    Path | None,
    typer.Option(help="The folder with corpus/ and index/.", show_default="here, or MEMOQA_HOME"),
]


def main() -> None:
    """Run the command; what goes wrong on purpose ends as one line and exit code 1."""
    try:
        translated(typer.main.get_command(app))()
    except (MemoqaError, OSError) as error:
        show_error(error)
        sys.exit(1)


@app.command()
def index(
    home: Home = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and index again whenever the corpus changes.")
    ] = False,
) -> None:
    """Index the corpus: what did not change is not read or embedded again."""
    from memoqa import corpus

    settings = _settings(home)
    # Told before the seconds that a model takes to open.
    corpus.require(settings.corpus)
    if not watch:
        _index(settings, _embedder(settings))
        return
    from memoqa.watch import changes

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        embedder = _embedder(settings)
        for _ in changes(settings.corpus):
            try:
                _index(settings, embedder)
            except (MemoqaError, OSError) as error:
                show_error(error)
    except KeyboardInterrupt:
        err.print(gettext("No longer watching."))


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="PDF, DOCX, HTML, EPUB, text, .bib, .json.")],
    home: Home = None,
    reference: Annotated[
        str | None, typer.Option(help="The key of the cited work whose text the file is.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="What the files are.")] = None,
) -> None:
    """Copy files into the corpus, each read first, and index them."""
    if reference is not None and (len(files) > 1 or kind is not None):
        raise typer.BadParameter(gettext("--reference goes with one file and without --kind"))
    from memoqa.add import add as add_file
    from memoqa.parse import Limits, Parser

    settings = _settings(home)
    new = failed = False
    with Parser(Limits.of(settings)) as parser:
        for file in files:
            try:
                added = add_file(file, settings, parser, kind, reference)
            except (MemoqaError, OSError) as error:
                failed = True
                err.print(
                    f"[yellow]{gettext('not added')}[/] {escape(str(file))}: {escape(str(error))}"
                )
                continue
            new = new or not added.before
            if added.before:
                said = gettext("already in the corpus:")
            else:
                said = gettext("copied into the corpus:")
            out.print(f"{said} {escape(added.source)}")
    if new:
        _index(settings, _embedder(settings))
    if failed:
        raise typer.Exit(1)


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
        raise typer.BadParameter(gettext("the question is blank"))
    from memoqa.answer import open_assistant
    from memoqa.weigh import open_models

    settings = _settings(home)
    answer = open_assistant(settings, open_models(settings)).ask(question, limit=limit)
    if as_json:
        # Not by rich, which would wrap and mark up what a program reads.
        print(json.dumps(asdict(answer), ensure_ascii=False, indent=2))
    else:
        show_answer(answer)


@app.command()
def serve(
    home: Home = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve the chat page and POST /ask; the index is built first where there is none to open."""
    import uvicorn

    from memoqa.answer import open_assistant
    from memoqa.api import create_app
    from memoqa.intake import Intake
    from memoqa.weigh import open_models

    settings = _settings(home)
    with err.status(gettext("Opening the models")):
        models = open_models(settings)
    try:
        open_assistant(settings, models)
    except (IndexNotFound, IndexMismatch, IndexCorrupt) as reason:
        why = str(reason).removesuffix("; run: memoqa index")
        err.print(gettext("Building the index, for %(reason)s", reason=escape(why)))
        _index(settings, models.embedder, models)
    address = f"[bold]http://{host}:{port}[/]"
    out.print(gettext("memoqa answers on %(address)s (Ctrl+C ends it)", address=address))
    intake = Intake(settings, lambda: open_models(settings)) if settings.allow_add else None
    uvicorn.run(
        create_app(lambda: open_assistant(settings, models), settings, intake),
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
    """Check that every citation of a saved answer still stands word for word, and say where words
    went that moved; without an index, in the corpus.
    """
    from pydantic import ValidationError

    from memoqa.messages import Answered
    from memoqa.verify import check

    name = repr(str(answer))
    try:
        saved = Answered.model_validate_json(answer.read_bytes())
    except OSError as error:
        raise MemoqaError(
            gettext("%(file)s cannot be read: %(reason)s", file=name, reason=error.strerror)
        ) from error
    except ValidationError as error:
        raise MemoqaError(
            gettext("%(file)s is not an answer; save one with: memoqa ask --json", file=name)
        ) from error
    documents = _documents(_settings(home))
    verdicts = [check(quotation, documents) for quotation in saved.quotations()]
    for number, verdict in enumerate(verdicts, start=1):
        show_verdict(number, verdict)
    if not all(verdict.verbatim for verdict in verdicts):
        raise MemoqaError(gettext("not every citation stands word for word in its place"))


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
        folder = repr(str(report.parent))
        raise typer.BadParameter(
            gettext("there is no folder %(folder)s for the report", folder=folder)
        )
    results = []
    settings = _settings(home)
    with_total = evaluate.prepare(questions, settings, sample, seed)
    for result in track(
        with_total,
        description=gettext("Asking"),
        total=len(with_total),
        console=err,
        transient=True,
    ):
        results.append(result)
        if misses and result.wrong:
            out.print(escape(result.wrong))
    table = Table(
        gettext("figure"), gettext("value"), gettext("95 %% interval"), gettext("questions")
    )
    for figure in evaluate.figures(results, seed):
        interval = f"{figure.low:.3f}–{figure.high:.3f}"
        table.add_row(
            catalogue().gettext(figure.name), f"{figure.value:.3f}", interval, str(figure.count)
        )
    out.print(table)
    out.print(evaluate.statement(results, catalogue()))
    if report is not None:
        report.write_text(evaluate.page(results, questions.name, seed), encoding="utf-8")


@feedback.command()
def export(
    file: Annotated[Path, typer.Argument(help="The .jsonl file to write; `memoqa eval` reads it.")],
    home: Home = None,
) -> None:
    """Write the questions whose right answer readers told as an evaluation file."""
    from memoqa.feedback import questions, read

    given = read(_settings(home).feedback)
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in questions(given)]
    file.write_text("".join(lines), encoding="utf-8")
    out.print(
        gettext(
            "%(questions)s questions from %(judgements)s judgements in %(file)s",
            questions=len(lines),
            judgements=len(given),
            file=escape(str(file)),
        )
    )


def _settings(home: Path | None) -> "Settings":
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from memoqa.settings import Settings

    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"MEMOQA_{'_'.join(str(part) for part in first['loc']).upper()}"
        message = gettext(
            "the setting %(name)s is wrong: %(reason)s", name=repr(name), reason=first["msg"]
        )
        raise MemoqaError(message) from error
    except SettingsError as error:
        message = gettext(
            'a setting is wrong: %(reason)s; a list is written as JSON, such as ["localhost"]',
            reason=error,
        )
        raise MemoqaError(message) from error


def _documents(settings: "Settings") -> "Mapping[str, Document]":
    """The documents of the index, or of the corpus where there is no index to open."""
    from memoqa import ingest, store

    try:
        return store.load(settings.index).documents
    except (IndexNotFound, IndexMismatch) as reason:
        if not settings.corpus.is_dir():
            raise
        why = str(reason).removesuffix("; run: memoqa index")
        err.print(gettext("Checking against the corpus, for %(reason)s", reason=escape(why)))
        read, _ = ingest.survey(settings)
        return {document.id: document for document in read.documents}


def _embedder(settings: "Settings") -> "Embedder":
    from memoqa.embed import open_embedder

    with err.status(gettext("Opening the embedder")):
        return open_embedder(settings.embedder)


def _index(settings: "Settings", embedder: "Embedder", models: "Models | None" = None) -> None:
    """Build the index; the models that answer are opened only to try what it may suggest."""
    from rich.progress import Progress

    from memoqa import ingest
    from memoqa.answer import Assistant
    from memoqa.suggest import suggestions
    from memoqa.weigh import open_models

    def assistant(index: "Index") -> Assistant:
        return Assistant(index, models or open_models(settings, embedder))

    with Progress(console=err, transient=True) as bar:
        task = bar.add_task(gettext("Indexing the corpus"), total=None)
        report = ingest.build(
            settings,
            embedder,
            lambda done, total: bar.update(task, completed=done, total=total),
            waiting=lambda: err.print(gettext("Another memoqa is indexing; this one waits for it")),
            suggest=lambda index, before: suggestions(index, before, assistant),
        )
    show_report(report)

import ast
import json
from collections.abc import Iterator
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import typer
from jinja2.ext import babel_extract

from fakes import assistant_of, document
from memoqa import cli
from memoqa.api import create_app
from memoqa.evaluate import figures
from memoqa.languages import catalogues, of_locale, preferred, web_folder
from memoqa.settings import Settings
from results import RESULTS
from serving import running

TEMPLATES = sorted((web_folder() / "templates").iterdir())
MODULES = sorted(Path(cli.__file__).parent.rglob("*.py"))
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-US,ja;q=0.9", "en"),
        ("fr, ja;q=0.3, en;q=0.4", "en"),
        ("JA", "ja"),
        ("ja;q=0", "en"),
        ("ja;q=x, de", "en"),
        ("*", "en"),
        (",;q=,;;", "en"),
    ],
)
def test_the_language_is_the_one_the_browser_puts_first(accepted: str, language: str) -> None:
    assert preferred(accepted, ["en", "ja"]) == language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "JA-jp"}, "ja"),
        ({"LANG": "jam_JM.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LC_MESSAGES": "ja_JP.eucJP", "LANG": "en_US.UTF-8"}, "ja"),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LC_CTYPE": "ja_JP.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_one_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert of_locale(environment, ["en", "ja"]) == language


def test_every_sentence_of_the_pages_and_the_command_is_translated() -> None:
    japanese = json.loads((web_folder() / "locales" / "ja.json").read_text(encoding="utf-8"))
    sentences = {message for path in TEMPLATES for message in messages(path)}
    said = {message for path in MODULES for message in messages_of_module(path)}
    helps = set(help_of(typer.main.get_command(cli.app)))
    names = {figure.name for figure in figures(RESULTS, 0)}
    assert all((sentences, said, helps, names))
    assert (sentences | said | helps | names) - japanese.keys() == set()
    for english, translated in japanese.items():
        assert sorted(placeholders(english)) == sorted(placeholders(translated)), english


def messages(path: Path) -> set[str]:
    """What a template asks to have translated; of a plural, the form for many."""
    found: set[str] = set()
    content = BytesIO(path.read_bytes())
    for _, function, message, _ in babel_extract(
        content, ("_", "gettext", "ngettext"), (), OPTIONS
    ):
        parts = [
            part for part in ([message] if isinstance(message, str) else message or ()) if part
        ]
        found.add(parts[1] if function == "ngettext" else parts[0])
    return found


def messages_of_module(path: Path) -> set[str]:
    """The strings that a module gives to a function or method `gettext`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "gettext":
            found |= {
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            }
    return found


def help_of(command: Any) -> Iterator[str]:
    """Every text of a command's help, and of its subcommands'."""
    yield " ".join(command.help.split())
    for parameter in command.params:
        yield parameter.help
        if isinstance(parameter.show_default, str):
            yield parameter.show_default
    for subcommand in getattr(command, "commands", {}).values():
        yield from help_of(subcommand)


def placeholders(sentence: str) -> list[str]:
    return [part.split(")")[0] for part in sentence.split("%(")[1:]]


def test_what_has_no_translation_stays_in_english(tmp_path: Path) -> None:
    (tmp_path / "ja.json").write_text('{"A": "あ"}', encoding="utf-8")
    found = catalogues(tmp_path)
    assert sorted(found) == ["en", "ja"]
    assert [found["ja"].gettext(word) for word in "AB"] == ["あ", "B"]
    assert [found["en"].ngettext("one", "many", n) for n in (1, 2)] == ["one", "many"]


def test_a_browser_in_japanese_gets_japanese_pages_and_refusals() -> None:
    app = create_app(lambda: assistant_of(document("A\n\nThe cat sat.")), Settings())
    japanese: dict[str, Any] = {"headers": {"Accept-Language": "ja", "Accept": "text/html"}}
    with running(app) as client:
        page = client.get("/", **japanese)
        assert page.headers["content-language"] == "ja"
        assert '<html lang="ja">' in page.text
        assert "文書には何と書いてありますか" in page.text
        assert "質問がまだありません" in client.post("/", **japanese).text
        # What has values in it is told in English, and marked so.
        long = client.post("/", data={"question": "猫" * 2001}, **japanese)
        assert '<p class="error" lang="en">The question has 2,001 characters' in long.text
        assert '<html lang="en">' in client.get("/").text


ENGLISH = "The cat sat on the mat in 1990."
JAPANESE = "猫は1990年にマットの上に座っていた。"


@pytest.mark.parametrize(
    ("question", "text", "language", "said"),
    [
        (
            "猫 cat sat mat 1990 は",
            ENGLISH,
            "en",
            "This answer is quoted from a document in English.",
        ),
        ("猫はマットの上に座っていた 1990", JAPANESE, "ja", None),
        ("1990 猫 マット 座", JAPANESE, "ja", None),
        ("cat sat mat 1990", ENGLISH, "en", None),
        ("1990", JAPANESE, "ja", "This answer is quoted from a document in Japanese."),
    ],
)
def test_an_answer_in_the_other_language_says_so(
    question: str, text: str, language: str, said: str | None
) -> None:
    app = create_app(lambda: assistant_of(document(f"A\n\n{text}"), threshold=0.1), Settings())
    with running(app) as client:
        page = client.post("/", data={"question": question}).text
        japanese = client.post(
            "/", data={"question": question}, headers={"Accept-Language": "ja"}
        ).text
    assert f'<blockquote class="quote" dir="auto" lang="{language}">' in page
    assert ("This answer is quoted from" in page) == (said is not None)
    if said is not None:
        assert page.count(said) == 2  # shown, and said by screen readers with the answer
        translated = {
            "en": "この答えは英語の文書からの引用です。",
            "ja": "この答えは日本語の文書からの引用です。",
        }
        assert translated[language] in japanese


def test_a_page_that_is_refused_says_so_in_the_readers_language() -> None:
    app = create_app(lambda: assistant_of(document("A\n\nThe cat sat.")), Settings())
    accept = {"Accept-Language": "ja", "Accept": "text/html"}
    with running(app) as client:
        for method, path, status, title in (
            ("GET", "/none", 404, "見つかりません"),
            ("GET", "/documents/doc?start=9&end=1", 422, "読み取れません"),
            ("POST", "/corpus", 403, "許可されていません"),
            ("PUT", "/documents", 405, "この方法では使えません"),
        ):
            refused = client.request(method, path, headers=accept)
            assert refused.status_code == status, path
            assert f"<h1>{title}</h1>" in refused.text
            assert '<p dir="auto" lang="en">' in refused.text
        for status in (403, 404, 405, 409, 413, 422, 500, 503):
            phrase = HTTPStatus(status).phrase
            assert catalogues(web_folder() / "locales")["ja"].gettext(phrase) != phrase


def test_a_fragment_that_is_refused_is_a_sentence_alone() -> None:
    app = create_app(lambda: assistant_of(document("A\n\nThe cat sat.")), Settings())
    with running(app) as client:
        refused = client.get("/documents/none", headers={"HX-Request": "true"})
    assert refused.status_code == 404
    assert refused.text.startswith('<p class="error" dir="auto" lang="en">There is no document')

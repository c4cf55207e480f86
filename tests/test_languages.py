import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from jinja2.ext import babel_extract

from fakes import assistant_of, document
from memoqa.api import create_app
from memoqa.languages import catalogues, preferred
from memoqa.pages import web_folder
from memoqa.settings import Settings
from serving import running

TEMPLATES = sorted((web_folder() / "templates").iterdir())
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


def test_every_sentence_of_the_pages_is_translated() -> None:
    japanese = json.loads((web_folder() / "locales" / "ja.json").read_text(encoding="utf-8"))
    sentences = {message for path in TEMPLATES for message in messages(path)}
    assert sentences
    assert sentences - japanese.keys() == set()
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
        assert '<html lang="en">' in client.get("/").text

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from memoqa.cli import app
from memoqa.messages import Ask
from memoqa.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(name: str) -> list[list[str]]:
    """The arguments of each call of a program, to the end of its line or its redirection."""
    found = []
    for block in blocks("sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in (name, f".venv/bin/{name}"):
                end = next((n for n, word in enumerate(words) if word in ("|", ">", "&")), None)
                found.append(words[1:end])
    return found


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    targets = re.findall(r"^(\w[\w-]*):(?!=)", MAKEFILE, re.MULTILINE)
    called = [word for words in commands("make") for word in words]
    assert len(called) >= 2
    assert set(called) <= set(targets)


@pytest.mark.parametrize("arguments", commands("memoqa"), ids=" ".join)
def test_each_command_shown_is_one_that_the_program_takes(arguments: list[str]) -> None:
    program: Any = typer.main.get_command(app)
    subcommand = program.commands[arguments[0]]
    # Parsed in full, and not carried out; wrong arguments and options raise.
    subcommand.make_context(arguments[0], arguments[1:])


def test_commands_are_shown() -> None:
    assert {arguments[0] for arguments in commands("memoqa")} >= {"ask", "index"}


def test_what_a_program_does_not_take_is_found_out() -> None:
    program: Any = typer.main.get_command(app)
    for arguments in (["cat", "--none"], [], ["cat", "--limit", "x"]):
        with pytest.raises(Exception, match=r"option|argument|Missing|valid"):
            program.commands["ask"].make_context("ask", list(arguments))


def test_the_requests_shown_are_valid() -> None:
    requests = commands("curl")
    assert requests
    for words in requests:
        [url] = [word for word in words if re.match(r"(https?://)?(localhost|127\.0\.0\.1)", word)]
        assert url.endswith("/ask")
        body = words[next(n for n, w in enumerate(words) if w in ("-d", "--data", "--json")) + 1]
        Ask.model_validate_json(body)
        headers = [words[n + 1] for n, word in enumerate(words) if word in ("-H", "--header")]
        is_json = "content-type: application/json" in [header.lower() for header in headers]
        assert is_json or "--json" in words


def test_the_quotations_shown_stand_in_the_memo() -> None:
    shown = [json.loads(block) for block in blocks("json")]
    for citation in (c for answer in shown for c in answer.get("citations", [])):
        path = ROOT / "corpus" / f"{citation['document']['id']}.txt"
        quoted = path.read_text(encoding="utf-8")[citation["start"] : citation["end"]]
        start, _, end = citation["quote"].partition("…")
        assert quoted.startswith(start.strip())
        assert quoted.endswith(end.strip())


def test_each_setting_named_is_one() -> None:
    named = set(re.findall(r"MEMOQA_(\w+)", README))
    assert named <= {field.upper() for field in Settings.model_fields}


def test_each_picture_and_file_linked_is_there() -> None:
    links = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", README)
    pictures = [path for mark, path in links if mark]
    assert "docs/chat.png" in pictures
    for path in pictures:
        content = (ROOT / path).read_bytes()
        assert content.startswith(b"\x89PNG\r\n")
        assert len(content) < 200_000
    for _, path in links:
        if not re.match(r"\w+:|#", path):
            assert (ROOT / path.split("#")[0]).exists(), path

"""Files made to break the parser cost their own line, and nothing else."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

import hostile
from hostile.pages import SLOW
from memoqa.errors import CorpusError
from memoqa.parse import Limits, Parsed, Parser
from serving import GUARD, MEMOQA, environment

GOOD = Path(__file__).parent / "files" / "documents" / "council-minutes.pdf"
# What is no regular file is no part of a corpus.
NEVER_FILES = ("endless.txt", "folder.pdf", "loop.txt", "nowhere.pdf", "pipe.txt")
LIMITS = Limits(
    file_bytes=12_000_000,
    text_characters=2_000_000,
    pages=500,
    seconds=60,
    memory_bytes=500_000_000,
)


@dataclass(frozen=True)
class Outcome:
    """What came of one file, and of the good one after it; `peak` is the most memory in bytes
    that a worker alive thereafter has used.
    """

    parsed: Parsed | None
    line: str
    after: str
    seconds: float
    peak: int


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def paths(home: Path) -> list[Path]:
    return hostile.write(home / "corpus")


@pytest.fixture(scope="module")
def outcomes(paths: list[Path]) -> dict[str, Outcome]:
    with Parser(LIMITS) as parser:
        return {path.name: outcome(parser, path) for path in paths}


def outcome(parser: Parser, path: Path) -> Outcome:
    parsed, line = None, ""
    before = time.monotonic()
    try:
        parsed = parser.parse(path)
    except CorpusError as error:
        line = str(error)
    seconds = time.monotonic() - before
    return Outcome(parsed, line, parser.parse(GOOD).text, seconds, max(peaks()))


def peaks() -> Iterator[int]:
    for child in psutil.Process().children():
        status = Path(f"/proc/{child.pid}/status").read_text()
        if kilobytes := re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE):
            yield int(kilobytes[1]) * 1_024


def test_there_are_many(paths: list[Path]) -> None:
    assert len({path.name for path in paths}) == len(paths) >= 40


def test_each_gives_a_text_or_one_line_that_says_what_to_do(outcomes: dict[str, Outcome]) -> None:
    for name, found in outcomes.items():
        assert (found.parsed is None) == bool(found.line), name
        assert found.line == "" or found.line.isprintable(), name
        assert "; " in found.line or found.line.startswith("it cannot be read: ") or not found.line
        if found.parsed is not None:
            assert found.parsed.text.strip(), name
            assert len(found.parsed.text) <= LIMITS.text_characters, name
            assert len(found.parsed.title or "") <= 300, name


def test_a_good_file_is_read_after_each(outcomes: dict[str, Outcome]) -> None:
    assert {found.after for found in outcomes.values()} == {outcomes["empty.txt"].after}
    assert "Eleven of the thirteen members were present." in outcomes["empty.txt"].after


def test_none_takes_more_than_its_time_and_memory(outcomes: dict[str, Outcome]) -> None:
    slow = {name: found.seconds for name, found in outcomes.items()}
    assert max(slow.values()) < LIMITS.seconds + GUARD, slow
    assert max(found.peak for found in outcomes.values()) < LIMITS.memory_bytes


def test_no_other_file_is_read_or_written(
    outcomes: dict[str, Outcome], home: Path, paths: list[Path]
) -> None:
    texts = [found.parsed.text for found in outcomes.values() if found.parsed is not None]
    assert [text for text in texts if hostile.SECRET in text or "root:x:" in text] == []
    assert {path.name for path in home.iterdir()} == {"corpus", "secret.txt"}
    assert {os.fsencode(path) for path in (home / "corpus").iterdir()} == set(
        map(os.fsencode, paths)
    )
    assert not Path("/tmp/climbed.txt").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.pdf", "no text"),
        ("nul.txt", "NUL"),
        ("broken.txt", "UTF-8"),
        ("one-line.txt", "over 2,000,000 characters"),
        ("deep.html", "nested too deep"),
        ("deep.epub", "nested too deep"),
        ("deep-runs.docx", "nested too deep"),
        ("picture.pdf", "picture"),
        ("locked.docx", "encrypted"),
        ("locked.pdf", "encrypted"),
        ("locked-parts.docx", "encrypted"),
        ("cut.pdf", "cut short"),
        ("cut.docx", "damaged zip"),
        ("cut.epub", "damaged zip"),
        ("bomb.docx", "unpacks to over"),
        ("bomb.epub", "unpacks to over"),
        ("declared-small.docx", "damaged"),
        ("many-parts.docx", "parts"),
        ("outside.docx", "entities"),
        ("outside.epub", "entities"),
        ("fetched.epub", "entities"),
        ("no-document.docx", "word/document.xml"),
        ("no-package.epub", "OEBPS/book.opf"),
        ("package-outside.epub", "etc/passwd"),
        ("no-pages.pdf", "damaged"),
        ("form-loop.pdf", "no text"),
        ("repeated.pdf", "over the limit of 500"),
        ("sheet.xlsx", "spreadsheet"),
        ("pipe.txt", "not a regular file"),
        ("endless.txt", "not a regular file"),
        ("loop.txt", "symbolic links"),
        ("folder.pdf", "directory"),
    ],
)
def test_the_line_names_what_is_wrong(outcomes: dict[str, Outcome], name: str, words: str) -> None:
    assert words in outcomes[name].line


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    (tmp_path / "slow.html").write_bytes(SLOW)
    before = psutil.Process().children()
    with Parser(replace(LIMITS, seconds=1)) as parser:
        with pytest.raises(CorpusError, match="over 1 seconds"):
            parser.parse(tmp_path / "slow.html")
        assert psutil.Process().children() == before


@pytest.mark.parametrize(
    "name", ["actions.pdf", "counted.pdf", "stream-length.pdf", "vast.pdf", "wrong-start.pdf"]
)
def test_what_can_be_read_is(outcomes: dict[str, Outcome], name: str) -> None:
    found = outcomes[name].parsed
    assert found is not None
    assert found.text == "A page with words on it."


def test_a_file_is_what_it_holds_and_not_what_its_name_says(tmp_path: Path) -> None:
    documents = GOOD.parent
    with Parser(LIMITS) as parser:
        for source, name in (
            ("council-minutes.pdf", "a.txt"),
            ("steering-group.docx", "b.pdf"),
            ("coordinators-handbook.epub", "c.docx"),
            ("port-statistics.html", "d.txt"),
            ("kankou-memo.txt", "e.docx"),
        ):
            (tmp_path / name).write_bytes((documents / source).read_bytes())
            assert parser.parse(tmp_path / name).text == parser.parse(documents / source).text


@pytest.mark.models
def test_a_corpus_of_them_is_indexed_and_each_is_told_of_once(
    home: Path, paths: list[Path], outcomes: dict[str, Outcome]
) -> None:
    (home / "corpus" / "references").mkdir()
    (home / "corpus" / "references" / GOOD.name).write_bytes(GOOD.read_bytes())
    limits = environment(
        MEMOQA_MAX_FILE_BYTES=str(LIMITS.file_bytes),
        # Little enough that what is nonsense and long need not be embedded.
        MEMOQA_MAX_TEXT_CHARACTERS="20000",
        MEMOQA_MAX_PAGES="500",
    )
    command = [MEMOQA, "index", "--home", str(home)]
    ran = subprocess.run(
        command, env=limits, capture_output=True, text=True, errors="replace", check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "\x1b" not in ran.stderr
    said = [line for line in ran.stderr.splitlines() if line.startswith("left out ")]
    print(*said, sep="\n")
    for name, found in outcomes.items():
        shown = ascii(name)[1:-1]
        if name not in NEVER_FILES and (found.line or shown != name):
            assert sum(line.startswith(f"left out {shown}: ") for line in said) == 1, name

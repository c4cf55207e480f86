import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fpdf import FPDF

from memoqa.errors import CorpusError
from memoqa.parse import Limits, Parsed, Parser, parsed
from memoqa.parse.worker import parse as parse_here
from memoqa.settings import Settings
from memoqa.types import Page

LIMITS = Limits(
    file_bytes=1_000_000,
    text_characters=100_000,
    pages=20,
    seconds=30,
    memory_bytes=1_000_000_000,
)
WORDS = "The council met twice."


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(LIMITS) as parser:
        yield parser


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pdf(*pages: str) -> bytes:
    document = FPDF()
    document.set_font("helvetica", size=11)
    for page in pages:
        document.add_page()
        document.multi_cell(0, 6, page)
    return bytes(document.output())


def refusal(parser: Parser, path: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        parser.parse(path)
    line = str(caught.value)
    assert line.isprintable()
    return line


@pytest.mark.parametrize("name", ["memo.txt", "memo.md", "memo.pdf", "memo"])
def test_a_text_stays_as_it_is_whatever_its_name(name: str, tmp_path: Path) -> None:
    text = "# The title\r\n\r\n1. One\n\tTwo — 産業 \ufb01 cafe\u0301  \n<p>no page</p>\n"
    with Parser(LIMITS) as parser:
        assert parser.parse(put(tmp_path, name, text)) == Parsed(text)
        # A text needs no process.
        assert parser._worker is None


def test_the_memo_stays_as_it_is(parser: Parser) -> None:
    path = Path(__file__).parent.parent / "corpus" / "memo-208.txt"
    assert parser.parse(path).text.encode() == path.read_bytes()


def test_the_type_is_told_by_the_content(parser: Parser, tmp_path: Path) -> None:
    assert parser.parse(put(tmp_path, "a.txt", pdf(WORDS))).text == WORDS
    page = f"<!DOCTYPE html><body><p>{WORDS}"
    assert parser.parse(put(tmp_path, "b.pdf", page)).text == WORDS
    assert parser.parse(put(tmp_path, "c.html", f"<p>{WORDS}</p>")).text == WORDS


def test_one_process_reads_many_files(parser: Parser, tmp_path: Path) -> None:
    path = put(tmp_path, "a.pdf", pdf(WORDS))
    parser.parse(path)
    assert parser._worker is not None
    first = parser._worker.pid
    for _ in range(5):
        parser.parse(path)
    assert parser._worker.pid == first


def test_the_process_ends_with_the_parser(tmp_path: Path) -> None:
    with Parser(LIMITS) as parser:
        parser.parse(put(tmp_path, "a.pdf", pdf(WORDS)))
        worker = parser._worker
        assert worker is not None
    assert worker.returncode is not None


def test_the_file_after_a_crash_is_read(tmp_path: Path) -> None:
    path = put(tmp_path, "a.pdf", pdf(WORDS))
    with Parser(LIMITS) as parser:
        parser.parse(path)
        assert parser._worker is not None
        parser._worker.kill()
        parser._worker.wait()
        assert parser.parse(path).text == WORDS


def test_what_takes_too_long_is_ended_and_the_next_file_is_read(tmp_path: Path) -> None:
    limits = Limits(50_000_000, 100_000_000, 10_000, 0.001, 1_000_000_000)
    slow = put(tmp_path, "slow.pdf", pdf(*[WORDS * 100] * 30))
    with Parser(limits) as parser:
        assert "over 0.001 seconds" in refusal(parser, slow)
        assert parser._worker is None
        assert parser.parse(put(tmp_path, "a.txt", WORDS)).text == WORDS


def test_a_limit_that_is_passed_is_named(tmp_path: Path) -> None:
    with Parser(Limits(2_000, 30, 2, 30, 1_000_000_000)) as parser:
        large = put(tmp_path, "large.txt", "x" * 2_001)
        assert "2,001 bytes, over the limit of 2,000" in refusal(parser, large)
        assert "MEMOQA_MAX_TEXT_CHARACTERS" in refusal(parser, put(tmp_path, "l.txt", "x" * 31))
        assert "MEMOQA_MAX_PAGES" in refusal(parser, put(tmp_path, "pages.pdf", pdf("", "", "")))
        html = put(tmp_path, "long.html", "<html>" + "x" * 31)
        assert "MEMOQA_MAX_TEXT_CHARACTERS" in refusal(parser, html)


def test_only_regular_files_are_read(parser: Parser, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "not a regular file" in refusal(parser, tmp_path / "pipe.txt")
    assert "cannot be read" in refusal(parser, tmp_path)
    assert "cannot be read" in refusal(parser, tmp_path / "missing.txt")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it holds no text"),
        (b" \n", "it holds no text"),
        (b"GIF89a\0\0", "run OCR"),
        (b"{\\rtf1 Words}", "Rich Text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted or an old Office file"),
        (b"Words\0words", "NUL"),
        (b"%PDF-1.7\nnothing", "damaged PDF"),
        (pdf(WORDS)[:400], "damaged PDF"),
        (b"PK\x03\x04nothing", "damaged zip"),
    ],
)
def test_what_is_not_read_says_why(
    content: bytes, reason: str, parser: Parser, tmp_path: Path
) -> None:
    assert reason in refusal(parser, put(tmp_path, "a.pdf", content))


def test_an_encrypted_pdf_says_so(parser: Parser, tmp_path: Path) -> None:
    document = FPDF()
    document.set_encryption(owner_password="a", user_password="b")
    document.add_page()
    assert "encrypted" in refusal(parser, put(tmp_path, "a.pdf", bytes(document.output())))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (["xl/workbook.xml"], "spreadsheet"),
        (["content.xml"], "OpenDocument"),
        (["a.txt"], "neither DOCX nor EPUB"),
        (["[Content_Types].xml", "word/styles.xml"], "no part 'word/document.xml'"),
    ],
)
def test_another_zip_file_says_what_it_is(
    parts: list[str], reason: str, parser: Parser, tmp_path: Path
) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for part in parts:
            archive.writestr(part, "<a/>")
    assert reason in refusal(parser, put(tmp_path, "a.docx", target.getvalue()))


def test_a_title_that_is_the_files_name_is_none(parser: Parser, tmp_path: Path) -> None:
    page = "<html><title>minutes-7</title><p>Words."
    assert parser.parse(put(tmp_path, "minutes-7.html", page)).title is None
    assert parser.parse(put(tmp_path, "other.html", page)).title == "minutes-7"


def test_the_parent_imports_no_library_that_parses() -> None:
    code = (
        "import sys, memoqa.parse; "
        "print([m for m in ('lxml', 'mammoth', 'pypdfium2') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == "[]"


def test_limits_come_from_the_settings() -> None:
    limits = Limits.of(Settings(max_pages=7, max_parse_seconds=2.5))
    assert (limits.pages, limits.seconds) == (7, 2.5)
    assert limits.file_bytes == Settings().max_file_bytes


def test_a_result_survives_the_way_between_the_processes() -> None:
    result = Parsed("Words — 産業", (Page(0, "i"), Page(3, "ii")), "A title", ("one", "two"))
    assert parsed.decode(parsed.opened(parsed.encode(result)), LIMITS) == result


def test_an_error_is_raised_on_the_other_side_in_one_line() -> None:
    reply = parsed.encode(CorpusError("two\nlines \x1b[31m"))
    with pytest.raises(CorpusError, match=r"^two lines \[31m$"):
        parsed.decode(parsed.opened(reply), LIMITS)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"text": "a\\u0000", "pages": [], "title": null, "warnings": []}',
        b'{"text": "\\ud800", "pages": [], "title": null, "warnings": []}',
        b'{"text": "' + b"a" * 100_001 + b'", "pages": [], "title": null, "warnings": []}',
        b'{"text": "a", "pages": [[1, "1"]], "title": null, "warnings": []}',
        b'{"text": "ab", "pages": [[1, "1"], [0, "2"]], "title": null, "warnings": []}',
        b'{"text": "a", "pages": [[true, "1"]], "title": null, "warnings": []}',
        b'{"text": "a", "pages": [[0, 1]], "title": null, "warnings": []}',
        b'{"text": "a", "pages": [], "title": "a\\nb", "warnings": []}',
        b'{"text": "a", "pages": [], "title": null, "warnings": ["\\u001b"]}',
        b'{"text": "a", "pages": [], "title": null, "warnings": null}',
        b'{"error": ["a"]}',
    ],
)
def test_a_reply_that_the_worker_cannot_have_made_is_refused(reply: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parsed.decode(parsed.opened(reply), LIMITS)


def test_a_fault_of_a_library_is_one_clear_line() -> None:
    broken = parse_here("html", b"\xff\xfe\x00", LIMITS)
    assert isinstance(broken, CorpusError)
    unknown = parse_here("zip", b"PK", LIMITS)
    assert isinstance(unknown, CorpusError)
    assert "damaged" in str(unknown)

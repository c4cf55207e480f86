import json
import os
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memoqa import corpus
from memoqa.corpus import Corpus, Sources, sha256_text
from memoqa.errors import CorpusError
from memoqa.parse import Limits, Parsed, Parser
from memoqa.settings import Settings
from memoqa.types import Document

LIMIT = 10_000
LIMITS = replace(Limits.of(Settings()), file_bytes=LIMIT)


def put(folder: Path, name: str, content: str | bytes | dict[str, Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def load(folder: Path, before: Corpus | None = None) -> Corpus:
    with Parser(LIMITS) as parser:
        return corpus.load(folder, parser, before)


def only(folder: Path) -> Document:
    (document,) = load(folder).documents
    return document


def test_a_text_is_a_document_as_it_stands(tmp_path: Path) -> None:
    text = "The title\r\n\r\nWords — 産業 👍🏽 cafe\u0301\r\n"
    put(tmp_path, "memo.txt", text)
    document = only(tmp_path)
    assert document == Document(
        id="memo",
        title="The title",
        kind="memo",
        text=text,
        sha256=sha256_text(text),
        source="memo.txt",
    )


def test_a_byte_order_mark_is_not_text(tmp_path: Path) -> None:
    put(tmp_path, "memo.txt", b"\xef\xbb\xbfWords.")
    assert only(tmp_path).text == "Words."


def test_documents_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.txt", "notes/a.md", "a.txt", "references/z.md", "other/c.TXT"):
        put(tmp_path, name, "Words.")
    # The file `a` in notes has the id of the first.
    put(tmp_path, "notes/d.md", "Words.")
    found = load(tmp_path)
    assert [(d.source, d.kind) for d in found.documents] == [
        ("a.txt", "memo"),
        ("b.txt", "memo"),
        ("notes/d.md", "note"),
        ("other/c.TXT", "memo"),
        ("references/z.md", "reference"),
    ]
    assert found.left_out == (("notes/a.md", "its id 'a' is taken by 'a.txt'; rename the file"),)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\n  # A heading  \n\nText.", "A heading"),
        ("First line\nsecond", "First line"),
        ("#\ntext", "#"),
        ("x" * 300, "x" * 200),
    ],
)
def test_the_first_line_is_the_title(tmp_path: Path, text: str, title: str) -> None:
    put(tmp_path, "memo.md", text)
    assert only(tmp_path).title == title


def test_a_record_beside_a_text_says_what_it_is(tmp_path: Path) -> None:
    put(tmp_path, "memo.txt", "Words.")
    put(
        tmp_path,
        "memo.json",
        {
            "title": "The memo",
            "author": [{"given": "Akira", "family": "Yamasaki"}],
            "issued": {"date-parts": [[2013]]},
            "URL": "https://example.org/memo",
            "language": "en",
            "custom": {"licence": "CC0", "questions": ["Who?", "When?"]},
        },
    )
    document = only(tmp_path)
    assert document.text == "Words."
    assert document.title == "The memo"
    assert document.author == "Akira Yamasaki"
    assert document.year == 2013
    assert document.url == "https://example.org/memo"
    assert document.language == "en"
    assert document.licence == "CC0"
    assert document.questions == ("Who?", "When?")


def test_a_record_alone_stands_for_a_work_that_is_not_held(tmp_path: Path) -> None:
    put(tmp_path, "references/y.json", {"title": "The work", "type": "book"})
    document = only(tmp_path)
    assert document.kind == "reference"
    assert "“The work”, a book," in document.text
    assert "not held" in document.text
    assert document.sha256 == sha256_text(document.text)


def test_the_corpus_own_papers_and_hidden_files_are_no_documents(tmp_path: Path) -> None:
    put(tmp_path, "memo.txt", "Words.")
    for name in (
        "README.md",
        "notes/README.txt",
        "SOURCES",
        ".draft.txt",
        ".git/config.txt",
        "~$memo.docx",
        "memo.txt~",
    ):
        put(tmp_path, name, "Not these words.")
    found = load(tmp_path)
    assert (found.documents, found.left_out) == ((only(tmp_path),), ())


def test_an_id_is_one_spelling_of_the_name(tmp_path: Path) -> None:
    put(tmp_path, unicodedata.normalize("NFD", "café.txt"), "Words.")
    assert only(tmp_path).id == unicodedata.normalize("NFC", "café")


BAD: list[tuple[str, str | bytes | dict[str, Any], str]] = [
    ("bad.png", b"\x89PNG", "it is a picture; run OCR over it and add the result"),
    ("bad.txt", "", "it holds no text; fill it or remove it"),
    ("bad.md", " \n\u3000\r\n", "it holds no text"),
    ("bad.txt", b"\xef\xbb\xbf", "it holds no text"),
    ("bad.txt", "a\0b", "it holds a NUL character"),
    ("bad.txt", "x" * (LIMIT + 1), "it has 10,001 bytes, over the limit of 10,000"),
    ("bad.json", "{", "'bad.json' is not CSL-JSON: "),
    ("bad.json", b"\xff", "'bad.json' is not CSL-JSON: "),
    ("bad.json", "[" * 5_000, "'bad.json' is not CSL-JSON: "),
    ("bad.json", '{"title": "\\ud800"}', "'bad.json' is not CSL-JSON: "),
    ("bad.json", "[]", "'bad.json' is not CSL-JSON: it must be "),
    ("bad.bib", "@book{", "'bad.bib' is not BibTeX: "),
    ("bad.json", {}, "it needs a 'title'"),
    ("bad.json", {"title": 5}, "it needs a 'title'"),
    ("bad.json", {"title": " "}, "it needs a 'title'"),
    ("bad.json", {"title": "T", "author": "Ono"}, "'author' must be a list of names"),
    ("bad.json", {"title": "T", "author": ["Ono"]}, "'author' must be a list of names"),
    ("bad.json", {"title": "T", "author": [{"given": 5}]}, "name must be a string"),
    ("bad.json", {"title": "T", "author": [{"family": None}]}, "name must be a string"),
    ("bad.json", {"title": "T", "issued": 2005}, "'issued' must be an object"),
    ("bad.json", {"title": "T", "issued": {"date-parts": [2005]}}, "'date-parts'"),
    ("bad.json", {"title": "T", "issued": {"date-parts": []}}, "'date-parts'"),
    ("bad.json", {"title": "T", "issued": {"date-parts": [["soon"]]}}, "'date-parts'"),
    ("bad.json", {"title": "T", "issued": {"date-parts": [["9" * 5000]]}}, "'date-parts'"),
    ("bad.json", {"title": "T", "custom": []}, "'custom' must be an object"),
    ("bad.json", {"title": "T", "custom": {"questions": "Why?"}}, "'questions' must be a list"),
    ("bad.json", {"title": "T", "language": 5}, "'language' must be a string"),
    ("bad.json", {"title": "T", "type": ["book"]}, "'type' must be a string"),
    ("bad.json", {"title": "T", "URL": 5}, "'URL' must be a string"),
    ("bad.json", {"title": "T", "URL": "javascript:alert(1)"}, "'URL' must start with http"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shown", "reason"),
    [
        (os.fsdecode(b"b\xe9d.txt"), r"b\udce9d.txt", "its name is not UTF-8; rename the file"),
        (
            "b\x1b[31md.txt",
            r"b\x1b[31md.txt",
            "its name holds a control character; rename the file",
        ),
        ("b\nd.txt", r"b\nd.txt", "its name holds a control character; rename the file"),
    ],
)
def test_a_name_that_cannot_be_shown_is_left_out_and_escaped(
    tmp_path: Path, name: str, shown: str, reason: str
) -> None:
    put(tmp_path, name, "Words.")
    put(tmp_path, "広い\u3000名.txt", "Words.")
    found = load(tmp_path)
    assert [document.id for document in found.documents] == ["広い\u3000名"]
    assert found.left_out == ((shown, reason),)


@pytest.mark.parametrize(("name", "content", "reason"), BAD)
def test_a_bad_file_is_left_out_with_the_reason_and_the_rest_goes_on(
    tmp_path: Path, name: str, content: str | bytes | dict[str, Any], reason: str
) -> None:
    put(tmp_path, "a.txt", "Words.")
    put(tmp_path, name, content)
    put(tmp_path, "z.txt", "Words.")
    found = load(tmp_path)
    assert [document.id for document in found.documents] == ["a", "z"]
    ((source, said),) = found.left_out
    assert source == name
    assert reason in said
    assert "\n" not in said


def test_a_bad_record_leaves_out_its_text_and_is_named(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "Words.")
    put(tmp_path, "memo.txt", "Words.")
    put(tmp_path, "memo.json", b"\xff{}")
    ((source, said),) = load(tmp_path).left_out
    assert source == "memo.txt"
    assert said.startswith("'memo.json' is not CSL-JSON: ")


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    """A file that the system lists and does not give, even to the superuser."""
    memory = Path("/proc/self/mem")
    if not memory.is_file():
        pytest.skip("there is no /proc here")
    path = tmp_path / "locked.txt"
    path.symlink_to(memory)
    return path


def test_a_file_that_the_system_does_not_give_is_left_out(unreadable: Path) -> None:
    put(unreadable.parent, "a.txt", "Words.")
    found = load(unreadable.parent)
    assert [document.id for document in found.documents] == ["a"]
    ((source, said),) = found.left_out
    assert source == "locked.txt"
    assert said.startswith("it cannot be read: ")


def test_sources_go_on_without_a_file_that_the_system_does_not_give(unreadable: Path) -> None:
    put(unreadable.parent, "a.txt", "Words.")
    assert list(Sources(unreadable.parent).read()) == ["a.txt"]


def test_a_link_to_nothing_is_no_file(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "Words.")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert load(tmp_path).left_out == ()


BIB = """
@book{porter1990, author = {Porter, Michael E.}, title = {The Competitive Advantage of Nations},
  year = {1990}, publisher = {Free Press}}
@article{ono2001, author = {Ono, Ai}, title = {Towns}, journal = {Places}, year = {2001}}
"""


def test_a_bibliography_gives_a_document_for_each_work_that_is_not_held(tmp_path: Path) -> None:
    put(tmp_path, "memo.txt", "Words.")
    put(tmp_path, "library.bib", BIB)
    found = load(tmp_path)
    assert [(d.id, d.kind, d.source, d.held) for d in found.documents] == [
        ("porter1990", "reference", "library.bib", False),
        ("ono2001", "reference", "library.bib", False),
        ("memo", "memo", "memo.txt", True),
    ]
    assert list(found.records) == ["porter1990", "ono2001"]
    assert "“Towns”" in found.documents[1].text


def test_a_list_of_records_is_a_bibliography(tmp_path: Path) -> None:
    put(tmp_path, "memo.txt", "Words.")
    put(
        tmp_path, "library.json", json.dumps([{"id": "a", "title": "A"}, {"id": "b", "title": "B"}])
    )
    assert list(load(tmp_path).records) == ["a", "b"]


@pytest.mark.parametrize("name", ["references/porter1990.md", "porter1990.txt"])
def test_a_text_named_by_a_key_holds_that_work(tmp_path: Path, name: str) -> None:
    put(tmp_path, "library.bib", BIB)
    put(tmp_path, name, "Firms compete.")
    found = {document.id: document for document in load(tmp_path).documents}
    assert set(found) == {"porter1990", "ono2001"}
    held = found["porter1990"]
    assert (held.text, held.title, held.year) == (
        "Firms compete.",
        "The Competitive Advantage of Nations",
        1990,
    )
    assert held.held


def test_a_note_named_by_a_key_is_not_the_work(tmp_path: Path) -> None:
    put(tmp_path, "library.bib", BIB)
    put(tmp_path, "notes/porter1990.md", "What I think of it.")
    found = load(tmp_path)
    assert not any(document.held for document in found.documents)
    assert found.left_out == (
        (
            "notes/porter1990.md",
            "its name is the key of a work in 'library.bib'; rename the note",
        ),
    )


@pytest.mark.parametrize("text", ["memo.txt", "memo.md", "memo"])
def test_one_record_beside_a_text_is_its_own_whatever_its_key(tmp_path: Path, text: str) -> None:
    put(tmp_path, text, "Words.")
    put(tmp_path, "memo.bib", "@misc{x, title = {The memo}, year = {2013}}")
    found = load(tmp_path)
    assert list(found.records) == ["memo"]
    assert only(tmp_path).title == "The memo"


def test_a_key_that_two_files_hold_is_told(tmp_path: Path) -> None:
    put(tmp_path, "library.bib", BIB)
    put(tmp_path, "references/ono2001.json", {"title": "Towns"})
    found = load(tmp_path)
    assert found.left_out == (
        (
            "references/ono2001.json",
            "its record 'ono2001' is in 'library.bib' already; remove one",
        ),
    )


def test_a_work_whose_text_cannot_be_read_is_not_held(tmp_path: Path) -> None:
    put(tmp_path, "references/y.json", {"title": "The work"})
    put(tmp_path, "references/y.txt", "")
    assert not only(tmp_path).held


HTML = "<!doctype html><title>The page</title><p>The first words of a page.</p>"


class CountingParser(Parser):
    def __init__(self) -> None:
        super().__init__(LIMITS)
        self.parsed: list[str] = []

    def parse(self, path: Path) -> Parsed:
        self.parsed.append(path.name)
        return super().parse(path)


def parsed_again(folder: Path, before: Corpus) -> list[str]:
    """The texts that are parsed when what was held before is known; what is found is the same as
    when nothing is known.
    """
    with CountingParser() as parser:
        found = corpus.load(folder, parser, before)
    assert found == load(folder)
    return [name for name in parser.parsed if not name.endswith((".json", ".bib"))]


def test_a_file_that_did_not_change_is_not_parsed_again(tmp_path: Path) -> None:
    put(tmp_path, "memo.txt", "Words.")
    put(tmp_path, "page.html", HTML)
    before = load(tmp_path)
    assert parsed_again(tmp_path, before) == []
    put(tmp_path, "memo.txt", "Other words.")
    assert parsed_again(tmp_path, before) == ["memo.txt"]
    put(tmp_path, "page.json", {"title": "A record", "issued": {"date-parts": [[2001]]}})
    assert parsed_again(tmp_path, load(tmp_path)) == []


def test_a_file_that_lost_its_record_has_its_own_title_again(tmp_path: Path) -> None:
    put(tmp_path, "page.html", HTML)
    record = put(tmp_path, "page.json", {"title": "A record"})
    before = load(tmp_path)
    record.unlink()
    assert parsed_again(tmp_path, before) == ["page.html"]
    assert only(tmp_path).title == "The page"


def test_a_file_that_moved_is_parsed_at_its_new_place(tmp_path: Path) -> None:
    page = put(tmp_path, "page.html", HTML)
    before = load(tmp_path)
    page.rename(tmp_path / "other.html")
    assert parsed_again(tmp_path, before) == ["other.html"]


def test_a_file_that_changes_while_it_is_read_has_no_source(tmp_path: Path) -> None:
    class Editing(Parser):
        def parse(self, path: Path) -> Parsed:
            parsed = super().parse(path)
            if path.name == "memo.txt":
                path.write_text("Words of another time.")
            return parsed

    put(tmp_path, "a.txt", "Words.")
    put(tmp_path, "memo.txt", "Words.")
    with Editing(LIMITS) as parser:
        found = corpus.load(tmp_path, parser)
    assert list(found.sources) == ["a.txt"]
    assert parsed_again(tmp_path, found) == ["memo.txt"]


def test_without_a_folder_the_error_says_where_to_put_the_memo(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no corpus folder .*put your memo there, or"):
        load(tmp_path / "corpus")


def test_without_a_document_the_error_says_why(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no document in"):
        load(tmp_path)
    put(tmp_path, "bad.txt", "")
    with pytest.raises(CorpusError, match=r"no document in .*'bad\.txt': it holds no text"):
        load(tmp_path)


def test_sources_are_the_bytes_of_every_corpus_file(tmp_path: Path) -> None:
    put(tmp_path, "memo.txt", "abc")
    put(tmp_path, "notes/n.json", "{")
    put(tmp_path, "README.md", "Not a document.")
    assert Sources(tmp_path).read() == {
        "memo.txt": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "notes/n.json": sha256_text("{"),
    }


def test_sources_notice_every_change(tmp_path: Path) -> None:
    memo = put(tmp_path, "memo.txt", "abc")
    sources = Sources(tmp_path)
    states = [sources.read()]
    before = memo.stat()
    memo.write_text("abd")
    os.utime(memo, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    states.append(sources.read())
    memo.write_text("abde")
    os.utime(memo, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    states.append(sources.read())
    put(tmp_path, "new.txt", "abc")
    states.append(sources.read())
    memo.unlink()
    states.append(sources.read())
    memo = (tmp_path / "new.txt").rename(tmp_path / "newer.txt")
    states.append(sources.read())
    assert all(states.count(state) == 1 for state in states)


def test_sources_that_were_only_touched_are_the_same(tmp_path: Path) -> None:
    memo = put(tmp_path, "memo.txt", "abc")
    sources = Sources(tmp_path)
    before = sources.read()
    os.utime(memo, ns=(1, 1))
    assert sources.read() == before


def test_sources_of_no_folder_are_none(tmp_path: Path) -> None:
    assert Sources(tmp_path / "nowhere").read() == {}

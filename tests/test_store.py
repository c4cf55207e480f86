import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import FakeEmbedder, document, index_of
from memoqa import ingest, store
from memoqa.errors import IndexCorrupt, IndexMismatch, IndexNotFound, MemoqaError
from memoqa.index import FORMAT, SETTINGS, Index
from memoqa.models import BILINGUAL_READER, READER, RERANKER, sha256_file
from memoqa.store import load, open_index, read_manifest
from memoqa.types import Page

MEMO = replace(
    document("# Sky\n\nThe moon is made of cheese 🧀.\n\n月は遠い。", "moon", title="The moon"),
    author="山﨑朗",
    year=2012,
    url="https://example.org/",
    language="en",
    licence="CC0",
    questions=("What is it made of?",),
    pages=(Page(0, "i"), Page(20, "1")),
    warnings=("hidden words on p. i are left out",),
)
NOTE = document("The sun is made of fire. It is far.", "sun", "note", "The sun")
EMBEDDER = FakeEmbedder()
RECORDS = {"sun": {"title": "The sun", "issued": {"date-parts": [[1999]]}}}


@pytest.fixture(scope="module")
def made() -> Index:
    return ingest.assemble((MEMO, NOTE), EMBEDDER, known={}, sources={}, records=RECORDS)[0]


@pytest.fixture
def folder(made: Index, tmp_path: Path) -> Path:
    store.write(made, tmp_path / "index")
    return tmp_path / "index"


def found(index: Index) -> list[object]:
    question = "What is the moon made of?"
    return [
        index.search_dense(EMBEDDER.embed_question(question), 5),
        index.search_lexical(question, 5),
    ]


def test_what_is_written_is_what_is_opened(made: Index, folder: Path) -> None:
    opened = open_index(folder, EMBEDDER.identity)
    assert opened.documents == made.documents == {"moon": MEMO, "sun": NOTE}
    assert opened.works == made.works
    assert list(opened.works) == ["sun"]
    assert list(opened.passages) == list(made.passages)
    np.testing.assert_array_equal(opened.vectors(), made.vectors())
    assert found(opened) == found(made)


def test_the_manifest_says_what_the_index_was_made_of(made: Index, folder: Path) -> None:
    manifest = read_manifest(folder)
    build = folder / manifest.build
    assert manifest.format == FORMAT
    assert manifest.models == {
        "embedder": EMBEDDER.identity,
        "reranker": RERANKER.identity,
        "reader": READER.identity,
        "bilingual reader": BILINGUAL_READER.identity,
    }
    assert manifest.settings == SETTINGS
    assert manifest.fingerprint == made.manifest.fingerprint
    assert manifest.dimension == made.vectors().shape[1]
    held = {p.relative_to(build).as_posix(): p for p in build.rglob("*") if p.is_file()}
    assert manifest.files == {name: sha256_file(path) for name, path in held.items()}
    assert {"documents.jsonl", "works.jsonl", "passages.jsonl", "vectors.faiss"} < set(held)


def test_an_index_goes_on_working_when_its_folder_is_gone(folder: Path) -> None:
    opened = load(folder)
    before = found(opened)
    shutil.rmtree(folder)
    assert found(opened) == before
    assert opened.vectors().shape[0] == len(opened.passages)


def names(folder: Path) -> list[str]:
    return sorted(read_manifest(folder).files)


def of_each_file(change: Callable[[Path], object]) -> Callable[[Path], None]:
    """A test that after a change to any one file the index does not open and names the file."""

    def check(folder: Path) -> None:
        assert len(names(folder)) >= 7
        for name in names(folder):
            path = folder / read_manifest(folder).build / name
            content = path.read_bytes()
            change(path)
            with pytest.raises(IndexCorrupt, match=r"run: memoqa index$") as raised:
                load(folder)
            assert str(path) in str(raised.value)
            path.write_bytes(content)
            load(folder)

    return check


def flip(at: float) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(at * (len(content) - 1))] ^= 1
        path.write_bytes(content)

    return change


@pytest.mark.parametrize(
    "change",
    [
        flip(0),
        flip(0.5),
        flip(1),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes() + b"\n"),
        lambda path: path.unlink(),
    ],
    ids=["first byte", "middle byte", "last byte", "emptied", "longer", "missing"],
)
def test_a_changed_file_is_named(folder: Path, change: Callable[[Path], object]) -> None:
    of_each_file(change)(folder)


def test_a_manifest_with_any_byte_flipped_never_gives_other_words(folder: Path) -> None:
    whole = load(folder)
    path = folder / "manifest.json"
    content = path.read_bytes()
    refusals = []
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1
        path.write_bytes(changed)
        try:
            opened = load(folder)
        except MemoqaError as error:
            refusals.append(str(error))
        else:
            assert opened.documents == whole.documents
            assert opened.passages == whole.passages
    assert len(refusals) > len(content) / 2
    assert all("run: memoqa index" in said for said in refusals)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"format": %d}' % FORMAT, b'{"no": 1}', b"[" * 9_999],
)
def test_a_manifest_that_is_none_is_corrupt(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(IndexCorrupt, match=r"the manifest in .* run: memoqa index"):
        load(folder)


def edit(folder: Path, **fields: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_another_format_is_told_with_what_mends_it(folder: Path) -> None:
    edit(folder, format=0, somehow="different")
    with pytest.raises(IndexMismatch, match=f"of format 0, not {FORMAT}; run: memoqa index"):
        load(folder)


def test_another_embedder_is_told_with_what_mends_it(folder: Path) -> None:
    with pytest.raises(
        IndexMismatch,
        match=r"with the embedder 'fake-embedder@1', and 'other@2' is in use; run: memoqa index",
    ):
        open_index(folder, "other@2")
    assert load(folder).documents


@pytest.mark.parametrize(
    ("field", "name"),
    [("models", "reranker"), ("settings", "chunker"), ("settings", "lexical")],
)
def test_other_models_or_settings_are_told_with_what_mends_it(
    folder: Path, field: str, name: str
) -> None:
    made_with = getattr(read_manifest(folder), field)
    edit(folder, **{field: made_with | {name: "old"}})
    with pytest.raises(IndexMismatch, match=rf"with the {name} 'old', .* run: memoqa index"):
        open_index(folder, EMBEDDER.identity)
    edit(folder, **{field: {k: v for k, v in made_with.items() if k != name}})
    with pytest.raises(IndexMismatch, match=rf"with the {name} None, .* run: memoqa index"):
        open_index(folder, EMBEDDER.identity)


@pytest.mark.parametrize("exists", [True, False])
def test_no_index_is_told_with_what_mends_it(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "index"
    if exists:
        folder.mkdir()
    with pytest.raises(IndexNotFound, match=r"there is no index in .* run: memoqa index"):
        load(folder)


def test_nothing_in_the_index_is_a_pickle(folder: Path) -> None:
    build = folder / read_manifest(folder).build
    for name in names(folder):
        content = (build / name).read_bytes()
        if name.endswith(".npy"):
            assert np.load(build / name, allow_pickle=False).dtype != object
        elif name.endswith(".jsonl"):
            assert all(json.loads(line) for line in content.splitlines())
        elif name.endswith(".json"):
            assert isinstance(json.loads(content), dict | list)
        else:
            assert name == "vectors.faiss"
            assert content.startswith(b"IxM")


class Poison:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_that_somebody_puts_in_is_not_run(folder: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    manifest = read_manifest(folder)
    for name in (n for n in manifest.files if n.endswith(".npy")):
        path = folder / manifest.build / name
        np.save(path, np.array([Poison(ran)], dtype=object), allow_pickle=True)
        manifest.files[name] = sha256_file(path)
    edit(folder, files=manifest.files)
    with pytest.raises(IndexCorrupt, match="run: memoqa index"):
        load(folder)
    assert not ran.exists()


def test_writing_again_replaces_the_index_and_takes_old_builds_away(
    made: Index, folder: Path
) -> None:
    (folder / "build-dead").mkdir()
    (folder / "build-dead" / "documents.jsonl").write_text("half")
    (folder / "README.md").write_text("Not of the index.")
    first = read_manifest(folder)
    other = index_of(NOTE)
    second = store.write(other, folder)
    assert second == read_manifest(folder) != first
    assert load(folder).documents == {"sun": NOTE}
    assert {p.name for p in folder.iterdir()} == {"manifest.json", "README.md", second.build}


def test_the_manifest_in_place_is_replaced_and_never_written_to(folder: Path) -> None:
    with (folder / "manifest.json").open() as old:
        store.write(index_of(NOTE), folder)
        assert json.load(old)["build"] != read_manifest(folder).build


class Interrupted(BaseException):
    pass


@pytest.mark.parametrize("failure", [OSError(5, "Input/output error"), Interrupted()])
def test_whenever_the_disk_fails_a_whole_index_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    real = os.fsync
    replaced = 0
    for last in range(50):
        calls = 0

        def fsync(descriptor: int, last: int = last) -> None:
            nonlocal calls
            calls += 1
            if calls > last:
                raise failure
            real(descriptor)

        store.write(index_of(MEMO, NOTE), folder)
        monkeypatch.setattr(os, "fsync", fsync)
        try:
            store.write(index_of(NOTE), folder)
        except type(failure):
            replaced += load(folder).documents == {"sun": NOTE}
            assert set(load(folder).documents) in ({"moon", "sun"}, {"sun"})
        else:
            break
        finally:
            monkeypatch.undo()
    assert last > len(names(folder))
    # Only the last of all is after the new index has taken effect.
    assert replaced == 1

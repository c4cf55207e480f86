import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeEmbedder, document, models
from memoqa import chunk, ingest
from memoqa.answer import Assistant
from memoqa.embed import Vectors
from memoqa.errors import CorpusError, MemoqaError
from memoqa.settings import Settings
from memoqa.store import load, open_index, read_manifest
from memoqa.types import Document, Passage

MOON, SUN = "The moon is made of cheese.", "The sun is made of fire."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    put(settings, "moon.txt", MOON)
    put(settings, "notes/sun.txt", SUN)
    return settings


def put(settings: Settings, name: str, text: str) -> None:
    path = settings.corpus / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def build(settings: Settings) -> tuple[ingest.Report, list[str]]:
    """The report of a build, and the texts that were embedded."""
    embedder = FakeEmbedder()
    report = ingest.build(settings, embedder)
    assert report.embedded == len(embedder.embedded)
    return report, embedder.embedded


def differences(report: ingest.Report) -> tuple[tuple[str, ...], ...]:
    return report.added, report.changed, report.removed


def answer(settings: Settings, question: str = "What is the moon made of?") -> str | None:
    index = open_index(settings.index, FakeEmbedder.identity)
    return Assistant(index, models()).ask(question).answer


def builds(settings: Settings) -> list[str]:
    return [path.name for path in settings.index.glob("build-*")]


def assert_whole_and_clean(settings: Settings) -> None:
    assert answer(settings)
    assert builds(settings) == [read_manifest(settings.index).build]


def test_a_first_build_embeds_everything(settings: Settings) -> None:
    report, embedded = build(settings)
    assert sorted(embedded) == [f"{MOON}\n\n{MOON}", f"{SUN}\n\n{SUN}"]
    assert differences(report) == (("moon", "sun"), (), ())
    assert (report.documents, report.passages, report.left_out) == (2, 2, ())
    assert report.manifest == read_manifest(settings.index)
    assert answer(settings) == MOON
    assert_whole_and_clean(settings)


def test_nothing_changed_is_nothing_embedded(settings: Settings) -> None:
    first, _ = build(settings)
    second, embedded = build(settings)
    assert embedded == []
    assert differences(second) == ((), (), ())
    assert second.manifest.fingerprint == first.manifest.fingerprint
    assert second.manifest.build != first.manifest.build
    assert answer(settings) == MOON
    assert_whole_and_clean(settings)


def test_only_what_changed_is_embedded(settings: Settings) -> None:
    long = "# Moon\n\nIt is made of cheese.\n\nNobody lives on it."
    put(settings, "moon.txt", long)
    build(settings)
    put(settings, "moon.txt", long.replace("Nobody lives", "Somebody lives"))
    report, embedded = build(settings)
    assert embedded == ["Moon\n\nSomebody lives on it."]
    assert differences(report) == ((), ("moon",), ())
    assert answer(settings, "Who lives on it?") == "Somebody lives on it."


def test_added_changed_and_removed_documents_are_told(settings: Settings) -> None:
    put(settings, "mars.txt", "Mars is made of rust.")
    first, _ = build(settings)
    put(settings, "venus.txt", "Venus is made of clouds.")
    put(settings, "moon.txt", "The moon is made of rock.")
    (settings.corpus / "mars.txt").unlink()
    report, _ = build(settings)
    assert differences(report) == (("venus",), ("moon",), ("mars",))
    assert report.manifest.fingerprint != first.manifest.fingerprint
    assert answer(settings) == "The moon is made of rock."
    assert answer(settings, "What is mars made of?") != "Mars is made of rust."
    assert_whole_and_clean(settings)


def test_a_record_that_changes_is_a_change_without_new_words(settings: Settings) -> None:
    put(settings, "moon.json", json.dumps({"title": "The moon"}))
    build(settings)
    put(settings, "moon.json", json.dumps({"title": "The moon", "URL": "https://e.org"}))
    report, embedded = build(settings)
    assert embedded == []
    assert differences(report) == ((), ("moon",), ())
    assert load(settings.index).documents["moon"].url == "https://e.org"


def test_a_document_that_moves_keeps_its_vectors(settings: Settings) -> None:
    build(settings)
    (settings.corpus / "moon.txt").rename(settings.corpus / "luna.txt")
    report, embedded = build(settings)
    assert embedded == []
    assert differences(report) == (("luna",), (), ("moon",))


def test_the_same_words_twice_are_embedded_once(settings: Settings) -> None:
    put(settings, "again.txt", MOON)
    report, embedded = build(settings)
    assert (report.passages, len(embedded)) == (3, 2)
    assert len(load(settings.index).vectors()) == 3


def test_another_embedder_embeds_everything_again(settings: Settings) -> None:
    class Other(FakeEmbedder):
        identity = "other@2"

    build(settings)
    embedder = Other()
    report = ingest.build(settings, embedder)
    assert len(embedder.embedded) == report.embedded == 2
    assert read_manifest(settings.index).models["embedder"] == "other@2"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format": 0}'])
def test_an_index_that_does_not_open_is_built_anew(settings: Settings, content: bytes) -> None:
    build(settings)
    (settings.index / "manifest.json").write_bytes(content)
    report, embedded = build(settings)
    assert len(embedded) == 2
    assert differences(report) == (("moon", "sun"), (), ())
    assert_whole_and_clean(settings)


def test_bad_files_are_told_and_the_rest_is_indexed(settings: Settings) -> None:
    put(settings, "bad.txt", "")
    report, _ = build(settings)
    assert report.left_out == (("bad.txt", "it holds no text; fill it or remove it"),)
    assert answer(settings) == MOON


def test_what_is_missing_of_a_file_is_told(settings: Settings) -> None:
    put(settings, "page.html", "<!doctype html><p>Seen words.</p><p hidden>Unseen words.</p>")
    report, _ = build(settings)
    ((source, warning),) = report.warnings
    assert source == "page.html"
    assert "hidden" in warning
    again, embedded = build(settings)
    assert (again.warnings, embedded) == (report.warnings, [])


def test_what_did_not_change_is_cut_into_the_same_passages(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(settings)
    cut = []
    passages = chunk.passages

    def heard(document: Document) -> tuple[Passage, ...]:
        cut.append(document.id)
        return passages(document)

    monkeypatch.setattr(chunk, "passages", heard)
    put(settings, "moon.txt", "The moon is made of rock.")
    report, _ = build(settings)
    assert (report.passages, cut) == (2, ["moon"])


def test_the_works_that_documents_cite_are_in_the_index(settings: Settings) -> None:
    put(settings, "references/moons.json", json.dumps({"title": "Of moons and cheese"}))
    build(settings)
    works = load(settings.index).works
    assert (list(works), works["moons"].document) == (["moons"], None)
    put(settings, "references/moons.txt", "Moons are round.")
    build(settings)
    assert load(settings.index).works["moons"].document == "moons"


def test_progress_counts_what_has_to_be_embedded(settings: Settings) -> None:
    heard: list[tuple[int, int]] = []
    ingest.build(settings, FakeEmbedder(), lambda done, total: heard.append((done, total)))
    assert heard[0] == (0, 2)
    assert heard[-1] == (2, 2)
    heard.clear()
    ingest.build(settings, FakeEmbedder(), lambda done, total: heard.append((done, total)))
    assert set(heard) == {(0, 0)}


def test_nothing_to_index_leaves_the_old_index(settings: Settings) -> None:
    build(settings)
    for path in settings.corpus.rglob("*.txt"):
        path.unlink()
    with pytest.raises(CorpusError, match="there is no document"):
        build(settings)
    put(settings, "moon.txt", "# Headings only")
    with pytest.raises(CorpusError, match=r"headings only; add a text"):
        build(settings)
    assert answer(settings) == MOON


def test_without_a_corpus_the_error_says_where_to_put_the_memo(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="put your memo there"):
        build(Settings(home=tmp_path / "nowhere"))


def test_an_embedder_that_fails_leaves_the_old_index(settings: Settings) -> None:
    class Failing(FakeEmbedder):
        def embed_passages(self, *_: object) -> Vectors:
            raise MemoryError

    build(settings)
    put(settings, "moon.txt", "The moon is made of rock.")
    with pytest.raises(MemoryError):
        ingest.build(settings, Failing())
    assert answer(settings) == MOON
    assert_whole_and_clean(settings)


names = st.sampled_from(["a", "b", "c", "d"])
LISTED = "\n\n## References\n\nTanaka, K. (2001). The moons of Mars and their names. Star Press.\n"
words = st.sampled_from(
    [
        "The moon is round.",
        "# T\n\nThe sun is hot.\n\nIt is far.",
        "Mars has moons (Tanaka, 2001).",
        f"Mars is red (Tanaka, 2001).{LISTED}",
    ]
)


@hypothesis.settings(max_examples=30)
@given(st.lists(st.dictionaries(names, words, min_size=1), min_size=2, max_size=5))
def test_step_by_step_gives_the_same_index_as_at_once(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, str]]
) -> None:
    stepped = Settings(home=tmp_path_factory.mktemp("stepped"))
    for state in states:
        for name in "abcd":
            (stepped.corpus / f"{name}.txt").unlink(missing_ok=True)
        for name, text in state.items():
            put(stepped, f"{name}.txt", text)
        build(stepped)
    fresh = Settings(home=tmp_path_factory.mktemp("fresh"))
    for name, text in states[-1].items():
        put(fresh, f"{name}.txt", text)
    build(fresh)
    one, other = load(stepped.index), load(fresh.index)
    assert one.documents == other.documents
    assert one.works == other.works
    assert one.passages == other.passages
    assert (one.vectors() == other.vectors()).all()
    assert one.manifest.fingerprint == other.manifest.fingerprint
    assert one.manifest.sources == other.manifest.sources


PROGRAM = """
import os, sys
from pathlib import Path
from fakes import FakeEmbedder
from memoqa import ingest
from memoqa.settings import Settings

settings = Settings(home=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    ingest.build(settings, FakeEmbedder())
    print("built", flush=True)
"""


def start(
    settings: Settings, times: int = 1, program: str = PROGRAM, at_once: bool = True
) -> "subprocess.Popen[str]":
    """A process that has imported all it needs and builds the index so many times, at once or
    when it is told to by `go`.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(settings.home), str(times)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    if at_once:
        go(process)
    return process


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def grow(settings: Settings) -> None:
    """A corpus that takes a moment to index, with words that no other place has."""
    for n in range(40):
        text = "\n\n".join(f"The planet {n}x{m} is made of stuff{n}y{m}." for m in range(40))
        put(settings, f"planets/p{n}.txt", text)


def seen(settings: Settings, before: set[str], name: str) -> bool:
    return any(
        (path / name).exists() for path in settings.index.glob("build-*") if path.name not in before
    )


MOMENTS: dict[str, Callable[[Settings, set[str]], bool]] = {
    "the build begins": lambda s, before: set(builds(s)) - before != set(),
    "documents are written": lambda s, before: seen(s, before, "documents.jsonl"),
    "passages are written": lambda s, before: seen(s, before, "passages.jsonl"),
    "vectors are written": lambda s, before: seen(s, before, "vectors.faiss"),
    "words are written": lambda s, before: seen(s, before, "lexical"),
    "the manifest is written": lambda s, before: seen(s, before, "manifest.json"),
    "the new index is in place": lambda s, before: read_manifest(s.index).build not in before,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_killed_at_any_moment_leaves_a_whole_index(settings: Settings, moment: str) -> None:
    build(settings)
    grow(settings)
    before = set(builds(settings))
    process = start(settings, times=1_000)
    while not MOMENTS[moment](settings, before):
        assert process.poll() is None
    kill(process)
    # The old index or the new one, and nothing between them.
    assert answer(settings) == MOON
    assert len(load(settings.index).documents) in (2, 42)
    report, _ = build(settings)
    assert report.documents == 42
    assert_whole_and_clean(settings)
    assert answer(settings, "What is the planet 7x9 made of?") == (
        "The planet 7x9 is made of stuff7y9."
    )


def test_a_build_killed_at_random_leaves_a_whole_index(settings: Settings) -> None:
    build(settings)
    grow(settings)
    draw = random.Random(208)
    for _ in range(5):
        process = start(settings, times=1_000)
        time.sleep(draw.uniform(0, 0.7))
        kill(process)
        assert answer(settings) == MOON
    build(settings)
    assert_whole_and_clean(settings)


def test_a_first_build_that_is_killed_leaves_no_index_to_open(settings: Settings) -> None:
    grow(settings)
    process = start(settings)
    while not builds(settings):
        assert process.poll() is None
    kill(process)
    if (settings.index / "manifest.json").exists():
        assert answer(settings) == MOON
    else:
        with pytest.raises(MemoqaError, match="run: memoqa index"):
            load(settings.index)
    build(settings)
    assert_whole_and_clean(settings)


FULL = PROGRAM.replace(
    "settings = ",
    """
import resource
# The kernel refuses every write beyond so many bytes of a file, as it does where no room is left.
resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["ROOM"]),) * 2)
settings = """,
)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 0.99])
def test_a_full_disk_leaves_the_old_index(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    build(settings)
    grow(settings)
    other = Settings(home=settings.home / "other")
    (other.home / "corpus").parent.mkdir()
    (other.home / "corpus").symlink_to(settings.corpus)
    build(other)
    largest = max(path.stat().st_size for path in other.index.rglob("*") if path.is_file())
    before = read_manifest(settings.index)
    monkeypatch.setenv("ROOM", str(int(largest * share)))
    process = start(settings, program=FULL)
    _, said = process.communicate()
    assert process.returncode == 1
    assert said.splitlines()[-1].startswith("OSError: ")
    assert read_manifest(settings.index) == before
    assert_whole_and_clean(settings)
    assert answer(settings) == MOON


def test_builds_at_the_same_time_all_end_and_leave_a_whole_index(settings: Settings) -> None:
    grow(settings)
    processes = [start(settings, times=3, at_once=False) for _ in range(3)]
    for process in processes:
        go(process)
    for process in processes:
        said, complaints = process.communicate()
        assert (said, complaints) == ("built\n" * 3, "")
    assert_whole_and_clean(settings)
    assert len(load(settings.index).documents) == 42


def test_a_build_that_has_to_wait_says_so(settings: Settings) -> None:
    said: list[str] = []
    waits = threading.Event()

    def waiting() -> None:
        said.append("waits")
        waits.set()

    settings.index.mkdir()
    lock = FileLock(settings.index / ".lock")
    with ThreadPoolExecutor() as threads:
        with lock:
            second = threads.submit(ingest.build, settings, FakeEmbedder(), waiting=waiting)
            assert waits.wait(60)
            assert not second.done()
        assert second.result(60).documents == 2
    ingest.build(settings, FakeEmbedder(), waiting=waiting)
    assert said == ["waits"]


def test_an_index_can_be_opened_while_others_replace_it(settings: Settings) -> None:
    build(settings)
    process = start(settings, times=60)
    opened = set()
    while process.poll() is None:
        index = load(settings.index)
        assert set(index.documents) == {"moon", "sun"}
        opened.add(index.manifest.build)
    assert process.communicate()[1] == ""
    assert len(opened) > 1


def test_documents_of_one_index_may_be_assembled_in_memory() -> None:
    index, embedded = ingest.assemble(
        (document(MOON, "a"), document(SUN, "b")), FakeEmbedder(), known={}, sources={"a": "0"}
    )
    assert embedded == 2
    assert index.manifest.sources == {"a": "0"}
    with pytest.raises(CorpusError, match="headings only"):
        ingest.assemble((document("# No text"),), FakeEmbedder(), known={}, sources={})

import json
from pathlib import Path

import pytest

from memoqa import corpus, ingest
from memoqa.add import Added, add
from memoqa.errors import CorpusError
from memoqa.parse import Limits, Parser
from memoqa.settings import Settings
from memoqa.types import Kind

RECORD = {
    "title": "Japan's Industrial Cluster Plan",
    "author": [{"family": "Yamasaki", "given": "Akira"}],
    "issued": {"date-parts": [[2005]]},
}
MEMO = """A memo on clusters

Twenty consortia were created (Porter, 1990).

References

Porter, M. E. (1990). The competitive advantage of nations. New York: Free Press.
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home")
    folder = settings.corpus / "references"
    folder.mkdir(parents=True)
    (settings.corpus / "memo.txt").write_text(MEMO)
    (folder / "yamasaki-2005.json").write_text(json.dumps(RECORD))
    return settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return put(tmp_path, "paper.txt", "The plan has a background.")


def put(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def added(
    file: Path, settings: Settings, kind: Kind | None = None, reference: str | None = None
) -> Added:
    with Parser(Limits.of(settings)) as parser:
        return add(file, settings, parser, kind, reference)


def held(settings: Settings) -> dict[str, str | None]:
    """The document that holds each work."""
    _, works = ingest.survey(settings)
    return {work.key: work.document for work in works}


def names(settings: Settings) -> set[str]:
    paths = settings.corpus.rglob("*")
    return {path.relative_to(settings.corpus).as_posix() for path in paths if path.is_file()}


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        (None, "paper.txt"),
        ("memo", "paper.txt"),
        ("reference", "references/paper.txt"),
        ("note", "notes/paper.txt"),
    ],
)
def test_a_file_is_copied_to_where_its_kind_is(
    settings: Settings, file: Path, kind: Kind | None, source: str
) -> None:
    before = names(settings)
    assert added(file, settings, kind) == Added(source, before=False)
    assert names(settings) - before == {source}
    assert (settings.corpus / source).read_bytes() == file.read_bytes()


def test_the_first_file_makes_the_corpus(tmp_path: Path, file: Path) -> None:
    settings = Settings(home=tmp_path)
    assert added(file, settings) == Added("paper.txt", before=False)
    assert names(settings) == {"paper.txt"}


def test_records_go_to_the_references(settings: Settings, tmp_path: Path) -> None:
    bibliography = put(tmp_path, "library.bib", "@book{ono2001, title = {Towns}, year = 2001}")
    assert added(bibliography, settings).source == "references/library.bib"
    assert "ono2001" in held(settings)


def test_what_cannot_be_read_is_not_copied(settings: Settings, tmp_path: Path) -> None:
    before = names(settings)
    for bad, reason in (
        (put(tmp_path, "empty.txt", ""), "it holds no text"),
        (put(tmp_path, "bad.json", "{"), "'bad.json' is not CSL-JSON: "),
        (tmp_path / "none.txt", "it cannot be read: No such file"),
        (tmp_path, "it cannot be read: "),
        (put(tmp_path, "README.md", "Words."), "files of this name are not read; rename it"),
        (put(tmp_path, ".hidden.txt", "Words."), "files of this name are not read; rename it"),
    ):
        with pytest.raises(CorpusError, match=reason):
            added(bad, settings)
    assert names(settings) == before


@pytest.mark.parametrize("place", ["paper.txt", "references/paper.txt", "notes/other-name.txt"])
def test_what_is_there_already_is_said_to_be(settings: Settings, file: Path, place: str) -> None:
    there = settings.corpus / place
    there.parent.mkdir(exist_ok=True)
    there.write_bytes(file.read_bytes())
    before = names(settings)
    assert added(file, settings) == Added(place, before=True)
    assert names(settings) == before


@pytest.mark.parametrize("place", ["paper.txt", "references/paper.md"])
def test_other_words_of_the_same_name_are_not_replaced(
    settings: Settings, file: Path, place: str
) -> None:
    there = put(settings.corpus, place, "Other words.")
    with pytest.raises(CorpusError, match=f"{place!r} has its name and other words; remove that"):
        added(file, settings)
    assert there.read_text() == "Other words."
    assert not (settings.corpus / "references" / "paper.txt").exists()


def test_a_reference_that_has_a_record_becomes_held(settings: Settings, file: Path) -> None:
    assert held(settings)["yamasaki-2005"] is None
    assert added(file, settings, reference="yamasaki-2005") == Added(
        "references/yamasaki-2005.txt", before=False
    )
    assert held(settings)["yamasaki-2005"] == "yamasaki-2005"
    with Parser(Limits.of(settings)) as parser:
        (document,) = (
            d for d in corpus.load(settings.corpus, parser).documents if d.id == "yamasaki-2005"
        )
    assert (document.held, document.title, document.year) == (True, RECORD["title"], 2005)
    assert added(file, settings, reference="yamasaki-2005").before


def test_a_work_of_a_reference_list_gets_its_record_beside_it(
    settings: Settings, file: Path
) -> None:
    (key,) = held(settings).keys() - {"yamasaki-2005"}
    assert added(file, settings, reference=key).source == f"references/{key}.txt"
    record = json.loads((settings.corpus / "references" / f"{key}.json").read_text())
    assert record["issued"]["date-parts"][0][0] == 1990
    assert held(settings) == {"yamasaki-2005": None, key: key}


def test_an_unknown_reference_is_told_with_those_that_are_near(
    settings: Settings, file: Path
) -> None:
    before = names(settings)
    with pytest.raises(CorpusError) as told:
        added(file, settings, reference="yamasaki-2004")
    assert str(told.value) == (
        "the documents cite no work 'yamasaki-2004'; do you mean 'yamasaki-2005'?"
    )
    assert names(settings) == before


def test_a_work_that_another_file_holds_is_told(settings: Settings, file: Path) -> None:
    put(settings.corpus, "cluster.txt", f"{RECORD['title']}\n\nIts whole text.")
    assert held(settings)["yamasaki-2005"] == "cluster"
    with pytest.raises(CorpusError, match=r"is held already, as 'cluster\.txt'"):
        added(file, settings, reference="yamasaki-2005")


def test_records_are_no_text_of_a_reference(settings: Settings, tmp_path: Path) -> None:
    record = put(tmp_path, "x.json", json.dumps(RECORD))
    with pytest.raises(CorpusError, match="it holds records and no text"):
        added(record, settings, reference="yamasaki-2005")

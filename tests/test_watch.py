import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from memoqa.watch import changes

Happening = Callable[[], object]
Told = Callable[..., list[int]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("One.")
    return tmp_path / "corpus"


class Ended(Exception):
    pass


@pytest.fixture
def told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """After how many seconds a change is told, when in each second one thing happens."""

    def run(*happenings: Happening) -> list[int]:
        passed = 0

        def sleep(_: float) -> None:
            nonlocal passed
            if passed == len(happenings):
                raise Ended
            happenings[passed]()
            passed += 1

        monkeypatch.setattr(time, "sleep", sleep)
        found: list[int] = []
        with pytest.raises(Ended):
            found.extend(passed for _ in changes(folder))
        return found

    return run


def nothing() -> None:
    pass


def write(folder: Path, text: str, name: str = "a.txt") -> Happening:
    return lambda: (folder / name).write_text(text)


def test_it_begins_at_once_and_tells_nothing_while_nothing_changes(
    told: Told,
) -> None:
    assert told(nothing, nothing, nothing) == [0]


def test_each_change_is_told_once_when_it_has_stood_for_a_second(folder: Path, told: Told) -> None:
    happenings = (write(folder, "Two."), nothing, nothing, write(folder, "Three."), nothing)
    assert told(*happenings, nothing) == [0, 2, 5]


def test_a_new_and_a_removed_file_are_changes(folder: Path, told: Told) -> None:
    happenings = (write(folder, "B.", "b.txt"), nothing, (folder / "b.txt").unlink, nothing)
    assert told(*happenings, nothing) == [0, 2, 4]


def test_a_file_that_goes_on_growing_is_waited_for(folder: Path, told: Told) -> None:
    growing = [write(folder, "One. " * n) for n in range(2, 7)]
    assert told(*growing, nothing, nothing) == [0, 6]


def test_what_is_undone_at_once_is_no_change(folder: Path, told: Told) -> None:
    assert told(write(folder, "Two."), write(folder, "One."), nothing, nothing) == [0]


def test_a_folder_that_is_away_for_a_moment_is_no_change(folder: Path, told: Told) -> None:
    away = folder.with_name("away")
    assert told(lambda: folder.rename(away), lambda: away.rename(folder), nothing, nothing) == [0]


def test_a_folder_that_another_is_moved_over_is_watched_on(folder: Path, told: Told) -> None:
    other = folder.with_name("other")
    other.mkdir()
    write(other, "Of the other.")()

    def replace() -> None:
        shutil.rmtree(folder)
        other.rename(folder)

    happenings = (replace, nothing, write(folder, "Two."), nothing, nothing)
    assert told(*happenings) == [0, 2, 4]

from dataclasses import replace

from fakes import document
from memoqa.history import history
from memoqa.index import NO_HISTORY
from memoqa.types import Dates

A, B, C = (document("Some words.", id=id) for id in "abc")
FIRST = history({}, {"a": A, "b": B}, NO_HISTORY, "2026-01-01", [("x.pdf", "it is damaged")])


def test_the_first_build_adds_everything() -> None:
    assert (FIRST.at, FIRST.added, FIRST.changed, FIRST.removed) == (
        "2026-01-01",
        ("a", "b"),
        (),
        (),
    )
    assert FIRST.dates["a"] == Dates("2026-01-01", "2026-01-01")
    assert FIRST.left_out == (("x.pdf", "it is damaged"),)


def test_each_document_keeps_its_dates() -> None:
    changed = replace(A, title="Another")
    found = history({"a": A, "b": B}, {"a": changed, "c": C}, FIRST, "2026-02-02", [])
    assert (found.added, found.changed, found.removed) == (("c",), ("a",), ("b",))
    assert found.dates == {
        "a": Dates("2026-01-01", "2026-02-02"),
        "c": Dates("2026-02-02", "2026-02-02"),
    }


def test_a_build_that_changes_no_document_leaves_what_the_last_one_changed() -> None:
    same = {"a": A, "b": B}
    assert history(same, same, FIRST, "2026-02-02", []) == replace(FIRST, left_out=())


def test_a_document_that_comes_back_is_added_anew() -> None:
    gone = history({"a": A, "b": B}, {"a": A}, FIRST, "2026-02-02", [])
    back = history({"a": A}, {"a": A, "b": B}, gone, "2026-03-03", [])
    assert back.dates["b"] == Dates("2026-03-03", "2026-03-03")

from dataclasses import replace

import pytest

from fakes import assistant_of, document
from memoqa import terminal
from memoqa.types import Answer, CitedWork, MissingReference, Standing, Verdict


def shown(answer: Answer) -> str:
    with terminal.out.capture() as captured:
        terminal.show_answer(answer)
    return captured.get()


def test_works_that_a_quote_cites_are_shown_with_what_supports_it() -> None:
    answer = assistant_of(document("The cat sat on the mat.")).ask("cat sat mat")
    [citation] = answer.citations
    works = (
        CitedWork("a", "A. [1].", True, "scan", "/documents/scan", citation),
        CitedWork("b", "B.", False, None, "/works/b", None),
    )
    lines = shown(replace(answer, citations=(replace(citation, works=works),))).splitlines()
    assert [line.strip() for line in lines[-3:]] == [
        "cites A. [1]. (scan)",
        "“The cat sat on the mat.” paragraph 1",
        "cites B. (not held)",
    ]


def test_a_work_that_is_not_held_is_named_with_the_command_that_adds_it() -> None:
    answer = assistant_of(document("The cat sat on the mat.")).ask("Who fed the dog today?")
    reference = MissingReference("b", "B. (1990).", "memoqa add FILE --reference b")
    missing = replace(answer, reason="reference_not_held", reference=reference)
    assert "This work is not held: B. (1990).\n" in shown(missing)
    assert "If you have it, add it: memoqa add FILE --reference b\n" in shown(missing)
    assert "add it" not in shown(answer)


@pytest.mark.parametrize(
    ("text", "question", "said"),
    [
        ("猫はマットに座った。", "マットに座った猫", None),
        ("The cat sat on the mat.", "cat sat mat", None),
        ("猫はマットに座った。", "cat sat mat", "日本語"),
        ("The cat sat on the mat.", "cat sat mat に", "英語"),
    ],
)
def test_an_answer_from_the_other_language_is_told(
    monkeypatch: pytest.MonkeyPatch, text: str, question: str, said: str | None
) -> None:
    answer = assistant_of(document("The cat sat on the mat.")).ask("cat sat mat")
    [citation] = answer.citations
    answer = replace(answer, question=question, citations=(replace(citation, quote=text),))
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    told = [line for line in shown(answer).splitlines() if line.startswith("この答えは")]
    assert told == ([f"この答えは{said}の文書からの引用です。"] if said else [])
    monkeypatch.setenv("LC_ALL", "C")
    assert ("This answer is quoted from a document in " in shown(answer)) == bool(said)


def test_a_japanese_reader_is_told_what_to_add_and_where_words_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    answer = assistant_of(document("The cat sat on the mat.")).ask("Who fed the dog today?")
    reference = MissingReference("b", "B. (1990).", "memoqa add FILE --reference b")
    nearest = tuple(
        replace(citation, locator=locator)
        for citation in answer.nearest
        for locator in ("paragraph 3", "p. iv", "pp. 4–5", "§ 6")
    )
    said = shown(replace(answer, reason="reference_not_held", reference=reference, nearest=nearest))
    assert "この文献の本文はありません: B. (1990).\n" in said
    assert "お持ちなら追加できます: memoqa add FILE --reference b\n" in said
    for place in ("第3段落", "ivページ", "4–5ページ", "§ 6"):
        assert f", {place} (doc)\n" in said


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        (
            "verbatim",
            "word for word at this place; the document changed elsewhere",
            "文書の別の場所",
        ),
        ("gone", "other words stand at this place", "この場所には別の言葉があります"),
        ("gone", "these words are no longer in the document", "もう文書にありません"),
        (
            "ambiguous",
            "these words stand more than once in the document, and nothing tells which",
            "文書の複数の場所にあり",
        ),
    ],
)
def test_verdicts_are_told_in_japanese(
    monkeypatch: pytest.MonkeyPatch, status: Standing, detail: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    with terminal.out.capture() as captured:
        terminal.show_verdict(1, Verdict("doc", 0, 3, status == "verbatim", status, detail))
    assert said in captured.get()

from dataclasses import replace

from fakes import assistant_of, document
from memoqa import terminal
from memoqa.types import Answer, CitedWork, MissingReference


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

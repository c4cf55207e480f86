from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import assistant_of, document, index_of, models
from memoqa import answer, ingest
from memoqa.answer import MAX_QUESTION, NEAREST, Assistant
from memoqa.chunk import passages
from memoqa.corpus import sha256_text
from memoqa.errors import IndexCorrupt, InvalidQuestion, LimitExceeded
from memoqa.settings import Settings
from memoqa.types import Answer, Citation, Retrieved, Timings, Turn

MEMO = document(
    "# Clusters\n\n"
    "Twenty consortia were created under the program. Kyushu launched an initiative.\n\n"
    "The ministry started the program in 2001. 日本の計画は2001年に始まった。",
    "memo",
    "memo",
    "A memo",
)
WORK = document("Twenty consortia were created, says the work.", "work", "reference", "A work")
NOTE = document("Twenty consortia were created, says the note.", "note", "note", "A note")


@pytest.fixture(scope="module")
def assistant() -> Assistant:
    return assistant_of(NOTE, WORK, MEMO)


def cited(found: Answer) -> tuple[Citation, ...]:
    return (*found.citations, *found.nearest)


def without_timings(found: Answer) -> Answer:
    return replace(found, timings_ms=Timings(0, 0, 0, 0))


def test_an_answer_is_a_quotation_with_its_place(assistant: Assistant) -> None:
    found = assistant.ask("Who launched an initiative in Kyushu?")
    assert found.answered
    assert found.question == "Who launched an initiative in Kyushu?"
    assert found.answer == "Kyushu launched an initiative."
    assert found.reason is None
    assert found.nearest == ()
    first = found.citations[0]
    assert first.document.id == "memo"
    assert MEMO.text[first.start : first.end] == first.quote == found.answer
    assert found.confidence > 0.6
    assert found.index.fingerprint == assistant.index.manifest.fingerprint
    assert found.index.built_at == assistant.index.manifest.built_at


words = st.sampled_from(
    [
        *"consortia created program Kyushu initiative ministry 2001 zebra who 計画 ?".split(),
        "👍",
        " ",
    ]
)


@given(st.lists(words, max_size=6).map(" ".join), st.sampled_from([1, 3, 10]))
def test_whatever_is_asked_every_quotation_is_verbatim(question: str, limit: int) -> None:
    found = _ASSISTANT.ask(question, limit=limit)
    documents = {document.id: document for document in (MEMO, WORK, NOTE)}
    for citation in cited(found):
        text = documents[citation.document.id].text
        assert citation.quote == text[citation.start : citation.end] != ""
        assert citation.document.sha256 == sha256_text(text)
        assert citation.start <= citation.highlight.start < citation.highlight.end <= citation.end
        assert text[: citation.start].endswith(citation.prefix)
        assert text[citation.end :].startswith(citation.suffix)
    assert found.answered == bool(found.citations) == (found.reason is None)
    assert (found.answer is not None) == found.answered
    assert not (found.citations and found.nearest)
    assert 0 <= found.confidence <= 1
    assert len(found.citations) <= limit
    assert [c.number for c in found.citations] == list(range(1, len(found.citations) + 1))


_ASSISTANT = assistant_of(NOTE, WORK, MEMO)


def test_a_text_that_was_tampered_with_is_never_quoted() -> None:
    assistant = assistant_of(MEMO)
    tampered = replace(MEMO, text=MEMO.text.replace("Twenty", "Thirty"))
    assistant.index.documents["memo"] = tampered
    with pytest.raises(IndexCorrupt, match=r"'memo'.*run: memoqa index"):
        assistant.ask("How many consortia were created?")
    with pytest.raises(IndexCorrupt):
        assistant.ask("zebra?")


def test_where_the_words_are_the_same_the_memo_comes_first_and_a_note_last() -> None:
    words = "Twenty consortia were created."
    note = document(words, "a-note", "note")
    work = document(words, "b-work", "reference")
    memo = document(words, "c-memo", "memo")
    found = assistant_of(note, work, memo).ask("Were twenty consortia created?")
    assert [c.document.kind for c in found.citations] == ["memo", "reference", "note"]


def test_a_note_that_fits_clearly_better_comes_before_the_memo() -> None:
    note = document("The zebra program of twenty consortia was small.", "note", "note")
    found = assistant_of(MEMO, note, threshold=0.1).ask("How small was the zebra program?")
    assert found.citations[0].document.id == "note"
    assert found.answer == note.text


def test_an_answer_comes_before_what_is_none_alone() -> None:
    # 24 of the question's 48 terms stand in the memo and 25 in the note.
    terms = [f"w{n}" for n in range(48)]
    question = " ".join(terms)
    memo = document(" ".join(terms[:24]), "memo", "memo", ".")
    note = document(" ".join(terms[:25]), "note", "note", ".")
    threshold = 0.53
    lower, higher = (
        assistant_of(one, threshold=threshold).ask(question).confidence for one in (memo, note)
    )
    assert lower < threshold < higher
    found = assistant_of(memo, note, threshold=threshold).ask(question)
    assert found.answered
    assert [c.document.id for c in found.citations] == ["note"]
    assert found.confidence == higher


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_more_quotations_than_wanted(assistant: Assistant, limit: int) -> None:
    assert len(assistant.ask("Were twenty consortia created?", limit=limit).citations) == limit


def test_only_what_is_likely_enough_is_quoted(assistant: Assistant) -> None:
    found = assistant.ask("Who launched an initiative in Kyushu?", limit=10)
    assert [c.quote for c in found.citations] == ["Kyushu launched an initiative."]


def test_what_the_documents_do_not_say_is_refused_with_the_nearest_passages(
    assistant: Assistant,
) -> None:
    found = assistant.ask("Which zebra ate twenty green giraffes?")
    assert not found.answered
    assert found.answer is None
    assert found.citations == ()
    assert found.reason == "not_in_documents"
    assert len(found.nearest) == NEAREST
    assert [c.number for c in found.nearest] == [1, 2, 3]
    assert found.confidence < 0.6


@pytest.mark.parametrize("question", ["", "   ", "???", "…", "👍🏽", "\u200d", "——", "\n\t"])
def test_where_nothing_is_asked_nothing_is_said(assistant: Assistant, question: str) -> None:
    found = assistant.ask(question)
    assert (found.answered, found.answer, found.reason) == (False, None, "no_question")
    assert cited(found) == ()


@pytest.mark.parametrize("question", ["x", "産", "7", "the of and"])
def test_any_letter_or_digit_is_a_question(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).reason == "not_in_documents"


def test_only_the_named_documents_are_quoted(assistant: Assistant) -> None:
    question = "Were twenty consortia created?"
    for names in (["note"], ["note", "work"]):
        found = assistant.ask(question, documents=names)
        assert found.answered
        assert {c.document.id for c in found.citations} == set(names)


@pytest.mark.parametrize("names", [[], ["unknown"]])
def test_without_a_document_to_search_the_answer_is_no(
    assistant: Assistant, names: list[str]
) -> None:
    found = assistant.ask("Were twenty consortia created?", documents=names)
    assert (found.answered, found.reason, cited(found)) == (False, "not_in_documents", ())
    assert found.confidence == 0.0


def test_a_question_may_be_as_long_as_the_limit_and_no_longer(assistant: Assistant) -> None:
    question = ("Were twenty consortia created? " * 100)[:MAX_QUESTION]
    assert len(question) == MAX_QUESTION
    assert assistant.ask(question).answered
    with pytest.raises(LimitExceeded, match=r"2,001 characters; ask in at most 2,000"):
        assistant.ask(question + "?")


def test_half_a_surrogate_pair_is_no_question(assistant: Assistant) -> None:
    with pytest.raises(InvalidQuestion, match="ask again in UTF-8"):
        assistant.ask("Were consortia \ud83d created?")


def test_the_same_question_is_answered_the_same(assistant: Assistant) -> None:
    for question in ("Were twenty consortia created?", "zebra?", "?"):
        first, second = assistant.ask(question), assistant.ask(question)
        assert without_timings(first) == without_timings(second)


BEFORE = (Turn("zebra?", "No."), Turn("Who started the program of the ministry?", "Kyushu did."))


@pytest.mark.parametrize("question", ["When did they?", "And when?", "Why?", "What about it?"])
def test_a_follow_up_takes_the_words_of_the_question_before_it(
    assistant: Assistant, question: str
) -> None:
    alone = assistant.ask(question)
    found = assistant.ask(question, BEFORE)
    assert not alone.answered
    assert found.question == question
    assert found.answer == "The ministry started the program in 2001."


def test_a_question_that_stands_alone_takes_nothing_from_before(assistant: Assistant) -> None:
    question = "Who launched an initiative in Kyushu?"
    assert without_timings(assistant.ask(question, BEFORE)) == without_timings(
        assistant.ask(question)
    )


def test_an_earlier_answer_is_never_evidence(assistant: Assistant) -> None:
    told = [Turn("zebra giraffe?", "Twenty consortia were created under the program.")]
    assert not assistant.ask("Why is it?", told).answered


def test_history_does_not_make_a_question_of_nothing(assistant: Assistant) -> None:
    found = assistant.ask("?", BEFORE)
    assert (found.answered, found.reason, cited(found)) == (False, "no_question", ())


def test_what_was_retrieved_is_told_before_the_answer(assistant: Assistant) -> None:
    heard: list[Retrieved] = []
    found = assistant.ask("Were twenty consortia created?", retrieved=heard.extend)
    assert [hit.rank for hit in heard] == list(range(1, len(heard) + 1))
    assert {c.document.id for c in found.citations} <= {h.passage.span.doc_id for h in heard}


def test_every_answer_says_whether_the_corpus_has_changed() -> None:
    changed = False
    assistant = Assistant(index_of(MEMO), models(), stale=lambda: changed)
    assert assistant.ask("Who?").index.stale is False
    changed = True
    assert assistant.ask("Who?").index.stale is True


def test_a_document_longer_than_all_that_is_read_is_answered_from_any_place() -> None:
    paragraphs = [f"The item number {n} has the colour hue{n}." for n in range(200)]
    long = document("\n\n".join(paragraphs))
    found = assistant_of(long).ask("Which colour has item number 157?")
    assert found.answer == paragraphs[157]
    assert found.citations[0].locator == "paragraph 158"
    assert len(long.text) > 16 * 300
    assert len(passages(long)) > answer.RETRIEVED


def test_an_opened_assistant_knows_when_corpus_and_index_have_moved_on(tmp_path: Path) -> None:
    settings, made = Settings(home=tmp_path), models()
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "memo.txt").write_text("Twenty consortia were created.")
    ingest.build(settings, made.embedder)
    opened = answer.open_assistant(settings, made)
    assert (opened.stale(), opened.outdated()) == (False, False)
    (tmp_path / "corpus" / "note.txt").write_text("Nineteen were left.")
    assert (opened.stale(), opened.outdated()) == (True, False)
    assert opened.ask("Were twenty consortia created?").index.stale
    ingest.build(settings, made.embedder)
    assert opened.outdated()
    again = answer.open_assistant(settings, made)
    assert (again.stale(), again.outdated()) == (False, False)

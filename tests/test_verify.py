from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fakes import document
from memoqa.types import Quotation, Range, Verdict
from memoqa.verify import check

TEXT = (
    "The 𠮷野家 👍🏽 opened in 1899. It sells beef bowls to a great many hungry people. "
    "“Cheap and fast”, they say."
)
DOCUMENT = document(TEXT, "beef bowl")
SOLD = "It sells beef bowls to a great many hungry people."


def cited(text: str, words: str) -> Quotation:
    """What a citation of these words said when the document's text was this."""
    start = text.index(words)
    end = start + len(words)
    return Quotation(
        document="doc",
        sha256=document(text).sha256,
        quote=words,
        start=start,
        end=end,
        prefix=text[max(0, start - 32) : start],
        suffix=text[end : end + 32],
    )


def after(quotation: Quotation, text: str) -> Verdict:
    """The verdict once the document's text has become this."""
    verdict = check(quotation, {"doc": document(text)})
    assert (verdict.document, verdict.start, verdict.end) == (
        "doc",
        quotation.start,
        quotation.end,
    )
    assert verdict.verbatim == (verdict.status == "verbatim")
    assert (verdict.moved_to is not None) == (verdict.status == "moved")
    assert (verdict.href is not None) == (verdict.status in ("verbatim", "moved"))
    if verdict.moved_to is not None:
        assert text[verdict.moved_to.start : verdict.moved_to.end] == quotation.quote
    return verdict


def outcome(words: str, start: int, end: int, id: str = "beef bowl", sha256: str = "") -> str:
    quotation = Quotation(id, sha256 or DOCUMENT.sha256, words, start, end)
    verdict = check(quotation, {DOCUMENT.id: DOCUMENT})
    return f"{verdict.status}: {verdict.detail}"


def test_a_citation_is_checked_word_for_word() -> None:
    assert outcome("The", 0, 3) == "verbatim: word for word at this place"
    assert outcome("the", 0, 3) == "gone: other words stand at this place"
    assert outcome("The ", 0, 3) == "gone: other words stand at this place"


def test_words_of_a_text_that_did_not_change_are_not_looked_for() -> None:
    assert outcome("The", 1, 4) == "gone: other words stand at this place"


def test_a_document_that_changed_elsewhere_still_holds_the_words() -> None:
    assert outcome("The", 0, 3, sha256="0" * 64) == (
        "verbatim: word for word at this place; the document changed elsewhere"
    )


def test_a_document_that_is_gone_is_named() -> None:
    assert outcome("The", 0, 3, id="other") == "no_document: there is no document 'other' any more"


@pytest.mark.parametrize(("start", "end"), [(0, len(TEXT) + 1), (-3, 3), (3, 3), (4, 3), (-3, -1)])
def test_a_place_outside_the_document_is_not_verbatim(start: int, end: int) -> None:
    assert outcome(TEXT[start:end], start, end) == f"gone: the document has {len(TEXT)} characters"


def test_words_that_moved_are_found_with_their_new_place() -> None:
    verdict = after(cited(TEXT, SOLD), f"A new first sentence. {TEXT}")
    start = TEXT.index(SOLD) + len("A new first sentence. ")
    end = start + len(SOLD)
    assert verdict.status == "moved"
    assert verdict.moved_to == Range(start, end)
    assert verdict.href == f"/documents/doc?start={start}&end={end}#quote"
    assert verdict.detail == f"moved to {start}-{end}, word for word"


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("beef", "pork"),
        TEXT.replace("It sells", "it sells"),
        TEXT.replace("great many", "great  many"),
        TEXT.replace("hungry people.", "hungry people!"),
        "Nothing.",
    ],
)
def test_words_that_changed_are_gone(text: str) -> None:
    verdict = after(cited(TEXT, SOLD), f"Before. {text}")
    assert (verdict.status, verdict.detail) == ("gone", "these words are no longer in the document")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        # Between the same words as before.
        ("New. Yes. We went. Yes. They stayed. Yes. End.", "We went. Yes. They stayed."),
        # Next to the same words on one side.
        ("Yes. New. We went. Yes. Others stayed.", "We went. Yes."),
        ("Yes. New. Others went. Yes. They stayed.", "Yes. They stayed."),
    ],
)
def test_words_that_stand_twice_are_told_apart_by_their_neighbours(text: str, place: str) -> None:
    verdict = after(cited("We went. Yes. They stayed.", "Yes."), text)
    start = text.index(place) + place.index("Yes.")
    assert verdict.moved_to == Range(start, start + 4)


@pytest.mark.parametrize(
    "text",
    [
        "New. Yes. New. Yes.",
        "We went. Yes. They stayed. We went. Yes. They stayed.",
        "We went. Yes. Then again: Yes. They stayed.",
    ],
)
def test_where_the_neighbours_do_not_tell_nothing_is_guessed(text: str) -> None:
    verdict = after(cited("We went. Yes. They stayed.", "Yes."), f"Before. {text}")
    assert (verdict.status, verdict.moved_to) == ("ambiguous", None)
    assert "more than once" in verdict.detail


def test_no_words_are_nowhere() -> None:
    quotation = replace(cited(TEXT, SOLD), quote="")
    assert after(quotation, "Other words.").status == "gone"


words = st.text(alphabet="ab 𠮷👍\u0301。.\n", min_size=1, max_size=12)


@given(st.text(alphabet="aé𠮷👍 \u0301\u200d産.", min_size=1), st.data())
def test_what_is_cited_now_is_verbatim_now(text: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(1, len(text)))
    quotation = cited(text, text[data.draw(st.integers(0, end - 1)) : end])
    assert after(quotation, text).status == "verbatim"


@given(words, words, words, words, words)
def test_text_put_in_or_taken_away_before_moves_the_words_along(
    before: str, quote: str, suffix: str, put_in: str, more: str
) -> None:
    quotation = cited(f"{before}«{quote}»{suffix}", f"«{quote}»")
    for text in (f"{put_in}{before}«{quote}»{suffix}{more}", f"«{quote}»{more}"):
        at = text.index("«")
        verdict = after(quotation, text)
        if at == quotation.start:
            assert verdict.status == "verbatim"
        else:
            assert verdict.moved_to == Range(at, at + len(quote) + 2)


@given(words, words, words, st.data())
def test_a_change_inside_the_words_is_never_accepted(
    before: str, quote: str, suffix: str, data: st.DataObject
) -> None:
    marked = f"«{quote}»"
    at = data.draw(st.integers(1, len(marked) - 1))
    inserted = marked[:at] + data.draw(words) + marked[at:]
    taken_away = marked[:at] + marked[at + 1 :]
    for changed in (inserted, taken_away):
        assume(marked not in changed)
        text = f"{before}{changed}{suffix}"
        assert after(cited(f"{before}{marked}{suffix}", marked), text).status == "gone"


@given(st.lists(st.sampled_from(["a", "b", "ab. ", "«Yes.»"]), max_size=12).map("".join), st.data())
def test_a_place_is_told_only_where_it_is_the_only_one_of_its_rank(
    text: str, data: st.DataObject
) -> None:
    old = data.draw(st.sampled_from(["ab. «Yes.»a", "«Yes.»", "b«Yes.»ab. "]))
    quotation = cited(old, "«Yes.»")
    count = text.count("«Yes.»")
    verdict = after(quotation, text)
    if count == 0:
        assert verdict.status == "gone"
    elif count == 1:
        assert verdict.status in ("moved", "verbatim")
    elif verdict.status == "moved":
        assert verdict.moved_to is not None
        around = text[: verdict.moved_to.start], text[verdict.moved_to.end :]
        assert around[0].endswith(quotation.prefix) or around[1].startswith(quotation.suffix)

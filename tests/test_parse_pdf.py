from collections.abc import Iterable

import pytest
from fpdf import FPDF

from memoqa.errors import CorpusError
from memoqa.parse import Limits, Parsed, pdf
from memoqa.parse.pdf.words import glue, words
from memoqa.settings import Settings
from memoqa.types import Page

LIMITS = Limits.of(Settings())
PARAGRAPH = "The region opened a laboratory in the old mill. It lends tools to small firms. " * 6


def document() -> FPDF:
    made = FPDF()
    made.set_auto_page_break(False)
    made.set_font("times", size=11)
    return made


def parse(made: FPDF) -> Parsed:
    return pdf.parse(bytes(made.output()), LIMITS)


def numbered(bodies: Iterable[str], first: int) -> FPDF:
    made = document()
    for number, body in enumerate(bodies, first):
        made.add_page()
        made.text(20, 12, f"Journal of Regions {number}")
        made.set_y(40)
        made.multi_cell(0, 5, body)
    return made


def test_lines_make_paragraphs_and_headers_give_the_pages_their_labels() -> None:
    parsed = parse(numbered([PARAGRAPH] * 3, first=499))
    assert "Journal" not in parsed.text
    assert [page.label for page in parsed.pages] == ["499", "500", "501"]
    assert parsed.text[: parsed.pages[1].start].strip() == PARAGRAPH.strip()


def test_a_sentence_runs_over_to_the_next_page() -> None:
    parsed = parse(numbered(["The council met in", "the old town hall."], first=1))
    assert parsed == Parsed("The council met in the old town hall.", (Page(0, "1"), Page(19, "2")))


def test_hidden_words_are_left_out_and_told_of() -> None:
    made = document()
    made.add_page()
    made.text(20, 100, "Words that are seen.")
    made.set_text_color(255, 255, 255)
    made.text(20, 110, "White words.")
    made.set_fill_color(0, 0, 0)
    made.rect(18, 114, 80, 10, style="F")
    made.text(20, 120, "White on black.")
    made.set_text_color(0, 0, 0)
    made.text(20, 400, "Off the page.")
    made.set_font_size(0.5)
    made.text(20, 130, "Tiny words.")
    parsed = parse(made)
    assert parsed.text.split() == "Words that are seen. White on black.".split()
    assert parsed.warnings == ("hidden words on p. 1 are left out",)


def test_pages_without_text_are_named_and_a_file_of_them_refused() -> None:
    made = numbered([PARAGRAPH], first=1)
    made.add_page()
    assert parse(made).warnings == (
        "there is no text on p. 2, perhaps a picture; OCR would read it",
    )
    empty = document()
    empty.add_page()
    with pytest.raises(CorpusError, match="ocrmypdf"):
        parse(empty)


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("the indus-", "tries of", "the industries of"),
        ("a well-", "known firm", "a well-known firm"),
        ("of Asia-", "Pacific", "of Asia-Pacific"),
        ("in 2005-", "2008", "in 2005-2008"),
        ("soft\u00ad", "ware", "software"),
        ("two", "words", "two words"),
        ("約6", "8.4%", "約68.4%"),
        ("産業", "集積", "産業集積"),
    ],
)
def test_lines_are_joined_as_the_document_spells_its_words(
    before: str, after: str, joined: str
) -> None:
    known = words(["It is a well-known place and", "the two words of"])
    first, between = glue(before, after, known)
    assert first + between + after == joined

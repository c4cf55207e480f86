import pytest

from memoqa.errors import CorpusError
from memoqa.parse import html


def text(body: str, head: str = "") -> str:
    return html.parse(f"<html><head>{head}</head><body>{body}</body></html>".encode()).text


def test_blocks_are_paragraphs_headings_items_and_rows() -> None:
    body = (
        "<h1>One</h1><p>Two\n words.<br>Three.</p><ul><li>a<ol start=4><li>b</ol><li>c</ul>"
        "<table><tr><th>Year<th>Firms<tr><td>1990<td><p>7</p><p>8</p></table>"
    )
    assert text(body).split("\n\n") == [
        "# One",
        "Two words. Three.",
        "- a",
        "4. b",
        "- c",
        "Year | Firms",
        "1990 | 7 8",
    ]


def test_a_notes_mark_does_not_run_into_a_number() -> None:
    body = "<p>It fell to 448,147<sup>3</sup>. It has 5 km<sup>2</sup>, the 19<sup>th</sup>.</p>"
    assert text(body) == "It fell to 448,147[3]. It has 5 km², the 19th."


def test_japanese_lines_are_joined_without_a_space() -> None:
    assert (
        text("<p>産業\n  集積は、\n 5年、<ruby>干物<rt>ひもの</rt></ruby></p>")
        == "産業集積は、5年、干物"
    )


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display: none">SECRET</p>',
        '<p style="visibility:hidden">SECRET</p>',
        '<p style="opacity:0">SECRET</p>',
        '<p style="font-size:0px">SECRET</p>',
        '<p style="color:#fff">SECRET</p>',
        '<div style="background-color:#000"><p style="color:rgb(0,0,0)">SECRET</p></div>',
        '<p style="position:absolute;left:-9999px">SECRET</p>',
        "<p hidden>SECRET</p>",
        '<span aria-hidden="true">SECRET</span>',
        '<p class="ghost">SECRET</p>',
        "<script>SECRET</script><!-- SECRET --><template>SECRET</template>",
        "<nav>SECRET</nav><footer>SECRET</footer>",
        '<div class="cookie-banner">SECRET</div>',
    ],
)
def test_what_a_reader_does_not_see_is_left_out(hidden: str) -> None:
    body = f"<p>Words that are seen by all who read.</p>{hidden}<p>More of the words.</p>"
    assert "SECRET" not in text(body, "<style>.ghost, .other { display: none }</style>")
    assert "More of the words." in text(body)


def test_white_words_on_a_dark_ground_are_seen() -> None:
    assert "Seen" in text('<div style="background:#222"><p style="color:white">Seen</p></div>')


def test_hidden_words_are_told_of() -> None:
    assert html.parse(b"<html><p>a<p hidden>b").warnings == ("hidden words are left out",)
    assert html.parse(b"<html><p>a").warnings == ()


def test_the_encoding_that_a_page_names_is_used() -> None:
    page = '<html><meta charset="Shift_JIS"><p>①産業の集積</p>'
    assert html.parse(page.encode("cp932")).text == "①産業の集積"


def test_a_page_nested_too_deep_is_refused() -> None:
    with pytest.raises(CorpusError, match="nested too deep"):
        text("<div>" * 100_000)

import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import document, index_of
from memoqa import chunk, store
from memoqa.chunk import MAX_PASSAGE, MAX_SENTENCE, blocks, passages, sentences

WORDS = [
    "cluster", "METI", "“flexible", "system”", "don’t", "U.S.", "e.g.", "Mr.", "3.14", "728,853",
    "end.", "Why?", "Yes!", "wait…", "(see", "below).", "No.17530216,", "70(1):", "‘so’", "naïve",
    "cafe\u0301", "e\u0301\u0302.", "\u0301stray", "x\u20e3", "A", ".", "?", "産業クラスター計画。",
    "はい！", "か\u3099き", "ﾊﾟﾝ", "「引用。」", "？", "経済学研究", "(知的)", "。",
    "か\u3099。\u3099", "「終。」と", "｢ﾊｲ｡｣", "『", "』", "ｶﾞ｡", "１．５", "（やまさき・あきら）",
    "👨\u200d👩\u200d👧\u200d👦", "👍🏽", "🏳\ufe0f\u200d🌈", "\u2049\ufe0f",
    "\u203c\ufe0f", "🇯🇵", "𠮷野家", "𝔘𝔫𝔦", "\u200d", "\ufeff", "\u00a0", "\u3000",
    "क्षि", "한국어", "שָׁלוֹם",
]  # fmt: skip
SEPARATORS = [" ", " ", " ", "", "  ", "\t", "\u3000", "\u00a0", "\n", "\r\n"]
BREAKS = [
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\r\n\r\n",
    "\n \n",
    "\n\n\n",
    "\x0b",
    "\x0c",
    "\u2028",
    "\x85",
]
MARKS = [
    "",
    "",
    "",
    "# ",
    "## ",
    "###### ",
    "#",
    "- ",
    "* ",
    "• ",
    "・ ",
    "1. ",
    "12) ",
    "  - ",
    "-",
    "> ",
]


@st.composite
def lines(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=12))
    line = draw(st.sampled_from(MARKS))
    for word in words:
        line += word + draw(st.sampled_from(SEPARATORS))
    return line + draw(st.sampled_from(["", "", "", ":", "：", "."]))


huge = st.builds(
    lambda unit, times: unit * times,
    st.sampled_from(
        [
            "word ",
            "あ",
            "か\u3099",
            "e\u0301",
            "👨‍👩‍👧",
            "No end here, ",
            "文です。",
            "One two. ",
            "x",
            "a\n",
            "\u0301",
            "𠮷",
        ]
    ),
    st.integers(200, 900),
)
texts = st.lists(
    st.tuples(st.one_of(lines(), lines(), lines(), lines(), huge), st.sampled_from(BREAKS)),
    max_size=12,
).map(lambda parts: "".join(part + end for part, end in parts))

tortured = settings(
    max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def combines(character: str) -> bool:
    """Whether a character belongs to the one before it (UAX #29, the commonest of Extend)."""
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc") or character in "\u200d\uff9e\uff9f"
    )


@tortured
@given(texts)
def test_passages_lie_in_one_paragraph_of_their_document(text: str) -> None:
    paragraphs = {b.number: b for b in blocks(text) if b.kind != "heading"}
    for passage in passages(document(text)):
        assert passage.span.doc_id == "doc"
        assert 0 <= passage.span.start < passage.span.end <= len(text)
        paragraph = paragraphs[passage.paragraph]
        assert paragraph.start <= passage.span.start < passage.span.end <= paragraph.end


@tortured
@given(texts)
def test_sentences_are_trimmed_and_in_order_and_make_up_their_passage(text: str) -> None:
    for passage in passages(document(text)):
        assert passage.sentences[0][0] == passage.span.start
        assert passage.sentences[-1][1] == passage.span.end
        before = 0
        for start, end in passage.sentences:
            assert before <= start < end
            assert text[start:end] == text[start:end].strip() != ""
            before = end


@tortured
@given(texts)
def test_every_character_of_every_paragraph_is_in_a_sentence(text: str) -> None:
    quotable = {
        at for p in passages(document(text)) for bounds in p.sentences for at in range(*bounds)
    }
    for block in blocks(text):
        if block.kind != "heading":
            visible = {i for i in range(block.start, block.end) if not text[i].isspace()}
            assert visible <= quotable
        else:
            assert quotable.isdisjoint(range(block.start, block.end))


@tortured
@given(texts)
def test_blocks_are_in_order_and_hold_all_but_marks(text: str) -> None:
    before, number = 0, 0
    for block in blocks(text):
        assert before <= block.start < block.end <= len(text)
        assert text[before : block.start].strip(" \t#-*•・.)0123456789" + _WHITE) == ""
        assert text[block.start : block.end].strip() == text[block.start : block.end]
        if block.kind == "heading":
            assert block.number is None
        else:
            number += 1
            assert block.number == number
        before = block.end
    assert text[before:].strip() == ""


_WHITE = "".join(c for c in map(chr, range(0x3001)) if c.isspace())


@tortured
@given(texts)
def test_sizes_are_bounded(text: str) -> None:
    for passage in passages(document(text)):
        assert all(end - start <= MAX_SENTENCE for start, end in passage.sentences)
        measure = chunk._size(text, passage.span.start, passage.span.end)
        assert measure <= MAX_PASSAGE or len(passage.sentences) == 1


@tortured
@given(texts)
def test_no_sentence_parts_what_combines_from_its_base(text: str) -> None:
    for passage in passages(document(text)):
        for start, end in passage.sentences:
            for at in (start, end):
                if 0 < at < len(text) and not text[at - 1].isspace() and combines(text[at]):
                    # Only a run of marks longer than a sentence may be as long has to be parted.
                    run = at
                    while run > 0 and combines(text[run - 1]):
                        run -= 1
                    assert at - run >= MAX_SENTENCE - 2, ascii(text[max(0, at - 5) : at + 5])


@tortured
@given(texts)
def test_cutting_is_deterministic_and_knows_no_other_document(text: str) -> None:
    once = passages(document(text))
    assert once == passages(document(text))
    assert len({p.id for p in once}) == len(once)
    other = passages(document(text, id="other"))
    assert [p.span.start for p in other] == [p.span.start for p in once]
    assert {p.id for p in other}.isdisjoint(p.id for p in once)


@tortured
@given(texts.map(lambda text: f"A sentence that is there for sure.\n\n{text}"))
def test_passages_come_back_from_the_index_folder_as_they_went(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("index")
    made = index_of(document(text))
    store.write(made, folder)
    opened = store.load(folder)
    assert tuple(opened.passages) == tuple(made.passages) == passages(document(text))
    assert opened.documents == made.documents


def test_the_memo_is_cut_as_a_reader_would_cut_it() -> None:
    text = (Path(__file__).parents[1] / "corpus" / "memo-208.txt").read_text(encoding="utf-8")
    found = passages(document(text))
    quotes = {text[slice(*bounds)] for passage in found for bounds in passage.sentences}
    assert "Twenty consortia were created." in quotes
    assert "In 2007, 194 companies joined this program." in quotes
    assert any(q.startswith("Government statistics") and q.endswith("in 2009.") for q in quotes)
    headings = dict.fromkeys(passage.heading for passage in found)
    assert list(headings) == ["Memo #208", "About the Author", "Links", "Related Memos"]
    links = [p for p in found if p.heading == "Links"]
    assert len(links) == 3
    assert all(text[p.span.start] == "“" for p in links)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in blocks(text)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blank_lines_part_paragraphs_and_wrapped_lines_join(end: str) -> None:
    text = end.join(["One is", "wrapped.", "", "  ", "Two.", ""])
    assert kinds(text) == [("paragraph", f"One is{end}wrapped."), ("paragraph", "Two.")]


def test_a_line_too_long_to_be_wrapped_makes_every_line_a_paragraph() -> None:
    long = "Long " * 30 + "line."
    assert kinds(f"{long}\nTwo.\nThree.") == [
        ("paragraph", long),
        ("paragraph", "Two."),
        ("paragraph", "Three."),
    ]


def test_headings() -> None:
    text = (
        "A title\n\n# One #\nText one.\nMore.\n### Two\n\nLinks:\n\n注：\n\n- An item\n\nNot one\n"
    )
    assert kinds(text) == [
        ("heading", "A title"),
        ("heading", "One #"),
        ("paragraph", "Text one.\nMore."),
        ("heading", "Two"),
        ("heading", "Links:"),
        ("heading", "注："),
        ("item", "An item"),
        ("paragraph", "Not one"),
    ]
    assert [p.heading for p in passages(document(text))] == ["One", "注", "注"]


@pytest.mark.parametrize(
    "text", ["#\nThe words below.", "# \r\nThe words below.", "#hashtag is one."]
)
def test_a_hash_with_nothing_after_it_makes_no_heading(text: str) -> None:
    text = f"There are words above.\n\n{text}"
    assert [kind for kind, _ in kinds(text)] == ["paragraph", "paragraph"]


@pytest.mark.parametrize("mark", ["- ", "* ", "• ", "・ ", "1. ", "12) ", "   - "])
def test_each_list_item_is_a_paragraph_without_its_mark(mark: str) -> None:
    text = f"Above is this.\n{mark}first thing\nwrapped\n{mark}second thing"
    assert kinds(text) == [
        ("paragraph", "Above is this."),
        ("item", "first thing\nwrapped"),
        ("item", "second thing"),
    ]
    assert [p.paragraph for p in passages(document(text))] == [1, 2, 3]


@pytest.mark.parametrize("text", ["", " \n\t\r\n\u3000", "# Only a heading", "Only a title"])
def test_without_a_paragraph_there_is_no_passage(text: str) -> None:
    assert passages(document(text)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He is Mr. Smith. She is not.", ["He is Mr. Smith.", "She is not."]),
        ("It grew by 3.5 percent. Then it fell.", ["It grew by 3.5 percent.", "Then it fell."]),
        ("計画は始まった。成功した！", ["計画は始まった。", "成功した！"]),
        ("Twelve\u00a0.\u00a0Then 第二\u3000.三", ["Twelve\u00a0.", "Then 第二\u3000.", "三"]),
        ("A\u3000.産業", ["A\u3000.産業"]),
        ("A\u00a0.\u00e9a", ["A\u00a0.\u00e9a"]),
        ("本当\u2049\ufe0f はい。", ["本当\u2049\ufe0f", "はい。"]),
        ("Is it\u2049\ufe0f Yes.", ["Is it\u2049\ufe0f", "Yes."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[slice(*bounds)] for bounds in sentences(text, 0, len(text))] == expected


def test_a_long_paragraph_is_several_passages_that_share_a_sentence() -> None:
    text = " ".join(f"Sentence number {n} is here to fill the paragraph up." for n in range(60))
    found = passages(document(text))
    assert len(found) > 2
    for before, after in pairwise(found):
        assert after.sentences[0] == before.sentences[-1]
    assert {p.paragraph for p in found} == {1}


def test_japanese_passages_hold_fewer_characters() -> None:
    text = "これはとても長い文章の中の一つの文です。" * 60
    assert all(p.span.end - p.span.start <= MAX_PASSAGE / 3 for p in passages(document(text)))


@pytest.mark.parametrize("unit", ["e\u0301", "か\u3099", "👨‍👩‍👧", "👍🏽", "ﾊﾟ"])
def test_an_endless_word_is_cut_between_clusters(unit: str) -> None:
    text = "x" + unit * 1000
    found = [bounds for p in passages(document(text)) for bounds in p.sentences]
    assert len(set(found)) > 2
    for start, _ in found:
        assert start == 0 or (start - 1) % len(unit) == 0


def test_an_endless_sentence_is_cut_at_white_space() -> None:
    text = "word\tand more " * 200
    for passage in passages(document(text)):
        for start, end in passage.sentences:
            assert start == 0 or text[start - 1].isspace()
            assert end == len(text) or text[end].isspace()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It fell. (By A. Writer)", ["It fell. (By A. Writer)"]),
        ("It fell. [2] Then it rose.", ["It fell. [2]", "Then it rose."]),
        ("始まった。（出典：白書）", ["始まった。（出典：白書）"]),
        ("(An aside alone.)", ["(An aside alone.)"]),
        ("It fell. (Then) it rose.", ["It fell.", "(Then) it rose."]),
    ],
)
def test_an_aside_belongs_to_the_sentence_before_it(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text, 0, len(text))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("港が発展した。1975年には倍になった。", ["港が発展した。", "1975年には倍になった。"]),
        ("始めた。METIが支えた。", ["始めた。", "METIが支えた。"]),
        ("市長は「増えた。2001年だ」と述べた。", ["市長は「増えた。2001年だ」と述べた。"]),
    ],
)
def test_a_japanese_full_stop_before_a_digit_ends_a_sentence(
    text: str, expected: list[str]
) -> None:
    assert [text[a:b] for a, b in sentences(text, 0, len(text))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("始まった｡成功した!本当?", ["始まった｡", "成功した!", "本当?"]),
        (
            "市長は「始まった。成功だ。」と述べた。次。",
            ["市長は「始まった。成功だ。」と述べた。", "次。"],
        ),
        ("｢始まった｡｣と述べた｡次｡", ["｢始まった｡｣と述べた｡", "次｡"]),
        ("彼は『本。』を書いた。次。", ["彼は『本。』を書いた。", "次。"]),
        ("「始まった。」次の文。", ["「始まった。」", "次の文。"]),
        ("計画は３．５％伸びた。次。", ["計画は３．５％伸びた。", "次。"]),
        (
            "山﨑朗（やまさき・あきら）は書いた。次。",
            ["山﨑朗（やまさき・あきら）は書いた。", "次。"],
        ),
        ("METIはCluster Programを始めた。次。", ["METIはCluster Programを始めた。", "次。"]),
        (
            "モーニング娘。は1997年に始まった。が、次。はじめに。",
            ["モーニング娘。は1997年に始まった。", "が、次。", "はじめに。"],
        ),
    ],
)
def test_japanese_sentences(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text, 0, len(text))] == expected

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoqa.fold import fold, parts_character

MIXED = st.lists(
    st.sampled_from(
        [
            *"aZ 9.,ﬁ½²Å産業クラスター々㈱㌔㍻ｶﾞﾊﾟｰ２００１\n\r\t\u3000。、「」\u0301𝒜\u202e",
            *("e\u0301", "か\u3099", "\u1112\u1161\u11ab", "👩\u200d💻", "👍🏽"),
        ]
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("㈱トヨタ", "(株)トヨタ"),
        ("５㌔の距離", "5キロの距離"),
        ("ﾃﾞｰﾀとﾊﾟｰﾂ", "データとパーツ"),
        ("か\u3099くせい", "がくせい"),
        ("２００１年", "2001年"),
        ("the ﬁrm of E\u0301mile", "the firm of Émile"),
        ("産業クラ\n スターの", "産業クラスターの"),
        ("産業クラ\r\nスターの", "産業クラスターの"),
        ("産業ｸﾗ\nｽﾀｰの", "産業クラスターの"),
        ("計画。\n次の計画", "計画。\n次の計画"),
        ("計画\n\n次の計画", "計画\n\n次の計画"),
        ("the cluster\nprogramme", "the cluster\nprogramme"),
        ("", ""),
    ],
)
def test_folded_text(text: str, expected: str) -> None:
    assert fold(text).text == expected


@pytest.mark.parametrize(
    ("text", "folded", "untouched"),
    [
        ("㈱トヨタ", "株", "㈱"),
        ("ﾃﾞｰﾀとﾊﾟｰﾂ", "デー", "ﾃﾞｰ"),
        ("か\u3099くせい", "が", "か\u3099"),
        ("an eﬃcient firm", "fic", "ﬃc"),
        ("産業クラ\n スターの計画", "クラスター", "クラ\n スター"),
        ("plain Åre", "Åre", "Åre"),
    ],
)
def test_the_way_back(text: str, folded: str, untouched: str) -> None:
    made = fold(text)
    at = made.text.index(folded)
    start, end = made.untouched(at, at + len(folded))
    assert text[start:end] == untouched


@given(MIXED)
def test_without_line_breaks_it_is_nfkc(text: str) -> None:
    line = text.replace("\n", " ").replace("\r", " ")
    assert fold(line).text == unicodedata.normalize("NFKC", line)


@given(MIXED, st.data())
def test_every_part_comes_back_whole(text: str, data: st.DataObject) -> None:
    made = fold(text)
    if not made.text:
        return
    start = data.draw(st.integers(0, len(made.text) - 1))
    end = data.draw(st.integers(start + 1, len(made.text)))
    first, last = made.untouched(start, end)
    assert 0 <= first < last <= len(text)
    if made.places is not None:
        assert first == 0 or not parts_character(text, first)
        assert last == len(text) or not parts_character(text, last)
    # What is cut out and folded holds what was asked for.
    assert made.text[start:end] in fold(text[first:last]).text


@given(MIXED)
def test_places_are_in_order(text: str) -> None:
    places = fold(text).places
    if places is not None:
        assert list(places) == sorted(places)
        assert all(a < b for a, b in places)


@pytest.mark.parametrize(
    "text", ["e\u0301", "👩\u200d💻", "👍🏽", "ｶﾞ", "\u1112\u1161\u11ab", "か\u3099"]
)
def test_one_character_is_not_parted(text: str) -> None:
    assert all(parts_character(text, at) for at in range(1, len(text)))

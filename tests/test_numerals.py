import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoqa.lexical import numbers, with_years

ERAS = [
    ("明治", "m", 1868, 1912),
    ("大正", "t", 1912, 1926),
    ("昭和", "s", 1926, 1989),
    ("平成", "h", 1989, 2019),
    ("令和", "r", 2019, 2040),
]
DIGITS = "〇一二三四五六七八九"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def in_kanji(number: int) -> str:
    tens, ones = divmod(number, 10)
    ten = f"{DIGITS[tens] if tens > 1 else ''}十" if tens else ""
    return ten + (DIGITS[ones] if ones else "")


@pytest.mark.parametrize("year", range(1868, 2041))
def test_every_form_of_a_year_is_its_term(year: int) -> None:
    forms = [str(year), f"{year}年", f"{year}年".translate(FULL_WIDTH)]
    forms.append("".join(DIGITS[int(digit)] for digit in str(year)) + "年")
    for era, letter, first, last in ERAS:
        if first <= year <= last:
            of_era = year - first + 1
            for number in (str(of_era), in_kanji(of_era), str(of_era).translate(FULL_WIDTH)):
                forms += [f"{era}{number}年", f"{era} {number} 年度に"]
            forms += [f"{letter}{of_era}年", f"{letter.upper()}{of_era}年"]
            if of_era == 1:
                forms.append(f"{era}元年")
    assert {form: numbers(form) for form in forms} == {form: {str(year)} for form in forms}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("H13.4.1", {"2001", "4", "1"}),
        ("H13/4/1", {"2001", "4", "1"}),
        ("H13 and S50.99.99", {"99"}),
        ("㍻13年", {"2001"}),
        ("令和0年", set()),
        ("百二十", {"120"}),
        ("十年", {"10"}),
        ("12億", {"1200000000"}),
        ("12億3千万円", {"1230000000"}),
        ("1億2,345万", {"123450000"}),
        ("1.2 billion", {"1200000000"}),
        ("1,200 million", {"1200000000"}),
        ("数千人、数十億、一般、千葉、二三日", set()),
        ("covid19 3d", set()),
        ("728,853 and 2001,2002", {"728853", "2001", "2002"}),
        ("1,194, or 1,195. 1,234,5", {"1194", "1195", "1", "234", "5"}),
        ("2001.4.1", {"2001", "4", "1"}),
        ("007 3.50", {"007", "3.50"}),
        ("9" * 40 + "億", set()),
    ],
)
def test_numbers(text: str, expected: set[str]) -> None:
    assert numbers(text) == expected


@given(st.integers(1, 10**8 - 1), st.sampled_from([("万", 10**4), ("億", 10**8), ("兆", 10**12)]))
def test_units_multiply_exactly(count: int, unit: tuple[str, int]) -> None:
    sign, size = unit
    expected = {str(count * size)}
    assert numbers(f"{count}{sign}円") == numbers(f"{count:,}{sign}円") == expected
    assert numbers(f"{count} million") == {str(count * 10**6)}


@given(st.text(alphabet="〇一二三十百千万億兆0123456789,.元平成昭和年h-/ a億数") | st.text())
def test_any_text_has_numbers_without_a_failure(text: str) -> None:
    assert all(numbers(text))


@pytest.mark.parametrize(
    ("question", "with_the_year"),
    [
        ("昭和58年の事業所数は？", "昭和58年（1983年）の事業所数は？"),
        ("平成元年と昭和６０年", "平成元年（1989年）と昭和６０年（1985年）"),
        ("平成十九年に加わった会社", "平成十九年（2007年）に加わった会社"),
        ("平成13年（2001年）の計画", "平成13年（2001年）の計画"),
        ("昭和〇年", "昭和〇年"),
        ("What began in 1983?", "What began in 1983?"),
    ],
)
def test_a_question_says_its_japanese_years_in_the_common_era_too(
    question: str, with_the_year: str
) -> None:
    assert with_years(question) == with_the_year

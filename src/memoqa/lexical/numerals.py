"""Numbers and years, each as one term whatever form English or Japanese gives it."""

import re
from collections.abc import Iterator
from decimal import Decimal

from memoqa.lexical.normal import normal
from memoqa.script import JAPANESE

_ERAS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
"""The first years, each called 元年."""

_SMALL = {"千": 1000, "百": 100, "十": 10}
_LARGE = {"兆": 10**12, "億": 10**8, "万": 10**4}
_ENGLISH = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_DIGITS = "〇一二三四五六七八九"
_DIGIT = f"[{_DIGITS[1:]}]"
_NUMERAL = f"[{_DIGITS}千百十万億兆]"
_MOST_DIGITS = 24
"""Longer ones are no amounts, and would not be multiplied exactly."""

_WHOLE = r"(?:\d{1,3}(?:,\d{3})++(?!,?\d)|\d++)"
_WRITTEN = rf"(?:(?<!\d\.){_WHOLE}\.\d++(?!\.\d)|{_WHOLE})"
_KANJI = f"(?=[{_DIGITS[1:]}千百十])" + "".join(f"(?:{_DIGIT}?{u})?" for u in _SMALL) + f"{_DIGIT}?"
_PART = rf"(?:\d千\d百|(?:{_WRITTEN})[千百]?|{_KANJI})"
_LETTERS = dict(zip("mtshr", _ERAS.values(), strict=True))
_DATE = r"(?P<sign>[./-])(?:0?[1-9]|1[0-2])(?P=sign)(?:0?[1-9]|[12]\d|3[01])(?!\d)"
_NUMBER = re.compile(
    # Not within a word such as covid19.
    rf"(?<![^\W{JAPANESE}])(?:"
    rf"(?P<era>{'|'.join(_ERAS)}|(?<!\w)[{''.join(_LETTERS)}])"
    rf"\s*(?P<of_era>元|\d{{1,2}}|[{_DIGITS}十]{{1,3}})(?=\s*年|{_DATE})"
    rf"|(?<!{_NUMERAL})(?:"
    rf"(?P<placed>{_DIGIT}(?=[{_DIGITS[1:]}]*〇)[{_DIGITS}]++|{_DIGIT}{{4}}(?=年))"
    rf"|(?<![数何幾])(?=[\d{_DIGITS[1:]}千百十])"
    rf"(?P<counted>(?>{''.join(f'(?:{_PART}{u})?' for u in _LARGE)}(?:{_PART})?))"
    rf"(?:\s+(?P<unit>{'|'.join(_ENGLISH)})s?\b)?"
    rf")(?!{_NUMERAL}|[数\d])"
    rf"|(?P<written>{_WRITTEN}))(?![^\W\d{JAPANESE}])"
)

_ERA_YEAR = re.compile(
    rf"(?:{'|'.join(_ERAS)})\s*(?:元|\d{{1,2}}|[{_DIGITS}十]{{1,3}})\s*年(?!\s*[（(])"
)


def numbers(text: str) -> set[str]:
    """The numbers and years of a text, each in one form: «2001» for 平成13年, H13.4.1, 二〇〇一年
    and ２００１, «1200000000» for 12億 and 1.2 billion. Numbers written in digits alone keep their
    decimal point and zeros.
    """
    return set(numerals(normal(text)))


def with_years(question: str) -> str:
    """The question with the year of the common era after each year of a Japanese one, for models
    that do not reckon: «昭和58年（1983年）».
    """
    return _ERA_YEAR.sub(lambda match: match[0] + _in_brackets(numbers(match[0])), question)


def _in_brackets(years: set[str]) -> str:
    return "".join(f"（{year}年）" for year in years)


def numerals(text: str) -> Iterator[str]:
    """The numbers of a normal text, in order."""
    for match in _NUMBER.finditer(text):
        if match["era"]:
            first = _ERAS.get(match["era"]) or _LETTERS[match["era"]]
            if year := _of_era(match["of_era"]):
                yield str(first + year - 1)
        elif match["placed"]:
            yield _in_places(match["placed"])
        elif counted := match["counted"]:
            # A single 一 or 千 is more often a part of a word or a name than a number.
            dated = text[match.end() : match.end() + 1] in tuple("年月日")
            if len(counted) <= _MOST_DIGITS and (len(counted) > 1 or counted.isdecimal() or dated):
                yield _amount(counted, match["unit"])
            elif counted.isdecimal():
                yield counted
        elif written := match["written"]:
            yield written.replace(",", "")


def _of_era(year: str) -> int:
    if year == "元":
        return 1
    return int(_small(year)) if "十" in year else int(_in_places(year))


def _in_places(digits: str) -> str:
    return "".join(str(_DIGITS.index(d)) if d in _DIGITS else d for d in digits)


def _amount(counted: str, unit: str | None) -> str:
    if unit is None and not re.search(_NUMERAL, counted):
        return counted.replace(",", "")
    value, rest = Decimal(0), counted
    for sign, size in _LARGE.items():
        if sign in rest:
            part, _, rest = rest.partition(sign)
            value += _small(part) * size
    value = (value + _small(rest)) * _ENGLISH.get(unit or "", 1)
    return f"{value.normalize():f}"


def _small(part: str) -> Decimal:
    """A number below 10,000, with or without 千, 百 and 十; nothing is 0."""
    value = Decimal(0)
    for sign, size in _SMALL.items():
        if sign in part:
            digit, _, part = part.partition(sign)
            value += size * Decimal(_in_places(digit.replace(",", "") or "1"))
    return value + Decimal(_in_places(part.replace(",", "") or "0"))

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memoqa.errors import CorpusError
from memoqa.parse.plain import decode

JAPANESE = "産業集積地域における中小企業の連携は、2005年の調査によると約63.2%に達した。"
FRENCH = "L’été où la région a créé des pôles de compétitivité, les PME ont gagné 63 % — déjà."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_with_and_without_its_mark(encoding: str) -> None:
    assert decode((JAPANESE + FRENCH).encode(encoding)) == JAPANESE + FRENCH


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "iso2022_jp"])
@pytest.mark.parametrize(
    "text", [JAPANESE, JAPANESE * 200, "産業連関表", "メモ", "Table 3: 製造業", "こんにちは\r\n"]
)
def test_japanese_is_read_in_its_own_encodings(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("text", [FRENCH, "déjà vu", "Façade", "Müller und Söhne", "El niño"])
def test_western_text_is_not_turned_into_kanji(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@given(st.text(st.characters(exclude_characters="\0\x1b", exclude_categories=["Cs"])))
def test_every_utf_8_text_is_read_as_it_is(text: str) -> None:
    assert decode(text.encode()) == text.removeprefix("\ufeff")


@given(st.binary())
def test_any_bytes_give_a_text_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(CorpusError):
        assert "\0" not in decode(data)


def test_a_byte_that_breaks_utf_8_is_named() -> None:
    with pytest.raises(CorpusError, match="byte 6 is not UTF-8"):
        decode("産業".encode() + b"\xff" + "集積".encode())
    with pytest.raises(CorpusError, match="which it is marked as"):
        decode(b"\xff\xfea\0b")


def test_what_is_in_no_encoding_says_what_to_do() -> None:
    with pytest.raises(CorpusError, match="save it as UTF-8"):
        decode(bytes(range(128, 256)))

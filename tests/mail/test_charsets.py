from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import charsets

RUSSIAN = "Добрый день! Высылаем вам коммерческое предложение на поставку оборудования."


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("iso-8859-1", "cp1252", "“quoted” – 5 €"),
        ("gb2312", "gb18030", "你好，镕基"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("x-sjis", "cp932", "①日本語"),
        ("ISO-2022-JP", "iso2022_jp", "日本語"),
        ('"UTF-8"', "utf-8", "Grüße"),
        ("x-mac-roman", "mac_roman", "Grüße"),
        ("utf-7", "utf-7", "Grüße"),
        ("koi8-r", "koi8-r", RUSSIAN),
    ],
)
def test_text_is_read_as_declared(declared: str, codec: str, text: str) -> None:
    assert charsets.decode(text.encode(codec), declared) == text


@pytest.mark.parametrize(
    "declared",
    [None, "us-ascii", "DEFAULT_CHARSET", "unknown-8bit", "bad-charset", "idna", "rot13", "zlib", "\0"],
)
def test_utf8_is_recognised_without_a_declaration_that_helps(declared: str | None) -> None:
    assert charsets.decode("Grüße, 東京".encode(), declared) == "Grüße, 東京"


def test_an_undeclared_charset_is_detected() -> None:
    assert charsets.decode(RUSSIAN.encode("koi8-r")) == RUSSIAN
    assert charsets.decode(RUSSIAN.encode("cp1251"), "us-ascii") == RUSSIAN


def test_a_text_cut_within_a_character_stays_in_its_charset() -> None:
    assert (
        charsets.decode(("Grüße aus Köln, schöne Größe " * 3 + "ü").encode()[:-1])
        == "Grüße aus Köln, schöne Größe " * 3 + "\ufffd"
    )


def test_single_accents_are_western_european() -> None:
    assert charsets.decode(b"caf\xe9 au lait") == "café au lait"


@given(
    st.binary(max_size=200),
    st.one_of(st.none(), st.text(max_size=12), st.sampled_from(sorted(set(charsets._ALIASES)))),
)
def test_any_octets_in_any_charset_give_text(octets: bytes, declared: str | None) -> None:
    assert isinstance(charsets.decode(octets, declared), str)


def test_every_alias_leads_to_a_codec() -> None:
    for name, codec in charsets._ALIASES.items():
        assert charsets.codec_of(name) == codecs.lookup(codec).name

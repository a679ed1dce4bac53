from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import plain
from mail.text import is_safe
from mail.types import Document


def fixed(text: str) -> Document:
    return plain.document(text, flowed=False, delsp=False)


def flowed(text: str, *, delsp: bool = False) -> str:
    return plain.document(text, flowed=True, delsp=delsp).blocks[0].text


def linked(text: str) -> list[tuple[str, str]]:
    document = fixed(text)
    block = document.blocks[0]
    return [(block.text[span.start : span.end], document.links[span.number - 1].url) for span in block.links]


def test_text_is_one_block_of_its_lines() -> None:
    document = fixed("one\r\ntwo\n")
    assert [block.text for block in document.blocks] == ["one\ntwo\n"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.com/a?b=c.", [("https://example.com/a?b=c", "https://example.com/a?b=c")]),
        ("(www.example.com)", [("www.example.com", "http://www.example.com")]),
        (
            "https://en.example/Foo_(bar), ok",
            [("https://en.example/Foo_(bar)", "https://en.example/Foo_(bar)")],
        ),
        ("<mailto:ann@example.com>", [("mailto:ann@example.com", "mailto:ann@example.com")]),
        ("https://bücher.example/ü", [("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC")]),
        ("no link here", []),
        ("javascript:alert(1) file:///etc/passwd", []),
    ],
)
def test_links_are_found_without_the_punctuation_around_them(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert linked(text) == expected


def test_the_same_link_has_one_number() -> None:
    document = fixed("https://a.example x https://b.example\nhttps://a.example")
    assert [span.number for span in document.blocks[0].links] == [1, 2, 1]
    assert [link.host for link in document.links] == ["a.example", "b.example"]


def test_flowed_lines_are_joined_and_fixed_lines_are_not() -> None:
    assert flowed("This is one \nlong line.\nAnother.\n") == "This is one long line.\nAnother.\n"


def test_deleted_spaces_join_words_of_scripts_without_spaces() -> None:
    assert flowed("日本 \n語\n", delsp=True) == "日本語\n"


def test_quoted_lines_flow_within_their_depth() -> None:
    assert flowed("> a \n> b\n>> c \nd\n") == "> a b\n>> c \nd\n"


def test_stuffed_spaces_are_taken_off() -> None:
    assert flowed(" From me\n >not a quote\n") == "From me\n>not a quote\n"


def test_the_signature_separator_never_flows() -> None:
    assert flowed("Bye \n-- \nAnn\n") == "Bye \n-- \nAnn\n"


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "hostile",
    [
        "https://" * 60_000,
        "www." * 100_000,
        "http://a.b/)" * 40_000,
        "http://a/" + "(" * 200_000,
        "http://a.b " * 40_000,
        "> " * 200_000,
        "http://a.b/" + ")." * 200_000,
    ],
)
def test_long_hostile_text_takes_linear_time(hostile: str) -> None:
    started = time.process_time()
    plain.document(hostile, flowed=True, delsp=False)
    assert time.process_time() - started < 4


@given(st.text(), st.booleans(), st.booleans())
def test_any_text_is_a_safe_document(text: str, is_flowed: bool, is_delsp: bool) -> None:
    document = plain.document(text, flowed=is_flowed, delsp=is_delsp)
    for block in document.blocks:
        assert is_safe(block.text)
        assert all(0 <= span.start < span.end <= len(block.text) for span in block.links)


def test_flowed_text_that_ends_within_a_line_keeps_it() -> None:
    assert plain.document("> a \n> b ", flowed=True, delsp=False).blocks[0].text == "> a b "


def test_more_links_than_anyone_follows_are_words() -> None:
    text = "\n".join(f"http://a.example/{n} http://b.example/{n}" for n in range(1_500))
    links = plain.document(text, flowed=False, delsp=False).links
    assert len(links) == 2_000 and links[-1].number == 2_000
    crowded = " ".join(f"http://a.example/{n}" for n in range(2_500))
    assert len(plain.document(crowded, flowed=False, delsp=False).links) == 2_000


def test_what_leads_nowhere_is_no_link() -> None:
    assert plain.document("http://-/ ftp://a.example/x", flowed=False, delsp=False).links == ()

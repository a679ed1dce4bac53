from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.text import is_safe, printable, safe_block, safe_line

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\x07\x9b\x9d\u202e\u2066\u200b\u200d\ufe0f\u2764\U0001f468\U0001f3fb\u0301 \t\n\r\x85\u2028\ud83d a"
        ),
    )
)


def test_ordinary_text_is_left_as_it_is() -> None:
    assert safe_line("Grüße aus Łódź, 東京 – 1 €") == "Grüße aus Łódź, 東京 – 1 €"


def test_a_line_has_no_line_breaks_tabs_or_runs_of_spaces() -> None:
    assert safe_line("a\r\n\tb   c\u2028d\xa0 e") == "a b c d e"


def test_a_space_left_double_by_what_was_removed_is_one_space() -> None:
    assert safe_line("a \x00 b") == "a b"
    assert safe_line("a \u200b b") == "a b"


def test_a_block_keeps_its_lines_and_expands_its_tabs() -> None:
    assert safe_block("a\r\nb\rc\x0cd\n\te\u2029f") == "a\nb\nc\nd\n        e\nf"


@pytest.mark.parametrize(
    "evil",
    [
        "\x1b]0;PWNED\x07",
        "\x9b2J",
        "\x1b[31m",
        "\u202egpj.exe",
        "\u2066a\u2069",
        "\x7f",
        "\ufeff",
        "\ud83d",
        "\U000e0041",
    ],
)
def test_nothing_a_terminal_acts_on_is_left(evil: str) -> None:
    for safe in (safe_line(evil), safe_block(evil)):
        assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in safe)


def test_emoji_of_uncertain_width_are_taken_apart() -> None:
    assert (
        safe_line("\U0001f44d\U0001f3fd \u2764\ufe0f 1\ufe0f\u20e3 \U0001f468\u200d\U0001f469")
        == "\U0001f44d \u2764 1 \U0001f468"
    )


def test_piles_of_combining_marks_are_cut_to_two() -> None:
    assert safe_line("a" + "\u0301" * 9 + "b") == "a\u0301\u0301b"


def test_the_joiners_that_scripts_need_stay() -> None:
    assert safe_line("क्\u200dष می\u200cخواهم") == "क्\u200dष می\u200cخواهم"


@given(HOSTILE)
def test_making_a_line_safe_twice_changes_nothing(text: str) -> None:
    line = safe_line(text)
    assert safe_line(line) == line
    assert is_safe(line)
    assert "\n" not in line and "  " not in line


@given(HOSTILE)
def test_making_a_block_safe_twice_changes_nothing(text: str) -> None:
    block = safe_block(text)
    assert safe_block(block) == block
    assert is_safe(block)


@given(HOSTILE)
def test_text_called_safe_is_what_safe_block_would_make_of_it(text: str) -> None:
    assert is_safe(text) == (safe_block(text) == text)
    assert printable(printable(text)) == printable(text)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import flowed, plain

TEXTS = st.text(
    st.sampled_from(list("ab   >>-\n\n")) | st.characters(exclude_categories=("Cs",)), max_size=400
) | st.lists(
    st.sampled_from(["word", "-- ", "--", "> ", ">", "From ", " ", "\n", "longer words ", "ä" * 80]),
    max_size=60,
).map("".join)


def _read(text: str, *, is_flowed: bool) -> str:
    return plain.document(text, flowed=is_flowed, delsp=False).blocks[0].text


@given(TEXTS)
def test_text_is_read_as_it_was_written_but_for_spaces_at_line_ends(text: str) -> None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    sent = flowed.encode(text)
    assert sent.endswith("\r\n")
    assert _read(sent.removesuffix("\r\n"), is_flowed=True) == _read(
        flowed.canonical(text.removesuffix("\n")), is_flowed=False
    )


@given(TEXTS)
def test_no_line_is_longer_than_its_width_unless_it_is_one_word(text: str) -> None:
    for line in flowed.encode(text).split("\r\n"):
        assert len(line) <= flowed.WIDTH + 1 or " " not in flowed.quote_depth(line)[1].removeprefix(
            "-- "
        ).strip(" ")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("", "\r\n"),
        ("Hello", "Hello\r\n"),
        ("Hello  \n\nBye \n", "Hello\r\n\r\nBye\r\n"),
        ("From me\n indented\n>quoted\n> > twice", " From me\r\n  indented\r\n> quoted\r\n>> twice\r\n"),
        (">\n>> ", ">\r\n>>\r\n"),
        ("-- \nAna", "-- \r\nAna\r\n"),
        ("> -- \n> Ana", "> -- \r\n> Ana\r\n"),
        ("a\rb", "a\r\nb\r\n"),
    ],
)
def test_lines_are_stuffed_so_that_they_stay_what_they_are(text: str, sent: str) -> None:
    assert flowed.encode(text) == sent


def test_a_long_paragraph_ends_its_lines_with_spaces() -> None:
    assert flowed.encode("four " * 3 + "end", width=10) == "four four \r\nfour end\r\n"


def test_a_long_quote_keeps_its_marks_on_every_line() -> None:
    assert flowed.encode(">> four four four", width=10) == ">> four \r\n>> four \r\n>> four\r\n"


def test_a_line_never_breaks_so_that_a_signature_would_begin() -> None:
    assert flowed.encode("-- " + "x" * 90) == "-- " + "x" * 90 + "\r\n"


def test_a_quote_deeper_than_anybody_quotes_costs_no_more_than_others() -> None:
    sent = flowed.encode(">" * 5_000 + " " + "word " * 5_000)
    assert len(sent) < 200_000
    assert sent.startswith(">" * 100 + " word")

from __future__ import annotations

import pytest
from makers import an_address

from tui.widgets.recipients import Piece, pasted, piece_at, pieces, read, unresolved, with_address


def test_a_list_is_cut_at_commas_and_semicolons_outside_quotes_and_brackets() -> None:
    text = '"Lima, Ana" <a@acme.example>; bob@acme.example,(x, y) c@acme.example'
    assert [piece.text for piece in pieces(text)] == [
        '"Lima, Ana" <a@acme.example>',
        "bob@acme.example",
        "(x, y) c@acme.example",
    ]


def test_the_recipient_being_typed_is_the_one_at_the_cursor() -> None:
    assert piece_at("ana@acme.example, bo", 20) == Piece(18, 20, "bo")
    assert piece_at("ana@acme.example, bo", 3).text == "ana@acme.example"


def test_a_person_taken_replaces_what_was_typed_and_leaves_the_others() -> None:
    text, cursor = with_address(
        "ana@acme.example, bo, c@acme.example", 20, an_address("bob@acme.example", "Bob")
    )
    assert text == "ana@acme.example, Bob <bob@acme.example>, c@acme.example"
    assert text[cursor:] == "c@acme.example"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("ana@acme.example", ()),
        ("ana@acme.example, ", ()),
        ("Ana <ana@acme.example>, Bob", ("Bob",)),
        ("Bob Kern, ana@", ("Bob Kern", "ana@")),
        ("", ()),
    ],
)
def test_what_is_no_address_is_told(text: str, wrong: tuple[str, ...]) -> None:
    assert unresolved(text) == wrong


def test_a_name_nobody_knows_does_not_become_the_name_of_the_next_address() -> None:
    assert read("Bob Kern, ana@acme.example") == (an_address("", "Bob Kern"), an_address("ana@acme.example"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Lima, Ana <a@acme.example>; b@acme.example", '"Lima, Ana" <a@acme.example>, b@acme.example'),
        ("a@acme.example\r\nb@acme.example\n", "a@acme.example, b@acme.example"),
        ("Bob\nAna", "Bob, Ana"),
    ],
)
def test_a_pasted_list_is_written_as_the_field_writes_one(text: str, written: str) -> None:
    assert pasted(text) == written


def test_a_pasted_list_of_a_thousand_addresses_is_read_whole() -> None:
    assert len(read(", ".join(f"p{number}@acme.example" for number in range(1000)))) == 1000

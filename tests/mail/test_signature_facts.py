from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import plain
from mail.quotes import split
from mail.signature_facts import (
    SignatureFacts,
    name_of_address,
    of_lines,
    person_name,
    phone,
    read,
)
from mail.types import Block, BlockKind, Body, Document, SafeText


def a_body(text: str) -> Body:
    return Body(split(plain.document(text, flowed=False, delsp=False)), None)


SIGNED = [
    (
        "Ana Lima\nHead of Purchasing\nAcme GmbH\nTel. +49 30 1234567\nwww.acme.example",
        SignatureFacts("Ana Lima", "Head of Purchasing", "+49 30 1234567", "Acme GmbH"),
    ),
    (
        "Ana Lima | Buyer | Acme, S.A.\nMóvil: +34 600 123 456",
        SignatureFacts("Ana Lima", "Buyer", "+34 600 123 456", "Acme, S.A."),
    ),
    (
        "*Ana Lima*\nLeiterin Einkauf bei Acme\nFax: +49 30 999999\nHandy 0171 2345678",
        SignatureFacts("Ana Lima", "Leiterin Einkauf", "0171 2345678", "Acme"),
    ),
    (
        "Ana Lima (she/her)\nDirectrice achats, Acme SARL\nTél : 01 42 68 53 00",
        SignatureFacts("Ana Lima", "Directrice achats", "01 42 68 53 00", "Acme SARL"),
    ),
    (
        "Lima Ana\nKierownik zakupów\nACME Sp. z o.o.\ntel. kom. +48 601 234 567",
        SignatureFacts("Lima Ana", "Kierownik zakupów", "+48 601 234 567", "ACME Sp. z o.o."),
    ),
    ("Ana Lima\nAcme\nT: +1 (415) 555-2671 | M: +1 415 555 2672", SignatureFacts("Ana Lima", "", "+1 (415) 555-2671", "Acme")),
    ("Ana Lima\nResponsabile acquisti\nCell. 333 1234567", SignatureFacts("Ana Lima", "Responsabile acquisti", "333 1234567", "")),
    ("Ana Lima\nInkoper\nMobiel 06-12345678", SignatureFacts("Ana Lima", "Inkoper", "06-12345678", "")),
    ("Ana Lima\nComprador\nTelemóvel +351 912 345 678", SignatureFacts("Ana Lima", "Comprador", "+351 912 345 678", "")),
    ("Ana Lima\nアクメ株式会社\n電話: 03-1234-5678", SignatureFacts("Ana Lima", "", "03-1234-5678", "アクメ株式会社")),
    ("Ana Lima\nMob +47 912 34 567", SignatureFacts("Ana Lima", "", "+47 912 34 567", "")),
    ("Ana Lima - Sales Manager - Acme Ltd.", SignatureFacts("Ana Lima", "Sales Manager", "", "Acme Ltd")),
    ("Regards,\nAna Lima", SignatureFacts("Ana Lima", "", "", "")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), SIGNED)
def test_a_signature_tells_who_somebody_is(text: str, told: SignatureFacts) -> None:
    found = of_lines(text.split("\n"), "Ana Lima", "ana@acme.example")
    assert found.title == told.title
    assert found.phone == told.phone
    assert found.company.rstrip(".") == told.company.rstrip(".")
    assert found.name == told.name


def test_a_signature_is_found_below_its_delimiter() -> None:
    body = a_body("Hello,\nwe take it.\n\n-- \nAna Lima\nBuyer\nAcme Ltd\nTel: +44 20 7946 0958\n")
    assert read(body, "Ana Lima", "ana@acme.example") == SignatureFacts(
        "Ana Lima", "Buyer", "+44 20 7946 0958", "Acme Ltd"
    )


def test_without_a_delimiter_the_lines_from_the_name_or_the_closing_on_are_the_signature() -> None:
    text = "Call +1 202 555 0100 if you must.\n\nBest regards\nAna Lima\nBuyer, Acme Ltd\n+44 20 7946 0958\n"
    assert read(a_body(text), "Ana Lima") == SignatureFacts(
        "Ana Lima", "Buyer", "+44 20 7946 0958", "Acme Ltd"
    )
    closed = read(a_body("We take it.\n\nMit freundlichen Grüßen\n\nAna Lima\nEinkauf\n"))
    assert (closed.name, closed.title) == ("Ana Lima", "Einkauf")


def test_a_text_that_nobody_signs_tells_nothing() -> None:
    assert (
        read(a_body("Call me at +49 30 1234567 tomorrow, the buyer said.\n"), "Ana Lima") == SignatureFacts()
    )
    assert read(Body(None, None)) == SignatureFacts()
    assert read(a_body("> quoted\n")) == SignatureFacts()


def test_what_somebody_else_signed_in_a_quote_is_never_taken() -> None:
    text = (
        "We take it.\n\nOn Mon, 6 Nov 2023 at 10:00, Bob Ng <bob@vega.example> wrote:\n"
        "> Hello\n> -- \n> Bob Ng\n> Sales Manager\n> Tel: +44 20 7946 0000\n"
    )
    assert read(a_body(text), "Ana Lima") == SignatureFacts()


def test_the_html_is_read_where_the_plain_text_has_no_signature() -> None:
    signed = Document((Block(BlockKind.SIGNATURE, SafeText("-- \nAna Lima\nBuyer")),))
    body = Body(Document((Block(BlockKind.TEXT, SafeText("Hello")),)), signed)
    assert read(body, "Ana Lima").title == "Buyer"


def test_what_telephones_add_is_no_signature() -> None:
    assert read(a_body("Yes.\n\n-- \nSent from my iPhone"), "Ana Lima") == SignatureFacts()
    assert of_lines(["Ana Lima", "Sent from my phone"], "Ana Lima").title == ""


@pytest.mark.parametrize(
    "line",
    [
        "VAT 12345678",
        "Fax +49 30 1234567",
        "Order 2023-11-06 1234",
        "F: +49 30 1234567",
        "10115 Berlin",
        "Tel. 12",
        "IBAN DE89 3704 0044",
        "(c) 1999-2002",
        "(C) 7311-680",
        "Tel 1999-2002",
        "(c) 1999-2002",
        "(C) 7311-680",
        "Tel 1999-2002",
    ],
)
def test_a_number_that_is_no_telephone_is_left_out(line: str) -> None:
    assert phone([line]) == ""


def test_a_line_that_cannot_be_a_title_ends_the_search_for_one() -> None:
    assert of_lines(["Ana Lima", "ana@acme.example", "+49 30 1234567", "Buyer"], "Ana Lima").title == ""
    assert (
        of_lines(["Ana Lima", "We are closed from Monday until the end of the year."], "Ana Lima").title == ""
    )


@pytest.mark.parametrize(
    "line",
    [
        "=========",
        "/ __/ _/ / / , /  x",
        "Marseille, France",
        "waider@waider.example",
        "I am what I say I am",
        "all mine",
    ],
)
def test_what_is_drawn_a_place_or_an_address_is_no_title(line: str) -> None:
    assert of_lines(["Ana Lima", line], "Ana Lima").title == ""


def test_of_a_line_with_more_than_a_title_the_title_is_taken() -> None:
    assert of_lines(["Ana Lima", "Sales Manager | Berlin"], "Ana Lima").title == "Sales Manager"


def test_an_address_or_a_field_is_no_name() -> None:
    assert of_lines(["ana.lima@acme.example"], "Ana Lima").name == ""
    assert of_lines(["From: Ana Lima"], "Ana Lima").name == ""


def test_closings_in_two_languages_on_one_line_are_no_name() -> None:
    assert of_lines(["Viele Grüße / Best regards", "Ana Lima", "Buyer"]).name == "Ana Lima"


def test_a_title_is_known_by_its_words_where_no_name_stands_above_it() -> None:
    found = of_lines(["Vertriebsleiter", "Acme AG"], "Somebody Else", "x@acme.example")
    assert (found.name, found.title, found.company) == ("", "Vertriebsleiter", "Acme AG")
    assert of_lines(["hello"], "Somebody Else").title == ""


def test_a_company_is_known_by_the_word_of_its_domain() -> None:
    assert of_lines(["Ana Lima", "Buyer", "A C M E"], "Ana Lima", "ana@acme.example").company == "A C M E"
    assert of_lines(["x" * 90 + " Ltd"], "", "ana@acme.example").company == ""


@pytest.mark.parametrize("line", ["Acme 24", "ana@b.example", "manager acme", "Acme Ltd", "One", "mit uns"])
def test_not_every_line_is_a_name(line: str) -> None:
    assert of_lines([line]).name == ""


def test_a_name_with_small_words_is_one() -> None:
    assert of_lines(["Ludwig van Beethoven", "Composer"]).name == "Ludwig van Beethoven"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Lima, Ana", "Ana Lima"),
        ("Ana Lima (Acme)", "Ana Lima"),
        ("'Ana Lima' via Sales", "Ana Lima"),
        ("ana@acme.example", ""),
        ("Acme, Inc.", "Acme, Inc."),
        ("Acme Trading, Ltd", "Acme Trading, Ltd"),
        ("  Ana   Lima ", "Ana Lima"),
        ("", ""),
    ],
)
def test_a_header_says_a_name_in_many_ways(header: str, name: str) -> None:
    assert person_name(header).rstrip(".") == name.rstrip(".")


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("ana.lima@acme.example", "Ana Lima"),
        ("ana_lima+shop@x.example", "Ana Lima"),
        ("bob7@x.example", "Bob"),
        ("7@x.example", "7@x.example"),
    ],
)
def test_an_address_says_a_name_where_nothing_else_does(email: str, name: str) -> None:
    assert name_of_address(email) == name


@given(text=st.text(max_size=3_000), name=st.text(max_size=60), email=st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str, name: str, email: str) -> None:
    for found in (read(a_body(text), name, email), of_lines(text.split("\n"), name, email)):
        assert "\n" not in found.name + found.title + found.phone
    assert "\n" not in person_name(name)
    assert name_of_address(email) or not email.strip()


@pytest.mark.parametrize(
    "piece", ["+1 ", "(", "0 ", "tel ", "| ", "at ", "Ana Lima\n", "a, ", "/", "\t", "T: 1-", ") ("]
)
def test_hostile_text_takes_no_longer_than_other_text(piece: str) -> None:
    began = time.process_time()
    read(a_body(piece * 60_000), "Ana Lima", "ana@acme.example")
    of_lines([piece * 20_000] * 2_000, "Ana Lima", "ana@acme.example")
    assert time.process_time() - began < 3

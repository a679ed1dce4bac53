from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail import addresses, fields, headers, parameters
from mail.text import safe_line
from mail.types import Address, SafeText

ANYTHING = st.text(st.characters() | st.sampled_from(list('\r\n\x00 "\\<>@,;:=?')), max_size=200)
WORDS = ANYTHING.map(lambda text: text.replace("=?", ""))
NAMES = WORDS.map(lambda text: text.strip(" ,\"'"))


def _value(field: bytes) -> str:
    """Return the value of a written field, after looking at what must hold for every one."""
    assert field.endswith(b"\r\n")
    assert field.isascii() and not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", field)
    lines = field.split(b"\r\n")[:-1]
    assert all(b"\r" not in line and b"\n" not in line and line.strip() for line in lines)
    assert all(line.startswith(b" ") for line in lines[1:])
    assert max(map(len, lines)) <= 998
    ((_, value),) = headers.split(field + b"\r\n")[0]
    return value


def _shown(text: str) -> str:
    return safe_line(fields.line_of(text)).strip()


@given(WORDS)
@example("x" * 2_000)
@example("Re: " + "Größe " * 60)
@example("a\r\nBcc: eve@evil.example\r\n\r\nbody")
@example("\ud800 lone")
def test_running_text_is_one_field_that_reads_as_it_was_written(text: str) -> None:
    assert headers.decode(_value(fields.text("Subject", text))) == _shown(text)


@pytest.mark.parametrize("text", ["=?utf-8?q?Bcc?=", "is 2 =? 3"])
def test_text_that_looks_encoded_is_encoded(text: str) -> None:
    parsed = BytesParser(policy=policy.SMTP).parsebytes(fields.text("Subject", text) + b"\r\n")
    assert parsed["subject"] == text


@given(st.text("abc äöü€漢😀", max_size=300))
def test_the_standard_library_reads_the_same(text: str) -> None:
    parsed = BytesParser(policy=policy.SMTP).parsebytes(fields.text("Subject", text or "x") + b"\r\n")
    assert str(parsed["subject"]).split() == (text or "x").split()


@given(st.text("abcdefghij ", min_size=1, max_size=900))
def test_fields_are_folded_to_what_a_line_should_have(text: str) -> None:
    for line in fields.text("Subject", text).split(b"\r\n"):
        assert len(line) <= 78 or line.count(b" ") <= 2


@given(NAMES)
@example("Lima, Ana")
@example('Ana "the" Lima \\')
@example("a@b.example")
@example("Zoë" * 60)
@example("x" * 990)
def test_a_name_reads_as_it_was_written(name: str) -> None:
    shown = _shown(name).strip(" ,\"'")
    value = _value(fields.people("To", [Address(SafeText(name), SafeText("ana@acme.example"))]))
    (person,) = addresses.parse(value)
    assert person.email == "ana@acme.example"
    assert person.name.strip(" ,\"'") == shown


def test_many_addresses_are_one_field_folded_between_them() -> None:
    people = [Address(SafeText(f"Person {n}"), SafeText(f"person{n}@acme.example")) for n in range(50)]
    field = fields.people("To", people)
    assert addresses.parse(_value(field)) == tuple(people)
    assert max(map(len, field.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("ana@acme.example", "ana@acme.example"),
        ("a..b@docomo.example", "a..b@docomo.example"),
        ('"ana lima"@acme.example', '"ana lima"@acme.example'),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("me@localhost", "me@localhost"),
        ("me@[192.0.2.1]", "me@[192.0.2.1]"),
        ("me@[IPv6:2001:db8::1]", "me@[IPv6:2001:db8::1]"),
    ],
)
def test_addresses_that_servers_take_are_written_for_them(email: str, written: str) -> None:
    assert fields.deliverable(email) == written


@pytest.mark.parametrize(
    "email",
    [
        "", "ana", "ana@", "@acme.example", "ana lima@acme.example", "jürgen@acme.example", "ana@acme..example",
        "ana@-acme.example", "ana@acme.example.", "ana@" + "a." * 130 + "example", "ana@" + "ü" * 70 + ".example",
        "ana@acme.example>\r\nBcc: eve@evil.example", "ana@acme.example\n", "ana\x00@acme.example", "a@[localhost]",
        "ana@acme example", "ana,bob@acme.example", "<ana@acme.example>",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_delivered_to_are_refused(email: str) -> None:
    with pytest.raises(fields.BadAddress):
        fields.deliverable(email)


@given(ANYTHING)
def test_an_address_is_refused_or_cannot_end_its_field(email: str) -> None:
    person = Address(SafeText(""), SafeText(email))
    try:
        field = fields.people("To", [person])
    except fields.BadAddress:
        field = fields.people_as_typed("To", [person]) if fields.line_of(email) else b"To: x\r\n"
    _value(field)


def test_recipients_that_are_no_addresses_yet_are_kept_as_words() -> None:
    people = [
        Address(SafeText("Ana"), SafeText("ana@acme.example")),
        Address(SafeText("Bob Müller"), SafeText("")),
        Address(SafeText("Eve"), SafeText("eve at acme")),
    ]
    found = addresses.parse(_value(fields.people_as_typed("To", people)))
    assert [(one.name, one.email) for one in found] == [
        ("Ana", "ana@acme.example"),
        ("Bob Müller", ""),
        ("Eve eve at acme", ""),
    ]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("a@b", True), ("x" * 900, True), ("x" * 901, False), ("", False), ("a b", False), ("a>b", False), ("ä", False), ("a\n", False)],
)  # fmt: skip
def test_only_what_can_stand_in_brackets_is_a_message_id(text: str, *, is_one: bool) -> None:
    assert fields.is_message_id(text) is is_one


def test_ids_are_folded_between_each_other() -> None:
    ids = [f"{n}{'x' * 30}@acme.example" for n in range(9)]
    field = fields.ids("References", ids)
    assert _value(field) == " ".join(f"<{one}>" for one in ids)
    assert max(map(len, field.split(b"\r\n"))) <= 78


@given(WORDS.map(fields.line_of))
@example("Angebot für die große Firma, mit einem sehr langen Namen 2026 und noch mehr.pdf")
@example("an offer with a name that is much longer than sixty characters can be.pdf")
@example('a "b" \\ c.txt')
@example("ü" * 16)
def test_a_file_name_reads_as_it_was_written_in_both_ways(name: str) -> None:
    for write, field in (
        (fields.with_parameter, "Content-Disposition"),
        (fields.with_encoded_parameter, "Content-Type"),
    ):
        value = _value(write(field, "application/pdf", "name", name))
        head, found = parameters.parse(value)
        assert head == "application/pdf"
        assert parameters.decoded(found, "name") == safe_line(name).strip()


@given(st.text("abc ä€漢.", min_size=1, max_size=200).map(fields.line_of).filter(bool))
def test_the_standard_library_reads_file_names_too(name: str) -> None:
    field = fields.with_parameter("Content-Disposition", "attachment", "filename", name)
    parsed = BytesParser(policy=policy.SMTP).parsebytes(field + b"\r\n")
    assert " ".join((parsed.get_filename() or "").split()) == name


def test_short_ascii_fields_are_written_as_they_are() -> None:
    assert fields.plain("MIME-Version", "1.0") == b"MIME-Version: 1.0\r\n"

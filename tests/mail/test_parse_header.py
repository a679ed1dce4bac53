"""A header by itself tells what it tells at the head of its message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import a_message, a_multipart, a_part

from mail import parse
from mail.headers import header_end
from mail.types import Body, Email

MAIL = Path(__file__).parents[2] / "../shared/mail"
OF_THE_BODY = {
    "octets_hash",
    "preview",
    "body",
    "attachments",
    "search_text",
    "problem",
    "may_have_attachments",
    "bounce",
}
SHARED = [one.name for one in fields(Email) if one.name not in OF_THE_BODY]
HEADER = re.compile(rb"(?:[!-9;-~]+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)+\r?\n")
LINE = re.compile(rb"[^\n]*\n?")


def differences(whole: Email, head: Email) -> list[str]:
    """Return the fields in which the two differ though the header tells them."""
    wrong = [name for name in SHARED if getattr(whole, name) != getattr(head, name)]
    if (whole.search_text.subject, whole.search_text.people) != (
        head.search_text.subject,
        head.search_text.people,
    ):
        wrong.append("search_text")
    return wrong


def header_of(message: bytes) -> bytes:
    return message[: header_end(message)[1]]


def asked_for(header: bytes) -> bytes:
    """Return the fields of parse.FIELDS alone, as a server gives them (RFC 3501 §6.4.5, HEADER.FIELDS)."""
    wanted = {name.lower().encode() for name in parse.FIELDS}
    kept: list[bytes] = []
    is_kept = False
    for line in LINE.findall(header):
        if line[:1] not in (b" ", b"\t"):
            is_kept = line.partition(b":")[0].strip().lower() in wanted
        if is_kept:
            kept.append(line)
    return b"".join(kept) + b"\r\n"


def test_a_header_tells_what_its_message_tells() -> None:
    message = a_multipart(
        "mixed",
        a_part("Hello"),
        a_part("x", "application/pdf", Content_Disposition="attachment; filename=a.pdf"),
        To="=?utf-8?q?J=C3=BCrgen?= <j@example.com>",
        Cc="a@example.com, b@example.com",
        Message_ID="<1@example.com>",
        In_Reply_To="<0@example.com>",
        References="<r@example.com> <0@example.com>",
        Date="Tue, 14 Nov 2023 22:13:20 +0000",
        List_Id="Sales <sales.example.com>",
        Auto_Submitted="auto-replied",
    )
    head = parse.parse_header(header_of(message), len(message))
    assert differences(parse.parse(message), head) == []
    assert head.body == Body(None, None)
    assert (head.preview, head.attachments, head.search_text.body, head.problem) == ("", (), "", None)
    assert head.is_bulk and head.is_auto_reply and head.list_id == "sales.example.com"


@pytest.mark.parametrize(
    ("content_type", "may_have"),
    [
        ("multipart/mixed; boundary=x", True),
        ("Multipart/MIXED;boundary=x", True),
        ("multipart/alternative; boundary=x", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_what_is_mixed_may_have_attachments(content_type: str, may_have: bool) -> None:
    assert (
        parse.parse_header(f"Content-Type: {content_type}\r\n\r\n".encode(), 9).may_have_attachments
        is may_have
    )


@pytest.mark.parametrize("header", [b"", b"\r\n", b"\0" * 100, b":" * 5_000, b"\xff\xfe" * 99, b"From \n\n"])
def test_a_header_of_nothing_is_an_email_of_nothing(header: bytes) -> None:
    head = parse.parse_header(header, 7)
    assert (head.subject, head.from_, head.size_octets, head.problem) == ("", (), 7, None)


@given(st.binary(max_size=2_000))
def test_any_octets_are_a_header(octets: bytes) -> None:
    assert parse.parse_header(octets, 1).problem is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from([name.encode() for name in parse.FIELDS]),
            st.binary(max_size=80).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")),
        ),
        max_size=12,
    )
)
def test_fields_of_any_content_tell_the_same_with_a_body_and_without(
    written: list[tuple[bytes, bytes]],
) -> None:
    header = b"X-First: 1\r\n" + b"".join(name + b": " + value + b"\r\n" for name, value in written)
    message = header + b"\r\nHello"
    assert differences(parse.parse(message), parse.parse_header(header + b"\r\n", len(message))) == []


def real_mail() -> Iterator[tuple[str, bytes, Email]]:
    for path in sorted(MAIL.rglob("*")):
        if path.is_file() and (message := path.read_bytes()).strip():
            whole = parse.parse(message)
            if whole.problem is None:
                yield path.name, message, whole


def unlike(mail: Iterable[tuple[str, bytes, Email]], select: Callable[[bytes], bytes]) -> list[object]:
    """Return the messages whose header, of which `select` makes what is given, tells something else."""
    return [
        (name, found)
        for name, message, whole in mail
        if (found := differences(whole, parse.parse_header(select(header_of(message)), len(message))))
    ]


needs_mail = pytest.mark.skipif(not MAIL.exists(), reason="the shared test mail is not beside the project")


@needs_mail
def test_headers_of_mail_nobody_here_wrote_tell_what_the_messages_tell() -> None:
    assert unlike(real_mail(), bytes) == []


@needs_mail
def test_the_fields_to_ask_for_are_enough_of_a_header_that_is_one() -> None:
    mail = [one for one in real_mail() if HEADER.fullmatch(header_of(one[1]))]
    assert len(mail) > 500
    assert unlike(mail, asked_for) == []


def test_a_message_whose_header_cannot_be_read_is_known_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ValueError

    monkeypatch.setattr(parse.headers, "split", broken)
    head = parse.parse_header(b"Subject: x\r\n\r\n", 12)
    assert replace(head, octets_hash=b"") == replace(
        parse.placeholder(b"", ""), octets_hash=b"", size_octets=12, problem=None
    )


def test_the_fields_to_ask_for_are_all_that_is_read() -> None:
    message = a_message(Message_ID="<1@example.com>", Received="from a by b", X_Mailer="x")
    head = parse.parse_header(asked_for(header_of(message)), len(message))
    assert differences(parse.parse(message), head) == []

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail import build, fields, flowed, headers, parse, plain, quotes, structure
from mail.build import Unbuildable
from mail.drafts import Draft, DraftFile
from mail.text import safe_line
from mail.types import Address, BlockKind, Document, Email, SafeText

MESSAGE_ID = "5d3c@dealbox.example"
DATE = datetime(2026, 11, 22, 8, 14, 5, tzinfo=timezone(timedelta(hours=1)))
HOSTILE = "a\r\nBcc: eve@evil.example\r\n\r\n<script>\x00\x1b[2J"


def an_address(email: str, name: str = "") -> Address:
    return Address(SafeText(name), SafeText(email))


ME = an_address("me@dealbox.example", "Me")
ANA = an_address("ana@acme.example", "Ana Lima")
A_DRAFT = Draft(ME, (ANA,), subject="Offer", body="Hello Ana,\n\nhere it is.\n")


def a_file(name: str, octets: bytes, media_type: str = "application/pdf") -> DraftFile:
    return DraftFile(name, media_type, len(octets), hashlib.sha256(octets).hexdigest())


def built(draft: Draft, *files: bytes, **more: object) -> bytes:
    octets = {hashlib.sha256(one).hexdigest(): one for one in files}
    arguments = {"message_id": MESSAGE_ID, "date": DATE} | more
    return build.build(draft, octets_of=lambda file: octets[file.sha256], **arguments)  # type: ignore[arg-type] # given by name


def read(draft: Draft, *files: bytes, **more: object) -> Email:
    """Return what is read of the message built, after looking at what must hold for every one."""
    message = built(draft, *files, **more)
    assert message.isascii()
    assert b"\x00" not in message
    assert message.endswith(b"\r\n")
    assert b"\n" not in message.replace(b"\r\n", b"") and b"\r" not in message.replace(b"\r\n", b"")
    assert max(map(len, message.split(b"\r\n"))) <= 998
    return parse.parse(message)


def names(message: bytes) -> list[str]:
    return [name for name, _ in headers.split(message)[0]]


LINES = st.text(st.characters() | st.sampled_from(list('\r\n\x00 ",;:<>')), max_size=60).map(
    lambda text: text.replace("=?", "")
)
HOSTS = st.sampled_from(
    ["acme.example", "bücher.example", "xn--bcher-kva.example", "localhost", "[192.0.2.1]"]
)
EMAILS = st.builds(
    lambda local, host: f"{local}@{host}", st.from_regex(r"[a-z0-9.+_-]{1,20}", fullmatch=True), HOSTS
)
PEOPLE = st.lists(
    st.builds(lambda name, email: an_address(email, safe_line(name).strip(" ,\"'")), LINES, EMAILS),
    max_size=3,
).map(tuple)
IDS = st.from_regex(r"[a-z0-9]{1,80}@[a-z]{1,20}", fullmatch=True)
OCTETS = st.binary(max_size=200) | st.sampled_from(
    [b"", b"Subject: x\r\n\r\nHi\r\n", b"Subject: x\n\n\xe4\n", b"a\rb", b"x" * 2_000, b"--=_\r\n"]
)
TYPES = st.sampled_from(
    [
        "application/pdf",
        "text/plain",
        "TEXT/HTML",
        "message/rfc822",
        "multipart/mixed",
        "image/png",
        "no type",
        "message/partial",
    ]
)
BODIES = st.text(max_size=300) | st.lists(
    st.sampled_from(["word ", "\n", "> ", "-- \n", "ä", "From ", " ", ".\n", "=_", "x" * 999, "\t", "\r\n"]),
    max_size=40,
).map("".join)


def shown(text: str) -> str:
    return safe_line(fields.line_of(text)).strip()


def blocks(document: Document) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in document.blocks if block.text.strip()]


def as_read(people: tuple[Address, ...]) -> list[tuple[str, str]]:
    return [(shown(one.name).strip(" ,\"'"), fields.deliverable(one.email)) for one in people]


def of(people: tuple[Address, ...]) -> list[tuple[str, str]]:
    return [(one.name.strip(" ,\"'"), one.email) for one in people]


@settings(max_examples=60)
@given(PEOPLE, PEOPLE, PEOPLE, PEOPLE)
def test_who_writes_to_whom_is_read_as_the_draft_says(
    to: tuple[Address, ...], cc: tuple[Address, ...], bcc: tuple[Address, ...], reply_to: tuple[Address, ...]
) -> None:
    email = read(Draft(ME, to, cc, bcc, reply_to=reply_to))
    assert (of(email.from_), of(email.to), of(email.cc)) == (as_read((ME,)), as_read(to), as_read(cc))
    assert (of(email.reply_to), email.bcc) == (as_read(reply_to), ())


@given(LINES, st.none() | IDS, st.lists(IDS, max_size=60, unique=True).map(tuple))
def test_what_it_is_about_is_read_as_the_draft_says(
    subject: str, answered: str | None, references: tuple[str, ...]
) -> None:
    email = read(replace(A_DRAFT, subject=subject, in_reply_to=answered, references=references))
    assert email.subject == shown(subject)
    assert email.in_reply_to == (() if answered is None else (answered,))
    assert email.references == references
    assert (email.message_id, email.sent_at) == (MESSAGE_ID, int(DATE.timestamp()))


@settings(max_examples=60)
@given(st.lists(st.tuples(LINES, OCTETS, TYPES), max_size=3), st.booleans())
def test_what_is_attached_is_read_to_the_octet(
    attached: list[tuple[str, bytes, str]], is_markdown: bool
) -> None:
    files = tuple(a_file(name, octets, kind) for name, octets, kind in attached)
    draft = replace(A_DRAFT, attachments=files, is_markdown=is_markdown)
    octets = [octets for _, octets, _ in attached]
    email, message = read(draft, *octets), built(draft, *octets)
    assert email.problem is None
    for found, (name, wanted, _) in zip(email.attachments, attached, strict=True):
        if "/" not in name and shown(name):
            assert found.name == shown(name)
        is_message = found.media_type == "message/rfc822"
        assert parse.part(message, found.part) == (
            re.sub(rb"\r?\n", b"\r\n", wanted) if is_message else wanted
        )


@given(BODIES, st.booleans())
def test_the_text_is_read_as_the_draft_says(body: str, is_markdown: bool) -> None:
    email = read(replace(A_DRAFT, body=body, is_markdown=is_markdown))
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    text = flowed.canonical(re.sub("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]", "", text).removesuffix("\n"))
    assert email.body.plain is not None
    assert blocks(email.body.plain) == blocks(quotes.split(plain.document(text, flowed=False, delsp=False)))


@settings(max_examples=40)
@given(st.builds(Draft, sender=st.just(ME), to=PEOPLE, subject=LINES, body=BODIES, is_markdown=st.booleans()))
def test_the_standard_library_finds_no_defect(draft: Draft) -> None:
    draft = replace(draft, attachments=(a_file("a.pdf", b"pdf"),))
    message = message_from_bytes(built(draft, b"pdf"), policy=policy.default)
    assert [part.defects for part in message.walk() if part.defects] == []


def test_the_same_arguments_give_the_same_octets() -> None:
    draft = replace(A_DRAFT, is_markdown=True, attachments=(a_file("a.pdf", b"pdf"),))
    assert built(draft, b"pdf") == built(draft, b"pdf")
    assert built(draft, b"pdf") != built(draft, b"pdf", message_id="other@dealbox.example")


def test_a_plain_message_says_no_more_than_it_has_to() -> None:
    assert built(A_DRAFT).decode("ascii") == (
        "From: Me <me@dealbox.example>\r\nTo: Ana Lima <ana@acme.example>\r\nSubject: Offer\r\n"
        "Date: Sun, 22 Nov 2026 08:14:05 +0100\r\nMessage-ID: <5d3c@dealbox.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=no\r\nContent-Transfer-Encoding: 7bit\r\n"
        "\r\nHello Ana,\r\n\r\nhere it is.\r\n"
    )


def test_blind_copies_are_in_the_envelope_and_never_in_what_is_sent() -> None:
    draft = replace(A_DRAFT, bcc=(an_address("boss@dealbox.example"),))
    assert b"boss" not in built(draft)
    assert build.recipients(draft) == ("ana@acme.example", "boss@dealbox.example")
    assert read(draft, with_bcc=True).bcc == draft.bcc


def test_a_message_with_blind_copies_only_names_no_recipient() -> None:
    draft = replace(A_DRAFT, to=(), bcc=(ANA,))
    assert b"\r\nTo: undisclosed-recipients:;\r\n" in built(draft)
    assert read(draft).to == ()


def test_a_draft_keeps_recipients_that_are_no_addresses_yet() -> None:
    draft = replace(A_DRAFT, to=(an_address("", "Ana"),), subject="")
    message = built(draft, with_bcc=True, revision=3)
    assert parse.parse(message).to == draft.to
    assert b"\r\nX-Dealbox-Revision: 3\r\n" in message
    assert "To" not in names(built(replace(draft, to=()), with_bcc=True))


def test_everybody_gets_a_message_once() -> None:
    again = an_address("ANA@Acme.example")
    assert build.recipients(replace(A_DRAFT, cc=(again,), bcc=(ANA,))) == ("ana@acme.example",)


@pytest.mark.parametrize(
    "email", ["", "ana", "ana@acme example", "jürgen@acme.example", "ana@acme.example\r\nX: y"]
)
def test_a_message_to_no_address_cannot_be_built(email: str) -> None:
    for field in ("to", "cc", "reply_to"):
        with pytest.raises(Unbuildable) as caught:
            built(replace(A_DRAFT, **{field: (an_address(email, "Ana"),)}))
        assert caught.value.field == field
        assert "is no address" in caught.value.reason
    with pytest.raises(Unbuildable, match="sender"):
        built(replace(A_DRAFT, sender=an_address(email)))
    with pytest.raises(Unbuildable, match="bcc"):
        build.recipients(replace(A_DRAFT, bcc=(an_address(email),)))


@pytest.mark.parametrize("message_id", ["", "x", "a@b\r\nBcc: eve@evil.example", "<a@b>", "ä@b", "a@b c"])
def test_a_message_id_that_could_end_its_field_is_refused(message_id: str) -> None:
    with pytest.raises(Unbuildable, match="message_id"):
        built(A_DRAFT, message_id=message_id)


def test_a_date_needs_its_zone() -> None:
    with pytest.raises(Unbuildable, match="zone"):
        built(A_DRAFT, date=DATE.replace(tzinfo=None))


def test_a_zone_with_seconds_is_written_as_universal_time() -> None:
    amsterdam = DATE.astimezone(timezone(timedelta(minutes=19, seconds=32)))
    assert b"\r\nDate: Sun, 22 Nov 2026 07:14:05 +0000\r\n" in built(A_DRAFT, date=amsterdam)
    assert b"\r\nDate: Sun, 22 Nov 2026 07:14:05 +0000\r\n" in built(A_DRAFT, date=DATE.astimezone(UTC))


def test_no_field_of_a_draft_becomes_another_field() -> None:
    draft = Draft(
        an_address("me@dealbox.example", HOSTILE), (an_address("ana@acme.example", HOSTILE),), subject=HOSTILE,
        body=HOSTILE, attachments=(DraftFile(HOSTILE, HOSTILE, 1, hashlib.sha256(b"x").hexdigest()),),
        in_reply_to=HOSTILE, references=(HOSTILE, "a@b"), is_markdown=True,
    )  # fmt: skip
    message = built(draft, b"x")
    assert names(message) == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "References",
        "MIME-Version",
        "Content-Type",
    ]
    root, _ = structure.read(message, *headers.split(message))
    assert [leaf.media_type for leaf in root.leaves()] == [
        "text/plain",
        "text/html",
        "application/octet-stream",
    ]
    assert read(draft, b"x").attachments[0].name == "a Bcc: eve@evil.example <script>[2J"


def test_text_with_few_odd_letters_stays_readable_and_other_text_gets_shorter() -> None:
    assert b"quoted-printable" in built(replace(A_DRAFT, body="Grüße aus Köln, und noch mehr"))
    assert b"base64" in built(replace(A_DRAFT, body="Привет из Москвы"))
    assert b"7bit" in built(replace(A_DRAFT, body="x" * 997))
    assert b"quoted-printable" in built(replace(A_DRAFT, body="x" * 998))


def test_markdown_becomes_an_alternative_beside_its_text() -> None:
    email = read(replace(A_DRAFT, body="It is *urgent*.", is_markdown=True))
    assert email.body.plain is not None and email.body.html is not None
    assert email.body.plain.blocks[0].text == "It is *urgent*."
    assert email.body.html.blocks[0].text == "It is urgent."


def test_a_message_passed_on_whole_stays_a_message_when_mail_can_carry_it() -> None:
    inner = b"Subject: Old\nMessage-ID: <old@acme.example>\n\nHi\n"
    draft = replace(A_DRAFT, attachments=(a_file("Old.eml", inner, "message/rfc822"),))
    email = read(draft, inner)
    assert [(one.name, one.media_type) for one in email.attachments] == [("Old.eml", "message/rfc822")]
    assert parse.part(built(draft, inner), "2") == inner.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    "inner", [b"Subject: \xe4\r\n\r\nx", b"x: y\r\n\r\na\rb", b"x: y\r\n\r\n" + b"z" * 999, b"\0"]
)
def test_a_message_that_mail_cannot_carry_is_passed_on_to_the_octet(inner: bytes) -> None:
    draft = replace(A_DRAFT, attachments=(a_file("Old.eml", inner, "message/rfc822"),))
    email = read(draft, inner)
    assert [(one.name, one.media_type) for one in email.attachments] == [
        ("Old.eml", "application/octet-stream")
    ]
    assert parse.part(built(draft, inner), "2") == inner


def test_a_message_that_holds_the_boundary_gets_another_one() -> None:
    inner = b"Subject: x\r\n\r\nHi\r\n"
    draft = replace(A_DRAFT, attachments=(a_file("Old.eml", inner, "message/rfc822"),))
    (first,) = re.findall(rb'boundary="([^"]+)"', built(draft, inner))
    hostile = b"Subject: x\r\n\r\n--" + first + b"--\r\n"
    draft = replace(A_DRAFT, attachments=(a_file("Old.eml", hostile, "message/rfc822"),))
    assert parse.part(built(draft, hostile), "2") == hostile


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("/home/me/offer.pdf", "offer.pdf"),
        ("Größe.pdf", "Größe.pdf"),
        ("", "attachment"),
        ("a/", "attachment"),
        ("x" * 300 + ".pdf", "x" * 234 + ".pdf"),
        ("x" * 300, "x" * 234 + "." + "x" * 20),
    ],
)
def test_files_are_named_without_their_directories(given_name: str, name: str) -> None:
    draft = replace(A_DRAFT, attachments=(a_file(given_name, b"pdf"),))
    assert read(draft, b"pdf").attachments[0].name == name


def test_text_files_tell_their_charset_when_it_is_known() -> None:
    attachments = (a_file("a.txt", "ä".encode(), "text/plain"), a_file("b.txt", b"\xe4", "text/plain"))
    message = built(replace(A_DRAFT, attachments=attachments), "ä".encode(), b"\xe4")
    assert b"Content-Type: text/plain; charset=utf-8; name=" in message
    assert b"Content-Type: text/plain; name=" in message


def test_octets_that_are_gone_are_told_to_the_caller() -> None:
    with pytest.raises(KeyError):
        built(replace(A_DRAFT, attachments=(a_file("a.pdf", b"pdf"),)))


@pytest.mark.parametrize("size", [0, 1, 1_000, 300_000])
def test_the_estimate_of_the_size_is_never_far_off(size: int) -> None:
    octets = b"\xff" * size
    draft = replace(A_DRAFT, body="Grüße\n" * (size // 50), attachments=(a_file("a.pdf", octets),))
    actual = len(built(draft, octets))
    assert actual <= build.size_estimate(draft) <= actual * 1.2 + 2_000


def test_message_ids_are_new_each_time_and_of_the_domain() -> None:
    ids = {build.new_message_id("Bücher.example") for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"[0-9a-f]{32}@xn--bcher-kva\.example", one) for one in ids)


@pytest.mark.parametrize("domain", ["", "a b", "x@y", "a\r\nb", "-"])
def test_a_message_id_needs_a_domain(domain: str) -> None:
    with pytest.raises(Unbuildable, match="domain"):
        build.new_message_id(domain)

from __future__ import annotations

import base64
import hashlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages import a_message, a_multipart, a_part, multipart, words
from shown import every_text

from mail import parse
from mail.text import is_safe
from mail.types import BlockKind


def test_the_fields_of_a_message_are_read() -> None:
    email = parse.parse(
        a_message(
            Message_ID="<1@example.com>", In_Reply_To="<0@example.com>", References="<r@x>\n <0@example.com>",
            Date="Mon, 02 Mar 2026 10:30:00 +0100", To="bob@example.com, C <c@example.com>", Cc="d@example.com",
        )
    )  # fmt: skip
    assert email.message_id == "1@example.com"
    assert email.in_reply_to == ("0@example.com",)
    assert email.references == ("r@x", "0@example.com")
    assert email.sent_at == 1772443800
    assert [address.email for address in email.to] == ["bob@example.com", "c@example.com"]
    assert (email.subject, email.from_[0].name, email.cc[0].email) == ("Offer", "Ann Lee", "d@example.com")
    assert (email.preview, email.problem) == ("Hello.", None)


def test_the_identity_of_a_message_is_its_octets() -> None:
    message = a_message().replace(b"\n", b"\r")
    assert parse.parse(message).octets_hash == hashlib.blake2b(message, digest_size=16).digest()
    assert parse.parse(message).subject == "Offer"


def test_an_alternative_is_read_as_plain_and_as_html() -> None:
    email = parse.parse(
        a_multipart("alternative", a_part("plain words"), a_part("<p>html words</p>", "text/html"))
    )
    assert words(email.body.plain) == "plain words"
    assert words(email.body.html) == "html words"
    assert email.attachments == ()


def test_html_alone_has_no_plain_rendering() -> None:
    email = parse.parse(a_message("<p>Only <b>html</b></p>", content_type="text/html"))
    assert email.body.plain is None
    assert words(email.body.html) == "Only html"
    assert email.preview == "Only html"


def test_the_footer_of_a_mailing_list_belongs_to_both_renderings() -> None:
    inner_type, inner = multipart(
        "alternative", a_part("plain"), a_part("<p>html</p>", "text/html"), boundary="inner"
    )
    email = parse.parse(a_multipart("mixed", a_part(inner, inner_type), a_part("list footer")))
    assert words(email.body.plain) == "plain list footer"
    assert words(email.body.html) == "html list footer"


def test_a_picture_within_html_is_an_inline_attachment() -> None:
    email = parse.parse(
        a_multipart(
            "related",
            a_part('<img src="cid:i@x">Hi', "text/html"),
            a_part("AAAA", "image/png", Content_ID="<i@x>", Content_Transfer_Encoding="base64"),
        )
    )
    (picture,) = email.attachments
    assert (picture.part, picture.is_inline, picture.content_id, picture.size_octets) == ("2", True, "i@x", 3)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ('attachment; filename="offer.pdf"', "offer.pdf"),
        ("attachment; filename=offer 2026.pdf", "offer 2026.pdf"),
        ("attachment; filename*=utf-8''Angebot%20f%C3%BCr%20Sie.pdf", "Angebot für Sie.pdf"),
        ('attachment; filename*0="long "; filename*1="name.pdf"', "long name.pdf"),
        ("attachment; filename*1*=%BCr.pdf; filename*0*=utf-8''f%C3", "für.pdf"),
        ('attachment; filename="=?utf-8?B?QW5nZWJvdC5wZGY=?="', "Angebot.pdf"),
        ('attachment; filename="a\\"b;c.pdf"', 'a"b;c.pdf'),
        ('attachment; filename="unclosed.pdf', "unclosed.pdf"),
        ("attachment", "attachment-2.pdf"),
    ],
)
def test_attachments_have_the_names_their_senders_meant(field: str, name: str) -> None:
    message = a_multipart("mixed", a_part("text"), a_part("x", "application/pdf", Content_Disposition=field))
    assert [attachment.name for attachment in parse.parse(message).attachments] == [name]


def test_an_attached_message_is_named_by_its_subject() -> None:
    inner = a_part("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nbody", "message/rfc822")
    (attachment,) = parse.parse(a_multipart("mixed", a_part("see below"), inner)).attachments
    assert (attachment.name, attachment.media_type) == ("Grüße.eml", "message/rfc822")


def test_the_octets_of_an_attachment_come_back_as_they_were_sent() -> None:
    octets = bytes(range(256)) * 9
    encoded = base64.encodebytes(octets).decode()
    message = a_multipart("mixed", a_part("t"), a_part(encoded, "x/y", Content_Transfer_Encoding="base64"))
    (attachment,) = parse.parse(message).attachments
    assert parse.part(message, attachment.part) == octets
    assert attachment.size_octets == len(octets)


def test_an_attached_message_comes_back_octet_for_octet() -> None:
    inner = "Subject: x\r\n\r\nbody \r\n"
    message = a_multipart("mixed", a_part("t"), f"Content-Type: message/rfc822\n\n{inner}")
    assert parse.part(message, "2") == inner.encode()


def test_a_part_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        parse.part(a_message(), "2")


def test_uuencoded_parts_are_decoded() -> None:
    encoded = "begin 644 a.txt\n#0V%T\n`\nend\n"
    message = a_multipart(
        "mixed", a_part("t"), a_part(encoded, "x/y", Content_Transfer_Encoding="x-uuencode")
    )
    assert parse.part(message, "2") == b"Cat"


def test_an_invitation_says_what_when_and_where() -> None:
    calendar = (
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Price talk\\, round 2\nDTSTART;TZID=Europe/Berlin:20260304T100000\n"
        "DTEND;TZID=Europe/Berlin:20260304T110000\nLOCATION:Room\n  5\nORGANIZER;CN=Ann Lee:mailto:ann@example.com\n"
        "BEGIN:VALARM\nSUMMARY:no\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    email = parse.parse(
        a_multipart("alternative", a_part("Please come."), a_part(calendar, "text/calendar; method=REQUEST"))
    )
    assert words(email.body.plain) == (
        "Invitation: Price talk, round 2 When: 2026-03-04 10:00–11:00 (Europe/Berlin) Where: Room 5 "
        "Organizer: Ann Lee <ann@example.com> Please come."
    )
    assert email.preview == "Please come."


def test_a_bounce_says_who_did_not_get_it_and_why() -> None:
    status = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n such user\n"
    email = parse.parse(
        a_multipart(
            "report",
            a_part("Sorry."),
            a_part(status, "message/delivery-status"),
            Auto_Submitted="auto-replied",
        )
    )
    assert (
        "Final-recipient: bob@example.com Action: failed Status: 5.1.1 Diagnostic-code: 550 no such user"
        in words(email.body.plain)
    )
    assert email.is_auto_reply


@pytest.mark.parametrize(
    "value", ["auto-generated", "Auto-Notified; owner-email=x", "auto-replied (vacation)"]
)
def test_what_a_program_says_it_wrote_is_known_for_that(value: str) -> None:
    assert parse.parse(a_message(Auto_Submitted=value)).is_auto_reply


@pytest.mark.parametrize("value", ["no", " No ", "no (a person wrote this)", ""])
def test_what_a_person_wrote_is_not_taken_for_a_programs(value: str) -> None:
    assert not parse.parse(a_message(Auto_Submitted=value, X_Auto_Response_Suppress="All")).is_auto_reply


def test_mail_to_many_is_bulk() -> None:
    assert parse.parse(a_message(List_Id="News <News.example.com>")).list_id == "news.example.com"
    assert parse.parse(a_message(List_Unsubscribe="<https://x>")).is_bulk
    assert parse.parse(a_message(Precedence="Bulk")).is_bulk
    assert not parse.parse(a_message()).is_bulk


def test_the_preview_is_the_authors_own_words() -> None:
    body = "> an older question\n\nMy answer   is\nyes.\n\n-- \nAnn Lee\nSales\n"
    assert parse.parse(a_message(body)).preview == "My answer is yes."


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "Mon, 99 Foo 2026 10:00:00 +0000",
        "Thu, 1 Jan 1970 00:00:00 GMT",
        "1 Jan 9999 00:00:00 +9999",
        "0",
    ],
)
def test_a_date_that_cannot_be_true_is_none(date: str) -> None:
    assert parse.parse(a_message(Date=date)).sent_at is None


@pytest.mark.parametrize(
    "date",
    [
        "2 Mar 2026 09:30:00 GMT",
        "Mon,  2 Mar 26 04:30 EST",
        "Mon, 02 Mar 2026 10:30:00 +0100 (CET)",
        "Mon Mar  2 09:30:00 2026",
    ],
)
def test_dates_are_read_in_their_older_forms(date: str) -> None:
    assert parse.parse(a_message(Date=date)).sent_at == 1772443800


@pytest.mark.parametrize(
    ("field", "ids"),
    [
        ("<a@b> <c@d>", ("a@b", "c@d")),
        ("<a@b><a@b>", ("a@b",)),
        ("a@b, c@d", ("a@b", "c@d")),
        ("<[x]@outlook>", ("[x]@outlook",)),
        ("<a\n b@c>", ("ab@c",)),
        ("<> <", ()),
        ("".join(f"<{n}@x>" for n in range(500)), ("0@x", *(f"{n}@x" for n in range(401, 500)))),
    ],
)
def test_references_are_read_however_they_are_written(field: str, ids: tuple[str, ...]) -> None:
    assert parse.parse(a_message(References=field)).references == ids


def test_an_address_in_the_prose_of_in_reply_to_is_no_message_id() -> None:
    assert parse.parse(
        a_message(In_Reply_To='Message from Bob <bob@x.com> of "Mon" <1@x.com>')
    ).in_reply_to == ("1@x.com",)
    assert parse.parse(a_message(In_Reply_To="Message from Bob <bob@x.com> of Monday")).in_reply_to == ()


def test_a_message_without_anything_is_a_placeholder_that_says_so() -> None:
    assert parse.parse(b" \n").problem == "The message is empty."
    assert parse.placeholder(b"x", "Too\x1b slow.").problem == "Too slow."


def test_text_that_no_rule_reads_is_read_nevertheless() -> None:
    assert parse.parse(a_message("a;b", content_type="text/csv")).preview == "a;b"
    assert (
        parse.parse(a_multipart("mixed", a_part("attached words", Content_Disposition="attachment"))).preview
        == "attached words"
    )
    assert (
        parse.parse(a_message("no parts", content_type="multipart/mixed; boundary=none")).preview
        == "no parts"
    )


def test_a_message_that_only_carries_another_shows_that_one() -> None:
    inner = "From: bob@example.com\nSubject: Question\n\nSee https://example.com now."
    email = parse.parse(a_multipart("mixed", a_part(inner, "message/rfc822", Content_Disposition="inline")))
    assert words(email.body.plain) == "From: bob@example.com Subject: Question See https://example.com now."
    assert email.body.plain is not None
    assert {block.kind for block in email.body.plain.blocks} == {BlockKind.FORWARD}
    assert [link.host for link in email.body.plain.links] == ["example.com"]
    assert [attachment.name for attachment in email.attachments] == ["Question.eml"]


def test_messages_within_messages_end() -> None:
    nest = b"Content-Type: message/rfc822\n\n" * 5000
    assert parse.parse(nest + b"Subject: x\n\ntext").problem is None


def test_a_very_long_text_is_cut_and_says_so() -> None:
    email = parse.parse(a_message("word " * 300_000))
    assert len(words(email.body.plain)) <= 1_000_000
    assert email.body.notice is not None and "beginning" in email.body.notice


def test_many_long_texts_are_cut_together() -> None:
    email = parse.parse(a_multipart("mixed", *[a_part("word " * 190_000) for _ in range(20)]))
    assert len(words(email.body.plain)) <= 2_000_000
    assert email.body.notice is not None


def test_every_word_of_a_subject_and_its_people_can_be_searched() -> None:
    email = parse.parse(
        a_message(Subject="=?utf-8?Q?Angebot_f=C3=BCr_M=C3=BCller?=", To="Zoë <zoe@example.org>")
    )
    assert email.search_text.subject.split() == ["angebot", "fur", "muller"]
    assert {"zoe", "ann", "lee"} <= set(email.search_text.people.split())


@pytest.mark.parametrize("evil", ["\x1b]52;c;UFdORUQ=\x07", "\x9b31m", "\u202e", "[@click=app.pwn]x[/]"])
def test_no_text_of_a_message_can_reach_the_terminal_with_controls(evil: str) -> None:
    email = parse.parse(
        a_message(
            f"Body {evil}\n",
            Subject=f"S {evil}",
            To=f'"{evil}" <a@b>',
            List_Id=f"<{evil}>",
            Message_ID=f"<{evil}@x>",
        )
    )
    assert all(is_safe(text) for text in every_text(email))


def nested(depth: int) -> bytes:
    return (
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth)).encode()
        + b"\ntext"
    )


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "hostile",
    [
        nested(10_000),
        b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 200_000,
        b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-" * 2_000_000,
        b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-----\n" * 400_000,
        b"To: " + b'"a b" <a@b.example>, ' * 10_000 + b"\n\nx",
        b"Subject: " + b"=?utf-8?Q?x?= " * 15_000 + b"\n\nx",
        b"References: " + b"<a@b>\n " * 30_000 + b"\n\nx",
        b"Content-Type: text/plain; " + b'a="' * 30_000 + b"\n\nx",
        b"Content-Type: text/plain" + b"; a*0=b" * 9_000 + b"\n\nx",
        b"Content-Type: text/calendar\n\nBEGIN:VEVENT\n" + b"SUMMARY;" + b'a="b"' * 40_000 + b"\n",
        b"Content-Type: message/delivery-status\n\n" + b"Action: x\n " * 80_000,
    ],
)  # fmt: skip
def test_hostile_messages_take_less_than_two_seconds(hostile: bytes) -> None:
    started = time.process_time()
    email = parse.parse(hostile)
    assert time.process_time() - started < 2
    assert len(email.attachments) <= 2000


@given(st.binary(max_size=2000))
def test_any_octets_give_a_safe_email(octets: bytes) -> None:
    assert all(is_safe(text) for text in every_text(parse.parse(octets)))


PIECES = [
    b"\n", b"\r\n", b"\r", b"Content-Type: ", b"multipart/mixed", b"multipart/alternative", b"multipart/related", b"text/html",
    b"text/calendar", b"message/rfc822", b"message/delivery-status", b"; boundary=a", b"; charset=utf-7", b"; format=flowed",
    b"; name*0*=", b"utf-8''%C3", b"\n--a\n", b"\n--a--\n", b"From: ", b"Subject: ", b"<a@b>", b"=?utf-8?b?w6Q?=", b"\xff\x1b",
    b"Content-Transfer-Encoding: base64\n", b"Content-Disposition: attachment; filename=", b"/etc/passwd", b"<p>", b"> x\n", b" ",
    b"BEGIN:VEVENT\nSUMMARY:x\n", b"Date: ", b"Mon, 1 Jan 2026", b"Content-Transfer-Encoding: x-uuencode\n", b"begin 644 x\n#0V%T\n",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_mixture_of_pieces_of_mail_gives_a_safe_email(pieces: list[bytes]) -> None:
    message = b"".join(pieces)
    email = parse.parse(message)
    assert all(is_safe(text) for text in every_text(email))
    for attachment in email.attachments:
        parse.part(message, attachment.part)


def test_a_message_too_large_to_read_is_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "_MAX_MESSAGE", 10)
    email = parse.parse(a_message())
    assert email.problem == "The message is too large to be read."
    assert email.octets_hash == parse.octets_hash(a_message())


def test_a_fault_while_reading_is_a_placeholder_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("mail.selection.select", fail)
    assert parse.parse(a_message()).problem == "The message could not be read (RecursionError)."


def test_the_people_of_every_to_field_count() -> None:
    message = b"From: a@x.example\nTo: b@x.example\nTo: C <c@x.example>, d@x.example\n\nHi.\n"
    assert [address.email for address in parse.parse(message).to] == [
        "b@x.example",
        "c@x.example",
        "d@x.example",
    ]

"""Replies to mail that nobody here wrote: whatever it says, what is sent is one message that says what its draft says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mail import build, fields, headers, parse, presend, quoting, reply
from mail.drafts import Draft, DraftFile, Identity, from_json, to_json
from mail.reply import Original, Quote
from mail.threading import base_subject
from mail.types import Address, Email, SafeText

MAIL = Path(__file__).parents[2] / "../shared/mail"
COLLECTIONS = sorted(path.name for path in MAIL.iterdir() if path.is_dir()) if MAIL.exists() else []
DATE = datetime(2026, 11, 22, 8, 14, tzinfo=UTC)
ME = Identity(Address(SafeText("Me"), SafeText("me@dealbox.example")), "Me")
ALLOWED = {"From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version"}
OF_CONTENT = {"Content-Type", "Content-Transfer-Encoding"}

pytestmark = [
    pytest.mark.skipif(not COLLECTIONS, reason="the shared test mail is not beside the project"),
    pytest.mark.no_cover,  # every message is read here, most of which test_real_mail covers
]


def an_original(email: Email) -> Original:
    return Original(
        email.message_id, email.references, email.in_reply_to, email.subject, email.from_, email.reply_to, email.to,
        email.cc, email.bcc, email.sent_at, text=quoting.quotable(email.body), size_octets=email.size_octets,
    )  # fmt: skip


def sendable(draft: Draft) -> Draft:
    """Return the draft without the addresses that its sender would be asked to correct."""
    return Draft(
        draft.sender, tuple(filter(is_deliverable, draft.to)), tuple(filter(is_deliverable, draft.cc)),
        subject=draft.subject, body=draft.body, in_reply_to=draft.in_reply_to, references=draft.references,
        attachments=draft.attachments, kind=draft.kind,
    )  # fmt: skip


def is_deliverable(person: Address) -> bool:
    try:
        return bool(fields.deliverable(person.email))
    except fields.BadAddress:
        return False


def drafts(email: Email) -> Iterator[Draft]:
    original = an_original(email)
    for quote in (Quote.BELOW, Quote.ABOVE):
        yield reply.reply(original, (ME,), to_all=True, quote=quote, now_zone=UTC)
    names = tuple(DraftFile(one.name, one.media_type, 1, "0" * 64) for one in email.attachments[:20])
    yield reply.forward(original, (ME,), files=names, now_zone=UTC)


def messages(collection: str) -> Iterator[tuple[str, Email]]:
    paths = sorted(path for path in (MAIL / collection).rglob("*") if path.is_file())
    for path in paths if len(paths) < 1_000 else paths[::10]:
        yield path.name, parse.parse(path.read_bytes())


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_is_answered_to_any_message_is_one_message_in_its_conversation(collection: str) -> None:
    for name, email in messages(collection):
        for draft in drafts(email):
            presend.questions(draft, presend.SendFacts(0))
            assert from_json(to_json(draft)) == draft, name
            draft = sendable(draft)  # noqa: PLW2901 - nothing else is looked at from here on
            message = build.build(
                draft, message_id="new@dealbox.example", date=DATE, octets_of=lambda _: b"x"
            )
            check(name, email, draft, message)


def check(name: str, email: Email, draft: Draft, message: bytes) -> None:
    assert message.isascii() and max(map(len, message.split(b"\r\n"))) <= 998, name
    assert b"\r" not in message.replace(b"\r\n", b"") and b"\n" not in message.replace(b"\r\n", b""), name
    assert {field for field, _ in headers.split(message)[0]} <= ALLOWED | OF_CONTENT, name
    answer = parse.parse(message)
    assert answer.message_id == "new@dealbox.example", name
    assert base_subject(answer.subject) == base_subject(email.subject), name
    assert answer.references == tuple(filter(fields.is_message_id, draft.references)), name
    if email.message_id is not None and fields.is_message_id(email.message_id):
        assert answer.references[-1] == email.message_id, name
    assert [one.email for one in answer.to] == [fields.deliverable(one.email) for one in draft.to], name
    assert len(answer.attachments) == len(draft.attachments), name

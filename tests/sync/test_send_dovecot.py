"""Writing and sending at a real server: Dovecot, its submission service, and who gets the mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from machines import Machine, config_of
from makers import an_address
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from servers.relay import Relay

from mail.drafts import Draft, DraftKind
from mail.types import EmailId
from store import emails, threads
from store.sending import attached, drafts, submissions


@pytest.fixture
def machine(dovecot: Dovecot, relay: Relay, user: User, tmp_path: Path) -> Iterator[Machine]:
    config = config_of(dovecot, user) | {
        "smtp_host": "localhost",
        "smtp_port": str(dovecot.ports["submissions"]),
        "smtp_security": "tls",
        "files_sent": "",
    }
    with Machine(tmp_path / "data", user, config) as opened:
        opened.settle()
        yield opened


def a_draft(machine: Machine, reader: User, **changes: object) -> Draft:
    draft = Draft(
        an_address(machine.user.address, "Me"),
        to=(an_address(reader.address),),
        subject="Quote",
        body="Hello\n.dot\n",
    )
    return replace(draft, **changes)  # type: ignore[arg-type] # whatever a test needs


def test_a_draft_is_one_message_on_the_server_through_all_its_revisions(
    machine: Machine, dovecot: Dovecot, user: User
) -> None:
    row = drafts.begin(machine.db, machine.id, a_draft(machine, user))
    drafts.save(machine.db, row.id)
    machine.settle()
    with Peer(dovecot, user) as peer:
        (first,) = peer.uids("Drafts")
        assert peer.flags("Drafts")[first] == {"\\Draft", "\\Seen"}
        for body in ("Two\n", "Three\n"):
            drafts.write(machine.db, row.id, a_draft(machine, user, body=body))
            email_id = drafts.save(machine.db, row.id)
        machine.settle()
        ((uid, message),) = peer.messages("Drafts").items()
        assert uid != first
        assert b"Three" in message
        assert emails.octets(machine.db, email_id) == message
        # Another program throws it away: here it is no draft any more.
        peer.expunge("Drafts", [uid])
    machine.settle()
    assert drafts.open_drafts(machine.db) == ()


def test_a_draft_of_another_program_is_taken_over(machine: Machine, dovecot: Dovecot, user: User) -> None:
    message = b"From: me@x.example\r\nTo: ana@acme.example\r\nSubject: Elsewhere\r\n\r\nFrom the phone\r\n"
    with Peer(dovecot, user) as peer:
        peer.append("Drafts", message, ["\\Draft", "\\Seen"])
        machine.settle()
        row = machine.db.read().execute("SELECT id FROM email WHERE subject = 'Elsewhere'").fetchone()
        resumed = drafts.resume(machine.db, EmailId(row[0]))
        assert (resumed.draft.body, resumed.draft.to[0].email) == ("From the phone\n", "ana@acme.example")
        drafts.write(machine.db, resumed.id, replace(resumed.draft, body="From here\n"))
        drafts.save(machine.db, resumed.id)
        machine.settle()
        (kept,) = peer.messages("Drafts").values()
        assert b"From here" in kept


def test_a_message_is_sent_read_and_answered_and_lies_in_sent_once(
    machine: Machine, dovecot: Dovecot, relay: Relay, user: User
) -> None:
    """F59: at a server that files nothing by itself."""
    bob = dovecot.new_user()
    file = attached.keep(machine.db, b"%PDF-1.7" * 50_000, "offer.pdf")
    hidden = user.address.replace("@example.com", "@far.example")
    row = drafts.begin(
        machine.db,
        machine.id,
        a_draft(machine, bob, bcc=(an_address(hidden),), attachments=(file,), is_markdown=True),
    )
    drafts.save(machine.db, row.id)
    machine.settle()
    queued = submissions.queue(machine.db, row.id)
    machine.settle()
    now = submissions.get(machine.db, queued.id)
    assert now is not None
    assert (now.state, now.taken) == ("filed", (bob.address, hidden))
    with Peer(dovecot, user) as mine, Peer(dovecot, bob) as theirs:
        theirs.wait_until(
            "INBOX", lambda found: found == [f"<{queued.message_id}>"] or found == [queued.message_id]
        )
        (got,) = theirs.messages("INBOX").values()
        assert b"Bcc" not in got
        (caught,) = relay.wait_for(hidden)
        assert b"Bcc" not in caught.message
        ((uid, kept),) = mine.messages("Sent").items()
        assert b"Bcc: " + hidden.encode() in kept
        assert mine.flags("Sent")[uid] == {"\\Seen"}
        assert mine.uids("Drafts") == []
        answer = f"Message-ID: <a-{queued.message_id}>\r\nIn-Reply-To: <{queued.message_id}>\r\nFrom: {bob.address}\r\n"
        mine.append("INBOX", f"{answer}Subject: Re: Quote\r\n\r\nYes\r\n".encode())
        machine.settle()
        thread_id = machine.thread(queued.message_id)
        assert threads.by_message_id(machine.db, machine.id, f"a-{queued.message_id}") == thread_id
        (first, second) = emails.in_thread(machine.db, thread_id)
        assert first.is_outgoing
        assert not second.is_outgoing
        reply = drafts.begin(
            machine.db,
            machine.id,
            a_draft(machine, bob, kind=DraftKind.REPLY, in_reply_to=second.message_id),
            about=second.id,
        )
        submissions.queue(machine.db, reply.id)
        machine.settle()
        assert "\\Answered" in next(iter(mine.flags("INBOX").values()))
        assert len(mine.uids("Sent")) == 2


def test_who_does_not_exist_is_told_and_the_others_get_it(
    machine: Machine, dovecot: Dovecot, relay: Relay, user: User
) -> None:
    """F58: one of three recipients is refused."""
    bob = dovecot.new_user()
    people = (an_address(bob.address), an_address("x@a.bounce.example"), an_address("z@far.example"))
    row = drafts.begin(machine.db, machine.id, a_draft(machine, bob, to=people))
    queued = submissions.queue(machine.db, row.id)
    machine.settle()
    now = submissions.get(machine.db, queued.id)
    assert now is not None
    assert (now.state, now.taken) == ("filed", (bob.address, "z@far.example"))
    assert "no such domain" in now.refused["x@a.bounce.example"]
    assert [row.id for row in submissions.waiting(machine.db)] == [queued.id]


def test_a_copy_another_program_files_late_leaves_one(machine: Machine, dovecot: Dovecot, user: User) -> None:
    """F59: as if the server had filed it 20 seconds later."""
    bob = dovecot.new_user()
    row = drafts.begin(machine.db, machine.id, a_draft(machine, bob))
    queued = submissions.queue(machine.db, row.id)
    machine.settle()
    with Peer(dovecot, user) as peer:
        (kept,) = peer.messages("Sent").values()
        theirs = peer.append("Sent", b"X-Filed: by the server\r\n" + kept, ["\\Seen"])
        machine.settle()
        machine.settle()
        assert peer.uids("Sent") == [theirs]
    assert machine.account.config["files_sent"] == "yes"
    (email,) = emails.in_thread(machine.db, machine.thread(queued.message_id))
    assert email.mailboxes == ("Sent",)

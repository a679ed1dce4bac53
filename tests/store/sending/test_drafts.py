"""What is being written: the journal, its copy in Drafts, and drafts of other programs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from makers import an_account, an_address
from stored import a_stored_email, listed, mailboxes_of

from mail.drafts import Draft, DraftKind
from mail.operations import Applied, Save
from mail.types import AccountId, MailboxId, MailboxKey, RemoteKey, Role
from store import actions, emails, invariants, outbox, tidying
from store.database import Database, open_store
from store.sending import attached, drafts, submissions, submitting
from store.sending.drafts import NotOpen


@pytest.fixture
def account(db: Database) -> AccountId:
    return an_account(db)


@pytest.fixture
def boxes(db: Database, account: AccountId) -> dict[Role, MailboxId]:
    return mailboxes_of(db, account)


def a_draft(body: str = "Hello\n", **changes: object) -> Draft:
    draft = Draft(
        an_address("me@dealbox.example", "Me"), to=(an_address("ana@acme.example"),), subject="Quote"
    )
    return replace(draft, body=body, **changes)  # type: ignore[arg-type] # whatever a test needs


def carry_out(db: Database, account: AccountId, key: str) -> Save:
    """Be the account: take the save that is due and answer that it lies under `key`."""
    (pending,) = outbox.next_group(db, account, 2_000_000_000)
    assert isinstance(pending.operation, Save)
    outbox.settle(db, [(pending.id, Applied(pending.operation.mailbox, RemoteKey(key)))])
    return pending.operation


def keys(db: Database) -> list[str]:
    rows = db.read().execute("SELECT remote_key FROM placement WHERE NOT is_destroyed ORDER BY id").fetchall()
    return [row[0] for row in rows]


def test_what_was_written_is_there_after_the_process_is_gone(
    db: Database, account: AccountId, tmp_path: Path
) -> None:
    row = drafts.begin(db, account, a_draft())
    assert drafts.write(db, row.id, a_draft("Hello again\n")) == 2
    db.close()
    reopened = open_store(tmp_path / "data", is_screen=False)
    (found,) = drafts.open_drafts(reopened)
    assert (found.draft.body, found.revision, found.is_saved) == ("Hello again\n", 2, False)
    reopened.close()


def test_a_saved_draft_lies_in_drafts_at_once(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    email_id = drafts.save(db, row.id)
    email = emails.get(db, email_id)
    assert email is not None
    assert email.keywords == {"$draft", "$seen"}
    assert listed(db, boxes[Role.DRAFTS]) == [email.thread_id]
    assert b"Bcc" not in emails.octets(db, email_id)
    saved = drafts.get(db, row.id)
    assert saved is not None
    assert saved.is_saved
    assert drafts.save(db, row.id) == email_id
    assert invariants.check(db) == []


def test_a_missing_drafts_mailbox_is_made(db: Database, account: AccountId) -> None:
    mailboxes_of(db, account, without=[Role.DRAFTS])
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    kinds = [operation.kind for operation in outbox.waiting(db)]
    assert kinds == ["create_mailbox", "save"]
    (creation,) = outbox.next_group(db, account, 2_000_000_000)
    assert outbox.next_group(db, account, 2_000_000_000) == (), "the save waits for its mailbox"
    outbox.settle(db, [(creation.id, Applied(MailboxKey("INBOX.Drafts")))])
    assert carry_out(db, account, "9.1").mailbox == "INBOX.Drafts"
    assert keys(db) == ["9.1"]
    assert invariants.check(db) == []


def test_a_mailbox_told_before_its_making_was_confirmed_keeps_what_was_to_be_saved(
    db: Database, account: AccountId
) -> None:
    mailboxes_of(db, account, without=[Role.DRAFTS])
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    (creation,) = outbox.next_group(db, account, 2_000_000_000)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO mailbox (account_id, key, name, role) VALUES (?, 'Drafts', 'Drafts', 'drafts')",
            (account,),
        )
    outbox.settle(db, [(creation.id, Applied(MailboxKey("Drafts")))])
    assert carry_out(db, account, "9.1").mailbox == "Drafts"
    assert invariants.check(db) == []


def test_a_new_revision_replaces_the_copy_at_the_account(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    assert carry_out(db, account, "9.1").replaces is None
    drafts.write(db, row.id, a_draft("Changed\n"))
    drafts.save(db, row.id)
    operation = carry_out(db, account, "9.2")
    assert operation.replaces == "9.1"
    assert b"Changed" in operation.message
    assert keys(db) == ["9.2"]
    assert len(listed(db, boxes[Role.DRAFTS])) == 1
    assert invariants.check(db) == []


def test_a_save_that_was_not_begun_is_withdrawn_for_the_newer_one(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    carry_out(db, account, "9.1")
    for body in ("Two\n", "Three\n"):
        drafts.write(db, row.id, a_draft(body))
        drafts.save(db, row.id)
    operation = carry_out(db, account, "9.3")
    assert (operation.replaces, b"Three" in operation.message) == ("9.1", True)
    assert outbox.next_group(db, account, 2_000_000_000) == ()
    assert invariants.check(db) == []


def test_a_save_under_way_is_replaced_once_its_key_is_known(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    (running,) = outbox.next_group(db, account, 2_000_000_000)
    drafts.write(db, row.id, a_draft("Two\n"))
    drafts.save(db, row.id)
    drafts.write(db, row.id, a_draft("Three\n"))
    drafts.save(db, row.id)
    assert len(listed(db, boxes[Role.DRAFTS])) == 1
    assert invariants.check(db) == []
    outbox.settle(db, [(running.id, Applied(MailboxKey("Drafts"), RemoteKey("9.1")))])
    operation = carry_out(db, account, "9.2")
    assert (operation.replaces, b"Three" in operation.message) == ("9.1", True)
    assert keys(db) == ["9.2"]
    assert invariants.check(db) == []


def test_a_refused_save_leaves_the_copy_here_and_lets_the_newer_one_go(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    (running,) = outbox.next_group(db, account, 2_000_000_000)
    drafts.write(db, row.id, a_draft("Two\n"))
    drafts.save(db, row.id)
    outbox.settle(db, [(running.id, "the mailbox is full")])
    assert carry_out(db, account, "9.2").replaces is None
    assert invariants.check(db) == []
    drafts.write(db, row.id, a_draft("Three\n"))
    drafts.save(db, row.id)
    (running,) = outbox.next_group(db, account, 2_000_000_000)
    outbox.settle(db, [(running.id, "the mailbox is full")])
    assert len(listed(db, boxes[Role.DRAFTS])) == 1
    assert invariants.check(db) == []


def test_a_discarded_draft_comes_back_with_undo(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    carry_out(db, account, "9.1")
    drafts.discard(db, row.id)
    assert (drafts.open_drafts(db), listed(db, boxes[Role.DRAFTS])) == ((), [])
    with pytest.raises(NotOpen):
        drafts.write(db, row.id, a_draft("Late\n"))
    undone = actions.undo(db)
    assert undone is not None
    assert (undone.state, undone.draft_id) == ("undone", row.id)
    assert [found.id for found in drafts.open_drafts(db)] == [row.id]
    assert len(listed(db, boxes[Role.DRAFTS])) == 1
    assert outbox.next_group(db, account, 2_000_000_000) == ()
    assert invariants.check(db) == []


def test_a_discarded_draft_comes_back_even_when_the_account_destroyed_it(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    carry_out(db, account, "9.1")
    drafts.discard(db, row.id)
    (destroy,) = outbox.next_group(db, account, 2_000_000_000)
    outbox.settle(db, [(destroy.id, Applied())])
    actions.undo(db)
    (found,) = drafts.open_drafts(db)
    assert not found.is_saved
    drafts.save(db, row.id)
    assert carry_out(db, account, "9.2").replaces is None
    assert len(listed(db, boxes[Role.DRAFTS])) == 1
    assert invariants.check(db) == []


def test_a_reply_lies_in_the_conversation_it_answers(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    original = emails.get(db, drafts.save(db, row.id))
    assert original is not None
    answer = a_draft(kind=DraftKind.REPLY, in_reply_to=row.message_id, references=(row.message_id,))
    reply = drafts.begin(db, account, answer, about=original.id)
    email = emails.get(db, drafts.save(db, reply.id))
    assert email is not None
    assert email.thread_id == original.thread_id


def test_a_draft_that_moves_to_another_account_leaves_the_first(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    other = an_account(db, "me@other.example")
    there = mailboxes_of(db, other)
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    carry_out(db, account, "9.1")
    drafts.write(db, row.id, a_draft(), account_id=other)
    drafts.save(db, row.id)
    assert listed(db, boxes[Role.DRAFTS]) == []
    assert len(listed(db, there[Role.DRAFTS])) == 1
    assert [row.kind for row in outbox.waiting(db)] == ["destroy", "save"]
    assert invariants.check(db) == []


def test_our_own_draft_is_resumed_with_its_journal(db: Database, account: AccountId) -> None:
    row = drafts.begin(db, account, a_draft())
    email_id = drafts.save(db, row.id)
    drafts.write(db, row.id, a_draft("Not saved yet\n"))
    resumed = drafts.resume(db, email_id)
    assert (resumed.id, resumed.draft.body) == (row.id, "Not saved yet\n")


def test_a_draft_that_is_gone_from_the_account_and_had_no_other_words_is_not_open_any_more(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    carry_out(db, account, "9.1")
    with db.write() as connection:
        connection.execute("DELETE FROM placement")
    assert drafts.open_drafts(db) == ()
    drafts.write(db, row.id, a_draft("More words\n"))
    assert [found.id for found in drafts.open_drafts(db)] == [row.id]


def test_files_of_drafts_are_kept_once_and_go_when_no_draft_names_them(
    db: Database, account: AccountId, tmp_path: Path
) -> None:
    source = tmp_path / "offer.pdf"
    source.write_bytes(b"%PDF" * 300_000)
    file = attached.keep(db, source, "offer.pdf")
    assert (file.media_type, file.size_octets) == ("application/pdf", 1_200_000)
    again = attached.keep(db, source.read_bytes(), "copy.pdf")
    assert again.sha256 == file.sha256
    path = attached.path(db, file)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    drafts.begin(db, account, a_draft(attachments=(file,)))
    unnamed = attached.keep(db, b"nobody's", "x")
    for one in path.parent.iterdir():
        os.utime(one, (1, 1))
    assert attached.purge(db) == 1
    assert attached.octets(db, file) == source.read_bytes()
    with pytest.raises(attached.AttachmentGone):
        attached.octets(db, unnamed)


def test_what_is_no_file_cannot_be_attached(db: Database, tmp_path: Path) -> None:
    with pytest.raises(attached.CannotAttach):
        attached.keep(db, tmp_path, "directory")
    with pytest.raises(attached.CannotAttach):
        attached.keep(db, tmp_path / "nothing", "nothing")


def test_a_draft_of_another_program_is_written_on_with_its_files(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    file = attached.keep(db, b"octets", "notes.bin")
    row = drafts.begin(db, account, a_draft("Hello\nthere\n", attachments=(file,)))
    email_id = drafts.save(db, row.id)
    carry_out(db, account, "9.1")
    with db.write() as connection:  # as if nobody here had written it
        connection.execute("DELETE FROM draft")
    resumed = drafts.resume(db, email_id)
    assert resumed.draft.body == "Hello\nthere\n"
    assert [one.name for one in resumed.draft.attachments] == ["notes.bin"]
    assert attached.octets(db, resumed.draft.attachments[0]) == b"octets"
    assert resumed.is_saved
    drafts.write(db, resumed.id, a_draft("Mine\n"))
    drafts.save(db, resumed.id)
    assert carry_out(db, account, "9.2").replaces == "9.1"


def test_a_draft_edited_on_both_sides_is_kept_twice(
    db: Database, account: AccountId, boxes: dict[Role, MailboxId]
) -> None:
    row = drafts.begin(db, account, a_draft())
    drafts.save(db, row.id)
    carry_out(db, account, "9.1")
    with db.write() as connection:  # another program replaced our copy by its own
        connection.execute("DELETE FROM placement")
    a_stored_email(db, account, boxes[Role.DRAFTS], keywords=["$draft"])
    drafts.write(db, row.id, a_draft("Changed here\n"))
    drafts.save(db, row.id)
    assert carry_out(db, account, "9.3").replaces is None
    assert len(listed(db, boxes[Role.DRAFTS])) == 2


def test_what_was_thrown_away_a_month_ago_is_forgotten_with_its_files(
    db: Database, account: AccountId
) -> None:
    file = attached.keep(db, b"octets", "notes.bin")
    row = drafts.begin(db, account, a_draft(attachments=(file,)))
    kept = drafts.begin(db, account, a_draft())
    drafts.discard(db, row.id)
    os.utime(attached.path(db, file), (1, 1))
    tidying.tidy(db)
    assert attached.octets(db, file) == b"octets"
    with db.write() as connection:
        connection.execute("UPDATE draft SET updated_at = 1")
    tidying.tidy(db)
    assert drafts.get(db, row.id) is None
    assert not attached.path(db, file).exists()
    assert drafts.get(db, kept.id) is not None


def test_what_was_refused_a_month_ago_is_a_draft_to_write_on(db: Database, account: AccountId) -> None:
    row = drafts.begin(db, account, a_draft())
    copy = drafts.save(db, row.id)
    queued = submissions.queue(db, row.id)
    submitting.reject(db, queued.id)
    with db.write() as connection:
        connection.execute("UPDATE submission SET finished_at = 1")
    tidying.tidy(db)
    assert submissions.get(db, queued.id) is None
    assert [draft.id for draft in drafts.open_drafts(db)] == [row.id]
    assert drafts.resume(db, copy).id == row.id

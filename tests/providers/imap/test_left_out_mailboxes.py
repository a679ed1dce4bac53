from __future__ import annotations

import pytest
from makers import NOW
from other_sides import ImapOtherSide
from servers.dovecot import Dovecot
from syncing import a_message, sync

from mail.types import AccountId
from store import accounts, invariants, mailbox_choices
from store.database import Database
from store.mailbox_choices import Choice
from store.secret import secrets
from store.secret.secrets import AccountSecrets
from sync.parsers import ParsingChildren


@pytest.fixture
def parsers() -> ParsingChildren:
    return ParsingChildren()


def archived(db: Database, account_id: AccountId) -> int:
    return {row.name: row.messages for row in mailbox_choices.listed(db, account_id)}["Archive"]


def test_a_mailbox_no_longer_synced_leaves_the_cache_and_comes_back_when_it_is_wanted_again(
    db: Database, dovecot: Dovecot, parsers: ParsingChildren
) -> None:
    other = ImapOtherSide(dovecot)
    try:
        account_id = accounts.add(db, "imap", "Work", other.user.address, other.config)
        secrets.choose(db.directory, "plain")
        account = accounts.get(db, account_id)
        assert account is not None
        AccountSecrets(secrets.open_secrets(db.directory), account).put("password", other.user.password)
        for number in range(3):
            other.deliver(other.archive, a_message(number), NOW + number)
        sync(db, account_id, parsers)
        assert archived(db, account_id) == 3
        mailbox_choices.change(db, account_id, {other.archive: Choice(is_synced=False)})
        other.deliver(other.archive, a_message(9), NOW + 9)
        for _ in range(2):
            sync(db, account_id, parsers)
            assert archived(db, account_id) == 0
        assert len(other.peer.uids("Archive")) == 4
        mailbox_choices.change(db, account_id, {other.archive: Choice()})
        sync(db, account_id, parsers)
        assert archived(db, account_id) == 4
        assert invariants.check(db) == []
    finally:
        other.close()
        parsers.close()

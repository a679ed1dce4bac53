"""What was put somewhere from here and taken from there by another program before we looked: it is shown no longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from killing_servers import fill
from machines import Machine, assert_quiet, config_of
from servers.dovecot import Dovecot, User
from servers.peer import Peer

from mail.types import Role
from store import actions
from store.secret.files import HeldKey
from store.sending import drafts
from sync.account import connected
from sync.push import push


@pytest.fixture(params=["qresync", "condstore"])
def server(request: pytest.FixtureRequest) -> Dovecot:
    """A server that tells who vanished, and one that does not."""
    server: Dovecot = request.getfixturevalue("dovecot" if request.param == "qresync" else "without_move")
    return server


@pytest.fixture
def user(server: Dovecot) -> User:
    return server.new_user()


@pytest.fixture
def peer(server: Dovecot, user: User) -> Iterator[Peer]:
    with Peer(server, user) as peer:
        yield peer


@pytest.fixture
def machine(server: Dovecot, user: User, tmp_path: Path) -> Iterator[Machine]:
    with Machine(tmp_path / "data", user, config_of(server, user)) as machine:
        yield machine


def push_only(machine: Machine) -> None:
    """Have the account asked for what waits, and look at nothing."""
    with connected(machine.db, machine.account, HeldKey()) as provider:
        push(machine.db, machine.id, provider)


def test_a_message_moved_here_and_expunged_there_is_gone(
    server: Dovecot, peer: Peer, machine: Machine
) -> None:
    """Again and again: the store learnt where the message went by the answer to the move, which no look ever told."""
    fill(peer, "INBOX", *range(1, 5))
    machine.sync()
    for number in range(1, 4):
        actions.move(
            machine.db, [machine.thread(f"{number}@example.com")], machine.mailbox("INBOX"), Role.ARCHIVE
        )
        push_only(machine)
        peer.expunge("Archive", peer.uids("Archive"))
        machine.sync()
    assert_quiet(server, machine)


def test_a_draft_saved_here_and_expunged_there_is_gone(server: Dovecot, peer: Peer, machine: Machine) -> None:
    machine.sync()
    for number in range(3):
        row = drafts.begin(machine.db, machine.id, machine.draft(f"Plan {number}"))
        drafts.save(machine.db, row.id)
        push_only(machine)
        peer.expunge("Drafts", peer.uids("Drafts"))
        machine.sync()
    assert_quiet(server, machine)

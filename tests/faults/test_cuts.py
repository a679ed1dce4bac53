"""Lines that break in the middle of anything: what was not done is done again, and nothing twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killing_servers import fill
from lines import when_sent
from machines import Machine, assert_quiet, config_of
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from servers.proxy import End, Proxy, Way
from syncing import a_message
from waiting import until
from working import Working

from mail.keywords import SEEN
from mail.types import Role
from providers.errors import RetryLater
from providers.imap.session import Session
from store import actions, invariants, outbox
from store.sending import drafts


def test_a_line_cut_at_every_4_kilobytes_leaves_whole_rows_and_goes_on(
    dovecot: Dovecot, user: User, peer: Peer, proxy: Proxy, tmp_path: Path
) -> None:
    """F1: in the middle of literals of headers and of bodies."""
    for number in range(6):
        peer.append("INBOX", a_message(number, text="words " * 1_500))
    template = tmp_path / "template"
    Machine(template, user, config_of(dovecot, user, imap_port=proxy.port)).close()
    cuts, was_cut = 0, True
    while was_cut:
        data = tmp_path / f"data-{cuts}"
        shutil.copytree(template, data)
        fault = proxy.fail(Way.TO_CLIENT, 4096 * (cuts + 1))
        with Machine(data, user) as machine:
            was_cut = _fails(machine.sync)
            fault.times = 0
            assert invariants.check(machine.db) == []
            cuts += was_cut
            assert_quiet(dovecot, machine)
    assert cuts > 10


def _fails(work: Callable[[], Any]) -> bool:
    try:
        work()
    except RetryLater:
        return True
    return False


def test_a_line_that_falls_silent_is_given_up_and_opened_again(
    dovecot: Dovecot, peer: Peer, machine: Machine, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F2: in the middle of a literal; the worker says so, and comes back by itself."""
    monkeypatch.setitem(Session.__init__.__kwdefaults__, "read_s", 0.5)  # type: ignore[arg-type] # a function has them
    peer.append("INBOX", a_message(1, text="words " * 3_000))
    fault = proxy.fail(Way.TO_CLIENT, 9_000, End.STALL, times=2)
    with Working(machine):
        assert fault.struck.wait(30)
        until(lambda: machine.account.status == "live")
        until(lambda: not machine.wrong_here())
    assert_quiet(dovecot, machine)


def test_an_operation_whose_answer_was_lost_stays_and_is_repeated(
    dovecot: Dovecot, peer: Peer, machine: Machine, proxy: Proxy
) -> None:
    """F3: RST during the answer to UID STORE."""
    fill(peer, "INBOX", 1, 2)
    machine.sync()
    actions.set_keyword(machine.db, [machine.thread("1@example.com")], SEEN, True)
    with when_sent(b"UID STORE", lambda: proxy.fail(Way.TO_CLIENT, 1, End.RST)):
        with pytest.raises(RetryLater):
            machine.sync()
        assert [row.state for row in outbox.waiting(machine.db)] == ["pending"]
        assert_quiet(dovecot, machine)
    assert sorted(map(sorted, peer.flags("INBOX").values())) == [[], ["\\Seen"]]


@pytest.mark.parametrize("way", Way, ids=["before", "after"])
@pytest.mark.parametrize("command", [b"UID COPY", b"UID STORE", b"UID EXPUNGE", b"UID MOVE"])
def test_a_move_cut_off_anywhere_neither_doubles_nor_loses(
    dovecot: Dovecot, without_move: Dovecot, tmp_path: Path, command: bytes, way: Way
) -> None:
    """F4: between COPY, STORE and EXPUNGE, and where there is a MOVE; before the command arrives and after."""
    server = dovecot if command == b"UID MOVE" else without_move
    user = server.new_user()
    with Proxy(server.ports["imap"]) as proxy, Peer(server, user) as peer:
        fill(peer, "INBOX", 1, 2, 3)
        config = config_of(server, user, imap_port=proxy.port)
        with Machine(tmp_path / "data", user, config) as machine:
            machine.sync()
            moved = [machine.thread(f"{number}@example.com") for number in (1, 2)]
            actions.move(machine.db, moved, machine.mailbox("INBOX"), Role.ARCHIVE)
            with when_sent(command, lambda: proxy.fail(way, 1)):
                with pytest.raises(RetryLater):
                    machine.sync()
                assert_quiet(server, machine)
        assert peer.message_ids("Archive") == ["<1@example.com>", "<2@example.com>"]
        assert peer.message_ids("INBOX") == ["<3@example.com>"]


@pytest.mark.parametrize(
    ("way", "octets"),
    [
        (Way.TO_SERVER, 5),
        (Way.TO_SERVER, 900),
        (Way.TO_SERVER, 3_300),
        (Way.TO_CLIENT, 1),
        (Way.TO_CLIENT, 30),
    ],
    ids=["command", "literal", "its end", "answer", "in the answer"],
)
def test_a_draft_whose_saving_was_cut_off_is_saved_once(
    dovecot: Dovecot, peer: Peer, machine: Machine, proxy: Proxy, way: Way, octets: int
) -> None:
    """F5: before and after the literal, and around the tagged OK."""
    machine.sync()
    row = drafts.begin(
        machine.db, machine.id, machine.draft("Plan", "x" * 70 + "\n" * 40 + "y" * 2_500 + "\n")
    )
    drafts.save(machine.db, row.id)
    with when_sent(b"APPEND", lambda: proxy.fail(way, octets)):
        with pytest.raises(RetryLater):
            machine.sync()
        assert_quiet(dovecot, machine)
    assert peer.message_ids("Drafts") == [f"<{row.message_id}>"]

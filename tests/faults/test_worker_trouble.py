"""A whole worker while servers restart, take few connections, and the machine sleeps or its clock is set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from killing_servers import fill
from lines import when_sent
from machines import Machine, assert_quiet, config_of
from servers.dovecot import Dovecot, User
from servers.fake_imap import FakeImap
from servers.peer import Peer
from servers.ports import LOOPBACK
from servers.proxy import End, Proxy, Way
from syncing import a_message
from waiting import until
from working import Working

from mail.keywords import SEEN
from mail.types import Role
from providers.imap import conversation, idle
from providers.imap.session import Session
from store import actions
from store.database import Database
from store.sending import drafts
from sync import account as sync_account


def is_live(machine: Machine) -> bool:
    return machine.account.status == "live"


def test_a_worker_follows_what_happens_at_the_account_and_here(
    dovecot: Dovecot, peer: Peer, machine: Machine
) -> None:
    """F20: and again after every connection was cut while it waited."""
    with Working(machine) as work:
        until(lambda: is_live(machine))
        fill(peer, "INBOX", 1, 2)
        until(lambda: machine.thread_count() == 2)
        actions.move(machine.db, [machine.thread("1@example.com")], machine.mailbox("INBOX"), Role.ARCHIVE)
        drafts.save(machine.db, drafts.begin(machine.db, machine.id, machine.draft("Plan")).id)
        work.wake()
        peer.wait_until("Archive", lambda found: found == ["<1@example.com>"])
        peer.wait_until("Drafts", lambda found: len(found) == 1)
    assert_quiet(dovecot, machine)


@pytest.mark.parametrize("end", [End.FIN, End.RST])
def test_a_worker_comes_back_after_its_lines_were_cut(
    dovecot: Dovecot, peer: Peer, machine: Machine, proxy: Proxy, end: End
) -> None:
    """F20: EOF in IDLE; new mail shows again within 20 s, and nobody is asked again and again."""
    with Working(machine):
        until(lambda: is_live(machine) and proxy.connections >= 2)
        proxy.cut_all(end)
        fill(peer, "INBOX", 1)
        assert until(lambda: machine.thread_count() == 1) < 20
        assert proxy.connections < 12
    assert_quiet(dovecot, machine)


def test_a_worker_waits_while_the_server_is_down_and_does_then_what_waited(
    dovecot: Dovecot, peer: Peer, machine: Machine, proxy: Proxy
) -> None:
    """F20: a server that is restarted refuses connections for a while; the account says so."""
    fill(peer, "INBOX", 1)
    with Working(machine) as work:
        until(lambda: is_live(machine) and machine.thread_count() == 1)
        proxy.refuse()
        actions.set_keyword(machine.db, [machine.thread("1@example.com")], SEEN, True)
        work.wake()
        until(lambda: machine.account.status == "waiting")
        proxy.accept()
        until(lambda: is_live(machine) and not machine.wrong_here())
    assert_quiet(dovecot, machine)


@pytest.fixture
def small_server() -> Iterator[FakeImap]:
    with FakeImap() as server:
        for number in range(5):
            server.inbox.add(a_message(number))
        yield server


@pytest.mark.parametrize("most", [1, 2])
def test_a_server_that_takes_few_connections_is_synced_over_those(
    small_server: FakeImap, tmp_path: Path, most: int
) -> None:
    """F22: the others stay away, headers and bodies come all the same, and so does new mail."""
    small_server.max_connections = most
    config = {
        "imap_host": LOOPBACK,
        "imap_port": str(small_server.port),
        "imap_security": "none",
        "username": small_server.user.address,
    }
    with Machine(tmp_path / "data", small_server.user, config) as machine:
        with Working(machine) as work:
            until(lambda: is_live(machine) and machine.thread_count() == 5 and not machine.wrong_here())
            small_server.inbox.add(a_message(9))
            work.wake()
            until(lambda: machine.thread_count() == 6 and not machine.wrong_here())
        assert small_server.connections <= most + 4


def test_the_only_connection_is_the_accounts_own_however_much_there_is_to_judge_before(
    small_server: FakeImap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F22: the companions come when the account has told its first page."""

    def judge_long(db: Database, may_go_on: Callable[[], bool]) -> None:
        for _ in range(3):
            may_go_on()
            time.sleep(0.1)

    monkeypatch.setattr(sync_account, "judge_due", judge_long)
    small_server.max_connections = 1
    config = {
        "imap_host": LOOPBACK,
        "imap_port": str(small_server.port),
        "imap_security": "none",
        "username": small_server.user.address,
    }
    with Machine(tmp_path / "data", small_server.user, config) as machine, Working(machine):
        assert until(lambda: is_live(machine) and machine.thread_count() == 5) < 50
        said = [each.text for each in small_server.commands if each.connection == 0]
        assert not any(text.startswith(b"IDLE") for text in said[:6]), said


def test_an_operation_that_waits_is_not_held_up_by_a_clock_set_back(
    dovecot: Dovecot, peer: Peer, machine: Machine, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F44: a day back, after its first try failed."""
    fill(peer, "INBOX", 1)
    machine.sync()
    actions.set_keyword(machine.db, [machine.thread("1@example.com")], SEEN, True)
    with when_sent(b"UID STORE", proxy.cut_all), Working(machine):
        until(lambda: machine.account.status == "waiting")
        today = time.time
        monkeypatch.setattr(time, "time", lambda: today() - 86_400)
        until(lambda: not machine.wrong_here())
    monkeypatch.undo()
    assert peer.flags("INBOX") == {1: {"\\Seen"}}
    assert_quiet(dovecot, machine)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_set_changes_nothing_about_a_sync(
    dovecot: Dovecot, peer: Peer, machine: Machine, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """F44: a day back, and a day forth."""
    fill(peer, "INBOX", 1, 2)
    with Working(machine) as work:
        until(lambda: is_live(machine))
        today = time.time
        monkeypatch.setattr(time, "time", lambda: today() + days * 86_400)
        fill(peer, "INBOX", 3)
        peer.expunge("INBOX", [1])
        work.wake()
        until(lambda: machine.thread_count() == 3 and not machine.wrong_here())
    monkeypatch.undo()
    assert_quiet(dovecot, machine)


def test_a_machine_that_slept_connects_again_soon_after_it_woke(
    dovecot: Dovecot, peer: Peer, machine: Machine, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F45: for 8 hours; its connections are silent, which nobody tells it."""
    slept_s = 0.0

    def clocks() -> tuple[float, float]:
        awake_s, real_s = conversation.clocks()
        return awake_s, real_s + slept_s

    monkeypatch.setitem(Session.__init__.__kwdefaults__, "clocks", clocks)  # type: ignore[arg-type] # a function has them
    monkeypatch.setitem(Session.__init__.__kwdefaults__, "read_s", 3.0)  # type: ignore[arg-type]
    monkeypatch.setattr(idle, "_SLICE_S", 0.5)
    with Working(machine):
        until(lambda: is_live(machine) and proxy.connections >= 2)
        fault = proxy.fail(Way.TO_CLIENT, 1, End.STALL)
        fill(peer, "INBOX", 1)
        assert fault.struck.wait(30)
        slept_s = 8 * 3600.0
        assert until(lambda: machine.thread_count() == 1) < 30
    assert_quiet(dovecot, machine)


def test_an_account_whose_password_is_wrong_leaves_another_alone(
    dovecot: Dovecot, user: User, peer: Peer, tmp_path: Path
) -> None:
    """F47: it asks for a new sign-in, and keeps what waits for it."""
    fill(peer, "INBOX", 1)
    wrong = User("nosuch-user@example.com", "wrong")
    with (
        Machine(tmp_path / "data", user, config_of(dovecot, user)) as machine,
        Machine(tmp_path / "other", wrong, config_of(dovecot, wrong)) as other,
        Working(machine),
        Working(other),
    ):
        until(lambda: is_live(machine) and machine.thread_count() == 1)
        until(lambda: other.account.status == "sign_in")
        assert is_live(machine)

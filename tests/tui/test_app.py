from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import stored
from pty_terminal import PtyTerminal
from screens import an_inbox

from mail.ids import Role
from store import accounts, events, mailboxes
from store.database import Database

ROOT = Path(__file__).parents[2]
_PROGRAM = """
import sys
from pathlib import Path
from store.settings import Settings
from tui.app import run_screen
sys.exit(run_screen(Path(sys.argv[1]), Settings(theme=sys.argv[2]), has_worker=False))
"""
_HEAVY = (
    "peewee",
    "providers",
    "sync",
    "mail.parse",
    "mail.query",
    "store.links.panel",
    "linking",
    "selectolax",
    "vobject",
)

_AFTER_THE_FIRST_FRAME = (
    "argparse",
    "mail.types",
    "mail.changes",
    "store.actions",
    "tui.commands.catalogue",
    "tui.keymap",
    "tui.watcher",
    "tui.worker_care",
    "tui.widgets.reader",
    "tui.widgets.crm_panel",
)


def the_program(db: Database, theme: str = "dark", *, is_hangup_ignored: bool = False) -> list[str]:
    argv = [sys.executable, "-P", "-c", _PROGRAM, str(db.directory), theme]
    return ["/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh", *argv] if is_hangup_ignored else argv


@pytest.fixture
def inbox(db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    an_inbox(db, 60)
    yield db


def started(db: Database, theme: str = "dark", *, is_hangup_ignored: bool = False) -> PtyTerminal:
    terminal = PtyTerminal(the_program(db, theme, is_hangup_ignored=is_hangup_ignored), directory=ROOT)
    terminal.wait_for("Subject 59")
    terminal.settle(0.8)
    return terminal


@pytest.mark.parametrize("is_hangup_ignored", [False, True])
def test_a_lost_terminal_ends_the_screen_at_once(inbox: Database, is_hangup_ignored: bool) -> None:
    terminal = started(inbox, is_hangup_ignored=is_hangup_ignored)
    os.close(terminal.descriptor)
    terminal.descriptor = -1
    try:
        assert terminal.wait() == 129
    finally:
        terminal.close()


def test_an_idle_screen_writes_nothing(inbox: Database) -> None:
    with started(inbox) as terminal:
        # On a busy machine something of the start may still come, but not again and again.
        assert b"" in [terminal.read(quiet_s=0.1, timeout_s=2.5).octets for _ in range(3)]


@pytest.mark.parametrize(("theme", "most"), [("dark", 400), ("ansi", 220), ("none", 220)])
def test_a_cursor_move_sends_few_octets(inbox: Database, theme: str, most: int) -> None:
    with started(inbox, theme) as terminal:
        # What follows the cursor is drawn later: on a busy machine both may come together, but not each time.
        sizes = (len(terminal.press("j", quiet_s=0.06).octets) for _ in range(30))
        assert len(list(islice((size for size in sizes if 0 < size <= most), 3))) == 3


def test_opening_a_conversation_and_going_back_paint_the_screen_once(inbox: Database) -> None:
    with started(inbox) as terminal:
        rounds = ([len(terminal.press(key, quiet_s=0.5).octets) for key in "\rq"] for _ in range(4))
        assert any(min(sizes) > 0 and max(sizes) <= 17_000 for sizes in rounds)  # see above


def size_of_arrival(inbox: Database, terminal: PtyTerminal) -> int:
    """Return how many octets are drawn when a message comes into a mailbox that is not shown."""
    account = accounts.all(inbox)[0].id
    archive = mailboxes.with_role(inbox, Role.ARCHIVE, account)[0]
    stored.a_stored_email(inbox, account, archive, subject="Old", keywords=())
    with inbox.write() as connection:
        events.record(connection, "mail", mailbox_ids=[archive])
    return len(terminal.read(quiet_s=1.0, timeout_s=10).octets)


def test_mail_coming_into_another_mailbox_sends_few_octets(inbox: Database) -> None:
    with started(inbox) as terminal:
        sizes = (size_of_arrival(inbox, terminal) for _ in range(5))
        assert any(0 < size <= 400 for size in sizes)  # see above


def test_q_quits_with_the_terminal_as_it_was(inbox: Database) -> None:
    with started(inbox) as terminal:
        terminal.send("Q")
        assert terminal.wait() == 0
        assert b"\x1b[?1049l" in terminal.octets


def loaded_by(program: str) -> set[str]:
    answer = subprocess.run(
        [sys.executable, "-c", f"import sys; {program}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(answer.stdout.split())


def test_the_keys_need_no_parser_no_crm_and_no_provider() -> None:
    loaded = loaded_by(
        "from tui.app import run_screen; from tui.commands.registry import commands; commands()"
    )
    assert not [name for name in _HEAVY if name in loaded]


def test_the_first_frame_needs_nothing_that_can_wait() -> None:
    loaded = loaded_by("from tui.cli.main import main; from tui.app import run_screen")
    assert not [name for name in (*_HEAVY, *_AFTER_THE_FIRST_FRAME) if name in loaded]

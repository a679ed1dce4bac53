"""Writing in the real program, in a real terminal: what is left of it when the program or the line goes."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import hostile
import makers
import pytest
import told
from pty_terminal import PtyTerminal, foreign, plain

from mail.types import SafeText
from store.database import Database
from store.sending import drafts, identities, submissions

ROOT = Path(__file__).parents[3]
COLUMNS, ROWS = 100, 30
_PROGRAM = """
import sys
from pathlib import Path
from store.settings import Settings
from tui.app import run_screen
sys.exit(run_screen(Path(sys.argv[1]), Settings(editor=sys.argv[2]), has_worker=False))
"""


def started(db: Database, *, editor: str = "") -> PtyTerminal:
    argv = [sys.executable, "-P", "-c", _PROGRAM, str(db.directory), editor]
    terminal = PtyTerminal(
        argv, columns=COLUMNS, rows=ROWS, env={"PYTHONPATH": str(ROOT)}, directory=db.directory
    )
    assert b"Quote" in terminal.read(until=b"Quote", timeout_s=30).octets
    terminal.read(quiet_s=0.8, timeout_s=3)
    return terminal


def seen(terminal: PtyTerminal, words: str) -> None:
    """Wait until the words are drawn, in one piece or in several."""
    octets, ends_at = b"", time.monotonic() + 20
    while words not in plain(octets):
        assert time.monotonic() < ends_at, f"{words!r} was never drawn"
        octets += terminal.read(quiet_s=0.1, timeout_s=1).octets


@pytest.fixture
def inbox(db: Database) -> Database:
    told.a_conversation(db, makers.an_account(db), "First words", "Second words")
    return db


def wait_for_words(db: Database, words: str) -> None:
    for _ in range(200):
        if any(words in row.draft.body for row in drafts.open_drafts(db)):
            return
        time.sleep(0.05)
    pytest.fail(f"{words!r} did not reach the journal")


def test_half_a_reply_survives_kill_9_and_is_resumed_at_the_next_start(inbox: Database) -> None:
    with started(inbox) as terminal:
        terminal.send("r")
        seen(terminal, "Reply")
        typed_at = time.monotonic()
        terminal.send("half a repl")
        wait_for_words(inbox, "half a repl")
        assert time.monotonic() - typed_at < 8  # two seconds on a machine that does nothing else
        os.kill(terminal.pid, signal.SIGKILL)
    with started(inbox) as terminal:
        assert "1 unsent draft: E resumes it" in plain(bytes(terminal.octets))
        terminal.send("E")
        seen(terminal, "half a repl")


@pytest.mark.parametrize("how", ["hangup", "quit"])
def test_what_was_typed_this_moment_is_kept_when_the_line_drops_or_the_user_quits(
    inbox: Database, how: str
) -> None:
    with started(inbox) as terminal:
        terminal.send("r")
        seen(terminal, "Reply")
        terminal.send("last words")
        seen(terminal, "last words")
        if how == "hangup":
            os.kill(terminal.pid, signal.SIGHUP)
        else:
            terminal.send("\x11")  # Ctrl+q
        assert terminal.wait() == (129 if how == "hangup" else 0)
    assert "last words" in drafts.open_drafts(inbox)[0].draft.body


def test_the_users_editor_gets_the_text_and_gives_it_back(inbox: Database, tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\ncp "$2" {tmp_path}/seen; printf "from %s\\n" "$1" > "$2"\n', "utf-8")
    script.chmod(0o700)
    with started(inbox, editor=f"{script} 'my editor'") as terminal:
        terminal.send("r")
        seen(terminal, "Reply")
        terminal.send("draft\x0f")
        seen(terminal, "from my editor")
        terminal.read(quiet_s=0.5, timeout_s=1)
        terminal.send("\x18")
        seen(terminal, "Nothing to ask")
        terminal.send("y")
        seen(terminal, "Sending in")
    assert (tmp_path / "seen").read_text().startswith("draft\n")
    assert len(submissions.waiting(inbox)) == 1


def test_the_users_editor_writes_signatures_too(inbox: Database, tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "Nadia\\033[31m, by hand\\n" > "$1"\n', "utf-8")
    script.chmod(0o700)
    with started(inbox, editor=str(script)) as terminal:
        terminal.send("gI")
        seen(terminal, "Who you write as")
        terminal.send("e")
        seen(terminal, "Signature of")
        terminal.send("\x0f")
        seen(terminal, "by hand")
        terminal.read(quiet_s=0.5, timeout_s=1)
        terminal.send("\x18")
        seen(terminal, "enter name")
        terminal.read(quiet_s=0.5, timeout_s=1)
    assert identities.all(inbox)[0].identity.signature == "Nadia[31m, by hand"
    assert list((inbox.directory / "editing").iterdir()) == []


def test_the_text_of_an_editor_that_dies_is_kept_and_the_message_unchanged(
    inbox: Database, tmp_path: Path
) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "lost?" > "$1"\nkill -9 $$\n', "utf-8")
    script.chmod(0o700)
    with started(inbox, editor=str(script)) as terminal:
        terminal.send("r")
        seen(terminal, "Reply")
        terminal.send("draft\x0f")
        seen(terminal, "ended by signal 9")
    (file,) = (inbox.directory / "editing").iterdir()
    assert file.read_text() == "lost?"
    assert drafts.open_drafts(inbox)[0].draft.body.startswith("draft")


def test_answering_hostile_mail_sends_nothing_foreign_to_the_terminal(db: Database) -> None:
    account = makers.an_account(db)
    evil = " ".join(hostile.PAYLOADS)
    sender = makers.an_address("x@evil.example", evil)
    told.tell(db, account, makers.an_email(evil, subject=SafeText(f"Quote {evil}"), from_=(sender,)))
    with started(db) as terminal:
        for keys in ("r", "\x18", "P", "q", "e", evil.encode(), "\x18", "q", "p", "f", "x", "\x1b"):
            terminal.press(keys, quiet_s=0.6)
        assert foreign(bytes(terminal.octets), columns=COLUMNS, rows=ROWS) == []

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
import waiting
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
    terminal.wait_for("Quote")
    terminal.settle(0.8)
    return terminal


@pytest.fixture
def inbox(db: Database) -> Database:
    told.a_conversation(db, makers.an_account(db), "First words", "Second words")
    return db


def is_drawn(terminal: PtyTerminal, words: str) -> bool:
    return words in plain(bytes(terminal.octets))


def wait_for_words(db: Database, words: str) -> None:
    waiting.until(
        lambda: any(words in row.draft.body for row in drafts.open_drafts(db)), f"{words!r} is kept"
    )


def test_half_a_reply_survives_kill_9_and_is_resumed_at_the_next_start(inbox: Database) -> None:
    with started(inbox) as terminal:
        terminal.send("r")
        terminal.wait_for("Reply")
        typed_at = time.monotonic()
        terminal.send("half a repl")
        wait_for_words(inbox, "half a repl")
        assert time.monotonic() - typed_at < 20  # two seconds on a machine that does nothing else
        os.kill(terminal.pid, signal.SIGKILL)
    with started(inbox) as terminal:
        waiting.until(lambda: terminal.settle(0.1) or is_drawn(terminal, "1 unsent draft: E resumes it"))
        terminal.send("E")
        terminal.wait_for("half a repl")


@pytest.mark.parametrize("how", ["hangup", "quit"])
def test_what_was_typed_this_moment_is_kept_when_the_line_drops_or_the_user_quits(
    inbox: Database, how: str
) -> None:
    with started(inbox) as terminal:
        terminal.send("r")
        terminal.wait_for("Reply")
        terminal.send("last words")
        terminal.wait_for("last words")
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
        terminal.wait_for("Reply")
        terminal.send("draft\x0f")
        terminal.wait_for("from my editor")
        terminal.settle()
        terminal.send("\x18")
        terminal.wait_for("Nothing to ask")
        terminal.send("y")
        terminal.wait_for("Sending in")
    assert (tmp_path / "seen").read_text().startswith("draft\n")
    assert len(submissions.waiting(inbox)) == 1


def test_the_users_editor_writes_signatures_too(inbox: Database, tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "Nadia\\033[31m, by hand\\n" > "$1"\n', "utf-8")
    script.chmod(0o700)
    with started(inbox, editor=str(script)) as terminal:
        terminal.send("gI")
        terminal.wait_for("Who you write as")
        terminal.send("e")
        terminal.wait_for("Signature of")
        terminal.send("\x0f")
        terminal.wait_for("by hand")
        terminal.settle()
        terminal.send("\x18")
        terminal.wait_for("enter name")
        terminal.settle()
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
        terminal.wait_for("Reply")
        terminal.send("draft\x0f")
        terminal.wait_for("ended by signal 9")
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
            terminal.press(keys, quiet_s=0.3)
        assert foreign(bytes(terminal.octets), columns=COLUMNS, rows=ROWS) == []

"""Hostile mail and CRM text in the real program, in a real pty: nothing foreign reaches the terminal."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import crm_rows
import hostile
import makers
import pytest
import told
from pty_terminal import PtyTerminal, foreign, plain

from mail.changes import RemoteMailbox
from mail.text import is_safe
from mail.types import MailboxKey
from store import events, ingest
from store.database import Database

# The screen as `dealbox` starts it, but for the worker, which has no part in what is drawn.
_PROGRAM = """
import sys
from pathlib import Path
from store.database import open_store
from store.settings import Settings
from tui.app import DealboxApp
data, downloads, theme = sys.argv[1:]
settings = Settings(mouse=True, downloads=downloads, theme=theme, opener="false")
app = DealboxApp(open_store(Path(data), is_screen=True), settings, has_worker=False)
app.run(mouse=True)
sys.exit(app.return_code)
"""
_QUIET_S = 0.08


@pytest.fixture
def evil(db: Database) -> Database:
    """A store whose mail, mailboxes, persons, deals and notes all carry every payload."""
    account_id = makers.an_account(db)
    threads = told.tell_octets(db, account_id, hostile.messages())
    boxes = (*makers.MAILBOXES, RemoteMailbox(MailboxKey("Evil"), hostile.EVERYTHING, None))
    ingest.apply(db, account_id, makers.a_batch(mailboxes=boxes), ())
    person = crm_rows.a_person(db, hostile.EVERYTHING, "x@evil.example")
    deals = [crm_rows.a_deal(db, f"Evil {payload}", person) for payload in hostile.PAYLOADS]
    crm_rows.a_note(db, deals[0], hostile.EVERYTHING)
    assert threads
    return db


def a_screen(evil: Database, directory: Path, columns: int, rows: int, theme: str) -> PtyTerminal:
    argv = [sys.executable, "-P", "-c", _PROGRAM, str(evil.directory), str(directory), theme]
    return PtyTerminal(argv, columns=columns, rows=rows)


@pytest.fixture(params=[(120, 40, "dark"), (80, 24, "ansi")], ids=["120x40", "80x24"])
def terminal(
    evil: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[PtyTerminal, int, int]]:
    columns, rows, theme = request.param
    with a_screen(evil, tmp_path, columns, rows, theme) as pty:
        pty.wait_for("Inbox")
        pty.settle()
        yield pty, columns, rows


def press(pty: PtyTerminal, *keys: str) -> None:
    for key in keys:
        pty.press(key, quiet_s=_QUIET_S, timeout_s=0.6)


def click(pty: PtyTerminal, column: int, row: int) -> None:
    press(pty, f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")


def is_running(pty: PtyTerminal) -> bool:
    """Tell whether the screen is there and answers."""
    is_there = pty.wait(0.05) is None
    assert is_there, plain(bytes(pty.octets))[-3000:]
    return is_there


def everything(pty: PtyTerminal) -> bytes:
    """Return all that was drawn, once no more comes, so that no escape is cut in two."""
    pty.settle()
    return bytes(pty.octets)


def test_nothing_in_list_or_reader_reaches_the_terminal_as_more_than_text(
    terminal: tuple[PtyTerminal, int, int],
) -> None:
    pty, columns, rows = terminal
    press(pty, "G", "k", "gg", "\r")
    press(pty, "H", "H", "G", "H", "t", "h", "W", " ")
    for _ in hostile.PAYLOADS:
        press(pty, "J", "H", "G", "t")
    assert is_running(pty)
    assert "[@click=app.quit]click[/]" in plain(everything(pty))
    assert foreign(everything(pty), columns=columns, rows=rows) == []


def test_nothing_in_a_dialog_reaches_the_terminal_as_more_than_text(
    terminal: tuple[PtyTerminal, int, int],
) -> None:
    pty, columns, rows = terminal
    press(pty, "\r", "S", "j", "j", "q")  # attachments
    press(pty, "gh", "j", "q")  # links
    press(pty, "L", "evil", "\x1b[B", "\r", "O", "j", "q")  # the picker, then the item in full
    press(pty, ",c", "evil", "\x1b[B", "\r", "n")  # another item, not taken
    press(pty, "i", "i", "?", " ", "q", ":", "go", "\x1b", "q")
    press(pty, "gl", "evil", "\r", "gi", "v", "evil", "\x1b")
    press(pty, "/evil\r", "\r", "q", "q")
    assert is_running(pty)
    assert foreign(everything(pty), columns=columns, rows=rows) == []


def test_clicking_on_markup_in_mail_runs_nothing(terminal: tuple[PtyTerminal, int, int]) -> None:
    pty, columns, rows = terminal
    for row in range(2, rows, 2):
        click(pty, columns // 3, row)
    press(pty, "\x1b", "\x1b", "\r")
    for row in range(2, rows, 3):
        click(pty, columns // 4, row)
    assert is_running(pty)
    assert foreign(everything(pty), columns=columns, rows=rows) == []


def test_what_is_said_in_the_status_line_is_text(
    terminal: tuple[PtyTerminal, int, int], evil: Database
) -> None:
    pty, columns, rows = terminal
    with evil.write() as connection:
        events.record(connection, "rejected", text=f"Refused {hostile.EVERYTHING}")
    pty.wait_for("Refused")
    press(pty, "j")
    assert is_running(pty)
    assert foreign(everything(pty), columns=columns, rows=rows) == []


def test_the_clipboard_gets_only_what_the_user_copies_and_only_text(
    terminal: tuple[PtyTerminal, int, int],
) -> None:
    pty, columns, rows = terminal
    press(pty, "\r", "ym", "yb", "ya", "yl", "\r")
    octets = everything(pty)
    copied = [base64.b64decode(text) for text in re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", octets)]
    assert len(copied) >= 3
    assert all(is_safe(text.decode()) for text in copied)
    assert foreign(octets, columns=columns, rows=rows, may_copy=True) == []


def test_a_saved_attachment_stays_in_its_directory(
    terminal: tuple[PtyTerminal, int, int], tmp_path: Path
) -> None:
    pty, columns, rows = terminal
    before = set(tmp_path.rglob("*"))
    pty.press("\r", quiet_s=0.5)
    pty.send("S")
    pty.wait_for("in the directory")
    pty.press("\r", quiet_s=0.3)
    pty.send("\r")
    pty.wait_for("Saved")
    saved = [path for path in set(tmp_path.rglob("*")) - before if tmp_path / "data" not in path.parents]
    assert [path.parent for path in saved] == [tmp_path]
    assert saved[0].read_bytes() == b"file"
    assert saved[0].stat().st_mode & 0o777 == 0o600
    assert saved[0].name.isprintable()
    assert foreign(everything(pty), columns=columns, rows=rows) == []

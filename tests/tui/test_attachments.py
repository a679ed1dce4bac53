from __future__ import annotations

from pathlib import Path

import makers
import pytest
import told
from textual.app import App
from textual.widgets import OptionList

from mail.types import Attachment, SafeText
from store import emails
from store.database import Database
from store.rows import EmailRow
from tui.screens.attachments import Attachments, SaveWish
from tui.writing.saving import write

MESSAGE = (
    b"From: ana@acme.example\r\nSubject: Two files\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere.\r\n'
    b"--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="quote.pdf"\r\n\r\naGVsbG8=\r\n'
    b'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="../../.bashrc"\r\n\r\nrm\r\n'
    b"--b--\r\n"
)
FILES = (
    Attachment("2", SafeText("quote.pdf"), "application/pdf", 120_000),
    Attachment("3", SafeText("[@click=app.quit]x[/foo]"), "text/plain", 20),
)


class DialogApp(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, dialog: Attachments) -> None:
        super().__init__()
        self.dialog = dialog
        self.wishes: list[SaveWish | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.wishes.append)


def shown(dialog: Attachments) -> list[str]:
    return [str(option.prompt) for option in dialog.query_one(OptionList).options]


async def test_all_each_and_the_message_itself_can_be_saved() -> None:
    dialog = Attachments(FILES, 130_000, "/tmp/x")
    async with DialogApp(dialog).run_test():
        assert shown(dialog) == [
            "all 2 attachments",
            "quote.pdf  application/pdf  120 KB",
            "[@click=app.quit]x[/foo]  text/plain  20 B",
            "the message as it came  130 KB",
        ]


async def test_the_first_enter_chooses_and_the_second_saves_in_the_directory_typed(tmp_path: Path) -> None:
    app = DialogApp(Attachments(FILES, 130_000, str(tmp_path)))
    async with app.run_test() as pilot:
        await pilot.press("j", "enter", *"/new", "enter")
    assert app.wishes == [SaveWish((FILES[0],), False, tmp_path / "new")]


async def test_a_message_without_attachments_can_still_be_saved(tmp_path: Path) -> None:
    app = DialogApp(Attachments((), 900, str(tmp_path)))
    async with app.run_test() as pilot:
        assert shown(app.dialog) == ["the message as it came  900 B"]
        await pilot.press("enter", "enter")
    assert app.wishes == [SaveWish((), True, tmp_path)]


async def test_leaving_saves_nothing() -> None:
    app = DialogApp(Attachments(FILES, 900, "/tmp/x"))
    async with app.run_test() as pilot:
        await pilot.press("q")
    assert app.wishes == [None]


@pytest.fixture
def told_email(db: Database) -> EmailRow:
    (thread_id,) = told.tell_octets(db, makers.an_account(db), [MESSAGE])
    return emails.in_thread(db, thread_id)[0]


def test_attachments_are_saved_under_safe_names_in_the_directory_asked_for(
    db: Database, told_email: EmailRow, tmp_path: Path
) -> None:
    target = tmp_path / "new" / "place"
    paths = write(db, told_email.id, "Two files", SaveWish(told_email.attachments, False, target))
    assert [path.parent for path in paths] == [target, target]
    assert paths[0].name == "quote.pdf"
    assert paths[0].read_bytes() == b"hello"
    assert not paths[1].name.startswith(".")


def test_saving_twice_overwrites_nothing(db: Database, told_email: EmailRow, tmp_path: Path) -> None:
    wish = SaveWish(told_email.attachments[:1], False, tmp_path)
    first = write(db, told_email.id, "", wish)
    first[0].write_bytes(b"mine")
    second = write(db, told_email.id, "", wish)
    assert first[0].read_bytes() == b"mine"
    assert second[0].name == "quote (2).pdf"


def test_the_message_is_saved_byte_for_byte(db: Database, told_email: EmailRow, tmp_path: Path) -> None:
    (path,) = write(db, told_email.id, "Two files", SaveWish((), True, tmp_path))
    assert path.name == "Two files.eml"
    assert path.read_bytes() == MESSAGE

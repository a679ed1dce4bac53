"""Every message nobody here wrote, as the reader shows it: whole, in its other form, with all headers, raw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import makers
import pytest
import told
from rich.cells import cell_len
from rich.style import Style

from mail import files
from mail.headers import fields
from mail.text import is_safe, safe_block
from mail.types import AccountId
from store import emails
from store.database import Database
from store.rows import EmailRow
from tui.widgets.reader_draw import draw
from tui.widgets.reader_layout import Headers, message_rows
from tui.widgets.reader_pages import Pages
from tui.widgets.reader_state import Conversation

MAIL = Path(__file__).parents[3] / "shared" / "mail"
WIDTH = 80
NAMES = ("*.eml", "*.msg", "*.txt", "*.raw")


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


def octets() -> list[bytes]:
    paths = sorted({path for name in NAMES for path in MAIL.rglob(name) if path.stat().st_size < 300_000})
    return [path.read_bytes() for path in paths[::6]]


@pytest.mark.skipif(not MAIL.is_dir(), reason="the collection of other people's mail is not there")
def test_every_real_message_is_shown_without_an_escape_or_an_unsafe_name(
    db: Database, account: AccountId
) -> None:
    messages = list(dict.fromkeys(octets()))
    assert len(messages) > 500
    threads = told.tell_octets(db, account, messages)
    shown = [row for thread_id in threads for row in emails.in_thread(db, thread_id)]
    assert len(shown) > 500
    for row in shown:
        for text in texts(db, row):
            assert is_safe(text), (row.subject, text)
            assert "\n" not in text
            assert cell_len(text) == WIDTH, (row.subject, text)
        for attachment in row.attachments:
            name = files.safe_name(attachment.name)
            assert name.isprintable()
            assert "/" not in name
            assert not name.startswith(".")


def texts(db: Database, row: EmailRow) -> Iterator[str]:
    """Yield every row the reader draws of a message, in each of the ways it can be looked at."""
    conversation = Conversation(Pages(), is_html=True)
    conversation.show([row], keep=False)
    conversation.take_bodies({row.id: emails.body(db, row.id)})
    message = conversation.messages[0]
    raw = emails.octets(db, row.id)
    message.fields, message.raw = fields(raw), safe_block(raw.decode("utf-8", "replace"))
    for headers in Headers:
        message.headers = headers
        yield from drawn(conversation)
    message.headers = Headers.SHORT
    if conversation.toggle_form():
        yield from drawn(conversation)
    message.is_open = False
    yield from drawn(conversation)


def drawn(conversation: Conversation) -> Iterator[str]:
    for one in message_rows(conversation.view(conversation.messages[0]), WIDTH, makers.NOW):
        yield draw(one, Style(), Style(), WIDTH).text

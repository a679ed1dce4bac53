"""Keys that come before what they were meant for is on screen."""

from __future__ import annotations

from screens import an_inbox, settled, the_screen
from textual.events import Key
from waiting import until_true

from mail.types import Role
from store import mailboxes, thread_list
from store.database import Database
from tui.app import DealboxApp
from tui.widgets.compose_body import ComposeBody


def type_at_once(app: DealboxApp, text: str) -> None:
    """Let keys come in one burst, as over a slow line: nothing is opened between two of them."""
    for character in text:
        key = {"\n": "enter", " ": "space", ",": "comma", "/": "slash"}.get(character, character)
        app.post_message(Key(key, character))


async def test_what_is_typed_before_an_answer_is_on_screen_is_its_text_and_no_command(db: Database) -> None:
    an_inbox(db, 5)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        type_at_once(app, "rdear Ana, exde")
        await until_true(lambda: any("exde" in body.text for body in app.screen.query(ComposeBody)))
        assert app.screen.query_one(ComposeBody).text.startswith("dear Ana, exde")
        assert thread_list.ThreadList(db, mailboxes.with_role(db, Role.INBOX)).count == 5


async def test_what_is_typed_before_the_search_line_is_on_screen_is_searched_for(db: Database) -> None:
    an_inbox(db, 5)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        type_at_once(app, "/Subject 3\n")
        await until_true(lambda: app.mail.listings.shown.query == "Subject 3")
        assert thread_list.ThreadList(db, mailboxes.with_role(db, Role.INBOX)).count == 5


async def test_what_is_typed_before_a_choice_is_on_screen_narrows_it(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        type_at_once(app, "glarch\n")
        await until_true(lambda: app.mail.listings.shown.role is Role.ARCHIVE)
        assert thread_list.ThreadList(db, mailboxes.with_role(db, Role.INBOX)).count == 3

from __future__ import annotations

from screens import an_inbox, lines, settled, text, the_screen

from store.database import Database
from tui.screens.pick import Picker, rank


def test_what_begins_as_typed_comes_before_words_and_words_before_letters_inside() -> None:
    found = {title: rank("arc", title) for title in ("archive", "to the archive", "search", "trash")}
    assert found == {"archive": 0, "to the archive": 1, "search": 2, "trash": None}


def test_a_name_finds_when_nothing_else_does() -> None:
    assert rank("thread.sp", "spam", "thread.spam") == 3


def test_every_word_typed_must_occur() -> None:
    assert rank("mark un", "mark as unread") == 1
    assert rank("mark zebra", "mark as unread") is None


async def test_the_palette_shows_titles_and_keys_but_no_names(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("ctrl+p")
        await pilot.pause()
        rows = [line.strip(" │") for line in lines(app) if "Half a page down" in line]
        assert rows[0].startswith("Half a page down")
        assert rows[0].endswith("ctrl+d")
        assert "move.half_page_down" not in text(app)
        await pilot.press(*"undo")
        await pilot.pause()
        assert isinstance(app.screen, Picker)
        assert app.screen.choices.texts[0].startswith("Undo ")


async def test_a_command_typed_in_part_is_picked_from_those_it_may_mean(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("colon", *"mark as", "enter")
        await pilot.pause()
        assert "Mark as read" in text(app)
        assert "Mark as unread" in text(app)
        await pilot.press("down", "enter")
        await settled(app, pilot)
        assert "as unread" in lines(app)[-1]


async def test_a_command_named_in_full_runs_at_once(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("colon", *"thread.archive", "enter")
        await settled(app, pilot)
        assert "Archived 1 conversation" in lines(app)[-1]

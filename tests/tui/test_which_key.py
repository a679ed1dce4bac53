"""The popup of key sequences while dialogs come over it."""

from __future__ import annotations

import makers
import pytest
from screens import settled, text, the_screen
from textual.content import Content

from store.database import Database
from tui.commands.registry import Pane
from tui.screens.confirm import Confirm


async def test_a_dialog_comes_over_a_popup_that_was_closed_just_before(db: Database) -> None:
    makers.an_account(db)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        app.mail.dispatcher._show_popup()
        await pilot.pause()
        assert app.mail.which_key.size.height > 1
        app.mail.which_key.show("", ())  # closed, and not laid out again before the dialog paints
        app.push_screen(Confirm(Content("Is it there?")))
        await settled(app, pilot)
        assert "Is it there?" in text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 40)])
async def test_every_way_a_sequence_goes_on_has_a_place_on_the_screen(
    db: Database, size: tuple[int, int]
) -> None:
    makers.an_account(db)
    async with the_screen(db, size=size) as (app, pilot):
        await settled(app, pilot)
        await pilot.press("comma")
        app.mail.dispatcher._show_popup()
        await settled(app, pilot)
        ways = app.mail.dispatcher.keymap.continuations(Pane.LIST, (",",))
        shown = text(app)
        assert len(ways) > 30
        assert [keys for keys, command in ways if f" {keys}  {command.title[:6]}" not in shown] == []

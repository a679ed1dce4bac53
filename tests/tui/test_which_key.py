"""The popup of key sequences while dialogs come over it."""

from __future__ import annotations

import makers
from screens import settled, text, the_screen
from textual.content import Content

from store.database import Database
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

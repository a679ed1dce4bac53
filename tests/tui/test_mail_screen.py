from __future__ import annotations

import makers
import pytest
import stored
import waiting
from screens import an_inbox, lines, settled, shows, text, the_screen

from mail.types import Role
from store import actions, mailboxes, thread_list, threads
from store.database import Database
from store.settings import Settings
from tui.commands.registry import Pane
from tui.listing import of_mailboxes


def inbox_count(db: Database) -> int:
    return thread_list.ThreadList(db, mailboxes.with_role(db, Role.INBOX)).count


async def test_the_first_frame_shows_the_inbox(db: Database) -> None:
    an_inbox(db, 30, unread=5)
    async with the_screen(db) as (app, _):
        shown = lines(app)
        assert shown[0].startswith("▸Inbox  5 unread  1/30")
        assert "Subject 29" in shown[1]
        assert shown[1].startswith(">")
        assert "e archive" in shown[-1]


async def test_without_an_account_the_list_says_how_to_add_one(db: Database) -> None:
    async with the_screen(db) as (app, _):
        assert "dealbox account add maildir PATH" in text(app)
        assert "dealbox demo" in text(app)


async def test_archiving_takes_the_line_away_and_says_how_to_undo(db: Database) -> None:
    _, _, ids = an_inbox(db, 30)
    async with the_screen(db) as (app, pilot):
        await pilot.press("j", "e")
        await settled(app, pilot)
        assert "Subject 28" not in text(app)
        current = app.mail.current_thread()
        assert current is not None
        assert current.thread_id == ids[2]
        assert "Archived 1 conversation  z undo" in lines(app)[-1]
        await pilot.press("z")
        await settled(app, pilot)
        assert "Subject 28" in text(app)
        assert lines(app)[-1].startswith(" Undone: Archived 1 conversation")
        await pilot.press("Z")
        await settled(app, pilot)
        assert lines(app)[-1].startswith(" Done again: Archived 1 conversation")
        assert "Subject 28" not in text(app)


async def test_undo_takes_the_cursor_to_the_first_of_what_came_back(db: Database) -> None:
    _, _, ids = an_inbox(db, 60)
    async with the_screen(db) as (app, pilot):
        await pilot.press("j", "x", "j", "x", "e", "G")
        await settled(app, pilot)
        await pilot.press("z")
        await settled(app, pilot)
        assert app.mail.current_thread().thread_id == ids[1]
        assert "Subject 58" in text(app)


async def test_selecting_leaves_the_cursor_where_it_is(db: Database) -> None:
    _, _, ids = an_inbox(db, 5)
    async with the_screen(db) as (app, pilot):
        await pilot.press("x", "j", "x")
        assert app.mail.thread_list.marked == set(ids[:2])
        await pilot.press("x", "j", "V", "j", "V")
        assert app.mail.thread_list.marked == {ids[0], ids[2], ids[3]}


async def test_keys_pressed_while_an_action_runs_wait_for_it(db: Database) -> None:
    an_inbox(db, 30)
    async with the_screen(db) as (app, pilot):
        for key in ("e", "e", "j", "e"):
            app.mail.dispatcher.press(key)
        await settled(app, pilot)
        assert inbox_count(db) == 27
        assert "Subject 27" in text(app)
        assert "Subject 26" not in text(app)


async def test_an_action_is_done_to_all_that_are_marked_and_can_be_repeated(db: Database) -> None:
    an_inbox(db, 30)
    async with the_screen(db) as (app, pilot):
        await pilot.press("x", "j", "x", "j", "x")
        assert "3 selected" in lines(app)[0]
        await pilot.press("s")
        await settled(app, pilot)
        assert "Starred 3 conversations" in lines(app)[-1]
        assert not app.mail.thread_list.marked
        await pilot.press("j", "full_stop")
        await settled(app, pilot)
        assert "Starred 1 conversation " in lines(app)[-1]


async def test_a_thread_in_the_trash_is_recovered_to_where_it_was(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("d")
        await settled(app, pilot)
        assert inbox_count(db) == 2
        await pilot.press("g", "x")
        await settled(app, pilot)
        assert "Subject 2" in text(app)
        await pilot.press("e")
        await settled(app, pilot)
        assert inbox_count(db) == 3
        assert "Trash is empty." in text(app)


async def test_deleting_for_good_asks_first(db: Database) -> None:
    _, _, ids = an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("D")
        await pilot.pause()
        assert "Delete 1 conversation for good" in text(app)
        await pilot.press("n")
        await settled(app, pilot)
        assert inbox_count(db) == 3
        await pilot.press("D")
        await pilot.pause()
        await pilot.press("y")
        await settled(app, pilot)
        assert inbox_count(db) == 2
        assert threads.get(db, ids[1]) is not None


async def test_reading_replaces_the_list_where_there_is_room_for_one(db: Database) -> None:
    an_inbox(db, 3, unread=3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("enter")
        await settled(app, pilot)
        assert app.mail.pane is Pane.READER
        assert "Subject 2" in lines(app)[0]
        row = threads.get(db, app.mail.current_thread().thread_id)
        assert row is not None
        assert not row.is_unread
        await pilot.press("q")
        await settled(app, pilot)
        assert app.mail.thread_list.has_focus
        await shows(app, "Inbox  2 unread")


async def test_an_archived_open_conversation_gives_way_to_the_next(db: Database) -> None:
    _, _, ids = an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("enter", "e")
        await settled(app, pilot)
        assert app.mail.is_reading
        assert app.mail.current_thread().thread_id == ids[1]


async def test_another_screens_change_is_shown_at_once(db: Database) -> None:
    account, boxes, ids = an_inbox(db, 3)
    async with the_screen(db) as (app, _):
        stored.a_stored_email(db, account, boxes[Role.INBOX], subject="From elsewhere")
        actions.move(db, [ids[0]], boxes[Role.INBOX], Role.ARCHIVE)
        await waiting.until_true(lambda: "Subject 2" not in text(app), "the change is shown")
        assert "Subject 2" not in text(app)


async def test_a_started_sequence_shows_how_it_goes_on(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("g")
        await shows(app, "Starred", "Drafts")
        await pilot.press("escape")
        await pilot.pause()
        assert "Drafts" not in text(app)


async def test_the_popup_of_a_sequence_shows_titles_whole(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("comma")
        await shows(app, "Link to another item", "Link to the first suggestion")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 30), (120, 40)])
async def test_the_status_line_ends_no_hint_in_the_middle(db: Database, size: tuple[int, int]) -> None:
    an_inbox(db, 3)
    async with the_screen(db, size=size) as (app, _):
        assert "? keys  " in lines(app)[-1]
        before = lines(app)[-1].split("? keys")[0].split()
        assert before[-1] in ("archive", "trash", "star", "undo", "link", "search", "CRM")


async def test_a_message_too_long_for_the_line_is_shown_whole_until_the_next_key(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db, size=(60, 20)) as (app, pilot):
        app.mail.warn("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.")
        await pilot.pause()
        assert lines(app)[-3].startswith(" One two")
        assert lines(app)[-2].endswith("fourteen.")
        await pilot.press("j")
        await pilot.pause()
        assert "fourteen." not in text(app)


async def test_a_sequence_that_leads_nowhere_says_so(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("g", "q")
        await pilot.pause()
        assert "g q is not a key here" in lines(app)[-1]


async def test_a_filter_narrows_the_list_while_it_is_typed(db: Database) -> None:
    an_inbox(db, 30)
    async with the_screen(db) as (app, pilot):
        await pilot.press("backslash", *"person17")
        await pilot.pause()
        assert "1/1" in lines(app)[0]
        await pilot.press("enter")
        await settled(app, pilot)
        assert "filtered" in lines(app)[0]
        await pilot.press("q")
        await settled(app, pilot)
        assert "1/30" in lines(app)[0]


async def test_a_command_can_be_typed_by_its_name(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("colon", *"thread.arc", "tab", "enter")
        await settled(app, pilot)
        assert inbox_count(db) == 2


async def test_the_palette_runs_a_command(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("ctrl+p", *"mark as unread", "enter")
        await settled(app, pilot)
        assert "as unread" in lines(app)[-1]


async def test_help_shows_the_keys_of_the_pane(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        assert "Keys in the list" in text(app)
        assert "Half a page down" in text(app)
        await pilot.press("q")
        await settled(app, pilot)
        assert "Keys in the list" not in text(app)


async def test_the_mailbox_picker_finds_by_a_part_of_the_name(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("g", "l", *"arch", "enter")
        await settled(app, pilot)
        assert lines(app)[0].startswith("▸Archive")


async def test_two_accounts_have_one_inbox_and_an_action_stays_in_its_account(db: Database) -> None:
    first, boxes, _ = an_inbox(db, 2)
    second, others, _ = an_inbox(db, 2)
    async with the_screen(db) as (app, pilot):
        assert "1/4" in lines(app)[0]
        await pilot.press("asterisk", "a", "d")
        await settled(app, pilot)
        assert thread_list.ThreadList(db, [boxes[Role.TRASH]]).count == 2
        assert thread_list.ThreadList(db, [others[Role.TRASH]]).count == 2
        assert first != second


async def test_the_inbox_of_an_account_that_comes_later_joins_the_unified_one(db: Database) -> None:
    """A screen opened in the first seconds knows the mailboxes of one account only."""
    an_inbox(db, 2)
    second = makers.an_account(db)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        assert app.mail.thread_list.source.count == 2
        boxes = stored.mailboxes_of(db, second)
        stored.a_stored_email(db, second, boxes[Role.INBOX])
        await app.mail.reload()
        assert app.mail.thread_list.source.count == 3


async def test_the_inbox_of_one_account_stays_what_is_shown_when_another_changes(db: Database) -> None:
    an_inbox(db, 2)
    _, others, _ = an_inbox(db, 3)
    async with the_screen(db) as (app, _):
        rows = [row for row in app.mail.listings.mailboxes if row.id == others[Role.INBOX]]
        app.mail.listings.open(of_mailboxes("Second / Inbox", rows, Role.INBOX))
        await app.mail.reload()
        assert app.mail.listings.shown.title == "Second / Inbox"
        assert app.mail.thread_list.source.count == 3


async def test_the_mailboxes_are_shown_from_their_first_line_where_they_have_room(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        assert app.mail.mailboxes.first == 0
        assert lines(app)[2].startswith(">Inbox")


async def test_the_panel_key_opens_it_over_a_narrow_screen(db: Database) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        await pilot.press("i")
        await settled(app, pilot)
        assert app.mail.pane is Pane.PANEL
        assert app.mail.places.is_panel_overlay
        await pilot.press("q")
        await settled(app, pilot)
        assert app.mail.thread_list.has_focus
        assert not app.mail.places.is_panel_overlay


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 30), (100, 36), (120, 40), (160, 45), (200, 50)])
async def test_every_size_shows_the_list_and_opens_a_conversation(
    db: Database, size: tuple[int, int]
) -> None:
    an_inbox(db, 40)
    async with the_screen(db, size=size) as (app, pilot):
        assert "Subject 39" in text(app)
        await pilot.press("enter")
        await settled(app, pilot)
        assert app.mail.pane is Pane.READER
        assert len(lines(app)) == size[1]


async def test_wrong_keys_in_the_settings_are_told_at_the_start(db: Database) -> None:
    an_inbox(db, 3)
    settings = Settings(keys={"thread.archve": "e"})
    async with the_screen(db, settings=settings) as (app, pilot):
        await pilot.pause()
        assert "did you mean thread.archive?" in lines(app)[-1]


async def test_ascii_glyphs_leave_nothing_but_ascii(db: Database) -> None:
    an_inbox(db, 3, unread=2)
    async with the_screen(db, size=(120, 40), settings=Settings(glyphs="ascii")) as (app, _):
        assert text(app).isascii()


async def test_deleting_from_a_view_says_which_mailboxes_it_empties(db: Database) -> None:
    account, boxes, _ = an_inbox(db, 1)
    stored.a_stored_email(db, account, boxes[Role.SENT], subject="Subject sent")
    async with the_screen(db) as (app, pilot):
        await pilot.press("g", "a", "asterisk", "a", "D")
        await pilot.pause()
        asked = " ".join(text(app).replace("│", " ").split())
        assert "Delete 2 conversations for good: 2 messages in Inbox and Sent, on the server too?" in asked
        await pilot.press("n")


async def test_sent_names_whom_mail_went_to(db: Database) -> None:
    account, boxes, _ = an_inbox(db, 1)
    stored.a_stored_email(db, account, boxes[Role.SENT], subject="Offer", is_outgoing=True)
    async with the_screen(db) as (app, pilot):
        await pilot.press("g", "t")
        await settled(app, pilot)
        assert "To: " in lines(app)[1]
        await pilot.press("g", "i")
        await settled(app, pilot)
        assert "To: " not in lines(app)[1]

from __future__ import annotations

from mail.ids import Role
from store.rows import AccountRow
from tui.frame import ListFacts, empty_text, hints, list_title, status_line, sync_state
from tui.glyphs import ASCII
from tui.listing import Listing, of_search, of_waiting
from tui.widgets.bar import Piece
from tui.worker_care import pause_s

ACCOUNT = AccountRow(
    id=1,  # type: ignore[arg-type]  # any number
    kind="maildir",
    name="Work",
    address="me@dealbox.example",
    aliases=(),
    scope="personal",
    config={},
    status="live",
    status_text="",
    progress_done=0,
    progress_total=0,
    progress_started_at=None,
    synced_at=1_700_000_000,
)


def words(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces).strip()


def test_the_title_of_a_list_has_its_counts_and_the_position() -> None:
    assert list_title(ListFacts("Inbox", 3, 1204, 12, 2)) == "Inbox  12 unread  3/1,204  2 selected"
    assert list_title(ListFacts("Trash", 0, 0, 0, 0)) == "Trash"


def test_a_first_sync_shows_a_bar_counts_and_the_time_left() -> None:
    busy = ACCOUNT._replace(
        status="backfilling",
        progress_done=500,
        progress_total=1000,
        progress_started_at=1000,
        synced_at=None,
    )
    assert words(sync_state([busy], 1060, ASCII, 80)) == "######------ 500/1,000 about 1 min left"
    texts = busy._replace(status="live")
    assert words(sync_state([texts], 1060, ASCII, 80)) == "texts ######------ 500/1,000 about 1 min left"


def test_trouble_of_one_account_is_said_before_all_else() -> None:
    broken = ACCOUNT._replace(
        status="error", status_text="the Maildir is gone: mount it or run dealbox account"
    )
    assert words(sync_state([ACCOUNT, broken], 0, ASCII, 80)) == (
        "Work: the Maildir is gone: mount it or run dealbox account"
    )


def test_trouble_is_shortened_beside_the_keys_and_told_whole_by_an_empty_list() -> None:
    broken = ACCOUNT._replace(status="sign_in", status_text="/mail is not there: mount it or add it again")
    assert words(sync_state([broken], 0, ASCII, 30)) == "Work: /mail is not there:..."
    assert "Work: /mail is not there: mount it or add it again" in empty_text([broken], Listing("Inbox"))


def test_without_trouble_the_time_of_the_last_sync_is_shown() -> None:
    assert words(sync_state([ACCOUNT], 0, ASCII, 80)).startswith("synced ")
    assert words(sync_state([], 0, ASCII, 80)) == ""


def test_a_message_comes_with_the_key_that_takes_it_back() -> None:
    pairs = [("e", "archive")]
    said = status_line("Archived 2 conversations", is_warning=False, undo_key="z", pairs=pairs, room=80)
    assert words(said) == "Archived 2 conversations  z undo"
    assert words(status_line("", is_warning=False, undo_key="", pairs=pairs, room=80)) == "e archive"


def test_hints_are_left_out_whole_and_the_last_one_stays() -> None:
    pairs = [("e", "archive"), ("L", "link"), ("?", "keys")]
    assert words(hints(pairs, 40)) == "e archive  L link  ? keys"
    assert words(hints(pairs, 24)) == "e archive  ? keys"
    assert words(hints(pairs, 10)) == "? keys"
    assert words(hints(pairs, 4)) == ""


def test_an_empty_list_says_what_to_do() -> None:
    assert "dealbox account add maildir PATH" in empty_text([], Listing("Inbox"))
    assert "Mail is being read" in empty_text(
        [ACCOUNT._replace(status="backfilling", synced_at=None)], Listing("Inbox")
    )
    assert empty_text([ACCOUNT], Listing("Spam")).startswith("Spam is empty.")
    assert empty_text([ACCOUNT], of_search("x")).startswith("Nothing found.")
    assert empty_text([ACCOUNT], Listing("To file", role=Role.UNLINKED)).startswith(
        "Nothing is left to file."
    )
    assert empty_text([ACCOUNT], of_waiting(3)).startswith("No answer for 3 days on your open items")


def test_a_dying_worker_is_started_ever_more_slowly() -> None:
    assert [pause_s(deaths) for deaths in (1, 2, 3, 10)] == [1, 2, 4, 120]

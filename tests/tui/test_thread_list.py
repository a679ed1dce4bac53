from __future__ import annotations

from pathlib import Path

import makers
import pytest
from textual.app import App, ComposeResult

from mail.types import AccountId, ThreadId
from store.rows import ThreadKey, ThreadRow
from tui.glyphs import ASCII, UNICODE
from tui.widgets.thread_list import ThreadList
from tui.widgets.thread_rows import DATES, Look, RowState, chip, columns, flags, people

CSS = Path(__file__).parents[2] / "tui" / "app.tcss"


def a_row(number: int, **changes: object) -> ThreadRow:
    row = ThreadRow(
        at=makers.NOW + number,
        thread_id=ThreadId(number),
        account_id=AccountId(1),
        is_unread=False,
        is_flagged=False,
        has_attachment=False,
        has_draft=False,
        email_count=1,
        subject=f"Subject {number}",
        participants=f"Person {number}",
        preview="Words of the newest message",
        item_kind=None,
        visibility="private",
    )
    return row._replace(**changes)  # type: ignore[arg-type]  # the fields by name


class Rows:
    """A source over a list of rows, as the paged one of the store behaves."""

    def __init__(self, count: int) -> None:
        self.rows = [a_row(number) for number in range(count, 0, -1)]

    @property
    def count(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> ThreadRow | None:
        return self.rows[index] if 0 <= index < len(self.rows) else None

    def rank(self, key: ThreadKey) -> int:
        return sum(row.key > key for row in self.rows)

    def refresh(self) -> None:
        pass

    def find(self, thread_id: ThreadId) -> ThreadKey | None:
        return next((row.key for row in self.rows if row.thread_id == thread_id), None)


class ListApp(App[None]):
    CSS_PATH = CSS

    def __init__(self, count: int, *, is_jumping: bool = False) -> None:
        super().__init__()
        self.source = Rows(count)
        self.list = ThreadList(is_jumping=is_jumping, now=lambda: makers.NOW)

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.show(self.source)
        self.list.focus()


def shown(list_: ThreadList) -> list[str]:
    return [list_.render_line(y).text.rstrip() for y in range(list_.size.height)]


def cursor_line(list_: ThreadList) -> int:
    return list_.cursor - list_.first


async def test_mail_arriving_above_leaves_the_screen_and_the_cursor_where_they_are() -> None:
    app = ListApp(300)
    async with app.run_test(size=(80, 20)):
        app.list.go(100)
        before, thread = shown(app.list), app.list.current
        app.source.rows[:0] = [a_row(number) for number in range(307, 300, -1)]
        app.list.reload()
        assert shown(app.list) == before
        assert app.list.current == thread


async def test_mail_arriving_at_the_top_of_the_list_shows_while_the_cursor_stays_on_its_thread() -> None:
    app = ListApp(300)
    async with app.run_test(size=(80, 20)):
        app.list.go(3)
        thread = app.list.current
        app.source.rows[:0] = [a_row(number) for number in range(307, 300, -1)]
        app.list.reload()
        assert app.list.first == 0
        assert app.list.current == thread
        assert cursor_line(app.list) == 10


async def test_more_mail_than_fits_above_leaves_the_cursor_in_sight() -> None:
    app = ListApp(300)
    async with app.run_test(size=(80, 20)):
        before, thread = shown(app.list), app.list.current
        app.source.rows[:0] = [a_row(number) for number in range(330, 300, -1)]
        app.list.reload()
        assert app.list.current == thread
        assert shown(app.list) == before


async def test_the_thread_after_a_removed_one_is_under_the_cursor_on_the_same_line() -> None:
    app = ListApp(300)
    async with app.run_test(size=(80, 20)):
        app.list.go(100)
        line, after = cursor_line(app.list), app.source.rows[101]
        del app.source.rows[100]
        app.list.reload()
        assert app.list.current == after
        assert cursor_line(app.list) == line


async def test_removing_the_last_thread_puts_the_cursor_on_the_one_before() -> None:
    app = ListApp(5)
    async with app.run_test(size=(80, 20)):
        app.list.bottom()
        del app.source.rows[4]
        app.list.reload()
        assert app.list.current == app.source.rows[3]


async def test_the_cursor_follows_its_thread_when_a_new_message_takes_it_up() -> None:
    app = ListApp(50)
    async with app.run_test(size=(80, 20)):
        app.list.go(30)
        row = app.source.rows.pop(30)
        app.source.rows.insert(0, row._replace(at=makers.NOW + 1000))
        app.list.reload()
        assert app.list.cursor == 0


async def test_moving_repaints_two_rows_and_nothing_else() -> None:
    app = ListApp(50)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        app.list._repaint_regions.clear()  # what Textual will paint is not public
        app.list.move(1)
        assert {(region.y, region.height) for region in app.list._repaint_regions} == {(0, 1), (1, 1)}


async def test_reading_again_repaints_only_rows_that_changed() -> None:
    app = ListApp(50)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        app.list._repaint_regions.clear()
        app.list.reload()
        assert not app.list._repaint_regions
        app.source.rows[3] = app.source.rows[3]._replace(is_unread=True)
        app.list.reload()
        assert {region.y for region in app.list._repaint_regions} == {3}


async def test_a_page_keeps_the_cursor_on_its_line() -> None:
    app = ListApp(300)
    async with app.run_test(size=(80, 20)):
        app.list.go(5)
        app.list.page(1)
        assert (app.list.first, app.list.cursor) == (20, 25)
        app.list.page(-0.5)
        assert (app.list.first, app.list.cursor) == (10, 15)


async def test_top_and_bottom_go_to_the_ends() -> None:
    app = ListApp(300)
    async with app.run_test(size=(80, 20)):
        app.list.bottom()
        assert app.list.cursor == 299
        assert app.list.first == 280
        app.list.top()
        assert (app.list.cursor, app.list.first) == (0, 0)


@pytest.mark.parametrize(("is_jumping", "first"), [(False, 1), (True, 11)])
async def test_jump_scroll_moves_the_window_by_half_a_page(is_jumping: bool, first: int) -> None:
    app = ListApp(300, is_jumping=is_jumping)
    async with app.run_test(size=(80, 20)):
        app.list.go(19)
        app.list.move(1)
        assert app.list.first == first


async def test_marks_are_threads_and_survive_a_change_of_the_list() -> None:
    app = ListApp(50)
    async with app.run_test(size=(80, 20)):
        app.list.go(2)
        marked = app.list.current
        app.list.toggle_mark()
        app.source.rows.insert(0, a_row(51))
        app.list.reload()
        assert marked is not None
        assert app.list.marked == {marked.thread_id}
        assert shown(app.list)[3].startswith("X")


async def test_a_range_marks_what_the_cursor_passes_and_unmarks_what_it_leaves() -> None:
    app = ListApp(50)
    async with app.run_test(size=(80, 20)):
        app.list.go(10)
        app.list.toggle_range()
        app.list.move(5)
        assert len(app.list.marked) == 6
        app.list.move(-3)
        assert len(app.list.marked) == 3
        app.list.toggle_range()
        app.list.move(5)
        assert len(app.list.marked) == 3


async def test_an_empty_list_says_what_to_do() -> None:
    app = ListApp(0)
    async with app.run_test(size=(80, 20)):
        app.list.set_empty_text("Inbox is empty.\nPress g l")
        assert any("Inbox is empty." in line for line in shown(app.list))


async def test_the_first_mail_takes_away_all_of_what_the_empty_list_said() -> None:
    app = ListApp(0)
    async with app.run_test(size=(80, 20)) as pilot:
        app.list.set_empty_text("Inbox is empty.\nPress g l")
        await pilot.pause()
        app.list._repaint_regions.clear()
        app.source.rows.append(a_row(1))
        app.list.reload()
        assert {(region.y, region.height) for region in app.list._repaint_regions} == {(0, 20)}


async def test_rows_of_two_lines_show_the_subject_below() -> None:
    app = ListApp(50)
    async with app.run_test(size=(59, 20)):
        app.list.set_row_lines(2)
        app.list.move(1)
        lines = shown(app.list)
        assert lines[2].startswith(">")
        assert "Person 49" in lines[2]
        assert lines[3].strip().startswith("Subject 49 - Words")
        assert app.list.visible_rows == 10


async def test_every_row_is_exactly_as_wide_as_the_list() -> None:
    app = ListApp(3)
    app.source.rows[0] = a_row(3, subject="您好 报价单 " * 20, participants="田中 太郎" * 6, email_count=5000)
    for width in (40, 59, 66, 80, 121):
        async with app.run_test(size=(width, 5)):
            for y in range(5):
                assert app.list.render_line(y).cell_length == width
        app = ListApp(3)


def test_a_row_of_eighty_cells_has_the_columns_of_the_design() -> None:
    assert (columns(80).people, columns(80).text) == (18, 42)
    assert not columns(66).has_preview


def test_nothing_is_said_by_colour_alone() -> None:
    cursor, marked = RowState(True, False), RowState(False, True)
    assert flags(a_row(1), cursor, UNICODE)[0] == ">"
    assert flags(a_row(1), marked, UNICODE)[0] == "x"
    assert flags(a_row(1), RowState(True, True), UNICODE)[0] == "X"
    busy = a_row(1, is_unread=True, is_flagged=True, has_attachment=True)
    assert flags(busy, marked, UNICODE)[:4] == "x●★@"
    assert flags(busy, marked, ASCII)[:4] == "xu*@"


def test_the_chip_of_a_private_conversation_is_a_small_letter() -> None:
    assert chip(a_row(1, item_kind="deal", visibility="shared")) == "D"
    assert chip(a_row(1, item_kind="deal", visibility="private")) == "d"
    assert chip(a_row(1)).strip() == ""


def test_the_chip_says_that_a_conversation_waits_to_be_linked() -> None:
    assert [chip(a_row(1, link_mark=mark)) for mark in ("!", "?")] == ["!", "?"]
    assert chip(a_row(1, item_kind="deal", link_mark="?")) == "d"


def test_a_list_of_what_was_sent_names_the_others_of_a_conversation() -> None:
    sent = Look(UNICODE, DATES["short"], is_outgoing=True)
    assert people(a_row(1)._replace(participants="me, Ana, Bob"), sent) == "To: Ana, Bob"
    assert people(a_row(1)._replace(participants="To: Ana Lima"), sent) == "To: Ana Lima"
    assert people(a_row(1)._replace(participants="me"), sent) == "me"

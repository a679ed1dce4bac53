from __future__ import annotations

import time
from pathlib import Path

import makers
import pytest
import told
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

from mail.types import AccountId, Block, BlockKind, Body, Document, Link, LinkSpan, SafeText
from store.database import Database
from tui.guard import OutputGuard
from tui.widgets.reader import Reader
from tui.widgets.reader_layout import Headers

CSS = [Path(__file__).parents[2] / "tui" / name for name in ("app.tcss", "later.tcss")]
LONG = "\n".join(f"line {number}" for number in range(200))


class ReaderApp(App[None]):
    CSS_PATH = CSS

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.reader = Reader(db, now=lambda: makers.NOW)

    def compose(self) -> ComposeResult:
        yield self.reader

    def get_line_filters(self) -> list[OutputGuard]:  # type: ignore[override]  # a list of one kind of them
        return [OutputGuard()]


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


def shown(reader: Reader) -> list[str]:
    return [reader.render_line(y).text.rstrip() for y in range(reader.size.height)]


async def test_older_read_messages_are_folded_and_the_newest_is_open(
    db: Database, account: AccountId
) -> None:
    thread_id = told.a_conversation(db, account, "First words", "Second words", "Third words")
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        reader.top()
        lines = shown(reader)
        assert lines[0] == "Quote"
        assert [line[0] for line in lines[2:5]] == ["▸", "▸", "▾"]
        assert "First words" in lines[2]
        assert "Third words" in lines


async def test_unread_messages_are_open_and_the_first_of_them_is_the_current_one(
    db: Database, account: AccountId
) -> None:
    thread_id = told.a_conversation(db, account, "First words", "Second words", seen=False)
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert "First words" in shown(reader)
        assert "Second words" in shown(reader)
        assert reader.email is not None
        assert reader.email.preview == "First words"
        assert reader.go_next_unread()
        assert reader.email.preview == "Second words"
        assert not reader.go_next_unread()


async def test_next_and_previous_message_open_what_they_reach(db: Database, account: AccountId) -> None:
    thread_id = told.a_conversation(db, account, "First words", "Second words")
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert not reader.go_message(1)
        assert reader.go_message(-1)
        await pilot.app.workers.wait_for_complete()
        assert "First words" in shown(reader)
        assert not reader.go_message(-1)


async def test_a_conversation_of_240_messages_reads_only_the_bodies_in_sight(
    db: Database, account: AccountId
) -> None:
    thread_id = told.a_conversation(db, account, *[f"Words {number}" for number in range(240)], seen=False)
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        await pilot.app.workers.wait_for_complete()
        loaded = sum(message.is_loaded for message in reader.conversation.messages)
        assert 2 <= loaded < 40
        assert "Words 0" in shown(reader)
        reader.bottom()
        await pilot.app.workers.wait_for_complete()
        assert reader.conversation.messages[-1].is_loaded
        assert sum(message.is_loaded for message in reader.conversation.messages) < 80


async def test_a_message_of_two_megabytes_is_shown_before_it_is_laid_out(
    db: Database, account: AccountId
) -> None:
    text = "\n".join(f"line {number} " + "word " * 30 for number in range(13_000))
    thread_id = told.a_conversation(db, account, text)
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert any("line 0 word" in line for line in shown(reader))
        assert not reader.pages.is_whole
        reader.bottom()
        assert reader.pages.is_whole
        assert any("line 12999 word" in line for line in shown(reader))


async def test_quotes_unfold_and_fold_where_the_user_is(db: Database, account: AccountId) -> None:
    quote = "\n".join(f"> quoted {number}" for number in range(9))
    body = Body(
        Document((Block(BlockKind.TEXT, SafeText("Yes.")), Block(BlockKind.QUOTE, SafeText(quote)))), None
    )
    (thread_id,) = told.tell(db, account, makers.an_email("Yes.", body=body))
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert "▸ quoted, 9 lines" in shown(reader)
        reader.toggle_fold()
        assert "> quoted 8" in shown(reader)
        reader.toggle_fold()
        assert "> quoted 8" not in shown(reader)


async def test_a_click_on_a_fold_opens_it(db: Database, account: AccountId) -> None:
    quote = "\n".join(f"> quoted {number}" for number in range(9))
    body = Body(
        Document((Block(BlockKind.TEXT, SafeText("Yes.")), Block(BlockKind.QUOTE, SafeText(quote)))), None
    )
    (thread_id,) = told.tell(db, account, makers.an_email("Yes.", body=body))
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        await pilot.click(reader, offset=(3, shown(reader).index("▸ quoted, 9 lines")))
        assert "> quoted 8" in shown(reader)


async def test_plain_text_and_html_change_places(db: Database, account: AccountId) -> None:
    body = Body(
        Document((Block(BlockKind.TEXT, SafeText("as plain")),)),
        Document((Block(BlockKind.TEXT, SafeText("as a page")),)),
    )
    (thread_id,) = told.tell(db, account, makers.an_email("x", body=body))
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert "as a page" in shown(reader)
        assert reader.toggle_form()
        assert "as plain" in shown(reader)


async def test_headers_go_from_short_to_full_to_raw_and_back(db: Database, account: AccountId) -> None:
    octets = b"From: a@b.example\r\nSubject: Raw\r\nX-Odd: \x1b[31mred\r\nDate: Fri, 21 Nov 2025 10:00:00 +0000\r\n\r\nHi\r\n"
    (thread_id,) = told.tell_octets(db, account, [octets])
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert await reader.cycle_headers() is Headers.FULL
        lines = shown(reader)
        assert any(line.startswith("  Received") for line in lines)
        assert any(line.startswith("  Sent Fri 21 Nov 2025") for line in lines)
        assert any(line.startswith("  Registered") for line in lines)
        assert any(line.startswith("X-Odd:") for line in lines)
        assert await reader.cycle_headers() is Headers.RAW
        assert "X-Odd: [31mred" in shown(reader)
        assert await reader.cycle_headers() is Headers.SHORT


async def test_new_mail_leaves_the_reader_where_it_is(db: Database, account: AccountId) -> None:
    first = makers.an_email(LONG)
    (thread_id,) = told.tell(db, account, first, seen=True)
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        reader.move(50)
        before = shown(reader)
        answer = makers.an_email("An answer", in_reply_to=(str(first.message_id),))
        told.tell(db, account, answer, received_at=makers.NOW + 600)
        await reader.reload()
        assert shown(reader) == before
        assert len(reader.conversation.messages) == 2


async def test_the_text_is_never_wider_than_100_columns_unless_wanted(
    db: Database, account: AccountId
) -> None:
    thread_id = told.a_conversation(db, account, "word " * 100)
    async with ReaderApp(db).run_test(size=(160, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert max(map(len, shown(reader))) <= 100
        reader.toggle_wide()
        assert max(map(len, shown(reader))) > 100


async def test_marked_text_is_copied_as_it_stands(db: Database, account: AccountId) -> None:
    thread_id = told.a_conversation(db, account, "Pay 日本 12,400 EUR\nby Friday")
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        y = shown(reader).index("Pay 日本 12,400 EUR")
        pilot.app.screen.selections = {reader: Selection(Offset(4, y), Offset(9, y + 1))}
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "日本 12,400 EUR\nby Friday"
        assert reader.render_line(y).text.rstrip() == "Pay 日本 12,400 EUR"
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard == "日本 12,400 EUR\nby Friday"


async def test_dragging_the_mouse_marks_text(db: Database, account: AccountId) -> None:
    thread_id = told.a_conversation(db, account, "Pay 12,400 EUR by Friday")
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        y = shown(reader).index("Pay 12,400 EUR by Friday")
        await pilot.mouse_down(reader, offset=(4, y))
        await pilot.hover(reader, offset=(13, y))
        await pilot.mouse_up(reader, offset=(13, y))
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "12,400 EUR"


async def test_a_link_opens_in_the_terminal_where_it_really_leads(db: Database, account: AccountId) -> None:
    text = SafeText("Pay here now")
    block = Block(BlockKind.TEXT, text, (LinkSpan(4, 8, 1),))
    body = Body(None, Document((block,), (Link(1, "https://evil.example/x", "evil.example"),)))
    (thread_id,) = told.tell(db, account, makers.an_email("Pay", body=body))
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        y = shown(reader).index("Pay here [1 evil.example] now")
        links = {s.text: s.style.link for s in reader.render_line(y) if s.style and s.style.link}
        assert links == {"here": "https://evil.example/x"}


async def test_a_placeholder_shows_its_reason(db: Database, account: AccountId) -> None:
    broken = makers.an_email("", body=Body(None, None), problem=SafeText("nested too deep"))
    (thread_id,) = told.tell(db, account, broken)
    async with ReaderApp(db).run_test(size=(90, 30)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        assert any("nested too deep" in line for line in shown(reader))


@pytest.mark.no_cover
async def test_a_page_down_in_a_long_message_is_cheap(db: Database, account: AccountId) -> None:
    thread_id = told.a_conversation(db, account, "\n".join([LONG] * 50))
    async with ReaderApp(db).run_test(size=(120, 40)) as pilot:
        reader: Reader = pilot.app.reader  # type: ignore[attr-defined]
        await reader.open_thread(thread_id)
        started = time.process_time()
        for _ in range(20):
            reader.page(1)
            shown(reader)
        assert time.process_time() - started < 1.0

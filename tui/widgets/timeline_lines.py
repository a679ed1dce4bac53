"""Events of a timeline as lines of text: what happened, and when each part of it did. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from store.crm.timeline_entries import Entry, EntryKind, Moment
from tui.content import line
from tui.format import short_date, shorten
from tui.widgets.crm_lines import Look
from tui.widgets.item_lines import ItemLine, OpenPage, OpenThread, ShowLine, ShowText, Target, moment_text

ENTRY_LINES: Final = 2
_WORD: Final = 9
_WORDS: Final = {
    EntryKind.MAIL_IN: "mail in",
    EntryKind.MAIL_OUT: "mail out",
    EntryKind.LINK: "link",
    EntryKind.NOTE: "note",
    EntryKind.CHANGE: "change",
    EntryKind.MADE: "made",
}


def entry_lines(entry: Entry, width: int, now: int) -> tuple[ItemLine, ItemLine]:
    """Return an event on two lines: what happened, and when each part of it did."""
    target = _target(entry, now)
    word = _WORDS.get(entry.kind) or ("done" if entry.is_done else "to do")
    text = line(entry.text) or "(no subject)" * (entry.kind in (EntryKind.MAIL_IN, EntryKind.MAIL_OUT))
    if entry.kind in (EntryKind.MAIL_IN, EntryKind.MAIL_OUT):
        text = f"{line(entry.by)}: {text}"
    if entry.preview:
        text += f" - {line(entry.preview)}"
    look = Look.DIM if entry.kind in (EntryKind.LINK, EntryKind.CHANGE) else Look.PLAIN
    first = f"{short_date(entry.at, now):>6}  {word:<{_WORD}}{'pinned: ' if entry.is_pinned else ''}{text}"
    second = f"{' ' * 8}{times_text(entry.moments, now)}{_by(entry)}"
    return ItemLine(shorten(first, width), look, target), ItemLine(shorten(second, width), Look.DIM, target)


def _by(entry: Entry) -> str:
    if not entry.by or entry.kind in (EntryKind.MAIL_IN, EntryKind.MAIL_OUT):
        return ""
    return f"; {line(entry.by)}" if entry.kind is EntryKind.MADE else f", by {line(entry.by)}"


def _target(entry: Entry, now: int) -> Target | None:
    if entry.note_id:
        return ShowText(entry.note_id, "Note")
    if entry.page is not None:
        return OpenPage(entry.page)
    if entry.thread_id is not None and entry.count == 1:
        return OpenThread(entry.thread_id)
    if entry.kind is EntryKind.CHANGE:
        return ShowLine(entry.text, f"Changed {moment_text(entry.at, now)}{_by(entry)}")
    return None


def times_text(moments: Iterable[Moment], now: int) -> str:
    """Return "received 22 Nov 08:14, in the CRM 08:20": the day only where it is another than the one before."""
    parts = []
    day = ""
    for name, at in moments:
        text = moment_text(at, now)
        same_day, clock = text[:-6], text[-5:]
        parts.append(f"{name} {clock if same_day == day else text}")
        day = same_day
    return ", ".join(parts)

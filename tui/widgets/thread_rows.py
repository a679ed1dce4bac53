"""How one thread looks in a list: columns for a width, and the strips of a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from store.rows import ThreadRow
from tui.content import line
from tui.format import fit, iso_date, relative_date, short_date
from tui.glyphs import Glyphs

_LETTERS = {"deal": "D", "lead": "L", "project": "J", "person": "P", "organization": "O"}
# flags 4, chip 2, count 3 and a blank between any two of the six columns; the date comes on top
_FIXED = 4 + 2 + 3 + 5


class Dates(NamedTuple):
    """A way of writing times, and the cells it takes."""

    cells: int
    write: Callable[[int, int], str]


DATES = {"short": Dates(6, short_date), "iso": Dates(16, iso_date), "relative": Dates(5, relative_date)}


class Look(NamedTuple):
    """What the settings say about rows; `is_outgoing` names whom mail went to rather than who wrote."""

    glyphs: Glyphs
    dates: Dates
    is_outgoing: bool = False


class Columns(NamedTuple):
    """Cells for who wrote and for subject and preview; `has_count` and `has_preview` give way when narrow."""

    people: int
    text: int
    has_count: bool
    has_preview: bool


def columns(width: int, date_cells: int = 6) -> Columns:
    """Divide a row of one line."""
    left = width - _FIXED - date_cells
    if width < 50:
        people = max(8, width // 4)
        return Columns(people, max(0, left + 4 - people), has_count=False, has_preview=False)
    people = 24 if width >= 110 else 18 if width >= 76 else 16
    return Columns(people, max(0, left - people), has_count=True, has_preview=width >= 76)


class RowState(NamedTuple):
    """What the list knows of a row besides its thread."""

    is_cursor: bool
    is_marked: bool


class RowStyles(NamedTuple):
    """Styles of a row that is not under the cursor, and the one style of the row that is."""

    plain: Style
    unread: Style
    dim: Style
    marked: Style
    cursor: Style


def flags(row: ThreadRow, state: RowState, glyphs: Glyphs) -> str:
    """Return the four flag cells and the two of the CRM chip; nothing here is said by colour alone."""
    mark = ("X" if state.is_cursor else "x") if state.is_marked else (">" if state.is_cursor else " ")
    unread = glyphs.unread if row.is_unread else "d" if row.has_draft else " "
    starred = glyphs.flagged if row.is_flagged else " "
    attached = "@" if row.has_attachment else " "
    return f"{mark}{unread}{starred}{attached} {chip(row):2}"


def chip(row: ThreadRow) -> str:
    """Return the letter of the linked item, lower case while the conversation is private, or the mark of none."""
    letter = _LETTERS.get(row.item_kind or "", row.link_mark or " ")
    return letter.lower() if row.visibility == "private" else letter


def _subject(row: ThreadRow) -> str:
    return line(row.subject) or "(no subject)"


def _text(row: ThreadRow, cells: int, *, has_preview: bool) -> tuple[str, str]:
    """Return subject and preview, together exactly `cells` wide."""
    subject = _subject(row)
    left = cells - cell_len(subject)
    if not has_preview or left < 8 or not row.preview:
        return fit(subject, cells), ""
    return subject, fit(" - " + line(row.preview), left)


def people(row: ThreadRow, look: Look) -> str:
    """Return who takes part: "Ana, me", or "To: Ana" in a list of what was sent."""
    names = line(row.participants)
    if not look.is_outgoing or names.startswith("To: "):
        return names
    others = [name for name in names.split(", ") if name != "me"]
    return f"To: {', '.join(others)}" if others else names


def _strip(pieces: list[tuple[str, Style]], width: int, fill: Style) -> Strip:
    segments = [Segment(text, style) for text, style in pieces if text]
    return Strip(segments).adjust_cell_length(width, fill).simplify()


def _painter(row: ThreadRow, state: RowState, styles: RowStyles) -> Callable[[bool], Style]:
    """Return the style for bright and for dim text of this row."""
    if state.is_cursor:
        return lambda _is_bright: styles.cursor
    bright = styles.plain
    if row.is_unread:
        bright = styles.unread
    if state.is_marked:
        return lambda _is_bright: bright + styles.marked
    return lambda is_bright: bright if is_bright else styles.dim


def one_line(row: ThreadRow, state: RowState, styles: RowStyles, look: Look, width: int, now: int) -> Strip:
    """Draw a thread on one line."""
    layout = columns(width, look.dates.cells)
    paint = _painter(row, state, styles)
    subject, preview = _text(row, layout.text, has_preview=layout.has_preview)
    who = fit(people(row, look), layout.people)
    number = f"{min(row.email_count, 999):>3} " if layout.has_count and row.email_count > 1 else "    "
    tail = f" {number if layout.has_count else ''}{look.dates.write(row.at, now):>{look.dates.cells}}"
    head = f"{flags(row, state, look.glyphs)} {who} {subject}"
    return _strip([(head, paint(True)), (preview + tail, paint(False))], width, paint(True))


def two_lines(
    row: ThreadRow, state: RowState, styles: RowStyles, look: Look, width: int, now: int
) -> tuple[Strip, Strip]:
    """Draw a thread on two lines: who and when, then what about."""
    paint = _painter(row, state, styles)
    number = f"{min(row.email_count, 999):>3}" if row.email_count > 1 else "   "
    who = fit(people(row, look), max(0, width - 8 - 5 - look.dates.cells))
    head = f"{flags(row, state, look.glyphs)} {who} "
    tail = f"{number} {look.dates.write(row.at, now):>{look.dates.cells}}"
    subject, preview = _text(row, max(0, width - 8), has_preview=True)
    return (
        _strip([(head, paint(True)), (tail, paint(False))], width, paint(True)),
        _strip([(" " * 8 + subject, paint(True)), (preview, paint(False))], width, paint(True)),
    )

"""What the top line and the status line say. Pure: facts in, pieces out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from mail.ids import Role
from store.rows import AccountRow
from tui.commands.registry import Pane
from tui.format import bar, clock, count, fit, shorten, time_left
from tui.glyphs import Glyphs
from tui.layout import Box, Places
from tui.widgets.bar import Piece

if TYPE_CHECKING:
    from store.links.panel import PanelFacts
    from tui.listing import Listing

_TROUBLE = ("error", "sign_in")


class ListFacts(NamedTuple):
    """What the list shows, in numbers."""

    title: str
    position: int
    total: int
    unread: int
    marked: int
    is_filtered: bool = False


def list_title(facts: ListFacts) -> str:
    """Return "Inbox  12 unread  3/1,204  2 selected"."""
    parts = [facts.title]
    if facts.unread:
        parts.append(f"{count(facts.unread)} unread")
    if facts.total:
        parts.append(f"{count(facts.position)}/{count(facts.total)}")
    if facts.is_filtered:
        parts.append("filtered")
    if facts.marked:
        parts.append(f"{count(facts.marked)} selected")
    return "  ".join(parts)


def top_line(places: Places, titles: dict[Pane, str], active: Pane, glyphs: Glyphs) -> tuple[Piece, ...]:
    """Return the titles of the panes that begin under the top line, each above its pane."""
    shown: list[tuple[Box, Pane]] = []
    for name, pane in (
        ("mailboxes", Pane.MAILBOXES),
        ("list", Pane.LIST),
        ("reader", Pane.READER),
        ("panel", Pane.PANEL),
    ):
        box: Box | None = getattr(places, name)
        is_overlay = (pane is Pane.MAILBOXES and places.is_mailboxes_overlay) or (
            pane is Pane.PANEL and places.is_panel_overlay
        )
        if box is not None and box.y == 1 and not is_overlay:
            shown.append((box, pane))
    pieces: list[Piece] = []
    for box, pane in sorted(shown):
        pieces += _title(titles.get(pane, ""), box.width, glyphs.focus if pane is active else " ")
    return tuple(pieces)


def _title(text: str, width: int, marker: str) -> list[Piece]:
    title = marker + text
    if cell_len(title) < width:
        title += " "
    title = fit(title, min(cell_len(title), width))
    part = "focus" if marker.strip() else "title"
    return [Piece(title, part), Piece(" " * (width - cell_len(title) + 1))]


def sync_state(accounts: Sequence[AccountRow], now: int, glyphs: Glyphs, cells: int) -> tuple[Piece, ...]:
    """Return how the accounts are doing: the first that is in trouble, else the first that is busy, else since when.

    What is in trouble is said in at most so many cells.
    """
    for account in accounts:
        if account.status in _TROUBLE:
            return (Piece(f" {shorten(trouble(account), max(cells - 2, 8))} ", "warn"),)
    for account in accounts:
        if account.status in ("backfilling", "connecting", "live") and account.progress_total:
            return (Piece(_progress(account, now, glyphs)),)
    for account in accounts:
        if account.status == "waiting":
            text = f"{account.name}: {account.status_text or 'waiting'}"
            return (Piece(f" {shorten(text, max(cells - 2, 8))} ", "dim"),)
    synced = [account.synced_at for account in accounts if account.synced_at]
    if not accounts:
        return ()
    return (Piece(f" synced {clock(min(synced))} ", "dim") if synced else Piece(" not synced yet ", "dim"),)


def trouble(account: AccountRow) -> str:
    """Return what keeps an account from syncing, and what to do; "" when nothing does."""
    text = account.status_text or "needs attention: dealbox doctor tells more"
    return f"{account.name}: {text}" if account.status in _TROUBLE else ""


def _progress(account: AccountRow, now: int, glyphs: Glyphs) -> str:
    done, total = account.progress_done, account.progress_total
    left = time_left(done, total, now - (account.progress_started_at or now))
    drawn = bar(done, total, 12, ascii_only=glyphs.is_ascii)
    what = "texts " if account.status == "live" else ""  # every message is listed already
    return f" {what}{drawn} {count(done)}/{count(total)} {left}".rstrip() + " "


def hints(pairs: Sequence[tuple[str, str]], room: int) -> tuple[Piece, ...]:
    """Return "e archive  s star": keys and the words for what they do, as many as fit whole; the last has the first claim."""
    if not pairs:
        return ()
    *others, last = ([Piece(key, "key"), Piece(f" {word}  ")] for key, word in pairs)
    left = room - 1 - width(last)
    shown: list[Piece] = [Piece(" ")]
    for hint in others:
        left -= width(hint)
        if left < 0:
            break
        shown += hint
    return (*shown, *last) if room > width(last) else ()


def status_line(
    message: str, *, is_warning: bool, undo_key: str, pairs: Sequence[tuple[str, str]], room: int
) -> tuple[Piece, ...]:
    """Return the message of the moment, with the key that takes it back, or else the hints that fit."""
    if not message:
        return hints(pairs, room)
    said = Piece(f" {message}", "warn" if is_warning else "title")
    return (said, Piece("  "), Piece(undo_key, "key"), Piece(" undo")) if undo_key else (said,)


def drafts_open(number: int, key: str) -> tuple[Piece, ...]:
    """Return how many drafts are put aside, and the key that comes back to them."""
    return (Piece(f" {number} draft{'s' if number > 1 else ''} ", "title"), Piece(key, "key"), Piece(" "))


def width(pieces: Sequence[Piece]) -> int:
    """Return the cells that pieces take."""
    return sum(cell_len(piece.text) for piece in pieces)


def empty_text(accounts: Sequence[AccountRow], shown: Listing) -> str:
    """Return what an empty list says, and what to do about it."""
    if not accounts:
        return (
            "There is no account yet.\n\nPress g A to add one,\nor quit with Q, then run one of\n"
            "dealbox account add maildir PATH\ndealbox demo"
        )
    title = shown.title
    if shown.query:
        return "Nothing found.\nq goes back, / searches again."
    told = next(filter(None, map(trouble, accounts)), "")
    if told:
        return f"{title} is empty.\n\n{told}"
    if any(
        account.synced_at is None and account.status in ("backfilling", "connecting") for account in accounts
    ):
        return f"{title} is empty so far.\nMail is being read: the newest comes first."
    if shown.waiting_days is not None:
        return f"{title} on your open items:\nthere is none.\n\ng i inbox   :waiting 1 asks for one day"
    if shown.role is Role.UNLINKED:
        return "Nothing is left to file.\n\ng i inbox   g w waiting on a reply"
    return f"{title} is empty.\ng i inbox   g l another mailbox   / search"


def strip(facts: PanelFacts | None, panel_key: str, accept_key: str = "") -> tuple[Piece, ...]:
    """Return in one line what the conversation is or could be about, for screens where the panel has no room."""
    if facts is None:
        return ()
    more = (Piece(f"  {panel_key}", "key"), Piece(" CRM", "dim")) if panel_key else ()
    item = facts.item
    if item is None and facts.suggestions and accept_key:
        first = facts.suggestions[0]
        return (
            Piece(f" {accept_key}", "key"),
            Piece(f" links {first.item.title}: {first.reason}", "dim"),
            *more,
        )
    if item is None:
        return (Piece(f" {facts.why}", "dim"), *more)
    parts = [f" [{item.kind.value[0].upper()}] {item.title}"]
    if item.stage:
        parts.append(f"stage {item.stage}")
    if item.value is not None:
        parts.append(f"{item.value:,.0f} {item.currency}")
    parts += [item.status, facts.visibility]
    return (Piece("  ".join(part for part in parts if part)), *more)

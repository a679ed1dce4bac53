"""The lines around the lists of an item's page, and what an empty list says. Pure: facts in, pieces out."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from store.crm.item_page import PageFacts
from store.crm.item_refs import PageKind, PageRef
from tui.format import count
from tui.widgets import item_lines
from tui.widgets.bar import Piece


class Tab(StrEnum):
    """What the keys move in: the lists of a page, and what stands beside them on a wide screen."""

    CONVERSATIONS = "conversations"
    TIMELINE = "timeline"
    DETAILS = "details"
    ABOUT = "about"


TABS: Final = tuple(Tab)


def top(page: PageRef, facts: PageFacts | None) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return the title, and what stands against the right side: status and value."""
    title = item_lines.title(facts) if facts is not None else page.address
    right = item_lines.standing(facts) if facts is not None else ""
    part = "title" if facts is None or facts.is_open else "warn"
    return (Piece(f" {title}", "title"),), (Piece(f" {right} ", part),) if right else ()


def tabs(active: Tab, conversations: int) -> tuple[Piece, ...]:
    """Return the names of the lists with their keys, the active one marked."""
    pieces: list[Piece] = []
    for number, tab in enumerate(TABS, 1):
        total = f" {count(conversations)}" if tab is Tab.CONVERSATIONS else ""
        name = f" {number} {tab.value.title()}{total} "
        pieces += [Piece(name, "focus" if tab is active else ""), Piece(" ")]
    return tuple(pieces)


def position(cursor: int, total: int) -> tuple[Piece, ...]:
    """Return "3/2,000"; nothing of an empty list."""
    return (Piece(f" {count(cursor + 1)}/{count(total)} ", "dim"),) if total else ()


def empty_text(page: PageRef, facts: PageFacts | None) -> str:
    """Return what stands in place of conversations where there are none, and what to do about it."""
    kind = page.kind.value
    if facts is None:
        return f"There is no {page.address} here any more.\n\nq goes back"
    if facts.is_deleted:
        return f"This {kind} was deleted.\nIts conversations come back when it is restored."
    match page.kind:
        case PageKind.PERSON | PageKind.ORGANIZATION:
            return "No conversation with an address of theirs yet.\nc writes to them"
        case PageKind.PRODUCT:
            return "Mail is with the deals: 4 lists those it is in."
        case PageKind.ACTIVITY:
            return "No mail belongs to this activity."
        case _:
            return f"No conversation is linked to this {kind} yet.\nL links one, c writes to its people"

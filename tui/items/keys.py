"""The keys of an item's page, declared once: the page binds them, its help and its hints are made of them.

Letters mean what they mean after the comma in the mail, so both `s` and `, s` set the stage.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from store.crm.item_refs import PageKind
from tui.items.worklist_keys import ScreenKey

_ITEMS: Final = frozenset(PageKind) - {PageKind.ACTIVITY, PageKind.PRODUCT}
_ANY: Final = frozenset(PageKind)
_SLOT: Final = frozenset({PageKind.DEAL, PageKind.LEAD, PageKind.PROJECT})


class ItemKey(NamedTuple):
    """Key sequences, the action they run, what it does in words, and on the pages of which kinds it does."""

    keys: tuple[str, ...]
    action: str
    title: str
    group: str
    kinds: frozenset[PageKind] = _ANY
    hint: str = ""


def _key(
    keys: str, action: str, title: str, group: str, kinds: Collection[PageKind] = _ANY, hint: str = ""
) -> ItemKey:
    sequences = tuple(each.strip() for each in keys.split("|"))
    return ItemKey(sequences, action, title, group, frozenset(kinds), hint)


def _verb(keys: str, name: str, title: str, kinds: Collection[PageKind] = _ITEMS, hint: str = "") -> ItemKey:
    first = keys.partition("|")[0].strip()
    return _key(f"{keys} | , {first}", f"verb('{name}')", title, "Do", kinds, hint)


KEYS: Final = (
    _key("j | down", "move(1)", "Down", "Move"),
    _key("k | up", "move(-1)", "Up", "Move"),
    _key("g g | home", "top", "To the top", "Move"),
    _key("G | end", "bottom", "To the bottom", "Move"),
    _key("ctrl+d", "page(0.5)", "Half a page down", "Move"),
    _key("ctrl+u", "page(-0.5)", "Half a page up", "Move"),
    _key("pagedown | ctrl+f | space", "page(1)", "A page down", "Move"),
    _key("pageup | ctrl+b | backspace", "page(-1)", "A page up", "Move"),
    _key("enter | o", "open", "Open what the line is about", "Move", hint="open"),
    _key("tab | right", "turn(1)", "Next of the lists", "Move", hint="next list"),
    _key("shift+tab | left", "turn(-1)", "The list before", "Move"),
    _key("1", "tab('conversations')", "Conversations", "Move"),
    _key("2", "tab('timeline')", "Timeline", "Move"),
    _key("3", "tab('details')", "Details: all fields", "Move"),
    _key("4", "tab('about')", "About: people, activities, notes, products", "Move"),
    _key("q | escape", "leave", "Back", "Move"),
    _verb("e", "edit", "Edit", _ANY, "edit"),
    _verb("s", "stage", "Stage or phase", {PageKind.DEAL, PageKind.PROJECT}, "stage"),
    _verb("w", "won", "Won; of a project: completed", {PageKind.DEAL, PageKind.PROJECT}),
    _verb("x", "lost", "Lost; of a project: canceled", {PageKind.DEAL, PageKind.PROJECT}),
    _verb("x", "done", "Done, or not done", {PageKind.ACTIVITY}, "done"),
    _verb("R | , z", "reopen", "Reopen, or restore what was deleted"),
    _verb("m", "note", "Write a note", hint="note"),
    _verb("t", "activity", "Plan an activity", hint="activity"),
    _verb("a", "owner", "Owner", _ITEMS),
    _verb("l | , g", "labels", "Labels", _ITEMS),
    _verb("f", "follow", "Follow, or no longer", _ITEMS),
    _verb("p", "products", "Products", {PageKind.DEAL}),
    _verb("P", "pin", "Pin the note under the cursor, or no longer", _ITEMS),
    _verb("E", "edit_note", "Change the note under the cursor", _ITEMS),
    _verb("X", "delete_note", "Delete the note under the cursor", _ITEMS),
    _verb("d", "convert", "Convert to a deal", {PageKind.LEAD}, "convert"),
    _verb("A", "archive", "Archive, or take out of the archive", _SLOT),
    _verb("M", "merge", "Merge with a duplicate", _ITEMS),
    _verb("D", "delete", "Delete", _ANY),
    _key("L | , L", "verb('link')", "Link a conversation to it", "Mail", _SLOT, "link"),
    _key("u | , u", "verb('unlink')", "Unlink the conversation under the cursor", "Mail", _ITEMS),
    _key("S | , v e", "verb('share')", "Share its private conversations, after asking", "Mail", _ITEMS),
    _key("c | , c", "verb('compose')", "Write a message to its people", "Mail", _ANY, "compose"),
    _key("b | , b", "verb('bcc')", "Copy its Smart BCC address", "Mail", _SLOT),
    _key("y", "copy", "Copy its address: deal:<id>", "Mail"),
    _key("z", "verb('undo')", "Undo", "Program"),
    _key("Z | ctrl+r", "verb('redo')", "Redo", "Program"),
    _key("ctrl+l", "redraw", "Read and draw everything again", "Program"),
    _key("?", "help", "These keys", "Program", hint="keys"),
)
GROUPS: Final = ("Do", "Mail", "Move", "Program")


def of(kind: PageKind) -> tuple[ScreenKey, ...]:
    """Return the keys of the page of a kind."""
    return tuple(
        ScreenKey(each.keys, each.action, each.title, each.hint) for each in KEYS if kind in each.kinds
    )


def elsewhere(pressed: tuple[str, ...]) -> ItemKey | None:
    """Return what a sequence does on pages of other kinds."""
    wanted = " ".join(pressed)
    return next((each for each in KEYS if wanted in each.keys), None)


def help_lines(kind: PageKind) -> Iterator[tuple[str, str]]:
    """Yield headings, as ("", heading), and keys with what they do."""
    for group in GROUPS:
        yield "", group
        for each in KEYS:
            if each.group == group and kind in each.kinds:
                yield "  ".join(each.keys), each.title

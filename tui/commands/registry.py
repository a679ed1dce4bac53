"""Commands: the only source of bindings, help, the palette, the `:` line and docs/keys.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

    Run = Callable[[MailScreen], Awaitable[None] | None]
    RunWith = Callable[[MailScreen, str], Awaitable[None] | None]


class Pane(StrEnum):
    """Where the keys go: the pane that has the focus."""

    LIST = "list"
    READER = "reader"
    PANEL = "panel"
    MAILBOXES = "mailboxes"


EVERYWHERE = frozenset(Pane)


class Command(NamedTuple):
    """One thing the user can do.

    `keys` are sequences as the keymap spells them ("e", "g i", "ctrl+r", ", ,"), the first being the one shown.
    `panes` is where those keys work; a key may do different things in different panes.
    `hint` is the word of the status line; a command without one is not hinted there.
    """

    id: str
    title: str
    keys: tuple[str, ...]
    panes: frozenset[Pane]
    run: Run
    group: str
    hint: str = ""


GROUPS = (
    "Move",
    "Act on conversations",
    "Write",
    "Reader",
    "CRM",
    "Select",
    "Find",
    "Go to",
    "View",
    "Copy",
    "Accounts",
    "Program",
)
"""The order of groups in help and docs/keys.md."""

_commands: dict[str, Command] = {}
_worded: dict[str, RunWith] = {}


def command(
    id: str,
    title: str,
    *keys: str,
    group: str,
    panes: frozenset[Pane] = EVERYWHERE,
    hint: str = "",
) -> Callable[[Run], Run]:
    """Register the decorated function as a command. It gets the MailScreen; it may be async.

    A plain function runs at once; a coroutine runs after the commands before it have ended, in key order.
    """

    def register(run: Run) -> Run:
        if id in _commands:
            raise ValueError(f"command {id} is declared twice")
        if group not in GROUPS:
            raise ValueError(f"command {id}: {group} is not one of GROUPS")
        _commands[id] = Command(id, title, keys, panes, run, group, hint)
        return run

    return register


def with_words(id: str) -> Callable[[RunWith], RunWith]:
    """Register what the command named `id` does when words follow its name on the `:` line."""

    def register(run: RunWith) -> RunWith:
        _worded[id] = run
        return run

    return register


def worded(text: str) -> Command | None:
    """Return the command that a line like "waiting 5" names in full, to be run with those words; None when none is."""
    name, _, words = text.partition(" ")
    named = [
        each for each in commands() if name in (each.id, each.id.partition(".")[2]) and each.id in _worded
    ]
    if len(named) != 1 or not words.strip():
        return None
    run = _worded[named[0].id]
    return named[0]._replace(run=lambda screen: run(screen, words.strip()))


def commands() -> tuple[Command, ...]:
    """Return every command by group, in the order declared, loading the modules that declare them."""
    import tui.commands.catalogue  # noqa: F401 - the modules it loads import this one

    return tuple(sorted(_commands.values(), key=lambda each: GROUPS.index(each.group)))


def by_id(id: str) -> Command:
    """Return the command named `id`; KeyError when there is none."""
    commands()
    return _commands[id]

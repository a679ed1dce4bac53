"""Finding: mail by words, rows of the list, commands by name, keys by what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.commands.registry import Command, command, commands, worded

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_GROUP = "Find"


@command("find.search", "Search all mail", "/", group=_GROUP, hint="search")
async def search(screen: MailScreen) -> None:
    """Search all mail; the list shows what was found until q."""
    from tui.widgets.prompt import Asked  # loads the framework's widgets: only when wanted

    text = await screen.ask_line(Asked.SEARCH, screen.listings.shown.query)
    if text:
        await screen.listings.search(text)


@command("find.filter", "Filter this list", "\\", "&", group=_GROUP)
async def filter_list(screen: MailScreen) -> None:
    """Narrow the list to rows with some words while they are typed; Enter keeps it so, q shows everything again."""
    from tui.widgets.prompt import Asked  # see search

    text = await screen.ask_line(Asked.FILTER, typed=screen.listings.filter)
    if not text:
        screen.listings.filter("")


@command("find.command_line", "Run a command by its name", ":", group=_GROUP)
async def command_line(screen: MailScreen) -> None:
    """Run a command typed by its name or a part of it; Tab completes."""
    from tui.widgets.prompt import Asked  # see search

    text = await screen.ask_line(Asked.COMMAND, complete=complete)
    if not text:
        return
    if (with_words := worded(text)) is not None:
        screen.dispatcher.run(with_words)
        return
    found = matching(text)
    if len(found) == 1:
        screen.dispatcher.run(found[0])
    elif found:
        await _pick(screen, found, text)
    else:
        screen.warn(f"There is no command {text}; {screen.key_of('find.palette')} lists them")


def matching(text: str) -> list[Command]:
    """Return the commands that `text` may mean, the likeliest first; only one when it is named in full."""
    from mail.folding import fold
    from tui.screens.pick import rank  # dialogs load the framework's widgets: only when wanted

    wanted = fold(text)
    exact = [each for each in commands() if text in (each.id, each.id.partition(".")[2])]
    ranked = [(rank(wanted, fold(each.title), each.id), each) for each in commands()]
    found = [(how, each) for how, each in ranked if how is not None]
    return exact if len(exact) == 1 else [each for _, each in sorted(found, key=lambda pair: pair[0])]


def complete(text: str) -> str:
    """Return the longest beginning that the ids of all commands beginning with `text` share."""
    ids = [each.id for each in commands() if each.id.startswith(text)]
    if not ids:
        found = matching(text) if text else []
        return found[0].id if len(found) == 1 else text
    first, last = min(ids), max(ids)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:same]


@command("find.palette", "All commands", "ctrl+p", group=_GROUP)
async def palette(screen: MailScreen) -> None:
    """Pick a command from all there are."""
    await _pick(screen, commands(), "")


async def _pick(screen: MailScreen, offered: Sequence[Command], typed: str) -> None:
    """Let the user pick one of these commands and run it."""
    from textual.content import Content

    from tui.screens.pick import Choice, Picker

    choices = []
    for each in offered:
        keys = "   ".join(screen.dispatcher.keymap.keys_of(each.id))
        choices.append(Choice(each, Content(each.title), f"{each.title} {each.group}", keys, each.id))
    picked: Command | None = await screen.ask(Picker("Commands", choices, typed))
    if picked is not None:
        screen.dispatcher.run(picked)


@command("find.help", "Keys that work here", "?", group=_GROUP, hint="keys")
async def keys_help(screen: MailScreen) -> None:
    """Show the keys of this pane."""
    from tui.screens.help import Help  # see search

    await screen.ask(Help(screen.pane, screen.dispatcher.keymap))

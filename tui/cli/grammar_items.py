"""The grammar of `dealbox item`, `note` and `activity`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Final

Command = Callable[[Any, str, str], argparse.ArgumentParser]
_ITEM: Final = "deal:12 (number of the import), deal: and its own id, or a title or name as it is written"
_OPTIONS: Final = (
    ("--title", "TEXT", "of a person or organization: the name"),
    ("--person", "WHO", "a name, an address, or person:ID"),
    ("--organization", "NAME", "or organization:ID"),
    ("--stage", "NAME", "of a project: the phase"),
    ("--value", "AMOUNT", "with its currency: 12,400 EUR"),
    ("--close", "DATE", "when it is expected to close; of a project: its end"),
    ("--start", "DATE", "of a project"),
    ("--source", "TEXT", "of a lead"),
    ("--description", "TEXT", "of a project or person"),
    ("--emails", "LIST", "of a person, between commas, the main one first"),
    ("--phones", "LIST", "the same"),
    ("--job", "TEXT", "of a person"),
    ("--time-zone", "ZONE", "of a person: Europe/Madrid"),
    ("--domains", "LIST", "of an organization"),
    ("--address", "TEXT", "of an organization"),
    ("--owner", "NAME", "a user of the workspace"),
    ("--visible-to", "WHO", "everybody, the owner's team, the owner"),
    ("--labels", "LIST", "all labels, between commas"),
)


def add(commands: Any, command: Command, group: Callable[[Any, str, str], Any]) -> None:
    """Add the commands; `command` and `group` are those of tui.cli.grammar."""
    items = group(commands, "item", "deals, leads, projects, persons and organizations")
    _fields(command(items, "item new", "make an item; prints where it is"), is_new=True)
    _fields(command(items, "item set", "change what an item says; an empty text clears"), is_new=False)
    shown = _about(command(items, "item show", "show what an item says"))
    shown.add_argument("--json", action="store_true", help="as JSON")
    _about(command(items, "item won", "mark a deal won, or a project completed"))
    lost = _about(command(items, "item lost", "mark a deal lost, or a project canceled"))
    lost.add_argument("--reason", metavar="TEXT", help="why a deal was lost")
    stage = _about(command(items, "item stage", "move a deal to a stage, or a project to a phase"))
    stage.add_argument("stage", metavar="STAGE", help="its name, or how it begins")
    _about(command(items, "item reopen", "let a closed item be open again"))
    _about(command(items, "item convert", "make a deal of a lead; prints where it is"))
    _about(command(items, "item archive", "put an item aside; its conversations stay with it"))
    _about(command(items, "item delete", "delete an item"))
    _about(command(items, "item restore", "bring a deleted item back"))
    merge = _about(command(items, "item merge", "let an item go into another of its kind"))
    merge.add_argument("into", metavar="INTO", help="the one that stays")
    note = _about(command(commands, "note", "write a note about an item"))
    note.add_argument("text", metavar="TEXT", help="- reads it from standard input")
    plan = _about(command(commands, "activity", "plan an activity about an item"))
    plan.add_argument("subject", metavar="SUBJECT")
    plan.add_argument("--type", default="task", help="task, call, meeting, email, deadline (task)")
    plan.add_argument("--due", metavar="WHEN", help="tomorrow 9, mon 8:30, in 2 h, 2026-12-24 14:00")
    plan.add_argument("--takes", metavar="TIME", help="30 min, 1 h, 1:30")
    plan.add_argument("--note", metavar="TEXT")


def _about(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("item", metavar="ITEM", help=_ITEM)
    return made


def _fields(made: argparse.ArgumentParser, *, is_new: bool) -> None:
    if is_new:
        kinds = ("deal", "lead", "project", "person", "organization")
        made.add_argument("kind", choices=kinds)
    else:
        _about(made)
    for option, metavar, text in _OPTIONS:
        made.add_argument(option, metavar=metavar, help=text)
    made.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a field of your own; may be repeated",
    )

"""The grammar of `dealbox stage` and `field`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Final

Command = Callable[[Any, str, str], argparse.ArgumentParser]
_KINDS: Final = ("deal", "lead", "project", "person", "organization")
_TYPES: Final = ("text", "number", "money", "date", "choice", "yes_no", "address")


def add(commands: Any, command: Command, group: Callable[[Any, str, str], Any]) -> None:
    """Add the commands; `command` and `group` are those of tui.cli.grammar."""
    stages = group(commands, "stage", "the pipelines of deals and their stages")
    listed = command(stages, "stage list", "list pipelines and stages, with the open deals in each")
    listed.add_argument("--json", action="store_true", help="as JSON")
    command(stages, "stage pipeline", "add a pipeline").add_argument("name", metavar="NAME")
    renamed = command(stages, "stage rename-pipeline", "call a pipeline something else")
    renamed.add_argument("pipeline", metavar="PIPELINE")
    renamed.add_argument("name", metavar="NAME")
    added = command(stages, "stage add", "add a stage")
    added.add_argument("name", metavar="NAME")
    changed = command(stages, "stage set", "change a stage")
    changed.add_argument("stage", metavar="STAGE")
    changed.add_argument("--name", help="what to call it")
    for one in (added, changed):
        one.add_argument("--at", type=int, metavar="N", help="its place, counted from 1")
        one.add_argument("--probability", metavar="PERCENT", help="how likely deals there are won, or none")
        one.add_argument("--rotten-days", metavar="DAYS", help="when a deal there counts as rotting, or none")
    removed = command(stages, "stage remove", "remove a stage")
    removed.add_argument("stage", metavar="STAGE")
    removed.add_argument("--to", metavar="STAGE", help="where its open deals go")
    for one in (added, changed, removed):
        one.add_argument("--pipeline", metavar="NAME", help="when it is not the first")
    _fields(group(commands, "field", "fields of your own that items have"), command)


def _fields(fields: Any, command: Command) -> None:
    listed = command(fields, "field list", "list the fields of your own")
    listed.add_argument("--json", action="store_true", help="as JSON")
    added = command(fields, "field add", "give items of a kind another field")
    renamed = command(fields, "field rename", "call a field something else")
    removed = command(fields, "field remove", "take a field off every item")
    for one in (added, renamed, removed):
        one.add_argument("kind", choices=_KINDS)
        one.add_argument("name", metavar="NAME")
    added.add_argument("--type", choices=_TYPES, default="text", help="what goes into it (text)")
    added.add_argument("--choices", metavar="LIST", help="of a choice, between commas")
    renamed.add_argument("to", metavar="NEW")

"""The grammar of `dealbox import`, `export` and `duplicates`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Command = Callable[[Any, str, str], argparse.ArgumentParser]
KINDS: Final = ("person", "organization", "deal", "lead", "project", "activity", "note", "product")


def add(commands: Any, command: Command, group: Callable[[Any, str, str], Any]) -> None:
    """Add the commands; `command` and `group` are those of tui.cli.grammar."""
    brought = group(commands, "import", "import CRM items and contacts")
    crm = command(brought, "import crm", "import a directory of CSV files, such as export writes")
    crm.add_argument("path", metavar="DIR", type=Path, help="with persons.csv, deals.csv, ...")
    one = command(
        brought, "import csv", "import one file exported by Pipedrive, HubSpot, Bitrix24 or another"
    )
    _csv(one)
    vcard = command(brought, "import vcard", "import contacts")
    vcard.add_argument("path", metavar="FILE", type=Path, help="a vCard file")
    json = command(brought, "import json", "import what export wrote as JSON")
    json.add_argument("path", metavar="FILE", type=Path)
    command(brought, "import undo", "take the last import back, but for what was changed since")
    for each in (crm, one, vcard, json):
        each.add_argument("--dry-run", action="store_true", help="only say what would happen")
        each.add_argument("--json", action="store_true", help="say it as JSON")
    out = command(commands, "export", "export everything but mail into an empty directory, in open formats")
    out.add_argument("path", metavar="DIR", type=Path)
    out.add_argument(
        "--format", default="csv,json,vcf", metavar="LIST", help="of csv, json and vcf, between commas (all)"
    )
    alike = command(commands, "duplicates", "list persons and organizations that may be the same")
    alike.add_argument("--json", action="store_true", help="as JSON")


def _csv(made: argparse.ArgumentParser) -> None:
    made.add_argument("path", metavar="FILE", type=Path)
    made.add_argument("--kind", choices=KINDS, help="what its rows are, when the headings do not tell")
    made.add_argument(
        "--map", action="append", default=[], metavar="HEADING=FIELD",
        help="what a column is: a field, custom:NAME, or - to leave it out; may be repeated",
    )  # fmt: skip
    made.add_argument(
        "--stage-map",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="a stage or phase by another name",
    )
    made.add_argument(
        "--rejects", metavar="FILE", type=Path, help="where rows go that cannot be taken, and why"
    )
    made.add_argument("--encoding", default="", metavar="NAME", help="utf-8, cp1252, cp1251, shift_jis ...")
    made.add_argument("--delimiter", default="", metavar="CHAR", help="between columns; tab is a word for it")
    made.add_argument(
        "--date-order", choices=("dmy", "mdy", "ymd"), default="", help="of day, month and year"
    )
    made.add_argument("--decimal", choices=(".", ","), default="", help="the decimal mark of amounts")
    made.add_argument("--currency", default="", metavar="CODE", help="of amounts without one: EUR, USD ...")
    made.add_argument(
        "--source", default="", metavar="NAME", help="where the file is from, so that ids are told apart"
    )
    made.add_argument(
        "--visible-to", choices=("owner", "team", "company"), default="owner",
        help="who sees new items whose row does not say (owner)",
    )  # fmt: skip

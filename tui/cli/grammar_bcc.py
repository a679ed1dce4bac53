"""The grammar of `dealbox account crm`, `exceptions`, `bcc` and `copy`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from store.links.account_crm import CREATES
from store.links.exceptions import EFFECTS

Command = Callable[[Any, str, str], argparse.ArgumentParser]
_ACCOUNT = "number, name or address"


def add_account(group: Any, command: Command) -> None:
    """Add what belongs to `dealbox account`."""
    made = command(group, "account crm", "show and change how an account takes part in the CRM")
    made.add_argument("account", metavar="ACCOUNT", help=_ACCOUNT)
    made.add_argument(
        "--auto-link", choices=("on", "off"), help="link mail by itself; on begins with mail from then on"
    )
    made.add_argument("--creates", choices=CREATES, help="what the first mail of a stranger makes")
    made.add_argument("--stage", metavar="NAME", help="where such deals begin")
    made.add_argument(
        "--responsible",
        metavar="USER",
        nargs="+",
        help="name or address; several take turns; none: whoever connected the account",
    )
    made.add_argument("--activity", metavar="TYPE", help="what is planned for the answer: task, call, ...")
    made.add_argument("--due-days", metavar="DAYS", type=int, help="so many days after the mail")
    made.add_argument(
        "--visibility", choices=("private", "shared", "team"), help="of conversations that begin from now on"
    )
    made.add_argument(
        "--bcc-alias", metavar="ADDRESS", help="an address of yours that is for Smart BCC alone, or none"
    )
    made.add_argument(
        "--team",
        choices=("on", "off"),
        help="a team works in it: its members see all of its mail, or yours alone",
    )
    made.add_argument(
        "--members", metavar="USER", nargs="+", help="who works in it, name or address; or none"
    )
    made.add_argument("--yes", action="store_true", help="do not ask before its members see its mail")
    made.add_argument("--json", action="store_true", help="as JSON")


def add(commands: Any, command: Command, group: Callable[[Any, str, str], Any]) -> None:
    """Add what stands by itself."""
    bcc = command(commands, "bcc", "print a Smart BCC address: mail sent to it is kept and linked")
    bcc.add_argument("account", metavar="ACCOUNT", nargs="?", help=_ACCOUNT)
    bcc.add_argument(
        "item", metavar="ITEM", nargs="?", help="deal:12, or a title; without it the universal one"
    )
    bcc.add_argument("--rotate", action="store_true", help="replace it: the one before is no longer one")
    copy = command(commands, "copy", "copy a conversation to another deal, lead or project")
    copy.add_argument("id", metavar="ID", help="a conversation's id, from search")
    copy.add_argument("item", metavar="ITEM", help="deal:12, or a title as it is written")
    share = command(commands, "share", "say who sees a conversation, or the conversations of an item")
    share.add_argument("what", metavar="ID|ITEM", help="a conversation's id, or an item such as person:3")
    share.add_argument(
        "--to",
        choices=("shared", "private", "team"),
        default="shared",
        help="all who see what it is linked to; you alone; the members of a team account",
    )
    share.add_argument("--dry-run", action="store_true", help="only say how many, and who would see them")
    _exceptions(group(commands, "exceptions", "addresses and domains that are treated apart"), command)


def _exceptions(apart: Any, command: Command) -> None:
    listed = command(apart, "exceptions list", "list them")
    listed.add_argument("--json", action="store_true", help="as JSON")
    added = command(apart, "exceptions add", "add one")
    added.add_argument("pattern", metavar="ADDRESS", help="an address, or a domain as @example.com")
    added.add_argument(
        "--effect",
        choices=tuple(EFFECTS),
        default="block",
        help="block: its mail is not judged; no_create: it makes no lead or deal; never_share: not shared by default",
    )
    added.add_argument("--comment", default="", help="why")
    removed = command(apart, "exceptions remove", "remove one")
    removed.add_argument("pattern", metavar="ADDRESS", help="as the list shows it")
    removed.add_argument("--effect", choices=tuple(EFFECTS), help="only this one")

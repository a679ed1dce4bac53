"""dealbox account mailboxes: which mailboxes are synced, how far back, and what each is for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from mail.ids import MailboxKey
from store import mailbox_choices
from store.mailbox_choices import Choice, ChosenMailbox
from store.rows import AccountRow
from tui import account_plan
from tui.cli.accounts import one
from tui.cli.main import BadUse, note, say
from tui.cli.stores import opened
from tui.format import fit, plural
from tui.mailbox_words import AS_TOLD, OF_INBOX, reach, role_word, with_role

MOST_DAYS: Final = 36_500
_REACH_CELLS: Final = 14
_ROLE_CELLS: Final = 18


def mailboxes(options: argparse.Namespace) -> int:
    """Change what was asked, and list the mailboxes of an account."""
    with opened(options) as db:
        account = one(db, options.account)
        rows = mailbox_choices.listed(db, account.id)
        choices = _changed(account, rows, options)
        if choices:
            mailbox_choices.change(db, account.id, choices)
            rows = mailbox_choices.listed(db, account.id)
    if options.json:
        say(json.dumps([as_json(row) for row in rows], indent=2))
        return 0
    width = max((cell_len(row.name) for row in rows), default=0)
    for row in rows:
        say(_line(row, width).rstrip())
    if any(not choice.is_synced for choice in choices.values()):
        note("What is not synced leaves dealbox; nothing is deleted at the server.")
    if any(row.is_inbox and row.choice.role is not None for row in rows):
        note("Spam is left in the inbox: nothing of this account is linked by itself.")
    if not rows:
        note("No mailbox is known yet: dealbox sync --wait asks the server for them.")
    return 0


def _line(row: ChosenMailbox, width: int) -> str:
    messages = plural(row.messages, "message")
    cells = fit(reach(row.choice), _REACH_CELLS) + fit(role_word(row), _ROLE_CELLS)
    return f"{fit(row.name, width)}  {cells}{messages} here"


def as_json(row: ChosenMailbox) -> dict[str, object]:
    """Return a mailbox for scripts. The names stay; more may come."""
    return {
        "name": row.name,
        "role": row.role,
        "is_role_chosen": row.choice.is_plain or row.choice.role is not None,
        "is_synced": row.choice.is_synced,
        "since_days": row.choice.since_days,
        "messages": row.messages,
    }


def _changed(
    account: AccountRow, rows: Sequence[ChosenMailbox], options: argparse.Namespace
) -> dict[MailboxKey, Choice]:
    """Return what is to be chosen of the mailboxes that were named. Raises BadUse."""
    choices: dict[MailboxKey, Choice] = {}

    def now(row: ChosenMailbox) -> Choice:
        return choices.get(row.key, row.choice)

    if account.kind != account_plan.KIND and (options.skip or options.sync or options.since):
        raise BadUse(f"{account.name} is a Maildir, which is read whole: only --role can be chosen")
    for name in options.sync:
        row = _named(rows, name)
        choices[row.key] = now(row)._replace(is_synced=True)
    for name in options.skip:
        row = _named(rows, name)
        if row.is_inbox:
            raise BadUse("the inbox is always synced")
        if name in options.sync:
            raise BadUse(f"{name!r} cannot be both synced and skipped")
        choices[row.key] = now(row)._replace(is_synced=False)
    for days, name in options.since:
        row = _named(rows, name)
        choices[row.key] = now(row)._replace(since_days=_days(days), is_synced=True)
    for word, name in options.role:
        row = _named(rows, name)
        if row.is_inbox and word not in (OF_INBOX, AS_TOLD):
            raise BadUse(
                "the inbox stays the inbox; junk says that spam is left in it, default that it is not"
            )
        choices[row.key] = _role(now(row), word)
    return choices


def _named(rows: Sequence[ChosenMailbox], name: str) -> ChosenMailbox:
    exact = [row for row in rows if name in (row.name, row.key)]
    found = exact or [row for row in rows if row.name.casefold() == name.casefold()]
    if len(found) != 1:
        names = ", ".join(row.name for row in rows[:20]) or "none: dealbox sync --wait asks for them"
        raise BadUse(f"there is no mailbox {name!r}; there are {names}")
    return found[0]


def _days(text: str) -> int:
    if text == "all":
        return 0
    if not text.isdecimal() or int(text) > MOST_DAYS:
        raise BadUse(f"{text!r} is no number of days: say 90, or 0 or all for all mail")
    return int(text)


def _role(choice: Choice, word: str) -> Choice:
    try:
        return with_role(choice, word)
    except KeyError:
        words = "drafts, sent, archive, junk, trash, none or default"
        raise BadUse(f"{word!r} is not what a mailbox can be for: {words}") from None

"""dealbox account crm, exceptions, bcc and copy: how accounts take part in the CRM."""

from __future__ import annotations

import argparse
import json
from typing import Any, Final

from linking import account_settings, copies, smart_bcc
from linking.account_settings import Refused
from linking.copies import CannotLink
from linking.smart_bcc import NoAddress
from mail.types import AccountId
from store import accounts
from store.crm.items import ItemRef
from store.database import Database
from store.links import account_crm_names, exceptions
from store.links.account_crm import BadSetting
from store.links.account_crm_names import Named
from store.links.exceptions import BadPattern
from tui import account_crm_words
from tui.cli import ask
from tui.cli.accounts import one
from tui.cli.items import item_named
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened, thread_id

_LABEL_CELLS: Final = 26
_NOBODY: Final = "none"


def settings(options: argparse.Namespace) -> int:
    """Change what was asked, and show how an account takes part in the CRM."""
    with opened(options) as db:
        account = one(db, options.account)
        changes = _changes(account_crm_names.named(db, account.id), options)
        if changes:
            _confirm(account_settings.team_question(db, account.id, changes), options)
            try:
                account_settings.change(db, account.id, **changes)
            except BadSetting as error:
                raise BadUse(str(error)) from error
            except Refused as error:
                raise Failed(str(error)) from error
        named = account_crm_names.named(db, account.id)
        address = _universal(db, account.id)
    if options.json:
        say(json.dumps(as_json(named, address), indent=2))
        return 0
    for each in account_crm_words.settings(named, address or "none"):
        say(f"{each.label:<{_LABEL_CELLS}}{each.value}")
    if said := account_crm_words.connected(named):
        note(said)
    return 0


def _confirm(question: str | None, options: argparse.Namespace) -> None:
    if question is None or options.yes:
        return
    if not ask.is_somebody_there():
        raise BadUse(f"{question} Say --yes")
    if not ask.yes(f"{question} Make it so?"):
        raise Failed("nothing was changed")


def _changes(named: Named, options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings asked for. Raises BadUse."""
    plain = {
        "creates": options.creates,
        "default_visibility": options.visibility,
        "activity_type": options.activity,
        "activity_days": options.due_days,
    }
    changes: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    if options.auto_link:
        changes["auto_link"] = options.auto_link == "on"
    if options.stage is not None:
        changes["stage_id"] = _stage(named, options.stage)
    if options.responsible:
        changes["responsible"] = _users(named, options.responsible)
    if options.team:
        changes["scope"] = "team" if options.team == "on" else "personal"
    if options.members:
        changes["members"] = _users(named, options.members)
    if options.bcc_alias is not None:
        changes["bcc_address"] = "" if options.bcc_alias == _NOBODY else options.bcc_alias
    return changes


def _stage(named: Named, text: str) -> str:
    found = [
        stage.id for stage in named.stages if stage.id == text or stage.name.casefold() == text.casefold()
    ]
    if len(found) != 1:
        names = ", ".join(stage.name for stage in named.stages)
        raise BadUse(f"there is no one stage {text!r}; there are {names}")
    return found[0]


def _users(named: Named, texts: list[str]) -> tuple[str, ...]:
    if texts == [_NOBODY]:
        return ()
    found = []
    for text in texts:
        fitting = [user for user in named.users if text.casefold() in (user.email, user.name.casefold())]
        if len(fitting) != 1:
            known = ", ".join(user.email for user in named.users) or "none: dealbox user add adds one"
            raise BadUse(f"there is no one user {text!r}; there are {known}")
        found.append(fitting[0].id)
    return tuple(found)


def as_json(named: Named, address: str) -> dict[str, object]:
    """Return the settings of an account for scripts. The names stay; more may come."""
    chosen = named.settings
    return {
        "account_id": chosen.account_id,
        "auto_link": chosen.auto_link,
        "auto_link_since": chosen.auto_link_since or None,
        "creates": chosen.creates,
        "creates_since": chosen.creates_since or None,
        "stage": named.stage or None,
        "responsible": list(named.responsible),
        "activity_type": chosen.activity_type,
        "activity_days": chosen.activity_days,
        "default_visibility": chosen.default_visibility,
        "bcc_alias": chosen.bcc_address or None,
        "smart_bcc": address or None,
        "connected_by": named.connected_by or None,
        "is_team": chosen.scope == "team",
        "members": list(named.members),
    }


def _universal(db: Database, account_id: AccountId) -> str:
    try:
        return smart_bcc.address(db, account_id, None)
    except NoAddress:
        return ""


def bcc(options: argparse.Namespace) -> int:
    """Print a Smart BCC address, the universal one or an item's; replace it first when that was asked."""
    with opened(options) as db:
        account_id, item = _whose(db, options)
        try:
            make = account_settings.rotate if options.rotate else smart_bcc.address
            address = make(db, account_id, item)
        except (NoAddress, Refused) as error:
            raise Failed(str(error)) from error
    say(address)
    if options.rotate:
        note("What comes to the address before it is ordinary mail from now on.")
    return 0


def _whose(db: Database, options: argparse.Namespace) -> tuple[AccountId, ItemRef | None]:
    """Return account and item; with one account and one word, the word may be the item."""
    known = accounts.all(db)
    words = [word for word in (options.account, options.item) if word is not None]
    if len(words) == 1 and len(known) == 1 and ":" in words[0]:
        return known[0].id, item_named(db, words[0])
    if not words:
        if len(known) != 1:
            raise BadUse("say the ACCOUNT: its number, name or address")
        return known[0].id, None
    account = one(db, words[0])
    return account.id, item_named(db, words[1]) if len(words) == 2 else None


def copy(options: argparse.Namespace) -> int:
    """Copy a conversation to another item."""
    with opened(options) as db:
        try:
            done = copies.duplicate(db, thread_id(db, options.id), item_named(db, options.item))
        except CannotLink as error:
            raise Failed(str(error)) from error
    say(f"{done.title}: conversation {next(iter(done.thread_ids))}")
    return 0


def list_exceptions(options: argparse.Namespace) -> int:
    """List the addresses and domains that are treated apart."""
    with opened(options) as db:
        rows = exceptions.all(db)
    if options.json:
        found = [
            {"pattern": row.pattern, "effect": row.effect, "comment": row.comment, "since": row.created_at}
            for row in rows
        ]
        say(json.dumps(found, indent=2))
        return 0
    for row in rows:
        say(account_crm_words.exception(row))
    if not rows:
        note("There are no exceptions: dealbox exceptions add ADDRESS adds one.")
    return 0


def add_exception(options: argparse.Namespace) -> int:
    """Treat an address or a domain apart."""
    with opened(options) as db:
        try:
            say(exceptions.add(db, options.pattern, options.effect, options.comment).title)
        except BadPattern as error:
            raise BadUse(str(error)) from error
    return 0


def remove_exception(options: argparse.Namespace) -> int:
    """Treat an address or a domain like all others again."""
    with opened(options) as db:
        try:
            wanted = exceptions.normalised(options.pattern)
        except BadPattern as error:
            raise BadUse(str(error)) from error
        found = [
            row
            for row in exceptions.all(db)
            if row.pattern == wanted and options.effect in (None, row.effect)
        ]
        if not found:
            raise Failed(f"{wanted} is no exception: dealbox exceptions list shows those there are")
        for row in found:
            say(exceptions.remove(db, row.id).title)
    return 0

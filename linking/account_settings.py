"""Change how a mailbox takes part in the CRM: who connected it may, and administrators (M93, M100)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linking import rights, smart_bcc, standing
from mail.types import AccountId
from store.crm import users
from store.crm.items import ItemRef
from store.database import Database
from store.links import account_crm, team_accounts
from store.links.account_crm import AccountCrm


class Refused(Exception):
    """The user has no right to change this; the text says who has."""


def refusal(db: Database, account_id: AccountId) -> str | None:
    """Return why the user may not change the settings of an account, None when they may."""
    connection = db.read()
    connected_by = account_crm.read(connection, account_id).connected_by
    has_connected = connected_by in ("", users.me(connection).id)
    return rights.refusal_to_set_up(standing.viewer(connection), has_connected=has_connected)


def change(db: Database, account_id: AccountId, **changes: Any) -> AccountCrm:
    """Do what account_crm.set does at the user's wish. Raises Refused, BadSetting."""
    _unless_refused(db, account_id)
    return account_crm.set(db, account_id, **changes)


def team_question(db: Database, account_id: AccountId, changes: Mapping[str, Any]) -> str | None:
    """Return what changes show of an account to members who do not see it yet, for the user to confirm; None: nothing."""
    before = account_crm.get(db, account_id)
    if changes.get("scope", before.scope) != "team":
        return None
    seeing = before.members if before.scope == "team" else ()
    new = [one for one in changes.get("members", before.members) if one not in seeing]
    count = team_accounts.unshared(db.read(), account_id)
    if not new or not count:
        return None
    names = {user.id: user.name for user in users.all(db)}
    shown = standing.named(tuple(names[one] for one in new if one in names))
    what = "1 conversation" if count == 1 else f"{count:,} conversations"
    return f"This shows {what} of the account that others do not see, and all that comes, to {shown}."


def rotate(db: Database, account_id: AccountId, item: ItemRef | None) -> str:
    """Do what smart_bcc.rotate does at the user's wish. Raises Refused, NoAddress."""
    _unless_refused(db, account_id)
    return smart_bcc.rotate(db, account_id, item)


def _unless_refused(db: Database, account_id: AccountId) -> None:
    said = refusal(db, account_id)
    if said is not None:
        raise Refused(said)

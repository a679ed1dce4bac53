"""How accounts take part in the CRM: linking, what mail of strangers makes, whose it is, where copies go, who sees new mail."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from mail.addresses import normalise
from mail.ids import AccountId
from store import events
from store.crm import audit as crm_audit
from store.database import Database
from store.links import bcc_tokens, team_accounts

CREATES: Final = ("off", "lead", "deal")
VISIBILITIES: Final = {"personal": ("private", "shared"), "team": ("team", "shared")}
"""What conversations of an account may begin with, by its scope."""
MOST_DAYS: Final = 365


class BadSetting(ValueError):
    """A setting cannot be so; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class AccountCrm:
    """The settings of one account. Times are unix seconds; what came before `.._since` is left alone (M24, M25).

    `responsible` take turns; none: whoever connected the account. `stage_id` None: the first one. `members` work in
    an account whose `scope` is team, beside whoever connected it.
    """

    account_id: AccountId
    auto_link: bool = True
    auto_link_since: int = 0
    creates: str = "off"
    creates_since: int = 0
    stage_id: str | None = None
    responsible: tuple[str, ...] = ()
    turns: int = 0
    activity_type: str = "task"
    activity_days: int = 1
    bcc_address: str = ""
    default_visibility: str = "private"
    connected_by: str = ""
    scope: str = "personal"
    members: tuple[str, ...] = ()


_OWN: Final = (
    "auto_link, auto_link_since, creates, creates_since, stage_id, responsible, turns, activity_type, activity_days,"
    " bcc_address"
)
_READ_ONLY: Final = frozenset({"account_id", "auto_link_since", "creates_since", "turns", "connected_by"})
_CHANGEABLE: Final = frozenset(field.name for field in fields(AccountCrm)) - _READ_ONLY


def get(db: Database, account_id: AccountId) -> AccountCrm:
    """Return the settings of an account, the usual ones where nobody chose."""
    return read(db.read(), account_id)


def read(connection: sqlite3.Connection, account_id: AccountId) -> AccountCrm:
    """Do what get() does, on a connection that may be in a transaction."""
    visibility, connected_by, scope = connection.execute(
        "SELECT default_visibility, owner, scope FROM account WHERE id = ?", (account_id,)
    ).fetchone() or ("private", "", "personal")
    usual = AccountCrm(
        account_id,
        default_visibility=visibility,
        connected_by=connected_by,
        scope=scope,
        members=team_accounts.members(connection, account_id),
    )
    row = connection.execute(
        f"SELECT {_OWN} FROM account_crm WHERE account_id = ?",  # noqa: S608 - our own names
        (account_id,),
    ).fetchone()
    if row is None:
        return usual
    chosen: dict[str, Any] = dict(zip(_OWN.split(", "), row, strict=True))
    auto_link, responsible = bool(chosen["auto_link"]), tuple(json.loads(chosen["responsible"]))
    return replace(usual, **(chosen | {"auto_link": auto_link, "responsible": responsible}))


def set(db: Database, account_id: AccountId, **changes: Any) -> AccountCrm:
    """Change some settings of an account and return all of them. Raises BadSetting, TypeError for one there is not.

    Linking that is switched on again, and creating, begin with mail received from now on.
    """
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"no settings of an account: {sorted(unknown)}")
    now = int(time.time())
    with db.write() as connection:
        before = read(connection, account_id)
        wanted = _in_scope(before, _since(before, replace(before, **changes), now), changes)
        after = _checked(connection, before, wanted)
        if after != before:
            _write(connection, before, after, now)
    return after


def _in_scope(before: AccountCrm, after: AccountCrm, changes: Mapping[str, Any]) -> AccountCrm:
    """Let new conversations of an account that changes hands begin with what goes there, unless that was said too."""
    if after.scope not in team_accounts.SCOPES:
        raise BadSetting(f"an account is one of {', '.join(team_accounts.SCOPES)}, not {after.scope}")
    if after.scope == before.scope or "default_visibility" in changes:
        return after
    visibility = team_accounts.visibility_in(after.scope, after.default_visibility)
    return replace(after, default_visibility=visibility)


def _since(before: AccountCrm, after: AccountCrm, now: int) -> AccountCrm:
    if after.auto_link and not before.auto_link:
        after = replace(after, auto_link_since=now)
    if after.creates != "off" and before.creates == "off":
        after = replace(after, creates_since=now)
    return after


def _checked(connection: sqlite3.Connection, before: AccountCrm, settings: AccountCrm) -> AccountCrm:
    if settings.creates not in CREATES:
        raise BadSetting(f"mail of strangers makes one of {', '.join(CREATES)}, not {settings.creates}")
    allowed = VISIBILITIES[settings.scope]
    if (
        settings.default_visibility != before.default_visibility
        and settings.default_visibility not in allowed
    ):
        raise BadSetting(f"new conversations of this account are {' or '.join(allowed)}")
    if not 0 <= settings.activity_days <= MOST_DAYS:
        raise BadSetting(f"an activity is due in 0 to {MOST_DAYS} days")
    alias = normalise(settings.bcc_address) if settings.bcc_address else ""
    if settings.bcc_address and not alias:
        raise BadSetting(f"{settings.bcc_address} is no address")
    for user_id in (*settings.responsible, *settings.members):
        if not connection.execute(
            "SELECT 1 FROM workspace_user WHERE id = ? AND deleted_at IS NULL", (user_id,)
        ).fetchone():
            raise BadSetting("there is no such user of the workspace")
    stage = "SELECT 1 FROM stage WHERE id = ? AND deleted_at IS NULL"
    if settings.stage_id is not None and not connection.execute(stage, (settings.stage_id,)).fetchone():
        raise BadSetting("there is no such stage")
    return replace(
        settings,
        bcc_address=alias,
        responsible=tuple(dict.fromkeys(settings.responsible)),
        members=tuple(dict.fromkeys(settings.members)),
    )


def _write(connection: sqlite3.Connection, before: AccountCrm, after: AccountCrm, now: int) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO account_crm (account_id, {_OWN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
        (
            after.account_id,
            after.auto_link,
            after.auto_link_since,
            after.creates,
            after.creates_since,
            after.stage_id,
            json.dumps(after.responsible),
            after.turns,
            after.activity_type.strip() or "task",
            after.activity_days,
            after.bcc_address,
        ),
    )
    connection.execute(
        "UPDATE account SET default_visibility = ? WHERE id = ?", (after.default_visibility, after.account_id)
    )
    if after.scope != before.scope:
        team_accounts.set_scope(connection, after.account_id, after.scope)
    if after.members != before.members:
        team_accounts.set_members(connection, after.account_id, after.members)
    if after.bcc_address:
        bcc_tokens.ensure(connection, after.account_id, None)  # by which copies to the alias are known
    changed = {
        field.name: [getattr(before, field.name), getattr(after, field.name)]
        for field in fields(after)
        if getattr(before, field.name) != getattr(after, field.name)
    }
    crm_audit.write(connection, now, "", "account_crm", f"account:{after.account_id}", changed)
    events.record(connection, "account")


def take_turn(connection: sqlite3.Connection, settings: AccountCrm) -> str:
    """Return whose turn it is to be responsible, and let the next one have the next; "" for whoever uses this store.

    Those who are not active any more are passed over.
    """
    active = [
        row[0]
        for row in connection.execute(
            "SELECT j.value FROM json_each(?) j CROSS JOIN workspace_user u ON u.id = j.value"
            " WHERE u.is_active AND u.deleted_at IS NULL ORDER BY j.key",
            (json.dumps(settings.responsible),),
        ).fetchall()
    ]
    if not active:
        return settings.connected_by
    (turns,) = connection.execute(
        "UPDATE account_crm SET turns = turns + 1 WHERE account_id = ? RETURNING turns - 1",
        (settings.account_id,),
    ).fetchone()
    return str(active[turns % len(active)])

"""dealbox user: who works here, and what they may do."""

from __future__ import annotations

import argparse
import json
from typing import Final

from linking import standing
from mail.text import safe_line
from store.crm import user_edits, users
from store.crm.user_edits import BadUser
from store.database import Database
from store.links import sharing
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened

_SWITCHES: Final = {"admin": "is_admin", "active": "is_active", "can_manage": "can_manage"}


def show(options: argparse.Namespace) -> int:
    """List the users and their rights."""
    with opened(options) as db:
        found = _listed(db)
    if options.json:
        say(json.dumps(found, indent=2))
        return 0
    for user in found:
        words = [str(user["email"]), f"team {user['team']}" if user["team"] else "", _rights(user)]
        say(f"{safe_line(str(user['name']))}  {', '.join(filter(None, words))}")
    if not found:
        note("You work alone: dealbox user add NAME EMAIL, or dealbox import crm DIR with a users.csv")
    return 0


def _rights(user: dict[str, object]) -> str:
    if not user["is_active"]:
        return "not active: sees nothing"
    if user["is_admin"]:
        return "administrator"
    changes = "changes all items they see" if user["edits"] == "seen" else "changes their own items"
    return f"{changes}, and CRM settings" if user["can_manage"] else changes


def _listed(db: Database) -> list[dict[str, object]]:
    emails = {user.id: user.email for user in users.all(db)}
    return [
        {
            "id": one.id,
            "name": one.name,
            "email": emails[one.id],
            "team": one.team,
            "is_admin": one.is_admin,
            "is_active": one.is_active,
            "edits": one.edits,
            "can_manage": one.can_manage,
        }
        for one in sharing.colleagues(db.read())
        if one.id in emails
    ]


def add(options: argparse.Namespace) -> int:
    """Add a colleague."""
    with opened(options) as db:
        _need_rights(db)
        try:
            user_edits.add(db, options.name, options.email)
        except BadUser as error:
            raise BadUse(str(error)) from error
    say(f"Added {safe_line(options.name)}.")
    return 0


def change(options: argparse.Namespace) -> int:
    """Change a colleague's name, team or rights."""
    changes: dict[str, str | int] = {
        column: int(value == "on")
        for name, column in _SWITCHES.items()
        if (value := getattr(options, name)) is not None
    }
    for name in ("name", "team", "edits"):
        if (value := getattr(options, name)) is not None:
            changes[name] = safe_line(value).strip()
    if not changes:
        raise BadUse("say what to change: --edits, --admin, --active, --can-manage, --team or --name")
    if changes.get("name") == "":
        raise BadUse("a user needs a name")
    with opened(options) as db:
        _need_rights(db)
        try:
            user_edits.change(db, options.email, changes, by=users.me(db.read()).id)
        except BadUser as error:
            raise BadUse(str(error)) from error
    say("Changed.")
    return 0


def _need_rights(db: Database) -> None:
    me = standing.viewer(db.read())
    if not (me.is_admin or me.can_manage) and users.all(db):
        raise Failed("only an administrator, or who may change CRM settings, says what others may do")

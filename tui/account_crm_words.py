"""How an account takes part in the CRM, in words: for the settings screen and the command line."""

from __future__ import annotations

from typing import Final, NamedTuple

from store.links.account_crm import AccountCrm
from store.links.account_crm_names import Named
from store.links.exceptions import EFFECTS, ExceptionRow
from tui.content import line
from tui.format import plural

MAKES: Final = {"off": "nothing", "lead": "a lead", "deal": "a deal"}
"""What mail of strangers makes, by the word that is kept."""
SEEN_BY: Final = {
    "private": "private: you alone see them",
    "shared": "shared: seen by all who see what they are linked to",
    "team": "team only: seen by the members of the account",
}
SCOPES: Final = {"personal": "yours alone", "team": "a team's: its members see all of it"}
"""Whose an account is, by the word that is kept."""
NOBODY: Final = "whoever connected the account"


class Setting(NamedTuple):
    """One setting as a line: `name` is that of AccountCrm's field."""

    name: str
    label: str
    value: str


def settings(named: Named, address: str) -> tuple[Setting, ...]:
    """Return the settings in the order they are shown; those that change nothing at present say so.

    `address` is the universal Smart BCC address, or why there is none.
    """
    chosen = named.settings
    return (
        Setting("auto_link", "Link mail by itself", "on" if chosen.auto_link else "off"),
        Setting("creates", "Mail of strangers makes", MAKES[chosen.creates]),
        Setting("stage_id", "  deals begin in", line(named.stage) or "no stage"),
        Setting("responsible", "  responsible", responsible(named)),
        Setting("activity_type", "  planned answer", f"{line(chosen.activity_type)}, {due(chosen)}"),
        Setting("default_visibility", "New conversations are", SEEN_BY[chosen.default_visibility]),
        Setting("bcc_address", "Smart BCC address", line(address)),
        Setting("scope", "The account is", SCOPES[chosen.scope]),
        Setting("members", "  its members", members(named)),
    )


def responsible(named: Named) -> str:
    """Return who is responsible for what is made."""
    names = [line(name) for name in named.responsible]
    if len(names) > 1:
        return f"{', '.join(names)} in turn"
    return names[0] if names else NOBODY


def members(named: Named) -> str:
    """Return who works in the account; of one that is not a team's that it has no meaning yet."""
    names = ", ".join(map(line, named.members)) or "nobody else"
    return names if named.settings.scope == "team" else f"{names}, as long as it is yours alone"


def due(chosen: AccountCrm) -> str:
    """Return when the planned answer is due."""
    if chosen.activity_days == 0:
        return "due the same day"
    return f"due {plural(chosen.activity_days, 'day')} after the mail"


def exception(row: ExceptionRow) -> str:
    """Return an exception as a line."""
    comment = f" ({line(row.comment)})" if row.comment else ""
    return f"{line(row.pattern)} {EFFECTS[row.effect]}{comment}"


def connected(named: Named) -> str:
    """Return who connected the account, "" when no name is known."""
    return f"{line(named.connected_by)} connected this account." if named.connected_by else ""

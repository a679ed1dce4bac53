"""What the settings of an account are called: names of users, stages and of who connected it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from mail.ids import AccountId
from store.crm import stages, users
from store.crm.items import ItemKind
from store.crm.stages import Stage
from store.crm.users import UserRow
from store.database import Database
from store.links import account_crm
from store.links.account_crm import AccountCrm


@dataclass(frozen=True, slots=True)
class Named:
    """The settings of an account with what can be chosen. `connected_by` is a name, "" when nobody is known by one."""

    settings: AccountCrm
    users: tuple[UserRow, ...]
    stages: tuple[Stage, ...]
    connected_by: str

    @property
    def stage(self) -> str:
        """Return the name of the stage where deals begin."""
        chosen = self.settings.stage_id
        found = [one.name for one in self.stages if one.id == chosen or chosen is None]
        return found[0] if found else ""

    @property
    def responsible(self) -> tuple[str, ...]:
        """Return the names of those who take turns; a colleague who is gone is left out."""
        return self._names(self.settings.responsible)

    @property
    def members(self) -> tuple[str, ...]:
        """Return the names of those who work in the account beside whoever connected it."""
        return self._names(self.settings.members)

    def _names(self, user_ids: tuple[str, ...]) -> tuple[str, ...]:
        names = {user.id: user.name for user in self.users}
        return tuple(names[one] for one in user_ids if one in names)


def named(db: Database, account_id: AccountId) -> Named:
    """Return the settings of an account with the names of what they name."""
    connection = db.read()
    settings = account_crm.read(connection, account_id)
    everybody = users.all(db)
    return Named(
        settings,
        tuple(
            user
            for user in everybody
            if user.is_active or user.id in (*settings.responsible, *settings.members)
        ),
        stages.of(connection, ItemKind.DEAL),
        _connected_by(connection, settings, everybody),
    )


def _connected_by(
    connection: sqlite3.Connection, settings: AccountCrm, everybody: tuple[UserRow, ...]
) -> str:
    wanted = settings.connected_by or users.me(connection).id
    return next((user.name for user in everybody if user.id == wanted), "")

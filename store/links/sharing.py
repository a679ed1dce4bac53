"""What decides who may see a conversation: whose it is, what it is linked to, and who works here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Final, NamedTuple

from mail.types import AccountId, ThreadId
from store.crm import users
from store.crm.items import ItemKind, ItemRef
from store.links import contacts, slots
from store.links.contacts import Ours


class SharedItem(NamedTuple):
    """Something a conversation is linked to; `team` is its owner's, `followers` are ids of users."""

    ref: ItemRef
    title: str
    owner_id: str
    visible_to: str
    team: str
    followers: frozenset[str]


class Standing(NamedTuple):
    """A conversation, whose it is and everything it is linked to. An owner of "" is who uses this store."""

    thread_id: ThreadId
    account_id: AccountId
    owner_id: str
    scope: str
    visibility: str
    items: tuple[SharedItem, ...]


class Colleague(NamedTuple):
    """A user of the workspace; `accounts` are the team accounts they are a member of, `edits` is own or seen."""

    id: str
    name: str
    is_admin: bool
    is_active: bool
    team: str
    accounts: frozenset[int]
    edits: str
    can_manage: bool


_ITEM: Final = {
    kind: (
        f"SELECT i.{title}, i.owner_id, i.visible_to, coalesce(u.team, '') FROM {kind.value} i"  # noqa: S608 - our own tables
        " LEFT JOIN workspace_user u ON u.id = i.owner_id WHERE i.id = ?"
    )
    for kind, title in (
        (ItemKind.DEAL, "title"),
        (ItemKind.LEAD, "title"),
        (ItemKind.PROJECT, "title"),
        (ItemKind.PERSON, "name"),
        (ItemKind.ORGANIZATION, "name"),
    )
}
_PERSONS: Final = (
    "SELECT DISTINCT a.email, p.id, p.org_id FROM email e CROSS JOIN participant c ON c.email_id = e.id"
    " CROSS JOIN address a ON a.id = c.address_id CROSS JOIN person_email m ON m.email = a.email"
    " CROSS JOIN person p ON p.id = m.person_id AND p.deleted_at IS NULL WHERE e.thread_id = ?1 AND c.role <> 'sender'"
    " AND NOT EXISTS (SELECT 1 FROM participant_override o WHERE o.thread_id = ?1 AND o.email = a.email)"
    " UNION SELECT '', p.id, p.org_id FROM participant_override o JOIN person p ON p.id = o.person_id"
    " WHERE o.thread_id = ?1 AND p.deleted_at IS NULL"
)


def standing(connection: sqlite3.Connection, thread_id: ThreadId, us: Ours | None = None) -> Standing | None:
    """Return what decides who may see a conversation, None when it is gone. `us`: who we are, where that was read before.

    Two persons with one address both count: who may not see one of them does not see the conversation.
    """
    thread_id = slots.thread_now(connection, thread_id)
    row = connection.execute(
        "SELECT t.account_id, t.owner, a.scope, t.visibility FROM thread t JOIN account a ON a.id = t.account_id"
        " WHERE t.id = ?",
        (thread_id,),
    ).fetchone()
    if row is None:
        return None
    account_id, owner_id, scope, visibility = row
    found = (shared_item(connection, ref) for ref in _linked(connection, thread_id, us))
    items = tuple(item for item in found if item is not None)
    return Standing(thread_id, AccountId(account_id), owner_id, scope, visibility, items)


def _linked(connection: sqlite3.Connection, thread_id: ThreadId, us: Ours | None) -> list[ItemRef]:
    rows = connection.execute(
        "SELECT item_kind, item_id FROM item_link WHERE thread_id = ? AND item_id IS NOT NULL", (thread_id,)
    ).fetchall()
    refs = [ItemRef(ItemKind(kind), item_id) for kind, item_id in rows]
    we = us or contacts.ours(connection)
    for email, person_id, org_id in connection.execute(_PERSONS, (thread_id,)).fetchall():
        if not we.include(email):
            refs.append(ItemRef(ItemKind.PERSON, person_id))
            if org_id is not None:
                refs.append(ItemRef(ItemKind.ORGANIZATION, org_id))
    return list(dict.fromkeys(refs))


def shared_item(connection: sqlite3.Connection, ref: ItemRef) -> SharedItem | None:
    """Return what decides who may see an item, None when there never was one."""
    row = connection.execute(_ITEM[ref.kind], (ref.id,)).fetchone()
    if row is None:
        return None
    followers = connection.execute(
        "SELECT user_id FROM item_follower WHERE item_kind = ? AND item_id = ?", (ref.kind.value, ref.id)
    ).fetchall()
    title, owner_id, visible_to, team = row
    return SharedItem(ref, title, owner_id, visible_to, team, frozenset(user_id for (user_id,) in followers))


def colleagues(connection: sqlite3.Connection) -> tuple[Colleague, ...]:
    """Return all users of the workspace, by name."""
    accounts: dict[str, set[int]] = {}
    for user_id, account_id in connection.execute(
        "SELECT user_id, account_id FROM account_member"
    ).fetchall():
        accounts.setdefault(user_id, set()).add(account_id)
    rows = connection.execute(
        "SELECT id, name, is_admin, is_active, team, edits, can_manage FROM workspace_user"
        " WHERE deleted_at IS NULL ORDER BY name, id"
    ).fetchall()
    return tuple(
        Colleague(
            user_id,
            name,
            bool(is_admin),
            bool(is_active),
            team,
            frozenset(accounts.get(user_id, ())),
            edits,
            bool(can_manage),
        )
        for user_id, name, is_admin, is_active, team, edits, can_manage in rows
    )


def has_colleagues(connection: sqlite3.Connection) -> bool:
    """Say whether anybody beside this store's user works here."""
    me = users.me(connection).id
    row = connection.execute(
        "SELECT 1 FROM workspace_user WHERE deleted_at IS NULL AND is_active AND id <> ? LIMIT 1", (me,)
    ).fetchone()
    return row is not None


def connected(connection: sqlite3.Connection, user_id: str) -> frozenset[int]:
    """Return the team accounts that a user brought into this store: they work in them."""
    rows = connection.execute(
        "SELECT id FROM account WHERE scope = 'team' AND owner IN ('', ?)", (user_id,)
    ).fetchall()
    return frozenset(account_id for (account_id,) in rows)


def shared_by_default(
    connection: sqlite3.Connection, thread_ids: Collection[ThreadId]
) -> dict[ThreadId, str]:
    """Return those of the conversations that others may see though nobody ever said so, with their visibility."""
    rows = connection.execute(
        "SELECT t.id, t.visibility FROM json_each(?) j CROSS JOIN thread t ON t.id = j.value"
        " WHERE t.visibility <> 'private'"
        " AND NOT EXISTS (SELECT 1 FROM audit WHERE object = 'thread:' || t.id AND what = 'visibility')",
        (json.dumps(sorted(thread_ids)),),
    ).fetchall()
    return {ThreadId(thread_id): visibility for thread_id, visibility in rows}


def never_shared(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return whose mail is not shared by default: addresses, and domains after an "@"."""
    rows = connection.execute(
        "SELECT pattern FROM crm_exception WHERE effect = 'never_share' AND deleted_at IS NULL LIMIT 100000"
    ).fetchall()
    return tuple(pattern for (pattern,) in rows)


def make_private(connection: sqlite3.Connection, thread_ids: Collection[ThreadId]) -> None:
    """Let nobody but their owners see conversations."""
    connection.executemany(
        "UPDATE thread SET visibility = 'private' WHERE id = ?", [(thread_id,) for thread_id in thread_ids]
    )

"""What linking is decided from, read for many conversations at once, and what was decided, kept."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mail.types import AccountId, EmailId, SafeText, ThreadId
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import contacts
from store.links import linkable as link_items
from store.links.contacts import Ours
from store.links.facts import Account, Before, Conversation, Filled, Item, Message, Person, SmartBcc


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every conversation: who we are, whom nobody wants judged, how accounts take part."""

    us: Ours
    blocked: tuple[str, ...]
    accounts: Mapping[AccountId, Account]


@dataclass(frozen=True, slots=True)
class Batch:
    """Conversations with what is known of the people in them: persons by address, items by person."""

    conversations: tuple[Conversation, ...]
    persons: Mapping[str, tuple[Person, ...]]
    items: Mapping[str, tuple[Item, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided of a conversation, to be kept."""

    thread_id: ThreadId
    email_id: EmailId
    reason: str
    candidates: tuple[ItemRef, ...]


def is_due(db: Database) -> bool:
    """Say whether conversations wait to be judged."""
    return db.read().execute("SELECT 1 FROM link_due LIMIT 1").fetchone() is not None


def is_any(db: Database) -> bool:
    """Say whether any conversation was judged."""
    return db.read().execute("SELECT 1 FROM link_decision LIMIT 1").fetchone() is not None


def is_waiting(connection: sqlite3.Connection, thread_id: ThreadId) -> bool:
    """Say whether a conversation waits to be judged."""
    row = connection.execute("SELECT 1 FROM link_due WHERE thread_id = ?", (thread_id,)).fetchone()
    return row is not None


def due(connection: sqlite3.Connection, limit: int) -> list[ThreadId]:
    """Return conversations that wait to be judged, those first that began last."""
    rows = connection.execute("SELECT thread_id FROM link_due ORDER BY thread_id DESC LIMIT ?", (limit,))
    return [ThreadId(row[0]) for row in rows.fetchall()]


def mark(connection: sqlite3.Connection, thread_ids: Iterable[ThreadId]) -> None:
    """Let conversations be judged anew from their first message on."""
    connection.executemany(
        "INSERT INTO link_due (thread_id, email_id) SELECT id, 0 FROM thread WHERE id = ?"
        " ON CONFLICT DO UPDATE SET email_id = 0",
        [(thread_id,) for thread_id in thread_ids],
    )


def settings(connection: sqlite3.Connection) -> Settings:
    """Return what holds for every conversation just now."""
    us = contacts.ours(connection)
    rows = connection.execute(
        "SELECT a.id, coalesce(c.auto_link, 1), coalesce(c.auto_link_since, 0), coalesce(c.bcc_address, ''),"
        " EXISTS (SELECT 1 FROM mailbox m JOIN mailbox_choice h ON h.account_id = m.account_id AND h.key = m.key"
        " WHERE m.account_id = a.id AND m.role = 'inbox' AND h.role = 'junk')"
        " FROM account a LEFT JOIN account_crm c ON c.account_id = a.id LIMIT 1000"
    ).fetchall()
    return Settings(
        Ours(us.addresses | {row[3] for row in rows if row[3]}, us.domains),
        blocked(connection),
        {
            AccountId(account_id): Account(bool(auto_link), since, bool(is_spam_the_inbox))
            for account_id, auto_link, since, _, is_spam_the_inbox in rows
        },
    )


def blocked(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the addresses, and domains after an "@", that are not judged."""
    rows = connection.execute(
        "SELECT pattern FROM crm_exception WHERE effect = 'block' AND deleted_at IS NULL LIMIT 100000"
    )
    return tuple(row[0] for row in rows.fetchall())


_USUAL: Final = Account()
"""How an account takes part that has come since the settings were read."""
_HEADS: Final = (
    "SELECT t.id, t.account_id, l.item_kind, l.item_id, l.origin, l.at, d.reason, d.email_id, d.candidates, q.email_id"
    " FROM json_each(?) j CROSS JOIN thread t ON t.id = j.value"
    " LEFT JOIN item_link l ON l.thread_id = t.id AND l.slot = 'item'"
    " LEFT JOIN link_decision d ON d.thread_id = t.id LEFT JOIN link_due q ON q.thread_id = t.id"
)
_EMAILS: Final = (
    "SELECT e.thread_id, e.id, e.received_at, e.is_bulk, e.is_outgoing, e.draft, e.bcc_token, e.is_bcc_verified,"
    " (SELECT max(coalesce(m.role, '') NOT IN ('drafts', 'junk', 'trash')) FROM placement p"
    " JOIN mailbox m ON m.id = p.mailbox_id WHERE p.email_id = e.id)"
    " FROM json_each(?) j CROSS JOIN email e ON e.thread_id = j.value ORDER BY e.thread_id, e.id"
)
_PEOPLE: Final = (
    "SELECT p.email_id, p.role, a.email FROM json_each(?) j CROSS JOIN participant p ON p.email_id = j.value"
    " CROSS JOIN address a ON a.id = p.address_id ORDER BY p.email_id, p.role = 'cc', p.role = 'bcc', p.position"
)


def facts(connection: sqlite3.Connection, settings: Settings, thread_ids: Collection[ThreadId]) -> Batch:
    """Return what conversations are judged by; one without any message is left out."""
    ids = json.dumps(sorted(thread_ids))
    heads = connection.execute(_HEADS, (ids,)).fetchall()
    messages = _messages(connection, ids)
    overrides = _overrides(connection, ids)
    slots = link_items.by_ref(connection, {ItemRef(ItemKind(row[2]), row[3]) for row in heads if row[3]})
    conversations = tuple(
        Conversation(
            ThreadId(thread_id),
            AccountId(account_id),
            tuple(messages[thread_id]),
            settings.accounts.get(AccountId(account_id), _USUAL),
            None
            if origin is None
            else Filled(slots[ItemRef(ItemKind(kind), item)] if item else None, origin, at),
            overrides.get(thread_id, {}),
            judge_from or 0,
            None if reason is None else Before(reason, EmailId(email_id), _refs(candidates)),
        )
        for thread_id, account_id, kind, item, origin, at, reason, email_id, candidates, judge_from in heads
        if thread_id in messages
    )
    return _with_people(connection, conversations)


def _with_people(connection: sqlite3.Connection, conversations: tuple[Conversation, ...]) -> Batch:
    every = {
        email
        for conversation in conversations
        for message in conversation.messages
        for email in (*message.senders, *message.others, *message.reply_to)
    }
    persons = link_items.persons(connection, every)
    ids = {person.id for some in persons.values() for person in some}
    for conversation in conversations:
        ids.update(person.id for person in conversation.overrides.values() if person)
    return Batch(conversations, persons, link_items.of_persons(connection, ids))


def _messages(connection: sqlite3.Connection, ids: str) -> dict[int, list[Message]]:
    rows = connection.execute(_EMAILS, (ids,)).fetchall()
    people = _people(connection, [row[1] for row in rows])
    copies = _copies(connection, {row[6] for row in rows if row[6]})
    found: dict[int, list[Message]] = defaultdict(list)
    for thread_id, email_id, at, is_bulk, is_outgoing, is_draft, token, is_verified, is_in_sight in rows:
        roles = people.get(email_id, _NOBODY)
        bcc = None
        if token is not None:
            item, is_gone = copies.get(token, (None, False))
            bcc = SmartBcc(item, is_gone, bool(is_verified) or not token)
        found[thread_id].append(
            Message(
                EmailId(email_id),
                at,
                tuple(roles["from"]),
                (*roles["to"], *(roles["bcc"] if is_outgoing else ())),
                tuple(roles["reply_to"]),
                bool(is_bulk),
                bool(is_draft) or is_in_sight == 0,
                bcc,
            )
        )
    return found


_NOBODY: Final[Mapping[str, Sequence[str]]] = {"from": (), "to": (), "bcc": (), "reply_to": ()}
_GROUPS: Final = {"from": "from", "to": "to", "cc": "to", "bcc": "bcc", "reply_to": "reply_to"}


def _people(connection: sqlite3.Connection, email_ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    found: dict[int, dict[str, list[str]]] = {}
    for email_id, role, email in connection.execute(_PEOPLE, (json.dumps(email_ids),)).fetchall():
        group = _GROUPS.get(role)
        if group is not None and "@" in email:
            if email_id not in found:
                found[email_id] = {name: [] for name in _NOBODY}
            found[email_id][group].append(email)
    return found


def _copies(connection: sqlite3.Connection, tokens: Collection[str]) -> dict[str, tuple[Item | None, bool]]:
    """Return the item of each token of Smart BCC, None for the universal one, and whether it was deleted."""
    rows = connection.execute(
        "SELECT token, item_kind, item_id FROM json_each(?) j CROSS JOIN bcc_token ON token = j.value"
        " WHERE item_id IS NOT NULL",
        (json.dumps(sorted(tokens)),),
    ).fetchall()
    refs = {token: ItemRef(ItemKind(kind), item_id) for token, kind, item_id in rows}
    found = link_items.by_ref(connection, set(refs.values()))
    gone = _deleted(connection, refs.values())
    return {token: (None if ref in gone else found[ref], ref in gone) for token, ref in refs.items()}


def _deleted(connection: sqlite3.Connection, refs: Iterable[ItemRef]) -> set[ItemRef]:
    return {ref for ref in refs if connection.execute(_IS_THERE[ref.kind], (ref.id,)).fetchone() is None}


_IS_THERE: Final = {
    kind: f"SELECT 1 FROM {kind.value} WHERE id = ? AND deleted_at IS NULL"  # noqa: S608 - our own tables
    for kind in ItemKind
    if kind.fills_the_slot
}


def _overrides(connection: sqlite3.Connection, ids: str) -> dict[int, dict[str, Person | None]]:
    found: dict[int, dict[str, Person | None]] = defaultdict(dict)
    for thread_id, email, person_id, org_id in connection.execute(
        "SELECT o.thread_id, o.email, p.id, p.org_id FROM json_each(?) j"
        " CROSS JOIN participant_override o ON o.thread_id = j.value"
        " LEFT JOIN person p ON p.id = o.person_id AND p.deleted_at IS NULL",
        (ids,),
    ).fetchall():
        found[thread_id][email] = Person(person_id, org_id) if person_id else None
    return found


def _refs(candidates: str) -> tuple[ItemRef, ...]:
    return tuple(
        ItemRef(ItemKind(kind), item_id)
        for kind, _, item_id in (text.partition(":") for text in json.loads(candidates))
    )


def get(connection: sqlite3.Connection, thread_id: ThreadId) -> Outcome | None:
    """Return what was decided of a conversation, None when it was never judged."""
    row = connection.execute(
        "SELECT email_id, reason, candidates FROM link_decision WHERE thread_id = ?", (thread_id,)
    ).fetchone()
    return None if row is None else Outcome(thread_id, EmailId(row[0]), row[1], _refs(row[2]))


def heads(
    connection: sqlite3.Connection, email_ids: Sequence[EmailId]
) -> dict[EmailId, tuple[int, SafeText, SafeText]]:
    """Return when messages were received, who wrote them and their subjects."""
    rows = connection.execute(
        "SELECT e.id, e.received_at, CASE e.from_name WHEN '' THEN e.from_email ELSE e.from_name END, e.subject"
        " FROM json_each(?) j CROSS JOIN email e ON e.id = j.value",
        (json.dumps(email_ids),),
    ).fetchall()
    return {
        EmailId(email_id): (at, SafeText(name), SafeText(subject)) for email_id, at, name, subject in rows
    }


def unlinked(connection: sqlite3.Connection, after: ThreadId, limit: int) -> list[ThreadId]:
    """Return conversations whose slot nothing ever filled, by id, those with ids greater than `after`."""
    rows = connection.execute(
        "SELECT id FROM thread t WHERE id > ? AND NOT EXISTS"
        " (SELECT 1 FROM item_link WHERE thread_id = t.id AND slot = 'item') ORDER BY id LIMIT ?",
        (after, limit),
    )
    return [ThreadId(row[0]) for row in rows.fetchall()]


def put(connection: sqlite3.Connection, outcomes: Iterable[Outcome], version: int, now: int) -> None:
    """Keep what was decided, by which version of the rules."""
    connection.executemany(
        "INSERT INTO link_decision (thread_id, email_id, reason, candidates, rules_version, at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (thread_id) DO UPDATE SET email_id = ?2, reason = ?3,"
        " candidates = ?4, rules_version = ?5, at = ?6",
        [
            (
                one.thread_id,
                one.email_id,
                one.reason,
                json.dumps([f"{ref.kind.value}:{ref.id}" for ref in one.candidates]),
                version,
                now,
            )
            for one in outcomes
        ],
    )


def settle(connection: sqlite3.Connection, thread_ids: Iterable[ThreadId]) -> None:
    """Note that conversations were judged."""
    connection.executemany(
        "DELETE FROM link_due WHERE thread_id = ?", [(thread_id,) for thread_id in thread_ids]
    )

"""What must be true once everything is quiet (sync.md §4, I): the store and the account agree on all there is.

Nothing waits, nothing was sent twice, no link was lost, and the store is sound in itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from servers.peer import Peer

from mail import identity, maildir_names
from mail.types import AccountId
from providers.imap import convert
from store import invariants
from store.database import Database

Place = tuple[str, str, str, str]
"""A mailbox, a Message-ID, the keywords, and the identity of the message."""
Content = list[Place]
_LONGEST_ID = 998
"""A Message-ID longer than a line may be (RFC 5322 §2.1.1) is none."""


def on_server(peer: Peer) -> Content:
    """Return everything the account has, as another program sees it; what is marked as deleted is gone."""
    held: Content = []
    for mailbox, attributes in peer.mailboxes().items():
        if "\\Noselect" in attributes:
            continue
        peer.imap.select_folder(mailbox)
        uids = peer.imap.search("ALL")
        fetched = peer.imap.fetch(uids, ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"]) if uids else {}
        for told in fetched.values():
            flags = [flag.decode("latin-1") for flag in told[b"FLAGS"]]
            if not convert.is_deleted(flags):
                at = int(told[b"INTERNALDATE"].astimezone().timestamp())
                held.append((mailbox, *_message(told[b"BODY[]"], flags, at)))
    return sorted(held)


def _message(octets: bytes, flags: Iterable[str], received_at: int) -> tuple[str, str, str]:
    header = octets.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    found = [line for line in header.split(b"\r\n") if line.lower().startswith(b"message-id:")]
    message_id = found[0].partition(b":")[2].strip(b" <>").decode("latin-1") if found else ""
    message_id = message_id if len(message_id) <= _LONGEST_ID else ""
    keywords = " ".join(sorted(convert.keywords_of(flags)))
    return message_id, keywords, identity.of(octets, len(octets), received_at).hex()


def in_store(db: Database, account_id: AccountId) -> Content:
    """Return everything the account has in the store's mind."""
    rows = db.read().execute(
        "SELECT m.key, coalesce(e.message_id, ''), p.remote_keywords, lower(hex(e.octets_hash)) FROM placement p"
        " JOIN mailbox m ON m.id = p.remote_mailbox_id JOIN email e ON e.id = p.email_id WHERE m.account_id = ?",
        (account_id,),
    )
    return sorted((maildir_names.decode_utf7(row[0]), *row[1:]) for row in rows.fetchall())


def links(db: Database) -> dict[str, tuple[str, str]]:
    """Return what each message's conversation is linked to, by Message-ID."""
    rows = db.read().execute(
        "SELECT e.message_id, l.item_kind, l.item_id FROM item_link l JOIN email e ON e.thread_id = l.thread_id"
        " WHERE l.item_id IS NOT NULL"
    )
    return {row[0]: (row[1], row[2]) for row in rows.fetchall()}


# Each selects what is still under way; the text before it says what it is.
_WAITING = (
    (
        "operations that wait",
        "SELECT kind, state, error FROM operation WHERE state IN ('pending', 'running')",
    ),
    (
        "messages on their way out",
        "SELECT subject, state, error FROM submission WHERE state NOT IN ('filed', 'rejected', 'cancelled')",
    ),
    (
        "bodies that were not fetched",
        "SELECT id, subject FROM email WHERE is_header_only AND orphaned_at IS NULL",
    ),
    (
        "messages shown elsewhere than they lie",
        "SELECT email_id, mailbox_id, remote_mailbox_id, is_destroyed FROM placement"
        " WHERE mailbox_id <> remote_mailbox_id OR is_destroyed",
    ),
    ("messages the account never had", "SELECT email_id FROM placement WHERE remote_key LIKE 'local:%'"),
    ("copies of our own still to be known", "SELECT email_id FROM local_copy"),
    (
        "messages whose marks are not those of their places",
        "SELECT e.id, e.seen, e.flagged, e.draft, e.answered, group_concat(p.remote_keywords) AS told"
        " FROM email e JOIN placement p ON p.email_id = e.id GROUP BY e.id HAVING"
        " e.seen <> (told LIKE '%$seen%') OR e.flagged <> (told LIKE '%$flagged%')"
        " OR e.draft <> (told LIKE '%$draft%') OR e.answered <> (told LIKE '%$answered%')",
    ),
)


def wrong(db: Database, account_id: AccountId, there: Content) -> list[str]:
    """Return what is not as it must be once nobody does anything any more, a sentence each."""
    findings = invariants.check(db) + under_way(db)
    here = in_store(db, account_id)
    findings += [f"only in the store: {place}" for place in without(here, there)]
    findings += [f"only at the account: {place}" for place in without(there, here)]
    return findings


def under_way(db: Database) -> list[str]:
    """Return what is not finished yet, a sentence each."""
    return [f"{text}: {row}" for text, query in _WAITING for row in db.read().execute(query).fetchall()]


def without(these: Sequence[Place], others: Sequence[Place]) -> list[Place]:
    """Return what of `these` the others lack, each as often as it is missing."""
    left = list(others)
    missing = []
    for place in these:
        if place in left:
            left.remove(place)
        else:
            missing.append(place)
    return missing

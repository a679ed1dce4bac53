"""Whatever an account tells, in whatever order, the store is what a recount of its emails says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import crm_rows
import told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from makers import (
    ARCHIVE,
    INBOX,
    JUNK,
    MAILBOXES,
    NOW,
    SENT,
    TRASH,
    a_batch,
    a_remote,
    a_store,
    an_account,
    an_email,
)

from mail.changes import RemoteMailbox
from mail.threading import partition
from mail.types import AccountId, Role, SafeText
from store import conversations, ingest, invariants
from store.database import Database
from store.ingest import Arrival
from store.links import links

PLACES = (INBOX, SENT, ARCHIVE, TRASH, JUNK)
KEYWORDS = ("$seen", "$flagged", "$draft", "work")

messages = st.builds(
    lambda own, refs, subject, at: (own, tuple(refs), subject, at),
    st.one_of(st.none(), st.sampled_from("abcd")),
    st.lists(st.sampled_from("abcdef"), max_size=3),
    st.sampled_from(["Quote", "Re: Quote", "Invoice"]),
    st.integers(0, 3),
)
arrivals = st.tuples(
    st.integers(0, 11),  # which message
    st.sampled_from(PLACES),
    st.sampled_from("pqrs"),  # which key
    st.frozensets(st.sampled_from(KEYWORDS), max_size=3),
    st.sampled_from([True, True, True, False]),  # octets or keywords only
)
steps = st.lists(
    st.tuples(
        st.lists(arrivals, min_size=2, max_size=8),
        st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from("pqrs")), max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@dataclass
class World:
    db: Database
    account_id: AccountId


def facts_of(db: Database, account_id: AccountId) -> tuple[dict[int, int], list[frozenset[int]]]:
    rows = (
        db.read()
        .execute(
            "SELECT id, message_id, refs, subject, sent_at, thread_id FROM email WHERE account_id = ?",
            (account_id,),
        )
        .fetchall()
    )
    parts = partition([conversations.facts(*row[:5]) for row in rows])
    return {row[0]: row[5] for row in rows}, parts


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(messages, min_size=12, max_size=12), steps)
def test_any_sequence_of_changes_leaves_the_store_as_a_recount_says(
    texts: list[tuple[str | None, tuple[str, ...], str, int]],
    told: list[
        tuple[
            list[tuple[int, RemoteMailbox, str, frozenset[str], bool]], list[tuple[RemoteMailbox, str]], bool
        ]
    ],
) -> None:
    emails = [
        an_email(
            f"text {number}",
            message_id=own,
            references=refs,
            subject=SafeText(subject),
            sent_at=NOW + at if own else None,
            octets_hash=bytes([number]) * 16,
        )
        for number, (own, refs, subject, at) in enumerate(texts)
    ]
    with tempfile.TemporaryDirectory() as directory:
        db = a_store(Path(directory))
        try:
            account_id = an_account(db)
            other = an_account(db)
            for upserted, destroyed, is_other in told:
                remotes = [
                    (
                        a_remote(
                            key, mailbox, sorted(keywords), NOW + number // 2, b"x" if has_octets else None
                        ),
                        emails[number] if has_octets else None,
                    )
                    for number, mailbox, key, keywords, has_octets in upserted
                ]
                batch = a_batch([remote for remote, _ in remotes], destroyed)
                ingest.apply(
                    db,
                    other if is_other else account_id,
                    batch,
                    [Arrival(remote, email) for remote, email in remotes],
                )
                assert invariants.check(db) == []
                for account in (account_id, other):
                    thread_of, parts = facts_of(db, account)
                    by_thread: dict[int, set[int]] = {}
                    for email_id, thread_id in thread_of.items():
                        by_thread.setdefault(thread_id, set()).add(email_id)
                    assert sorted(parts, key=min) == sorted(
                        (frozenset(one) for one in by_thread.values()), key=min
                    )
            ingest.purge_orphans(db, account_id, 1 << 40)
            assert invariants.check(db) == []
        finally:
            db.close()


def test_a_role_that_hides_a_mailbox_takes_its_threads_out_of_the_views(db: Database) -> None:
    account_id = an_account(db)
    remote = a_remote("k", ARCHIVE)
    ingest.apply(db, account_id, a_batch([remote]), [Arrival(remote, an_email())])
    bin_now = [replace(one, role=Role.TRASH) if one is ARCHIVE else one for one in MAILBOXES]
    ingest.apply(db, account_id, a_batch(mailboxes=bin_now), [])
    assert invariants.check(db) == []


def test_an_item_beside_its_link_is_told(db: Database) -> None:
    thread_id = told.a_conversation(db, an_account(db), "First words")
    links.link(db, thread_id, crm_rows.a_deal(db, "Renewal"))
    assert invariants.check(db) == []
    with db.write() as connection:
        connection.execute("UPDATE thread SET item_id = 'another' WHERE id = ?", (thread_id,))
    (finding,) = invariants.check(db)
    assert finding.startswith("conversations whose item is not that of their link")

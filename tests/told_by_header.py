"""Mail told by its header first, and all that a store holds in words that do not depend on the order it came in."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import makers

from mail import identity, parse
from mail.changes import RemoteEmail
from mail.headers import header_end
from mail.types import AccountId, EmailId, ThreadId
from store import fetching, ingest, removal
from store.database import Database
from sync import parsing
from sync.frames import Fetched


@dataclass(frozen=True)
class Server:
    """Messages by their place, as an account on a server has them."""

    messages: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def remote(
        self,
        key: str,
        message: bytes,
        mailbox: makers.RemoteMailbox = makers.INBOX,
        keywords: Sequence[str] = (),
        received_at: int = makers.NOW,
        thread_key: str | None = None,
    ) -> RemoteEmail:
        """Return a message told by its header."""
        self.messages[mailbox.key, key] = message
        header = message[: header_end(message)[1]]
        return RemoteEmail(
            mailbox.key,
            makers.RemoteKey(key),
            frozenset(keywords),
            received_at,
            None,
            header=header,
            size_octets=len(message),
            identity=identity.of(header, len(message), received_at),
            thread_key=thread_key,
        )

    def whole(self, remote: RemoteEmail) -> RemoteEmail:
        """Return the same message told whole."""
        return replace(remote, message=self.messages[remote.mailbox, remote.key], header=None)

    def fill(self, db: Database, account_id: AccountId, *, most: int = 100, times: int = 1_000) -> int:
        """Fetch bodies until there are none to fetch, at most so often; return how many those were."""
        count = 0
        while (times := times - 1) >= 0 and (
            wanted := fetching.next_bodies(db, account_id, makers.NOW, limit=most)
        ):
            filled = []
            for body in wanted:
                email, packed_body, packed_octets = parsing.read(
                    Fetched(self.messages[body.mailbox, body.key], is_draft=bool(body.is_draft))
                )
                filled.append(ingest.Filled(body.email_id, email, packed_body, packed_octets))
            ingest.fill(db, account_id, filled)
            count += len(filled)
        return count


def take(
    db: Database, account_id: AccountId, remotes: Sequence[RemoteEmail], **batch: Any
) -> frozenset[ThreadId]:
    """Let an account tell of messages, parsed as the worker does it."""
    arrivals = [ingest.Arrival(remote, _email(remote)) for remote in remotes]
    told = replace(
        makers.a_batch(remotes, **{name: value for name, value in batch.items() if name != "renumbered"}),
        renumbered=frozenset(batch.get("renumbered", ())),
    )
    return ingest.apply(db, account_id, told, arrivals)


def _email(remote: RemoteEmail) -> parse.Email | None:
    if remote.message is not None:
        return parsing.read(remote.message).email
    if remote.header is not None:
        return parse.parse_header(remote.header, remote.size_octets or 0)
    return None


def email_id(db: Database, subject: str) -> EmailId:
    return EmailId(db.read().execute("SELECT id FROM email WHERE subject = ?", (subject,)).fetchone()[0])


_EMAIL = (
    "SELECT id, hex(octets_hash), message_id, refs, received_at, sent_at, subject, from_name, from_email, preview, "
    "size_octets, seen, flagged, draft, answered, forwarded, is_outgoing, has_attachment, is_bulk, is_auto_reply, "
    "list_id, problem, orphaned_at, is_header_only, bounce FROM email"
)
_THREAD = (
    "SELECT id, subject, participants, preview, started_at, last_at, last_in_at, last_out_at, email_count, "
    "unread_count, is_flagged, has_attachment, has_draft FROM thread"
)


def contents(db: Database) -> dict[str, list[object]]:
    """Return everything of the mail in a store, emails named by what makes them the same ones."""
    read = db.read()
    emails = {row[0]: row[1:] for row in read.execute(_EMAIL).fetchall()}
    name = {number: row[0] for number, row in emails.items()}
    threads: dict[int, list[str]] = {}
    for number, thread_id in read.execute("SELECT id, thread_id FROM email").fetchall():
        threads.setdefault(thread_id, []).append(name[number])
    of_thread = {thread_id: tuple(sorted(members)) for thread_id, members in threads.items()}
    texts = removal.indexed_texts(read, list(emails))
    return {
        "emails": _sorted(emails.values()),
        "bodies": _sorted(
            (name[number], zlib.decompress(body)) for number, body in _rows(db, "SELECT * FROM email_body")
        ),
        "attachments": _sorted((name[row[0]], *row[1:]) for row in _rows(db, "SELECT * FROM attachment")),
        "people": _sorted(
            (name[row[0]], *row[1:])
            for row in _rows(db, "SELECT email_id, role, position, name, email FROM participant")
        ),
        "places": _sorted(
            (name[row[0]], *row[1:])
            for row in _rows(
                db,
                "SELECT email_id, mailbox_id, remote_mailbox_id, remote_key, remote_keywords FROM placement",
            )
        ),
        "threads": _sorted((of_thread[row[0]], *row[1:]) for row in _rows(db, _THREAD)),
        "lists": _sorted(
            (mailbox_id, at, of_thread[thread_id], is_unread)
            for mailbox_id, at, thread_id, is_unread in _rows(
                db, "SELECT mailbox_id, at, thread_id, is_unread FROM mailbox_thread"
            )
        ),
        "words": _sorted((name[number], repr(text)) for number, text in texts),
        "about": _sorted(
            (name[number], about)
            for about, number in _rows(db, "SELECT message_id, email_id FROM bounce_about")
        ),
    }


def _rows(db: Database, query: str) -> list[Any]:
    return db.read().execute(query).fetchall()


def _sorted(rows: Iterable[object]) -> list[object]:
    return sorted(rows, key=repr)

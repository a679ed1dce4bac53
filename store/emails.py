"""Messages: their heads, bodies, attachments, and their octets as they came."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from mail.body_json import loads
from mail.headers import fields
from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from mail.maildir_names import parse
from mail.types import Address, Attachment, Body, EmailId, SafeText, ThreadId
from store import fetching, threads
from store.database import Database
from store.mailboxes import LOCAL
from store.rows import EmailRow
from store.sending import bounces

_COLUMNS: Final = (
    "e.id, e.thread_id, e.account_id, e.message_id, e.subject, e.received_at, e.sent_at, e.registered_at, "
    "e.preview, e.size_octets, e.seen, e.flagged, e.draft, e.answered, e.forwarded, e.is_outgoing, e.problem, "
    "e.is_header_only"
)
_KEYWORDS: Final = (SEEN, FLAGGED, DRAFT, ANSWERED, FORWARDED)


class OctetsGone(Exception):
    """The account's file of this message is not there any more, or is not that message."""


class OctetsNotHere(OctetsGone):
    """The account has this message, and it was not fetched as it came: store.fetching.want_part(.., "") asks for it."""


def in_thread(db: Database, thread_id: ThreadId, limit: int = 500) -> tuple[EmailRow, ...]:
    """Return the emails of a thread that lie somewhere, oldest first; the newest `limit` of more."""
    query = (
        f"SELECT {_COLUMNS} FROM email e WHERE e.thread_id = ? AND EXISTS "  # noqa: S608 - our own names
        "(SELECT 1 FROM placement p WHERE p.email_id = e.id AND NOT p.is_destroyed) "
        "ORDER BY e.received_at DESC, e.id DESC LIMIT ?"
    )
    connection = db.read()
    heads = connection.execute(query, (threads.resolve(db, thread_id), limit)).fetchall()
    return _rows(connection, heads[::-1])


def get(db: Database, email_id: EmailId) -> EmailRow | None:
    """Return one email, None when it is gone."""
    connection = db.read()
    query = f"SELECT {_COLUMNS} FROM email e WHERE e.id = ?"  # noqa: S608 - our own names
    rows = _rows(connection, connection.execute(query, (email_id,)).fetchall())
    return rows[0] if rows else None


def _rows(connection: sqlite3.Connection, heads: Sequence[Any]) -> tuple[EmailRow, ...]:
    ids = json.dumps([head[0] for head in heads])
    people = _people(connection, ids)
    attachments = _attachments(connection, ids)
    mailboxes, keywords = _places(connection, ids)
    reports = bounces.of(connection, ids)
    rows: list[EmailRow] = []
    for head in heads:
        email_id = head[0]
        by_role = people.get(email_id, {})
        own = frozenset(keyword for keyword, value in zip(_KEYWORDS, head[10:15], strict=True) if value)
        rows.append(
            EmailRow(
                id=email_id,
                thread_id=head[1],
                account_id=head[2],
                message_id=head[3],
                subject=head[4],
                from_=tuple(by_role.get("from") or by_role.get("sender") or ()),
                reply_to=tuple(by_role.get("reply_to", ())),
                to=tuple(by_role.get("to", ())),
                cc=tuple(by_role.get("cc", ())),
                bcc=tuple(by_role.get("bcc", ())),
                received_at=head[5],
                sent_at=head[6],
                registered_at=head[7],
                preview=head[8],
                size_octets=head[9],
                keywords=own | keywords.get(email_id, frozenset()).difference(_KEYWORDS),
                is_outgoing=bool(head[15]),
                mailboxes=tuple(mailboxes.get(email_id, ())),
                attachments=tuple(attachments.get(email_id, ())),
                problem=head[16],
                is_header_only=bool(head[17]),
                bounces=tuple(reports.get(email_id, ())),
            )
        )
    return tuple(rows)


def _people(connection: sqlite3.Connection, ids: str) -> dict[int, dict[str, list[Address]]]:
    found: dict[int, dict[str, list[Address]]] = {}
    for email_id, role, name, email in connection.execute(
        "SELECT p.email_id, p.role, p.name, p.email FROM json_each(?) j CROSS JOIN participant p "
        "ON p.email_id = j.value ORDER BY p.email_id, p.role, p.position",
        (ids,),
    ).fetchall():
        found.setdefault(email_id, {}).setdefault(role, []).append(Address(SafeText(name), SafeText(email)))
    return found


def _attachments(connection: sqlite3.Connection, ids: str) -> dict[int, list[Attachment]]:
    found: dict[int, list[Attachment]] = {}
    for email_id, part, name, media_type, size_octets, is_inline, content_id in connection.execute(
        "SELECT a.* FROM json_each(?) j CROSS JOIN attachment a ON a.email_id = j.value", (ids,)
    ).fetchall():
        attachment = Attachment(part, SafeText(name), media_type, size_octets, bool(is_inline), content_id)
        found.setdefault(email_id, []).append(attachment)
    for attachments in found.values():
        attachments.sort(key=lambda attachment: [int(number) for number in attachment.part.split(".")])
    return found


def _places(
    connection: sqlite3.Connection, ids: str
) -> tuple[dict[int, list[str]], dict[int, frozenset[str]]]:
    names: dict[int, list[str]] = {}
    keywords: dict[int, frozenset[str]] = {}
    for email_id, name, told in connection.execute(
        "SELECT p.email_id, m.name, p.remote_keywords FROM json_each(?) j CROSS JOIN placement p "
        "ON p.email_id = j.value JOIN mailbox m ON m.id = p.mailbox_id WHERE NOT p.is_destroyed ORDER BY p.id",
        (ids,),
    ).fetchall():
        if name not in names.setdefault(email_id, []):
            names[email_id].append(name)
        keywords[email_id] = keywords.get(email_id, frozenset()).union(told.split())
    return names, keywords


def body(db: Database, email_id: EmailId) -> Body | None:
    """Return what the reader shows of an email, None when it is gone."""
    row = db.read().execute("SELECT body FROM email_body WHERE email_id = ?", (email_id,)).fetchone()
    return None if row is None else loads(zlib.decompress(row[0]))


def references(db: Database, email_id: EmailId) -> tuple[str, ...]:
    """Return the ids of what an email answers, nearest last, as its header told them; each once."""
    row = db.read().execute("SELECT refs FROM email WHERE id = ?", (email_id,)).fetchone()
    told = [one for one in row[0].split() if one.isprintable()] if row else []
    # In-Reply-To stands first, and again where it belongs.
    return tuple(reversed(dict.fromkeys(reversed(told))))


def octets(db: Database, email_id: EmailId) -> bytes:
    """Return the message as it came, byte for byte. Raises OctetsGone, OctetsNotHere, and nothing else."""
    connection = db.read()
    row = connection.execute("SELECT octets FROM email_octets WHERE email_id = ?", (email_id,)).fetchone()
    if row is not None:
        return zlib.decompress(row[0])
    for _ in range(2):  # the worker may have moved the file, and noted it, while we looked
        head = connection.execute(
            "SELECT octets_hash, size_octets, copy_of FROM email WHERE id = ?", (email_id,)
        ).fetchone()
        if head is None:
            raise OctetsGone("this message is no longer in the store")
        if head[2] is not None and fetching.part_file(db, email_id, "") is None:
            return octets(db, head[2])
        paths = connection.execute(
            "SELECT path FROM placement WHERE email_id = ? AND path IS NOT NULL", (email_id,)
        ).fetchall()
        for candidate in _candidates(path for (path,) in paths):
            message = _read(candidate, head[1])
            if message is not None and blake2b(message, digest_size=16).digest() == head[0]:
                return message
    return _fetched(db, email_id)


def _fetched(db: Database, email_id: EmailId) -> bytes:
    path = fetching.part_file(db, email_id, "")
    if path is not None:
        with contextlib.suppress(OSError):
            return path.read_bytes()
    row = db.read().execute(
        "SELECT 1 FROM placement p JOIN mailbox m ON m.id = p.remote_mailbox_id WHERE p.email_id = ? "
        "AND p.path IS NULL AND m.gone_at IS NULL AND substr(p.remote_key, 1, ?) <> ? LIMIT 1",
        (email_id, len(LOCAL), LOCAL),
    )
    if row.fetchone() is not None:
        raise OctetsNotHere("this message is still to be fetched from the account")
    raise OctetsGone("the file of this message is not where the account kept it")


def _candidates(paths: Iterable[str | bytes]) -> Iterator[Path]:
    known = [Path(os.fsdecode(path)) for path in paths]
    yield from known
    for path in known:
        # A Maildir's file is renamed with its flags, and from new to cur when it is first seen.
        unique = parse(path.name)[0]
        for directory in (path.parent.parent / "cur", path.parent.parent / "new"):
            with contextlib.suppress(OSError):
                yield from (file for file in directory.iterdir() if parse(file.name)[0] == unique)


def _read(path: Path, size_octets: int) -> bytes | None:
    try:
        # Not blocking: somebody may have put a pipe there.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            is_it = stat.S_ISREG(status.st_mode) and status.st_size == size_octets
            return file.read() if is_it else None
    except (OSError, ValueError):
        return None


def headers(db: Database, email_id: EmailId) -> tuple[tuple[str, SafeText], ...]:
    """Return every header of an email in order. Raises OctetsGone."""
    return fields(octets(db, email_id))

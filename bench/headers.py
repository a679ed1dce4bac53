"""Mail told by its header from memory: what the store and the parsers make of it, without a network."""

from __future__ import annotations

import contextlib
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import places
from bench.figures import Figure
from mail import identity, parse
from mail.changes import ChangeBatch, RemoteEmail, RemoteMailbox, State
from mail.headers import header_end
from mail.types import MailboxKey, RemoteKey, Role
from providers.fake import FakeProvider, FakeServer
from providers.protocol import Capabilities
from store import accounts, ingest_rows
from store.database import open_store
from sync.bodies import fetch_bodies
from sync.parsers import ParsingChildren
from sync.pull import pull

_INBOX = RemoteMailbox(MailboxKey("INBOX"), "Inbox", Role.INBOX)


class Told(FakeProvider):
    """Tells messages from memory, newest first, in pages."""

    capabilities = Capabilities(is_remote=True)

    def __init__(self, files: Sequence[Path], *, is_whole: bool) -> None:
        super().__init__(FakeServer())
        self._files = {RemoteKey(f"1.{number}"): path for number, path in enumerate(files)}
        told = (_remote(key, path, is_whole=is_whole) for key, path in self._files.items())
        self._remotes = sorted(told, key=lambda remote: -remote.received_at)

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        begin = int(since or 0)
        page = tuple(self._remotes[begin : begin + limit])
        remaining = len(self._remotes) - begin - len(page)
        mailboxes = (_INBOX,) if since is None else None
        return ChangeBatch(page, (), mailboxes, State(str(begin + len(page))), remaining > 0, remaining)

    def messages(
        self, mailbox: MailboxKey, keys: Sequence[RemoteKey]
    ) -> Iterator[tuple[RemoteKey, bytes | None]]:
        for key in keys:
            yield key, self._files[key].read_bytes()


def _remote(key: RemoteKey, path: Path, *, is_whole: bool) -> RemoteEmail:
    message = path.read_bytes()
    header = _asked_for(message[: header_end(message)[1]])
    at = int(path.stat().st_mtime)
    told = identity.of(header, len(message), at)
    return RemoteEmail(
        _INBOX.key,
        key,
        frozenset({"$seen"}),
        at,
        message if is_whole else None,
        header=None if is_whole else header,
        size_octets=len(message),
        identity=told,
    )


def _asked_for(header: bytes) -> bytes:
    wanted = {name.lower().encode() for name in parse.FIELDS}
    kept: list[bytes] = []
    is_kept = False
    for line in header.splitlines(keepends=True):
        if line[:1] not in (b" ", b"\t"):
            is_kept = line.partition(b":")[0].lower() in wanted
        if is_kept:
            kept.append(line)
    return b"".join(kept) + b"\r\n"


def figures() -> Iterator[Figure]:
    maildir = places.corpus()
    if maildir is None:
        yield Figure("headers", None, "messages/s", remark="../shared/corpus is not here")
        return
    files = [path for path in sorted(maildir.rglob("*")) if path.is_file() and ":" in path.name]
    provider = Told(files, is_whole=False)
    parsers = ParsingChildren()
    with (
        contextlib.closing(parsers),
        contextlib.closing(open_store(places.fresh("headers"), is_screen=False)) as db,
    ):
        account_id = accounts.add(db, "fake", "Bench", "me@harborline.example", {})
        started, used = time.monotonic(), time.process_time()
        pull(db, account_id, provider, parsers, lambda: True)
        elapsed, used = time.monotonic() - started, time.process_time() - used
        yield Figure(
            "headers",
            len(files) / elapsed,
            "messages/s",
            ">= 3,000",
            remark=f"{len(files):,} in {elapsed:.1f} s, {used:.1f} s of the worker's CPU",
        )
        started, used = time.monotonic(), time.process_time()
        accounts.set_status(db, account_id, "live")
        fetch_bodies(db, account_id, provider, parsers, lambda: True)
        elapsed, used = time.monotonic() - started, time.process_time() - used
        yield Figure(
            "bodies after them",
            len(files) / elapsed,
            "messages/s",
            remark=f"{elapsed:.1f} s, {used:.1f} s of the worker's CPU, "
            f"kept up to {ingest_rows.KEPT_OCTETS:,} octets",
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield Figure("memory of it all", peak, "MiB", remark="with the corpus' headers held for this")

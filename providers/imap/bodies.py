"""The octets of messages: many small ones in one command, the texts of large ones, single parts to a file."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from mail.types import MailboxKey, RemoteKey
from providers import one_by_one
from providers.errors import Rejected
from providers.imap import convert, decoding, skeleton
from providers.imap.doing import GONE
from providers.imap.line import Line
from providers.imap.refusals import Oversized, Refused
from providers.imap.session import UidSet

LARGE_OCTETS: Final = 1024 * 1024
_TOGETHER_OCTETS: Final = 8 * 1024 * 1024
_APART_OCTETS: Final = 32 * 1024 * 1024


def messages(
    line: Line, mailbox: MailboxKey, keys: Sequence[RemoteKey]
) -> Iterator[tuple[RemoteKey, bytes | None]]:
    """Yield the octets of messages, as Provider.messages says. Raises RetryLater, SignInAgain."""
    try:
        epoch = line.select_fresh(mailbox, is_readonly=True).uidvalidity or 0
    except Refused:
        return
    by_uid = {uid: key for key in keys for told, uid in [convert.numbers_of(key)] if uid and told == epoch}
    sizes = _sizes(line, UidSet.from_uids(by_uid))
    for batch in _batches(sizes):
        for one in line.session.fetch(batch, "BODY.PEEK[]"):
            octets = one.sections.get("")
            if octets is not None and one.uid in by_uid:
                yield by_uid[one.uid], octets
    for uid, size in sizes.items():
        if size > LARGE_OCTETS:
            yield by_uid[uid], _without_files(line, mailbox, uid)


def _sizes(line: Line, uids: UidSet) -> dict[int, int]:
    if not uids:
        return {}
    return {
        one.uid: one.size or 0
        for one in line.session.fetch(uids, "RFC822.SIZE FLAGS")
        if not convert.is_deleted(one.flags or ())
    }


def _batches(sizes: dict[int, int]) -> Iterator[UidSet]:
    batch: list[int] = []
    total = 0
    for uid, size in sizes.items():
        if size > LARGE_OCTETS:
            continue
        if batch and total + size > _TOGETHER_OCTETS:
            yield UidSet.from_uids(batch)
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield UidSet.from_uids(batch)


def _without_files(line: Line, mailbox: MailboxKey, uid: int) -> bytes | None:
    try:
        return skeleton.fetch(line.session, uid)
    except Oversized:
        line.select(mailbox, is_readonly=True)
        return None


def message(line: Line, mailbox: MailboxKey, key: RemoteKey) -> bytes:
    """Return the octets of one message, whatever their number. Raises Rejected when it is gone, RetryLater."""
    uid = _open(line, mailbox, key)
    if uid not in _sizes(line, UidSet.from_uids([uid])):
        raise Rejected(GONE)
    whole = io.BytesIO()
    try:
        line.session.fetch_to(uid, "", whole)
    except Refused as error:
        raise Rejected(GONE) from error
    return whole.getvalue()


def write_part(line: Line, mailbox: MailboxKey, key: RemoteKey, part: str, file: BinaryIO) -> None:
    """Write the decoded octets of a part bit by bit, as Provider.part says. Raises Rejected, RetryLater."""
    uid = _open(line, mailbox, key)
    try:
        if not part:
            line.session.fetch_to(uid, "", file)
            return
        if not all(level.isdecimal() for level in part.split(".")):
            raise Rejected("The message has no such part.")
        encoding = skeleton.encoding_of(line.session, uid, part)
        if encoding is None:
            _write_part_of_whole(line, uid, part, file)
            return
        with decoding.decoder(encoding, file) as decoded:
            line.session.fetch_to(uid, part, decoded)
    except Refused as error:
        raise Rejected(GONE) from error


def _write_part_of_whole(line: Line, uid: int, part: str, file: BinaryIO) -> None:
    """Take the message apart here: servers see no parts where MIME-Version is missing."""
    with tempfile.TemporaryFile() as whole:
        if line.session.fetch_to(uid, "", whole) > _APART_OCTETS:
            raise Rejected(
                "The server does not find this part, and the message is too large to be looked through."
            )
        whole.seek(0)
        one_by_one.write_part(whole.read(), part, file)


def _open(line: Line, mailbox: MailboxKey, key: RemoteKey) -> int:
    try:
        epoch = line.select_fresh(mailbox, is_readonly=True).uidvalidity or 0
    except Refused as error:
        raise Rejected(f"The mailbox “{convert.name_of(mailbox, None)}” is no longer there.") from error
    told, uid = convert.numbers_of(key)
    if not uid or told != epoch:
        raise Rejected(GONE)
    return uid

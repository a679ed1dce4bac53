"""For accounts where many operations are no cheaper than each by itself: files, and an account in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from mail.operations import Applied, Operation
from mail.parse import part as part_of
from mail.types import MailboxKey, RemoteKey
from providers.errors import Rejected, Unsupported


def apply_all(
    apply: Callable[[Operation], Applied], operations: Sequence[Operation]
) -> Iterator[Applied | Rejected | Unsupported]:
    """Carry the operations out one after the other, as Provider.apply_all says."""
    for operation in operations:
        try:
            yield apply(operation)
        except (Rejected, Unsupported) as error:
            yield error


def messages(
    message: Callable[[MailboxKey, RemoteKey], bytes], mailbox: MailboxKey, keys: Sequence[RemoteKey]
) -> Iterator[tuple[RemoteKey, bytes | None]]:
    """Read the messages one after the other, as Provider.messages says."""
    for key in keys:
        try:
            yield key, message(mailbox, key)
        except Rejected:
            continue


def write_part(message: bytes, part: str, file: BinaryIO) -> None:
    """Write one part of a message to `file`, as Provider.part says."""
    if not part:
        file.write(message)
        return
    try:
        file.write(part_of(message, part))
    except KeyError as error:
        raise Rejected("The message has no such part.") from error

"""A Maildir as an account: the embedded default, and what mbsync, Dovecot and neomutt users have."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, assert_never

from mail.changes import ChangeBatch, State
from mail.operations import Applied, CreateMailbox, Destroy, Move, Operation, Save, SetKeywords
from mail.types import MailboxKey, RemoteKey
from providers import one_by_one
from providers.errors import Rejected, RetryLater, SignInAgain, Unsupported
from providers.maildir import files, hand, layout, state
from providers.maildir.layout import Layout
from providers.maildir.passes import Pass
from providers.maildir.state import Told
from providers.maildir.watch import Watch
from providers.protocol import Capabilities, Memory


class MaildirProvider:
    """The mailboxes below one directory. Other programs may change them at any moment."""

    capabilities = Capabilities(keeps_octets_in_files=True)

    def __init__(self, path: Path, memory: Memory) -> None:
        self._root = os.path.abspath(path)
        self._memory = memory
        self._hand = hand.Hand(self._root)
        self._watch = Watch()
        self._pass: Pass | None = None
        self._last_state: State | None = None
        self._layout: Layout | None = None
        self._told = Told()

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        """Return the next page of what differs from the cache's memory; a state of ours only saves looking."""
        told = state.loads(since)
        if self._pass is None or since != self._last_state:
            self._pass = Pass(self._find_mailboxes(), replace(told, page=0), self._memory)
        current = self._pass
        batch = current.next_page(limit)
        self._layout, self._last_state = current.found, batch.new_state
        self._told = state.loads(batch.new_state)
        if not batch.has_more_changes:
            self._pass = None
            self._hand.forget()
            if current.unlistable and not (batch.upserted or batch.destroyed or batch.mailboxes):
                raise SignInAgain(
                    f"{layout.printable_key(min(current.unlistable.values()))} may not be read: allow it with chmod u+rwx. "
                    "Its mail stays as it was last seen."
                )
        return batch

    def message(self, mailbox: MailboxKey, key: RemoteKey) -> bytes:
        """Return the octets of one message."""
        try:
            for _ in range(3):
                path = self._hand.find(mailbox, key)
                if path is None:
                    break
                try:
                    return files.read(path)
                except FileNotFoundError:
                    self._hand.forget()
        except OSError as error:
            raise RetryLater(f"The message cannot be read: {error.strerror}") from error
        raise Rejected("The message is no longer there: another program moved or deleted it.")

    def messages(
        self, mailbox: MailboxKey, keys: Sequence[RemoteKey]
    ) -> Iterator[tuple[RemoteKey, bytes | None]]:
        """Read several files, one after the other."""
        return one_by_one.messages(self.message, mailbox, keys)

    def part(self, mailbox: MailboxKey, key: RemoteKey, part: str, file: BinaryIO) -> None:
        """Write one part of a message to `file`."""
        one_by_one.write_part(self.message(mailbox, key), part, file)

    def apply(self, operation: Operation) -> Applied:
        """Carry one operation out on the files."""
        try:
            match operation:
                case Move():
                    return self._hand.move(operation)
                case SetKeywords():
                    return self._hand.set_keywords(operation)
                case Destroy():
                    return self._hand.destroy(operation)
                case Save():
                    return self._hand.save(operation)
                case CreateMailbox():
                    return self._hand.create_mailbox(operation)
                case _:
                    assert_never(operation)
        except OSError as error:
            raise hand.explain(error, self._root) from error

    def apply_all(self, operations: Sequence[Operation]) -> Iterator[Applied | Rejected | Unsupported]:
        """Carry several out, one after the other."""
        return one_by_one.apply_all(self.apply, operations)

    def notice(self) -> None:
        """Do nothing: what is new is always told first."""

    def wait(self, timeout_s: float) -> bool:
        """Look twice a second whether a directory changed."""
        return self._watch.wait(self._layout, self._told.looks, timeout_s)

    def interrupt(self) -> None:
        """End a wait."""
        self._watch.interrupt()

    def close(self) -> None:
        """Forget everything; there is nothing to close."""
        self._pass = None
        self._hand.forget()

    def _find_mailboxes(self) -> Layout:
        root = layout.printable_key(self._root)
        try:
            found = layout.find_mailboxes(self._root)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise SignInAgain(
                f"{root} is not there. If it lies on a disk that is not mounted, mount it; if it moved, "
                "add it again with dealbox account add maildir PATH."
            ) from error
        except PermissionError as error:
            raise SignInAgain(f"{root} may not be read: allow it with chmod u+rwx {root}.") from error
        except OSError as error:
            raise RetryLater(f"{root} cannot be read: {error.strerror}") from error
        if not found.mailboxes:
            raise SignInAgain(
                f"There is no Maildir in {root}: no directory there has the parts cur and new. "
                "Name the directory that holds the mailboxes."
            )
        return found

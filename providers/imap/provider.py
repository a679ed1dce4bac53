"""A mail account behind IMAP: one connection, opened when it is first needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, TypeVar, assert_never

from mail.changes import ChangeBatch, State
from mail.operations import Applied, CreateMailbox, Destroy, Move, Operation, Save, SetKeywords
from mail.types import MailboxKey, RemoteKey
from providers.errors import Rejected, RetryLater, Unsupported
from providers.imap import bodies, passes, saving, state
from providers.imap.connecting import session_of
from providers.imap.doing import Hand, Outcome
from providers.imap.gmail import EXTENSION, Labels, labels_of
from providers.imap.knowledge import Knowledge
from providers.imap.labelling import LabelHand
from providers.imap.line import Line
from providers.imap.looking import Looker
from providers.imap.passes import Pass
from providers.imap.waiting import Wait
from providers.protocol import Capabilities, Memory, Secrets

INBOX = MailboxKey("INBOX")
_Kind = TypeVar("_Kind", bound=Operation)


class ImapProvider:
    """The mailboxes of one user on an IMAP server. Servers differ and lie: what they say is checked."""

    capabilities = Capabilities(has_custom_keywords=True, is_remote=True, look_every_s=60.0)

    def __init__(
        self,
        config: Mapping[str, str],
        memory: Memory,
        secrets: Secrets,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._clock = clock
        self._line = Line(lambda: session_of(config, secrets))
        self._hand = Hand(self._line)
        self._wait = Wait(self._line)
        self._knowledge = Knowledge(memory)
        self._looker = Looker(self._line, self._knowledge)
        self._pass: Pass | None = None
        self._last_state: State | None = None
        self._is_over = True
        self._noticed = threading.Event()
        self._labels: Labels | None = None

    def changes(self, since: State | None, *, limit: int = 500) -> ChangeBatch:
        """Return the next page; looks at the account first, and again now and then while old mail is told."""
        current = self._pass
        if current is None or since != self._last_state:
            self._knowledge.forget_told()
            account = state.loads(since)
            current = Pass(self._line, self._memory, self._looker, self._knowledge, account, self._clock)
            self._is_over = True
        elif self._is_over:
            self._knowledge.forget_told()
        self._pass = None  # until it has told a page: what fails half-way begins again from `since`
        if self._is_over or self._noticed.is_set() or current.is_look_due():
            self._noticed.clear()
            current.look()
        batch = current.next_page(limit)
        self._pass, self._last_state = current, batch.new_state
        self._is_over = not batch.has_more_changes
        if (
            self._is_over
            and batch.new_state == since
            and not batch.destroyed
            and (frozen := current.frozen())
        ):
            raise RetryLater(passes.frozen_text(frozen), after_s=self.capabilities.look_every_s)
        return batch

    def notice(self) -> None:
        """Let the next changes() look for what is new before it goes on with old mail."""
        self._noticed.set()

    def message(self, mailbox: MailboxKey, key: RemoteKey) -> bytes:
        """Return the octets of one message."""
        return bodies.message(self._line, self._source(mailbox), key)

    def messages(
        self, mailbox: MailboxKey, keys: Sequence[RemoteKey]
    ) -> Iterator[tuple[RemoteKey, bytes | None]]:
        """Return the octets of several, in few commands; of large ones without their files."""
        return bodies.messages(self._line, self._source(mailbox), keys)

    def part(self, mailbox: MailboxKey, key: RemoteKey, part: str, file: BinaryIO) -> None:
        """Write one part of a message to `file`."""
        bodies.write_part(self._line, self._source(mailbox), key, part, file)

    def apply(self, operation: Operation) -> Applied:
        """Carry one operation out."""
        (outcome,) = self.apply_all((operation,))
        if isinstance(outcome, Applied):
            return outcome
        raise outcome

    def apply_all(self, operations: Sequence[Operation]) -> Iterator[Applied | Rejected | Unsupported]:
        """Carry out many operations of one kind in few commands."""
        if not operations:
            return iter(())
        try:
            return iter(self._outcomes(operations))
        except (Rejected, Unsupported) as error:
            return iter([error for _ in operations])

    def _outcomes(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        labels = self._labels_now()
        hand = self._hand if labels is None else LabelHand(self._line, self._hand, labels)
        first = operations[0]
        match first:
            case Move():
                self._looker.touch(first.mailbox)
                return hand.move(_all(operations, Move))
            case SetKeywords():
                return hand.set_keywords(_all(operations, SetKeywords))
            case Destroy():
                self._looker.touch(first.mailbox)
                return hand.destroy(_all(operations, Destroy))
            case Save():
                self._looker.touch(first.mailbox)
                where = self._source(first.mailbox)
                return [saving.save(self._line, hand, one, where) for one in _all(operations, Save)]
            case CreateMailbox():
                return [saving.create_mailbox(self._line, one) for one in _all(operations, CreateMailbox)]
            case _:
                assert_never(first)

    def wait(self, timeout_s: float) -> bool:
        """Wait for news of the inbox; of everything where one mailbox holds it all."""
        labels = self._labels_now()
        mailbox = INBOX if labels is None else labels.all_mail
        known = self._pass.boxes.get(mailbox) if self._pass is not None else None
        return self._wait.wait(mailbox, known, timeout_s)

    def interrupt(self) -> None:
        """End a wait."""
        self._wait.interrupt()

    def close(self) -> None:
        """Drop the connection."""
        self._line.close()
        self._wait.close()
        self._pass = None

    def _source(self, mailbox: MailboxKey) -> MailboxKey:
        labels = self._labels_now()
        return mailbox if labels is None else labels.source(mailbox)

    def _labels_now(self) -> Labels | None:
        """Return how labels are shown here, None where mailboxes are mailboxes. Asks once."""
        session = self._line.session
        if EXTENSION not in session.capabilities:
            return None
        if self._pass is not None and self._pass.labels is not None:
            return self._pass.labels
        if self._labels is None:
            self._labels = labels_of(session.list_mailboxes())
        return self._labels


def _all(operations: Sequence[Operation], kind: type[_Kind]) -> list[_Kind]:
    return [one for one in operations if isinstance(one, kind)]

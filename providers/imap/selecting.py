"""SELECT, and what has changed since (RFC 3501 §6.3.1, RFC 7162 §3.2.5)."""

from __future__ import annotations

from typing import Final

from providers.imap import arguments, codes, fetched
from providers.imap.answers import Fetched, Selected
from providers.imap.conversation import LONG_LINE_OCTETS, Answer, Conversation
from providers.imap.fetched import flags_of
from providers.imap.noticed import vanished_uids
from providers.imap.refusals import Completion
from providers.imap.tokens import Garbled
from providers.imap.uid_set import UidSet

_MOST: Final = 200_000


def select(
    speaking: Conversation, mailbox: str, qresync: tuple[int, int] | None, *, readonly: bool, has_modseq: bool
) -> Selected:
    """Select a mailbox; `qresync` is given only where it is enabled."""
    speaking.noticed.take()  # it was about another mailbox
    verb = b"EXAMINE " if readonly else b"SELECT "
    extra = b""
    if qresync is not None:
        extra = b" (QRESYNC (%d %d))" % qresync
    elif has_modseq and "CONDSTORE" not in speaking.enabled and "QRESYNC" not in speaking.enabled:
        extra = b" (CONDSTORE)"
    told = _Told(speaking)
    tag = speaking.send(verb, arguments.mailbox(mailbox), extra)
    for answer in speaking.answers(tag, line_octets=LONG_LINE_OCTETS):
        told.take(answer)
    return told.selected(
        is_readonly=readonly or speaking.completion.code == "READ-ONLY", has_modseq=has_modseq
    )


class _Told:
    """What has been told so far."""

    def __init__(self, speaking: Conversation) -> None:
        self._speaking = speaking
        self._start()

    def _start(self) -> None:
        self._exists = 0
        self._uidvalidity: int | None = None
        self._uidnext: int | None = None
        self._modseq: int | None = None
        self._permanent: frozenset[str] | None = None
        self._vanished: list[tuple[int, int]] = []
        self._changed: list[Fetched] = []

    def take(self, answer: Answer) -> None:
        match answer.kind:
            case b"EXISTS":
                self._exists = answer.number
            case b"OK":
                self._take_code(answer.completion())
            case b"VANISHED" | b"FETCH":
                self._take_change(answer)
            case _:
                pass

    def _take_code(self, said: Completion) -> None:
        match said.code:
            case "CLOSED":  # all that was told before is about the mailbox that was selected before
                self._start()
            case "UIDVALIDITY":
                self._uidvalidity = codes.number(said.argument)
            case "UIDNEXT":
                self._uidnext = codes.number(said.argument)
            case "HIGHESTMODSEQ":
                self._modseq = codes.number(said.argument)
            case "NOMODSEQ":
                self._modseq = None
            case "PERMANENTFLAGS":
                self._permanent = flags_of(said.argument.strip(b"()"))
            case _:
                pass

    def _take_change(self, answer: Answer) -> None:
        try:
            if answer.kind == b"VANISHED":
                self._vanished.extend(vanished_uids(answer.rest).ranges)
                return
            changed = fetched.parse(answer.parts, answer.at)
            if changed.uid and len(self._changed) < _MOST:
                self._changed.append(changed)
                return
        except (Garbled, ValueError):
            pass
        self._speaking.noticed.is_incomplete = True

    def selected(self, *, is_readonly: bool, has_modseq: bool) -> Selected:
        return Selected(
            exists=self._exists,
            uidvalidity=self._uidvalidity,
            uidnext=self._uidnext,
            highestmodseq=self._modseq if has_modseq else None,
            is_readonly=is_readonly,
            permanent_flags=self._permanent,
            vanished=UidSet(self._vanished),
            changed=tuple(self._changed),
        )

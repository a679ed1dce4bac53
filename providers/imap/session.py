"""One connection to an IMAP server: signed in, spoken to command by command, every answer bounded."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, Literal

from providers import tls as transport_security
from providers.errors import ProviderError, RetryLater, Unsupported
from providers.imap import arguments, codes, fetching, idle, listing, selecting
from providers.imap.answers import Fetched, Listed, Selected, Status, Unsolicited
from providers.imap.conversation import LONG_LINE_OCTETS, Clocks, Conversation, clocks
from providers.imap.conversation import Literal as Counted
from providers.imap.quirks import without_wrong
from providers.imap.refusals import Completion, Oversized, Refused, TooManyConnections
from providers.imap.sign_in import SignIn, Timeouts, open_conversation
from providers.imap.tokens import Garbled
from providers.imap.uid_set import UidSet
from providers.opening import Endpoint

# What whoever uses a session needs besides; each lives where it is made.
__all__ = [
    "Endpoint",
    "Fetched",
    "Listed",
    "Oversized",
    "Refused",
    "Selected",
    "Session",
    "SignIn",
    "Status",
    "TooManyConnections",
    "UidSet",
    "Unsolicited",
]

Uid = int
Epoch = int
_SHORT_SET_OCTETS: Final = 1000
_MOST_FOUND: Final = 2_000_000
_GOODBYE_S: Final = 3.0
_WHO_WE_ARE: Final = b'ID ("name" "dealbox")'
_LIMIT = re.compile(r"APPENDLIMIT=(\d+)\Z")


class Session:
    """Speak IMAP over one connection; owned by one thread.

    Every method raises RetryLater when the network or the server fails (the connection is dropped then: see
    `is_open`), SignInAgain, or Refused (a Rejected with the server's `code`) when the server says no for good.
    Mailbox names are wire names: what list_mailboxes() tells, or mail.maildir_names.encode_utf7 of what a user typed.
    A set of UIDs longer than `set_octets` becomes several commands.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        sign_in: SignIn,
        *,
        tls: ssl.SSLContext | None = None,
        connect_s: float = 15.0,
        read_s: float = 60.0,
        set_octets: int = 8000,
        compress: bool | None = None,
        clocks: Clocks = clocks,
    ) -> None:
        """Connect nothing yet. `compress` None: where the server offers it and is not this machine."""
        self._endpoint = endpoint
        self._sign_in = sign_in
        self._tls = tls
        self._timeouts = Timeouts(connect_s, read_s)
        self._set_octets = set_octets
        self._compress = compress
        self._clocks = clocks
        self._open: Conversation | None = None
        self._selected: str | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether the connection is signed in and still of use."""
        return self._open is not None and self._open.wire.is_open

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what the server offers now, in upper case, without what it is known to do wrong."""
        if self._open is None:
            return frozenset()
        return without_wrong(self._open.capabilities, self._endpoint.host)

    @property
    def enabled(self) -> frozenset[str]:
        """Return what it said it had enabled (RFC 5161): "QRESYNC", "CONDSTORE"; waits for that when it was just asked."""
        speaking = self._speaking()
        speaking.settle()
        return speaking.enabled

    @property
    def selected(self) -> str | None:
        """Return the name of the selected mailbox."""
        return self._selected if self.is_open else None

    def connect(self) -> None:
        """Connect and sign in; nothing when that has been done."""
        if self.is_open:
            return
        self.close()
        context = self._tls or transport_security.context()
        self._open = open_conversation(self._endpoint, self._sign_in, context, self._timeouts, self._clocks)
        try:
            self._prepare(self._open)
        except ProviderError:
            self.close()
            raise

    def _prepare(self, speaking: Conversation) -> None:
        """Say who we are and what we know, in front of the first command and without waiting."""
        offered, unheard = self.capabilities, []
        if "ENABLE" in offered and "QRESYNC" in offered:
            unheard.append(b"ENABLE QRESYNC")
        elif "ENABLE" in offered and "CONDSTORE" in offered:
            unheard.append(b"ENABLE CONDSTORE")
        if "ID" in offered:
            unheard.append(_WHO_WE_ARE)
        speaking.send_unheard(unheard)
        wants = not speaking.wire.is_loopback if self._compress is None else self._compress
        if wants and "COMPRESS=DEFLATE" in offered:
            with contextlib.suppress(Refused):
                speaking.run(b"COMPRESS DEFLATE")
                speaking.wire.start_deflate()

    def _speaking(self) -> Conversation:
        if self._open is None or not self._open.wire.is_open:
            raise RetryLater(f"There is no connection to {self._endpoint.host}.")
        return self._open

    def close(self) -> None:
        """Drop the connection without a word; twice is harmless."""
        speaking, self._open = self._open, None
        self._selected = None
        if speaking is not None:
            speaking.wire.close()

    def logout(self) -> None:
        """Say goodbye and drop the connection; never raises."""
        with contextlib.suppress(ProviderError, RuntimeError):
            speaking = self._speaking()
            speaking.wire.limit_waiting(_GOODBYE_S)
            speaking.run(b"LOGOUT")
        self.close()

    def list_mailboxes(self, *, with_status: bool = False) -> list[Listed]:
        """Return every mailbox; `status` is told where the server has LIST-STATUS and is None elsewhere."""
        return listing.list_mailboxes(self._speaking(), self.capabilities, with_status=with_status)

    def status(self, mailbox: str) -> Status:
        """Return the counts of a mailbox that is not the selected one."""
        return listing.status(self._speaking(), self.capabilities, mailbox)

    def select(
        self, mailbox: str, *, qresync: tuple[Epoch, int] | None = None, readonly: bool = False
    ) -> Selected:
        """Select a mailbox; with `qresync` (uidvalidity, modseq), where it is enabled, learn what changed since."""
        speaking = self._speaking()
        self._selected = None
        if qresync is not None and "QRESYNC" not in self.enabled:
            qresync = None
        has_modseq = "CONDSTORE" in self.capabilities or "QRESYNC" in self.capabilities
        told = selecting.select(speaking, mailbox, qresync, readonly=readonly, has_modseq=has_modseq)
        self._selected = mailbox
        return told

    def fetch(
        self, uids: UidSet, items: str, *, changed_since: int | None = None, vanished: bool = False
    ) -> Iterator[Fetched]:
        """Yield the answers one by one as they come; `items` as "FLAGS BODY.PEEK[HEADER]", UID is added.

        Messages that are gone are not answered. Answers about other messages are left to unsolicited().
        `vanished` asks for those too (QRESYNC). The next command ends it: what was not read then is thrown away.
        """
        speaking = self._speaking()
        modifiers = b""
        if changed_since is not None:
            modifiers = b" (CHANGEDSINCE %d%b)" % (changed_since, b" VANISHED" if vanished else b"")
        waiting = [*uids.chunks(self._set_octets)][::-1]
        while waiting:
            chunk, told_any = waiting.pop(), False
            try:
                for told in fetching.fetch(speaking, chunk, items, modifiers):
                    told_any = True
                    yield told
            except Refused as refused:
                if told_any or not self._can_be_shorter(chunk, refused):
                    raise
                waiting += [*chunk.chunks(self._set_octets)][::-1]

    def _can_be_shorter(self, chunk: UidSet, refused: Refused) -> bool:
        """Write shorter sets from now on where a server calls a long one a mistake."""
        if refused.code != "BAD" or len(str(chunk)) <= _SHORT_SET_OCTETS:
            return False
        self._set_octets = _SHORT_SET_OCTETS
        return True

    def fetch_to(self, uid: Uid, section: str, file: BinaryIO, *, piece_octets: int = 262_144) -> int:
        """Write a section ("" is the message) to `file` piece by piece; return how many octets.

        Raises Refused when the message is gone.
        """
        return fetching.fetch_to(self._speaking(), uid, section, file, piece_octets)

    def search(self, criteria: str | bytes) -> UidSet:
        """Return the messages that fit; text outside ASCII goes in quoted strings and is sent as UTF-8 literals."""
        speaking = self._speaking()
        returning = b"RETURN (ALL) " if "ESEARCH" in self.capabilities else b""
        tag = speaking.send(b"UID SEARCH ", returning, *arguments.criteria(criteria))
        found: list[tuple[int, int]] = []
        for answer in speaking.answers(tag, line_octets=LONG_LINE_OCTETS):
            if answer.kind not in (b"SEARCH", b"ESEARCH"):
                speaking.notice(answer)
                continue
            try:
                found += codes.found(answer).ranges
                if len(found) > _MOST_FOUND:
                    raise speaking.wire.lost("found more than can be held")
            except Garbled as error:
                raise speaking.wire.lost("answered a search in a way that cannot be read") from error
        return UidSet(found)

    def store(
        self,
        uids: UidSet,
        sign: Literal["+", "-"],
        flags: Iterable[str],
        *,
        item: str = "FLAGS",
        unchanged_since: int | None = None,
    ) -> UidSet:
        """Add or remove flags, silently; return those left alone because they changed since (RFC 7162)."""
        list_of = arguments.flag_list(flags) if item == "FLAGS" else arguments.label_list(flags)
        words = [list_of] if isinstance(list_of, bytes) else list_of
        condition = b"" if unchanged_since is None else b" (UNCHANGEDSINCE %d)" % unchanged_since
        left_alone = UidSet()
        for completion in self._for_each_chunk(
            b"UID STORE ", uids, b"%b %b%b.SILENT " % (condition, sign.encode(), item.encode()), *words
        ):
            left_alone |= codes.modified(completion)
        return left_alone

    def _for_each_chunk(self, verb: bytes, uids: UidSet, *words: bytes | Counted) -> Iterator[Completion]:
        """Carry out a command for every chunk of `uids`; yield the completions, and the codes told before them."""
        speaking = self._speaking()
        for chunk in uids.chunks(self._set_octets):
            for answer in speaking.run(verb, str(chunk).encode("ascii"), *words):
                if answer.kind == b"OK":
                    yield answer.completion()
            yield speaking.completion

    def copy(self, uids: UidSet, mailbox: str) -> dict[Uid, tuple[Epoch, Uid]]:
        """Copy; return where each went, as far as the server tells (COPYUID)."""
        return self._take_to(b"UID COPY ", uids, mailbox)

    def move(self, uids: UidSet, mailbox: str) -> dict[Uid, tuple[Epoch, Uid]]:
        """Move (RFC 6851); return where each went, as far as the server tells. Raises Unsupported without MOVE."""
        if "MOVE" not in self.capabilities:
            raise Unsupported(f"{self._endpoint.host} cannot move messages.")
        return self._take_to(b"UID MOVE ", uids, mailbox)

    def _take_to(self, verb: bytes, uids: UidSet, mailbox: str) -> dict[Uid, tuple[Epoch, Uid]]:
        gone_to: dict[Uid, tuple[Epoch, Uid]] = {}
        for completion in self._for_each_chunk(verb, uids, b" ", arguments.mailbox(mailbox)):
            gone_to.update(codes.copied(completion, len(uids)))
        return gone_to

    def expunge(self, uids: UidSet) -> None:
        """Remove those of `uids` that are \\Deleted. Raises Unsupported without UIDPLUS: EXPUNGE takes others' too."""
        if "UIDPLUS" not in self.capabilities:
            raise Unsupported(f"{self._endpoint.host} cannot remove single messages.")
        for _ in self._for_each_chunk(b"UID EXPUNGE ", uids):
            pass

    def append(
        self, mailbox: str, message: bytes, flags: Iterable[str] = (), received_at: int | None = None
    ) -> tuple[Epoch, Uid] | None:
        """Add a message and return where it went, as far as the server tells (APPENDUID)."""
        self._judge_size(len(message))
        words: list[bytes | Counted] = [
            b"APPEND ",
            arguments.mailbox(mailbox),
            b" ",
            arguments.flag_list(flags),
            b" ",
        ]
        if received_at is not None:
            words += [arguments.date_time(received_at), b" "]
        speaking = self._speaking()
        speaking.run(*words, Counted(message))
        return codes.appended(speaking.completion)

    def _judge_size(self, octets: int) -> None:
        limits = (found for word in self.capabilities if (found := _LIMIT.match(word)))
        if any(octets > int(found[1]) for found in limits):
            raise Refused(f"The message is larger than {self._endpoint.host} takes.", "TOOBIG")

    def create(self, mailbox: str) -> None:
        """Create a mailbox; nothing when it is there."""
        try:
            self._speaking().run(b"CREATE ", arguments.mailbox(mailbox))
        except Refused as refused:
            if refused.code != "ALREADYEXISTS" and "exist" not in str(refused).lower():
                raise

    def subscribe(self, mailbox: str) -> None:
        """Put a mailbox among those other programs show."""
        self._speaking().run(b"SUBSCRIBE ", arguments.mailbox(mailbox))

    def noop(self) -> None:
        """Ask for nothing, which lets the server tell what happened: see unsolicited()."""
        self._speaking().run(b"NOOP")

    def idle(self, timeout_s: float, wake_fd: int | None = None) -> bool:
        """Wait until something happens to the selected mailbox: true, and unsolicited() tells what.

        False after `timeout_s`, or once `wake_fd` is readable (it is left so). Raises Unsupported without IDLE.
        """
        if "IDLE" not in self.capabilities:
            raise Unsupported(f"{self._endpoint.host} does not tell of new mail by itself.")
        return idle.idle(self._speaking(), timeout_s, wake_fd)

    def unsolicited(self) -> Unsolicited:
        """Return what the server told by itself, and forget it."""
        return self._open.noticed.take() if self._open is not None else Unsolicited()

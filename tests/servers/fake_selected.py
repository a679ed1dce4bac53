"""What a session sees of the mailbox it has selected, and what it does to messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from servers.fake_fetch import fetched, items_of
from servers.fake_mailbox import FakeMailbox, FakeMessage
from servers.fake_search import matching
from servers.imap_refusals import No
from servers.imap_words import Word, flag_list, number_set, numbers, text

if TYPE_CHECKING:
    from servers.fake_session import Session

Answer = bytes | tuple[bytes, bytes]  # untagged lines, and the code of the tagged one


class Selected:
    """The messages a client knows of, in the order it numbers them."""

    def __init__(self, session: Session, mailbox: FakeMailbox, is_read_only: bool) -> None:
        self.mailbox = mailbox
        self.is_read_only = is_read_only
        self.tells_modseq = False
        self.view = mailbox.uids
        self._session = session
        self._told_modseq = mailbox.highestmodseq
        self._told_version = mailbox.version
        self._known_change: dict[int, int] = {}  # modseq of what this session changed itself, by uid

    @property
    def has_news(self) -> bool:
        return self._told_version != self.mailbox.version

    def news(self) -> bytes:
        """Write what has changed since the client last heard, and consider it told."""
        mailbox = self.mailbox
        if not self.has_news:
            return b""
        answer = self._vanished() + self._arrived()
        for uid in self.view:
            modseq = mailbox.messages[uid].modseq
            if modseq > self._told_modseq and self._known_change.get(uid) != modseq:
                answer += self._flags_line(mailbox.messages[uid])
        self._told_modseq, self._told_version = mailbox.highestmodseq, mailbox.version
        self._known_change.clear()
        return answer

    def _vanished(self) -> bytes:
        gone = [uid for uid in self.view if uid not in self.mailbox.messages]
        if not gone:
            return b""
        hushed = self.mailbox.hushed.intersection(gone)
        heard = {uid for uid in gone if uid not in hushed}
        answer = b""
        if heard and "QRESYNC" in self._session.enabled:
            answer = b"* VANISHED %s\r\n" % number_set(heard)
        elif heard:
            places = [place for place, uid in enumerate(self.view, 1) if uid in heard]
            answer = b"".join(b"* %d EXPUNGE\r\n" % place for place in reversed(places))
        self.view = [uid for uid in self.view if uid in self.mailbox.messages]
        return answer + (b"* %d EXISTS\r\n" % len(self.view) if hushed else b"")

    def _arrived(self) -> bytes:
        if self.mailbox.habits.hides_appended_until_select:
            return b""
        last = self.view[-1] if self.view else 0
        new = [uid for uid in self.mailbox.messages if uid > last]
        self.view += new
        self._known_change.update((uid, self.mailbox.messages[uid].modseq) for uid in new)
        return b"* %d EXISTS\r\n" % len(self.view) if new else b""

    def _flags_line(self, message: FakeMessage, more: Iterable[bytes] = ()) -> bytes:
        items = [b"UID", b"FLAGS", *more]
        if self.tells_modseq:
            items.append(b"MODSEQ")
        return self._line(message, items)

    def _line(self, message: FakeMessage, items: Iterable[bytes]) -> bytes:
        place = self.view.index(message.uid) + 1
        return b"* %d FETCH (%s)\r\n" % (place, fetched(message, self.mailbox, items))

    def _messages(self, word: Word, by_uid: bool) -> list[FakeMessage]:
        if by_uid:
            uids = numbers(word, self.view)
        else:
            uids = [self.view[place - 1] for place in numbers(word, range(1, len(self.view) + 1))]
        return [self.mailbox.messages[uid] for uid in uids if uid in self.mailbox.messages]

    def fetch(self, arguments: list[Word], by_uid: bool) -> Answer:
        items = items_of(arguments[1])
        if by_uid and b"UID" not in (item.upper() for item in items):
            items = [b"UID", *items]
        answer = b""
        messages = self._messages(arguments[0], by_uid)
        if len(arguments) > 2:
            since, wants_vanished = self._modifiers(arguments[2])
            messages = [message for message in messages if message.modseq > since]
            items = items if b"MODSEQ" in items else [*items, b"MODSEQ"]
            self.tells_modseq = True
            if wants_vanished:
                answer = self.vanished_since(since)
        self.tells_modseq = self.tells_modseq or b"MODSEQ" in items
        places = {uid: place for place, uid in enumerate(self.view, 1)}
        lines = (b"* %d FETCH (%s)\r\n" % (places[m.uid], fetched(m, self.mailbox, items)) for m in messages)
        return answer + b"".join(lines)

    def _modifiers(self, word: Word) -> tuple[int, bool]:
        if not self._session.can("CONDSTORE") or not isinstance(word, list):
            raise ValueError("modifiers are not offered")
        names = [text(inner).upper() for inner in word]
        return int(names[names.index("CHANGEDSINCE") + 1]), "VANISHED" in names

    def vanished_since(self, modseq: int, known: Word | None = None) -> bytes:
        """Write which uids are gone since `modseq` (RFC 7162 §3.2.6)."""
        gone = [uid for at, uid in self.mailbox.expunged if at > modseq]
        if known is not None:
            gone = numbers(known, sorted(gone))
        return b"* VANISHED (EARLIER) %s\r\n" % number_set(gone) if gone else b""

    def changed_since(self, modseq: int) -> bytes:
        """Write the flags of every message changed since `modseq`."""
        messages = self.mailbox.messages.values()
        return b"".join(self._flags_line(message) for message in messages if message.modseq > modseq)

    def search(self, arguments: list[Word], by_uid: bool) -> Answer:
        criteria, returns = list(arguments), None
        if criteria and text_or_list(criteria[0]) == "RETURN" and self._session.can("ESEARCH"):
            returns = [text(word).upper() for word in criteria[1]] or ["ALL"]
            criteria = criteria[2:]
        if criteria and text_or_list(criteria[0]) == "CHARSET":
            criteria = criteria[2:]
        known = [self.mailbox.messages[uid] for uid in self.view if uid in self.mailbox.messages]
        found = [message.uid for message in matching(known, criteria, self.view)]
        if not by_uid:
            found = [self.view.index(uid) + 1 for uid in found]
        if returns is None:
            return b"* SEARCH" + b"".join(b" %d" % number for number in found) + b"\r\n"
        return self._esearch(found, returns, by_uid)

    def _esearch(self, found: list[int], returns: list[str], by_uid: bool) -> bytes:
        answer = b'* ESEARCH (TAG "%s")%s' % (self._session.tag, b" UID" if by_uid else b"")
        if "COUNT" in returns:
            answer += b" COUNT %d" % len(found)
        if found and "MIN" in returns:
            answer += b" MIN %d" % found[0]
        if found and "MAX" in returns:
            answer += b" MAX %d" % found[-1]
        if found and "ALL" in returns:
            answer += b" ALL " + number_set(found)
        return answer + b"\r\n"

    def store(self, arguments: list[Word], by_uid: bool) -> Answer:
        self.require_write()
        rest = list(arguments[1:])
        limit = None
        if isinstance(rest[0], list):
            limit = int(text(rest.pop(0)[1]))
        action, _, silent = text(rest[0]).upper().partition(".")
        given = {text(word) for word in (rest[1] if isinstance(rest[1], list) else rest[1:])}
        answer, modified = b"", []
        for message in self._messages(arguments[0], by_uid):
            if limit is not None and message.modseq > limit:
                modified.append(message.uid if by_uid else self.view.index(message.uid) + 1)
                continue
            self._change(message, action, given)
            self._known_change[message.uid] = message.modseq
            if not silent:
                labels = [b"X-GM-LABELS"] if "X-GM-LABELS" in action else []
                answer += self._flags_line(message, labels)
            elif self.tells_modseq:
                answer += self._line(message, [b"UID", b"MODSEQ"])
        return answer, b"[MODIFIED %s] " % number_set(modified) if modified else b""

    def _change(self, message: FakeMessage, action: str, given: set[str]) -> None:
        kind = action.lstrip("+-")
        if kind not in {"FLAGS", "X-GM-LABELS"}:
            raise ValueError(f"STORE of {kind} is not known")
        before = message.flags if kind == "FLAGS" else message.labels
        after = before | given if action[0] == "+" else before - given if action[0] == "-" else given
        if kind == "FLAGS":
            self.mailbox.set_flags(message.uid, after)
        else:
            self._session.server.relabel(self.mailbox, message.uid, after)

    def copy(self, arguments: list[Word], by_uid: bool) -> Answer:
        code = self._copied(self._messages(arguments[0], by_uid), arguments[1])
        return b"", code + b" " if code else b""

    def move(self, arguments: list[Word], by_uid: bool) -> Answer:
        if not self._session.can("MOVE"):
            raise ValueError("MOVE is not offered")
        self.require_write()
        messages = self._messages(arguments[0], by_uid)
        code = self._copied(messages, arguments[1])
        self.mailbox.expunge(*(message.uid for message in messages))
        return b"* OK " + code + b" moved\r\n" if code else b""

    def _copied(self, messages: list[FakeMessage], target: Word) -> bytes:
        mailbox = self._session.server.mailboxes.get(text(target))
        if mailbox is None:
            raise No("[TRYCREATE] there is no such mailbox")
        if not messages:
            return b""
        new = [self._session.server.copy_into(mailbox, message) for message in messages]
        if not self._session.can("UIDPLUS"):
            return b""
        old = number_set(message.uid for message in messages)
        return b"[COPYUID %d %s %s]" % (mailbox.uidvalidity, old, number_set(new))

    def expunge(self, arguments: list[Word], by_uid: bool) -> Answer:
        if by_uid and not self._session.can("UIDPLUS"):
            raise ValueError("UID EXPUNGE is not offered")
        self.require_write()
        messages = self._messages(arguments[0] if by_uid else b"1:*", by_uid)
        self.mailbox.expunge(*(message.uid for message in messages if "\\Deleted" in message.flags))
        return b""

    def require_write(self) -> None:
        if self.is_read_only:
            raise No("[READ-ONLY] the mailbox was opened to look at")


def text_or_list(word: Word) -> str:
    return "" if isinstance(word, list) else text(word).upper()


def flags_lines(mailbox: FakeMailbox) -> bytes:
    """Write which flags there are, and which are kept."""
    used = {flag for message in mailbox.messages.values() for flag in message.flags}
    system = {"\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"}
    kept = mailbox.habits.permanent_flags.encode()
    return b"* FLAGS %s\r\n* OK [PERMANENTFLAGS (%s)] kept\r\n" % (flag_list(used | system), kept)

"""Carrying out what the user did, many messages at a time: moves, keywords, the end of messages. Twice is harmless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mail.operations import Applied, Destroy, Move, SetKeywords
from mail.types import MailboxKey, RemoteKey
from providers.errors import Rejected, Renumbered, Unsupported
from providers.imap import convert, finding
from providers.imap.line import Line
from providers.imap.refusals import Refused
from providers.imap.session import Selected, UidSet

Outcome = Applied | Rejected | Unsupported
GONE: Final = "The message is no longer there: another program moved or deleted it."
_REMEMBERED: Final = 5_000


class Hand:
    """Changes the messages of one account over one line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._moved: dict[tuple[MailboxKey, RemoteKey, MailboxKey], Applied] = {}

    def move(self, operations: Sequence[Move]) -> list[Outcome]:
        """Move messages from one mailbox to another. Raises RetryLater, SignInAgain."""
        source, target = operations[0].mailbox, operations[0].target
        if source == target:
            return self._stay(operations)
        selected = self._open(source)
        uids = _uids(operations, selected)
        wanted = UidSet.from_uids(uid for uid in uids if uid)
        moved = self._moved_by(source, target, wanted, selected) if wanted else {}
        outcomes: list[Outcome | None] = [
            self._remember(one, moved[uid]) if uid in moved else None
            for one, uid in zip(operations, uids, strict=True)
        ]
        return self._look_for(operations, outcomes)

    def _stay(self, operations: Sequence[Move]) -> list[Outcome]:
        selected = self._open(operations[0].mailbox)
        uids = _uids(operations, selected)
        there = self._there(UidSet.from_uids(uid for uid in uids if uid))
        return [
            Applied(one.mailbox, one.key) if uid in there else Rejected(GONE)
            for one, uid in zip(operations, uids, strict=True)
        ]

    def _moved_by(
        self, source: MailboxKey, target: MailboxKey, wanted: UidSet, selected: Selected
    ) -> dict[int, Applied]:
        session = self._line.session
        try:
            if "MOVE" not in session.capabilities:
                return self._copied(source, target, wanted)
            if "UIDPLUS" in session.capabilities:
                placed = session.move(wanted, target)
                if placed or not self._there(wanted):
                    return {uid: _applied(target, place) for uid, place in placed.items()}
                # It moved something and did not say where to, or the answer was for nobody.
            before = finding.facts(self._line, wanted)
            if not before:
                return {}
            session.move(UidSet.from_uids(before), target)
            return self._landed(target, before)
        except Refused as error:
            raise explain(error, target) from error

    def _copied(self, source: MailboxKey, target: MailboxKey, wanted: UidSet) -> dict[int, Applied]:
        """Copy, and only when that was answered mark the originals; what an earlier try copied is not copied again."""
        before = finding.facts(self._line, wanted)
        if not before:
            return {}
        # What an earlier try marked lies here still, without UIDPLUS for ever; it is not to be copied again.
        marked = self._line.session.search(f"UID {wanted} DELETED")
        done = self._copied_before(target, before)
        self._line.select(source)
        rest = UidSet.from_uids(uid for uid in before if uid not in done and uid not in marked)
        if rest:
            placed = self._line.session.copy(rest, target)
            if placed:
                done |= {uid: _applied(target, place) for uid, place in placed.items()}
            else:
                done |= self._landed(target, {uid: before[uid] for uid in rest})
                self._line.select(source)
        if done:
            self._remove(UidSet.from_uids(done))
        return done

    def _copied_before(self, target: MailboxKey, before: dict[int, finding.Facts]) -> dict[int, Applied]:
        """Return what lies in the target already, unless it is known to be the copy of another message."""
        others = {applied.key for applied in self._moved.values() if applied.mailbox == target}
        try:
            there = self._places(target, before)
        except Refused:
            return {}
        epoch = self._line.select(target).uidvalidity or 0
        done: dict[int, Applied] = {}
        for uid, places in there.items():
            free = [place for place in places if convert.key_of(epoch, place) not in others]
            if free:
                done[uid] = _applied(target, (epoch, free[-1]))
                others.add(convert.key_of(epoch, free[-1]))
        return done

    def _landed(self, target: MailboxKey, before: dict[int, finding.Facts]) -> dict[int, Applied]:
        """Return where messages went that a server moved without saying where to."""
        there = self._places(target, before)
        epoch = self._line.select(target).uidvalidity or 0
        taken: set[int] = set()
        landed = {}
        for uid in sorted(before, reverse=True):
            free = [place for place in there.get(uid, ()) if place not in taken]
            taken.update(free[-1:])
            landed[uid] = _applied(target, (epoch, free[-1])) if free else Applied(target)
        return landed

    def _places(self, target: MailboxKey, before: dict[int, finding.Facts]) -> dict[int, list[int]]:
        names = {facts.message_id for facts in before.values()}
        found = finding.by_message_id(self._line, target, names)
        candidates = UidSet()
        for uids in found.values():
            candidates |= uids
        there = finding.facts(self._line, candidates) if candidates else {}
        places: dict[int, list[int]] = {}
        for uid, facts in before.items():
            places[uid] = [place for place in sorted(there) if there[place] == facts and facts.message_id]
        return places

    def _look_for(self, operations: Sequence[Move], outcomes: list[Outcome | None]) -> list[Outcome]:
        """Find what was not in its mailbox any more: an earlier try may have moved it."""
        missing = [one for one, outcome in zip(operations, outcomes, strict=True) if outcome is None]
        target = operations[0].target
        names = [one.message_id.strip("<> ") for one in missing if one.message_id and not self._recall(one)]
        try:
            found = finding.facts_by_message_id(self._line, target, names) if names else {}
        except Refused as error:
            raise explain(error, target) from error
        epoch = (self._line.select(target).uidvalidity or 0) if found else 0
        return [
            outcome or self._recall(one) or self._found(one, epoch, found)
            for one, outcome in zip(operations, outcomes, strict=True)
        ]

    def _found(self, operation: Move, epoch: int, there: Mapping[int, finding.Facts]) -> Outcome:
        uids = [uid for uid, facts in there.items() if _is_of(operation, facts)]
        if not uids:
            return Rejected(GONE)
        return self._remember(operation, _applied(operation.target, (epoch, max(uids))))

    def _recall(self, operation: Move) -> Applied | None:
        return self._moved.get((operation.mailbox, operation.key, operation.target))

    def _remember(self, operation: Move, applied: Applied) -> Applied:
        if len(self._moved) >= _REMEMBERED:
            del self._moved[next(iter(self._moved))]
        self._moved[operation.mailbox, operation.key, operation.target] = applied
        return applied

    def set_keywords(self, operations: Sequence[SetKeywords]) -> list[Outcome]:
        """Add and remove the same keywords on messages of one mailbox. Raises RetryLater, SignInAgain."""
        first = operations[0]
        selected = self._open(first.mailbox)
        refused = convert.unsupported(first.add, selected.permanent_flags or ())
        if refused:
            return [Unsupported(f"This server keeps no keyword {', '.join(refused)}.") for _ in operations]
        uids = _uids(operations, selected)
        there = self._there(UidSet.from_uids(uid for uid in uids if uid))
        if there:
            if first.add:
                self._line.session.store(there, "+", convert.flags_of(first.add))
            if first.remove:
                self._line.session.store(there, "-", convert.flags_of(first.remove))
        return [
            Applied(one.mailbox, one.key) if uid in there else Rejected(GONE)
            for one, uid in zip(operations, uids, strict=True)
        ]

    def destroy(self, operations: Sequence[Destroy]) -> list[Outcome]:
        """Remove messages for good; that they are gone already is success. Raises RetryLater, SignInAgain."""
        selected = self._open(operations[0].mailbox)
        uids = UidSet.from_uids(uid for uid in _uids(operations, selected) if uid)
        if uids:
            self._remove(uids)
        return [Applied() for _ in operations]

    def _remove(self, uids: UidSet) -> None:
        session = self._line.session
        session.store(uids, "+", ("\\Deleted",))
        if "UIDPLUS" in session.capabilities:
            session.expunge(uids)  # without UIDPLUS they stay marked: EXPUNGE would take what others marked

    def _there(self, uids: UidSet) -> UidSet:
        return self._line.session.search(f"UID {uids} UNDELETED") if uids else UidSet()

    def _open(self, mailbox: MailboxKey) -> Selected:
        try:
            return self._line.select_fresh(mailbox)
        except Refused as error:
            raise explain(error, mailbox) from error


def _is_of(operation: Move, facts: finding.Facts) -> bool:
    """Say whether a message is the one that was to be moved, as far as both are known."""
    pairs = ((operation.size_octets, facts.size), (operation.received_at, facts.received_at))
    return facts.message_id == (operation.message_id or "").strip("<> ") and all(
        None in pair or pair[0] == pair[1] for pair in pairs
    )


def _uids(operations: Sequence[Move | SetKeywords | Destroy], selected: Selected) -> list[int]:
    """Return the uid of each message. Raises Renumbered when the mailbox was numbered anew since."""
    epoch = selected.uidvalidity or 0
    uids = []
    for one in operations:
        told, uid = convert.numbers_of(one.key)
        if uid and told != epoch:
            raise Renumbered(
                "The server numbered the messages of this mailbox anew; it is done after the next look."
            )
        uids.append(uid)
    return uids


def _applied(mailbox: MailboxKey, place: tuple[int, int]) -> Applied:
    return Applied(mailbox, convert.key_of(*place))


def explain(error: Refused, mailbox: MailboxKey) -> Rejected:
    """Return what a refusal means for the user."""
    name = convert.name_of(mailbox, None)
    if error.code in ("TRYCREATE", "NONEXISTENT"):
        return Rejected(
            f"There is no mailbox “{name}” any more. Should it be made again? Make it and do this once more."
        )
    if error.code == "OVERQUOTA":
        return Rejected("The account is full: remove something on the server, then do this once more.")
    return Rejected(f"The server refused it for “{name}”: {error}")

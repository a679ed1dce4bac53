"""Which messages are one thread: connected components over Message-IDs (RFC 5322 §3.6.4), and their order inside it.

Pure rules. `partition` says what is true of a whole set; `refs_of`, `is_reused` and `join` let a store keep the same
truth while messages arrive one by one, in any order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_MAX_REFERENCES: Final = 50  # the newest and the root tell enough; some mail carries thousands
_MAX_SUBJECT: Final = 1_000

# RFC 5256 knows re, fw and fwd; the rest is what mail programs of other languages write.
_PREFIXES: Final = (
    "re|fw|fwd|r|i|rv|rif|ref|réf|tr|res|enc|resp|wg|aw|antw|antwort|doorst|odp|pd|sv|vs|vb|vl|vá|ang|továbbítás|ynt|ilt|fs|"
    "na|bls|trs|atb|отв|ответ|пер|пересл|відп|αν|απ|πρθ|回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送|답장|회신|전달|השב|הועבר|رد"
)
_BLOB: Final = r"\[[^\[\]]*\]\s*"
_LEADER: Final = re.compile(
    rf"(?:{_BLOB})*(?:{_PREFIXES})\.?\s*(?:\[[^\[\]]*\]|\(\d+\)|\^?\d+)?\s*(?:{_BLOB})?[:：﹕]\s*",
    re.IGNORECASE,
)
_LEADING_BLOB: Final = re.compile(rf"{_BLOB}(?=\S)")
_TRAILER: Final = re.compile(r"(?:\s|\(fwd?\))+$", re.IGNORECASE)
_WRAPPER: Final = re.compile(r"\[fwd?:\s*(.*)\]$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What threading needs of a message. `references` is In-Reply-To followed by References, nearest ancestor last.

    `channel` is set of a copy that came by Smart BCC: its Message-IDs tie it to others of that channel alone.
    """

    id: int
    message_id: str | None
    references: tuple[str, ...]
    base_subject: str
    sent_at: int | None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Where an arriving message goes: into `thread_id`, or a new thread when None; `merge` then become part of it."""

    thread_id: int | None
    merge: tuple[int, ...] = ()


def base_subject(subject: str) -> str:
    """Return a subject without reply and forward marks and list tags, case-folded (RFC 5256 §2.1)."""
    base = " ".join(subject[:_MAX_SUBJECT].split())
    while True:
        before = base
        base = _TRAILER.sub("", base)
        while leader := _LEADER.match(base):
            base = base[leader.end() :]
        if blob := _LEADING_BLOB.match(base):
            base = base if _WRAPPER.match(base) else base[blob.end() :]
        if wrapper := _WRAPPER.match(base):
            base = wrapper[1]
        if base == before:
            return base.casefold()


def ref(message_id: str) -> int:
    """Return the number a Message-ID is kept as: the first 8 octets of its BLAKE2b, signed."""
    octets = message_id.strip(" \t\r\n<>").encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(octets, digest_size=8).digest(), "big", signed=True)


def refs_of(facts: ThreadFacts) -> tuple[int, ...]:
    """Return the Message-IDs a message ties together, its own first if it has one; each once."""
    references = facts.references
    if len(references) > _MAX_REFERENCES:
        references = references[:2] + references[2 - _MAX_REFERENCES :]
    own = () if facts.message_id is None else (facts.message_id,)
    return tuple(
        dict.fromkeys(_ref_in(facts.channel, one) for one in (*own, *references) if one.strip(" \t\r\n<>"))
    )


def is_reused(known_copies: Iterable[ThreadFacts], facts: ThreadFacts) -> bool:
    """Tell whether messages with one Message-ID are different messages, so that the id says nothing.

    A list's copy and a direct copy have the same subject and the same Date; "status@shop" on every mail has not.
    """
    return any(
        (copy.base_subject, copy.sent_at) != (facts.base_subject, facts.sent_at) for copy in known_copies
    )


def reused_refs(emails: Iterable[ThreadFacts]) -> frozenset[int]:
    """Return the Message-IDs that several different messages carry."""
    first: dict[int, ThreadFacts] = {}
    reused: set[int] = set()
    for facts in emails:
        own = _own_ref(facts)
        if own is not None and is_reused((first.setdefault(own, facts),), facts):
            reused.add(own)
    return frozenset(reused)


def join(existing: Mapping[int, int], refs: Sequence[int], sizes: Mapping[int, int] | None = None) -> Join:
    """Decide the thread of a message from the threads its Message-IDs belong to; 0 marks a reused id, which joins nothing.

    The largest of several threads stays (by `sizes`), then the oldest, so that the fewest rows change.
    """
    counts = sizes or {}
    threads = {existing[one] for one in refs if existing.get(one)}
    ordered = sorted(threads, key=lambda thread: (-counts.get(thread, 0), thread))
    return Join(ordered[0], tuple(ordered[1:])) if ordered else Join(None)


def partition(emails: Sequence[ThreadFacts], reused: Collection[int] = ()) -> list[frozenset[int]]:
    """Return the threads of a set of messages as sets of their ids, whatever the order of the messages.

    `reused` are refs known from outside the set to join nothing. To take a thread apart when one of its Message-IDs
    turns out to be reused, partition the messages of that thread.
    """
    joins_nothing = reused_refs(emails) | frozenset(reused)
    parents: dict[int, int] = {}
    anchor_of: dict[int, int] = {}
    for position, facts in enumerate(emails):
        parents[position] = position
        for one in refs_of(facts):
            if one not in joins_nothing:
                parents[_root(parents, anchor_of.setdefault(one, position))] = _root(parents, position)
    members: dict[int, set[int]] = {}
    for position, facts in enumerate(emails):
        members.setdefault(_root(parents, position), set()).add(facts.id)
    return sorted((frozenset(ids) for ids in members.values()), key=min)


def order(emails: Sequence[ThreadFacts]) -> list[tuple[int, int]]:
    """Return (id, depth) of a thread's messages as a tree read from the top, answers below what they answer.

    A message's parent is its nearest ancestor present (JWZ); a loop of references is cut at its oldest message.
    """
    by_age = sorted(emails, key=lambda facts: (facts.sent_at is None, facts.sent_at or 0, facts.id))
    position_of: dict[int, int] = {}
    for position, facts in enumerate(by_age):
        own = _own_ref(facts)
        if own is not None:
            position_of.setdefault(own, position)
    parents = _without_loops([_parent(facts, position_of) for facts in by_age])
    answers: dict[int | None, list[int]] = {}
    for position, parent in enumerate(parents):
        answers.setdefault(parent, []).append(position)
    shown: list[tuple[int, int]] = []
    waiting = [(position, 0) for position in reversed(answers.get(None, []))]
    while waiting:
        position, depth = waiting.pop()
        shown.append((by_age[position].id, depth))
        waiting.extend((answer, depth + 1) for answer in reversed(answers.get(position, [])))
    return shown


def _own_ref(facts: ThreadFacts) -> int | None:
    has_own = facts.message_id is not None and facts.message_id.strip(" \t\r\n<>") != ""
    return _ref_in(facts.channel, facts.message_id) if has_own and facts.message_id is not None else None


def _ref_in(channel: str, message_id: str) -> int:
    return ref(f"{channel}\x03{message_id.strip()}" if channel else message_id)


def _root(parents: dict[int, int], position: int) -> int:
    while parents[position] != position:
        parents[position] = parents[parents[position]]
        position = parents[position]
    return position


def _parent(facts: ThreadFacts, position_of: Mapping[int, int]) -> int | None:
    own = _own_ref(facts)
    for reference in reversed(facts.references[-_MAX_REFERENCES:]):
        one = _ref_in(facts.channel, reference)
        if one != own and one in position_of:
            return position_of[one]
    return None


def _without_loops(parents: list[int | None]) -> list[int | None]:
    """Make the oldest message of each loop a beginning. Every message has one parent, so a loop is met by walking up."""
    cut = list(parents)
    settled: set[int] = set()
    for start in range(len(cut)):
        path: dict[int, None] = {}
        position: int | None = start
        while position is not None and position not in settled and position not in path:
            path[position] = None
            position = cut[position]
        if position is not None and position in path:
            walked = list(path)
            cut[min(walked[walked.index(position) :])] = None
        settled.update(path)
    return cut

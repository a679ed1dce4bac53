"""What is asked before a message goes out. Pure: the draft and what is known around it in, questions out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mail import build, fields, plain, presend_words, quotes
from mail.addresses import domain, normalise
from mail.drafts import Draft, DraftKind
from mail.text import safe_line
from mail.types import Address, BlockKind, SafeText

RECENT_S: Final = 600
_MOST_NAMED: Final = 3
_FIELD: Final = re.compile(r"\{\{[^{}\n]{1,80}\}\}")


def _alternatives() -> str:
    words = [word for language in presend_words.ATTACHED.values() for word in language.split("|")]
    return "|".join(re.escape(one.rstrip("*")) + (r"\w*" if one.endswith("*") else "") for one in words)


_ATTACHED: Final = re.compile(rf"(?<!\w)(?:{_alternatives()})(?![\w-])")


class Severity(StrEnum):
    """Whether the message cannot go out like this, or may after a yes."""

    BLOCKS = "blocks"
    ASKS = "asks"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to decide before sending. `id` names the rule, for settings and tests."""

    id: str
    sentence: SafeText
    severity: Severity = Severity.ASKS


@dataclass(frozen=True, slots=True)
class SendFacts:
    """What is known around a draft. Addresses and domains are as mail.addresses.normalise writes them.

    `thread_domains` are those of everybody in the conversation so far, `addressed_to` the user's own addresses the
    original went to, `original_bcc` its blind copies where the user knows them, `was_blind_copy` whether the user was
    one. `recent` are digests of messages sent, with their times.
    """

    now: int
    own_domains: frozenset[str] = frozenset()
    thread_domains: frozenset[str] = frozenset()
    addressed_to: frozenset[str] = frozenset()
    original_bcc: frozenset[str] = frozenset()
    was_blind_copy: bool = False
    recent: tuple[tuple[str, int], ...] = ()
    most_recipients: int = 20
    most_octets: int = 25_000_000


def questions(draft: Draft, facts: SendFacts) -> tuple[Question, ...]:
    """Return what to ask before the draft is sent, what keeps it from going out first; nothing when all is well."""
    found = [*_blocking(draft), *_of_people(draft, facts), *_of_text(draft), *_of_the_whole(draft, facts)]
    return tuple(sorted(found, key=lambda question: question.severity is Severity.ASKS))


def digest(draft: Draft) -> str:
    """Return what two drafts have in common that would be the same mail: the same words to the same people."""
    everyone = sorted({normalise(one.email) for one in _everyone(draft)})
    files = [(file.name, file.sha256) for file in draft.attachments]
    said = repr((everyone, draft.subject, draft.body, files)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(said).hexdigest()


def own_words(draft: Draft) -> str:
    """Return what its writer wrote: the text without quotes, forwarded messages and the signature."""
    body = draft.body
    if draft.signature:
        before, found, after = body.rpartition(draft.signature)
        body = f"{before}\n{after}" if found else body
    document = quotes.split(plain.document(body, flowed=False, delsp=False))
    texts = [block.text for block in document.blocks if block.kind is BlockKind.TEXT]
    return "\n".join(line for text in texts for line in text.split("\n") if line.strip() not in {"--", ""})


def _blocking(draft: Draft) -> Iterator[Question]:
    everyone = _everyone(draft)
    if not everyone:
        yield _question("no_recipients", "This mail goes to nobody yet: say to whom.", Severity.BLOCKS)
    if names := [one for one in (*everyone, *draft.reply_to) if not one.email]:
        sentence = f"No address is known for {_named(names)}."
        yield _question("unresolved_name", sentence, Severity.BLOCKS)
    if not draft.sender.email:
        yield _question("no_sender", "This mail has no sender yet: say who writes it.", Severity.BLOCKS)
    for one in (draft.sender, *everyone, *draft.reply_to):
        try:
            fields.deliverable(one.email or "nobody@invalid")
        except fields.BadAddress as error:
            yield _question("invalid_address", f"“{one.email}” is no address: {error}.", Severity.BLOCKS)


def _of_people(draft: Draft, facts: SendFacts) -> Iterator[Question]:
    everyone = _everyone(draft)
    if strangers := [one for one in everyone if _is_new_outside(one, draft, facts)]:
        yield _question(
            "new_domain",
            f"{_named(strangers)}: nobody there was part of this conversation before. Send it anyway?",
        )
    if draft.kind is DraftKind.REPLY_ALL and len(everyone) > facts.most_recipients:
        yield _question("many_recipients", f"Your answer goes to {len(everyone)} people. Send it to all?")
    sender = normalise(draft.sender.email)
    if facts.addressed_to and sender not in facts.addressed_to:
        addressed = ", ".join(sorted(facts.addressed_to))
        yield _question(
            "other_identity",
            f"They wrote to {addressed}; you answer as {draft.sender.email}. Send it anyway?",
        )
    shown = [one for one in (*draft.to, *draft.cc) if normalise(one.email) in facts.original_bcc]
    if shown:
        yield _question("shows_blind_copy", f"{_named(shown)} got the mail as a blind copy. Show everybody?")
    if facts.was_blind_copy and draft.kind is DraftKind.REPLY_ALL:
        yield _question("was_blind_copy", "You got this mail as a blind copy. Let everybody see that?")
    if unread := [one for one in everyone if _is_no_reply(one)]:
        yield _question("no_reply", f"Mail to {_named(unread)} is probably read by nobody. Send it anyway?")


def _of_text(draft: Draft) -> Iterator[Question]:
    words = own_words(draft)
    subject = fields.line_of(draft.subject)
    if not subject:
        yield _question("empty_subject", "The subject is empty. Send it anyway?")
    if not words and draft.kind is not DraftKind.FORWARD:
        yield _question("empty_body", "You wrote nothing. Send it anyway?")
    said = f"{subject}\n{words}" if draft.kind is DraftKind.NEW else words
    if not draft.attachments and (found := _ATTACHED.search(said.casefold())):
        yield _question("nothing_attached", f"You wrote “{found[0]}” and attached nothing. Send it anyway?")
    if left := _FIELD.search(f"{subject}\n{words}"):
        yield _question("field_left", f"{left[0]} was not filled in. Send it anyway?")


def _of_the_whole(draft: Draft, facts: SendFacts) -> Iterator[Question]:
    size = build.size_estimate(draft)
    if size > facts.most_octets:
        megabytes = f"{size / 1e6:.0f} MB"
        yield _question(
            "very_large", f"This mail has about {megabytes}: many servers refuse that. Send it anyway?"
        )
    same = digest(draft)
    ages = [facts.now - sent_at for known, sent_at in facts.recent if known == same]
    if any(0 <= age < RECENT_S for age in ages):
        yield _question("sent_before", "You sent the same mail a few minutes ago. Send it again?")


def _question(rule: str, sentence: str, severity: Severity = Severity.ASKS) -> Question:
    return Question(rule, safe_line(sentence), severity)


def _everyone(draft: Draft) -> tuple[Address, ...]:
    return (*draft.to, *draft.cc, *draft.bcc)


def _named(people: Iterable[Address]) -> str:
    """Return who is meant, the first few by what is shown of them."""
    shown = list(dict.fromkeys(one.email or one.name for one in people))
    more = len(shown) - _MOST_NAMED
    return ", ".join(shown[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_new_outside(one: Address, draft: Draft, facts: SendFacts) -> bool:
    if not facts.thread_domains or draft.kind not in (DraftKind.REPLY, DraftKind.REPLY_ALL):
        return False
    host = domain(one.email)
    return bool(host) and host not in facts.thread_domains | facts.own_domains


def _is_no_reply(one: Address) -> bool:
    local = normalise(one.email).partition("@")[0].partition("+")[0]
    return local in presend_words.NO_REPLY or local.startswith(("noreply", "no-reply", "donotreply"))

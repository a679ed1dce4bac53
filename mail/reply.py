"""What a reply or a forward begins as: who gets it, who writes it, what it quotes. Pure rules; the user changes the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from mail import quoting, signatures, subjects
from mail.addresses import normalise
from mail.drafts import Draft, DraftFile, DraftKind, Identity, written
from mail.types import Address, SafeText

_MOST_REFERENCES: Final = 50
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FORWARDED: Final = "---------- Forwarded message ----------"
_MOST_NAMED: Final = 50


class NoMailingList(ValueError):
    """The message did not come from a mailing list that takes mail. Offer a reply to all instead."""


class Quote(StrEnum):
    """Where the quoted original stands: below what is written, above it, or nowhere."""

    BELOW = "below"
    ABOVE = "above"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Original:
    """The message that is answered or forwarded. `text` is what of it is worth quoting: see mail.quoting.

    `delivered_to`, `list_post` and `followup_to` are addresses of the fields Delivered-To, List-Post and
    Mail-Followup-To. `is_incoming` says that its account did not send it.
    """

    message_id: str | None
    references: tuple[str, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    subject: str = ""
    from_: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    sent_at: int | None = None
    delivered_to: tuple[Address, ...] = ()
    list_post: tuple[Address, ...] = ()
    followup_to: tuple[Address, ...] = ()
    text: str = ""
    size_octets: int = 0
    is_incoming: bool = False


def reply(
    original: Original, identities: Sequence[Identity], *, to_all: bool, quote: Quote | str, now_zone: tzinfo
) -> Draft:
    """Return the reply to a message; the first identity is that of its account, and needed.

    Reply-To decides who is answered, unless a mailing list set it to itself: that would make private words public.
    What was sent by one of the identities is answered to those it went to, mail between accounts of the user's to the other.
    """
    own = _Own(identities)
    to, cc = _answered(original, own, to_all=to_all)
    return _reply(
        original, own, to, cc, DraftKind.REPLY_ALL if to_all else DraftKind.REPLY, Quote(quote), now_zone
    )


def reply_to_list(
    original: Original, identities: Sequence[Identity], *, quote: Quote | str, now_zone: tzinfo
) -> Draft:
    """Return the reply to the mailing list a message came from. Raises NoMailingList."""
    own = _Own(identities)
    to = _unique(original.followup_to or original.list_post, set(), own)
    if not to:
        raise NoMailingList("This mail names no mailing list to answer to.")
    return _reply(original, own, to, (), DraftKind.REPLY_ALL, Quote(quote), now_zone)


def forward(
    original: Original, identities: Sequence[Identity], *, files: Iterable[DraftFile] = (), now_zone: tzinfo
) -> Draft:
    """Return a message that passes the text of another on, and its files."""
    own = _Own(identities)
    sender, signature = own.written_as(original)
    block = "\n".join([_FORWARDED, *_heading(original, now_zone), "", original.text.strip("\n"), ""])
    return Draft(
        sender=sender,
        subject=subjects.of_forward(original.subject),
        body=signatures.amid(signature) + block,
        attachments=tuple(files),
        references=_references(original),
        signature=signature,
        kind=DraftKind.FORWARD,
        forwards=original.message_id,
    )


def forward_as_attachment(
    originals: Sequence[Original], identities: Sequence[Identity], *, files: Iterable[DraftFile]
) -> Draft:
    """Return a message that carries others whole: `files` are their octets, of the media type message/rfc822."""
    first = originals[0]
    sender, signature = _Own(identities).written_as(first)
    return Draft(
        sender=sender,
        subject=subjects.of_forward(first.subject),
        body=signatures.below(signature),
        attachments=tuple(files),
        references=_references(first),
        signature=signature,
        kind=DraftKind.FORWARD,
        forwards=first.message_id,
    )


def edit_as_new(
    original: Original, identities: Sequence[Identity], *, files: Iterable[DraftFile] = ()
) -> Draft:
    """Return a message like another one, in no conversation yet."""
    sender, signature = _Own(identities).written_as(original)
    return Draft(
        sender=sender,
        to=original.to,
        cc=original.cc,
        bcc=original.bcc,
        subject=original.subject,
        body=original.text,
        attachments=tuple(files),
        reply_to=original.reply_to,
        signature=signature if signature and signature in original.text else "",
    )


def resume(original: Original, identities: Sequence[Identity], *, files: Iterable[DraftFile] = ()) -> Draft:
    """Return the draft that another program saved, in the conversation it belongs to."""
    answered = original.in_reply_to[-1] if original.in_reply_to else None
    return replace(
        edit_as_new(original, identities, files=files),
        in_reply_to=answered,
        references=original.references,
        kind=DraftKind.NEW if answered is None else DraftKind.REPLY,
    )


class _Own:
    """The addresses the user has, with "+anything" behind their names too; the first identity is the account's."""

    def __init__(self, identities: Sequence[Identity]) -> None:
        self._account = identities[0]
        self._identities: dict[str, Identity] = {}
        for identity in identities:
            for email in (identity.address.email, *identity.aliases):
                self._identities.setdefault(normalise(email), identity)

    def find(self, email: str) -> Identity | None:
        """Return the identity an address belongs to."""
        address = normalise(email)
        if not address:
            return None
        local, _, host = address.rpartition("@")
        return self._identities.get(address) or self._identities.get(f"{local.partition('+')[0]}@{host}")

    def written_as(self, original: Original) -> tuple[Address, str]:
        """Return who answers a message, and the signature: the address it went to, rather the account's own."""
        people = (*original.from_, *original.to, *original.cc, *original.delivered_to)
        found = [(identity, one) for one in people if (identity := self.find(one.email))]
        found.sort(key=lambda pair: pair[0] is not self._account)
        if not found:
            return self._account.address, signatures.words(self._account.signature)
        identity, one = found[0]
        return _spelled(identity, one), signatures.words(identity.signature)


def _spelled(identity: Identity, one: Address) -> Address:
    """Return an address of an identity as the identity spells it."""
    for email in (identity.address.email, *identity.aliases):
        if normalise(email) == normalise(one.email):
            return Address(identity.address.name, SafeText(email))
    return Address(identity.address.name, SafeText(normalise(one.email)))


def _answered(
    original: Original, own: _Own, *, to_all: bool
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Return To and Cc of a reply."""
    first, others = _first_answered(original, own)
    seen: set[str] = set()
    if not to_all:
        return _unique(first, seen, own) or _unique(first, seen, None), ()
    to, cc = _unique((*first, *others, *original.to), seen, own), _unique(original.cc, seen, own)
    if not to:
        to, cc = cc, ()
    return to or _unique(first, seen, None), cc


def _first_answered(original: Original, own: _Own) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """Return who is answered in any case, and who else of the sender's side is when all are."""
    if any(own.find(one.email) for one in original.from_):
        went_to = original.to or original.cc or original.bcc
        is_between_own = original.is_incoming and not _unique(went_to, set(), own)
        return original.from_ if is_between_own or not went_to else went_to, ()
    answers_to = {normalise(one.email) for one in original.reply_to} - {""}
    if not answers_to:
        return original.from_, ()
    if answers_to <= {normalise(one.email) for one in original.list_post}:
        return original.from_, original.reply_to
    return original.reply_to, ()


def _unique(people: Iterable[Address], seen: set[str], own: _Own | None) -> tuple[Address, ...]:
    """Return addresses in their order, each once, without those `seen`, which they join, and the user's own."""
    found: list[Address] = []
    for one in people:
        key = normalise(one.email)
        if key and key not in seen and (own is None or own.find(one.email) is None):
            seen.add(key)
            found.append(one)
    return tuple(found)


def _reply(
    original: Original,
    own: _Own,
    to: tuple[Address, ...],
    cc: tuple[Address, ...],
    kind: DraftKind,
    quote: Quote,
    now_zone: tzinfo,
) -> Draft:
    sender, signature = own.written_as(original)
    body, cursor = _body(original, signature, quote, now_zone)
    return Draft(
        sender=sender,
        to=to,
        cc=cc,
        subject=subjects.of_reply(original.subject),
        body=body,
        in_reply_to=original.message_id,
        references=_references(original),
        signature=signature,
        kind=kind,
        cursor=cursor,
    )


def _references(original: Original) -> tuple[str, ...]:
    """Return the References of an answer (RFC 5322 §3.6.4): the root and the nearest when there are very many."""
    before = original.references or (original.in_reply_to if len(original.in_reply_to) == 1 else ())
    own = () if original.message_id is None else (original.message_id,)
    chain = tuple(dict.fromkeys((*(one for one in before if one not in own), *own)))
    return chain if len(chain) <= _MOST_REFERENCES else chain[:1] + chain[1 - _MOST_REFERENCES :]


def _body(original: Original, signature: str, quote: Quote, now_zone: tzinfo) -> tuple[str, int]:
    """Return the text of a reply, and where in it writing begins."""
    text = quoting.quoted(original.text)
    if quote is Quote.NONE or not text:
        return signatures.below(signature), 0
    block = f"{_attribution(original, now_zone)}\n{text}\n"
    if quote is Quote.BELOW:
        return signatures.amid(signature) + block, 0
    return f"{block}\n{signatures.below(signature)}", len(block) + 1


def _attribution(original: Original, now_zone: tzinfo) -> str:
    who = ", ".join(one.name or one.email for one in original.from_[:1]) or "Somebody"
    when = _moment(original, now_zone)
    return (
        f"On {when:%d} {_MONTHS[when.month - 1]} {when:%Y, %H:%M}, {who} wrote:" if when else f"{who} wrote:"
    )


def _moment(original: Original, now_zone: tzinfo) -> datetime | None:
    try:
        return None if original.sent_at is None else datetime.fromtimestamp(original.sent_at, now_zone)
    except (OSError, OverflowError, ValueError):
        return None


def _heading(original: Original, now_zone: tzinfo) -> list[str]:
    """Return the lines that say what is forwarded."""
    when = _moment(original, now_zone)
    date = f"{when:%d} {_MONTHS[when.month - 1]} {when:%Y, %H:%M %z}" if when else ""
    shown = (
        ("From", _named(original.from_)),
        ("Date", date.strip()),
        ("Subject", " ".join(original.subject.split())),
        ("To", _named(original.to)),
        ("Cc", _named(original.cc)),
    )
    return [f"{label}: {value}" for label, value in shown if value]


def _named(people: Sequence[Address]) -> str:
    more = f" and {len(people) - _MOST_NAMED} more" if len(people) > _MOST_NAMED else ""
    return written(people[:_MOST_NAMED]) + more

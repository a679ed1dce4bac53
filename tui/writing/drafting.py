"""What the store does for somebody who writes, each in one call off the event loop: beginning, linking, checking."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from linking import service
from linking.service import CannotLink as CannotLink
from linking.standing import refusal_to_edit
from mail import addresses, message_ids, parse, quoting, reply, signatures
from mail.addresses import normalise
from mail.drafts import Draft, DraftFile, DraftKind, Identity
from mail.keywords import DRAFT
from mail.presend import SendFacts
from mail.text import safe_line
from mail.types import AccountId, Address, EmailId, ThreadId
from store import emails, threads
from store.crm import items
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.links import links
from store.links.contacts import PersonCard
from store.rows import DraftRow, EmailRow, IdentityRow
from store.sending import attached, draft_items, drafts, identities

if TYPE_CHECKING:
    from store.rows import ActionRow

Answer = Literal["reply", "reply_all", "forward", "forward_as_attachment", "edit_as_new"]


class NoAccount(Exception):
    """Nobody can write before there is an account; the text says how to add one."""


def begin(
    db: Database,
    account_id: AccountId | None,
    *,
    to: Sequence[Address] = (),
    item: ItemRef | None = None,
    is_markdown: bool = False,
) -> DraftRow:
    """Begin a message of the account's first identity, or of the first account. Raises NoAccount."""
    row = _identities(db, account_id)[0]
    draft = replace(signatures.blank(row.identity, to=tuple(to)), is_markdown=is_markdown)
    return drafts.begin(db, row.account_id, draft, item=item)


def begin_about(
    db: Database,
    account_id: AccountId | None,
    item: ItemCard | None,
    people: Sequence[PersonCard],
    *,
    is_markdown: bool,
) -> DraftRow:
    """Begin a message about an item, to its person; without one, to nobody yet. Raises NoAccount."""
    known = [each for each in people if item is not None and each.id == item.person_id and each.email]
    to = [Address(safe_line(each.name), safe_line(each.email)) for each in known[:1]]
    return begin(db, account_id, to=to, item=item.ref if item else None, is_markdown=is_markdown)


def answer(db: Database, email_id: EmailId, how: Answer, *, quote: str, is_markdown: bool) -> DraftRow:
    """Begin a message out of another.

    Raises NoAccount, emails.OctetsGone where text or attachments would be lost, and attached.CannotAttach.
    """
    email = emails.get(db, email_id)
    if email is None:
        raise emails.OctetsGone("this message is no longer in the store")
    if email.is_header_only and how != "forward_as_attachment":
        raise emails.OctetsNotHere("the text of this message is still to be fetched")
    own = [row.identity for row in _identities(db, email.account_id)]
    draft = replace(_answered(db, email, how, own, quote), is_markdown=is_markdown)
    is_about = how != "edit_as_new"
    return drafts.begin(db, email.account_id, draft, about=email_id if is_about else None)


def _answered(db: Database, email: EmailRow, how: Answer, own: Sequence[Identity], quote: str) -> Draft:
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    original = _original(db, email, is_whole=how in ("forward", "edit_as_new"))
    match how:
        case "reply" | "reply_all":
            return reply.reply(original, own, to_all=how == "reply_all", quote=quote, now_zone=zone)
        case "forward":
            return reply.forward(original, own, files=_files(db, email), now_zone=zone)
        case "forward_as_attachment":
            return reply.forward_as_attachment([original], own, files=[_whole(db, email)])
        case "edit_as_new":
            return reply.edit_as_new(original, own, files=_files(db, email))


def _original(db: Database, email: EmailRow, *, is_whole: bool) -> reply.Original:
    body = emails.body(db, email.id)
    text = "" if body is None else quoting.whole(body) if is_whole else quoting.quotable(body)
    fields = _fields(db, email.id)
    return reply.Original(
        message_id=email.message_id,
        references=tuple(message_ids.many(fields.get("references", ""))) or emails.references(db, email.id),
        in_reply_to=tuple(message_ids.many(fields.get("in-reply-to", ""))),
        subject=email.subject,
        from_=email.from_,
        reply_to=email.reply_to,
        to=email.to,
        cc=email.cc,
        bcc=email.bcc,
        sent_at=email.sent_at,
        delivered_to=addresses.parse(fields.get("delivered-to", "")),
        list_post=addresses.parse(fields.get("list-post", "")),
        followup_to=addresses.parse(fields.get("mail-followup-to", "")),
        text=text,
        size_octets=email.size_octets,
        is_incoming=not email.is_outgoing,
    )


def _fields(db: Database, email_id: EmailId) -> dict[str, str]:
    """Return the first of each header field; nothing where the octets are not here (yet)."""
    try:
        found = emails.headers(db, email_id)
    except emails.OctetsGone:
        return {}
    return {name.lower(): value for name, value in reversed(found)}


def _files(db: Database, email: EmailRow) -> Iterable[DraftFile]:
    if not email.attachments:
        return []
    message = emails.octets(db, email.id)
    return [
        attached.keep(db, parse.part(message, one.part), one.name or "attachment", one.media_type)
        for one in email.attachments
    ]


def _whole(db: Database, email: EmailRow) -> DraftFile:
    name = f"{email.subject or 'message'}.eml"
    return attached.keep(db, emails.octets(db, email.id), name, "message/rfc822")


def newest(db: Database, thread_id: ThreadId) -> EmailRow | None:
    """Return the newest message of a conversation that is no draft."""
    rows = [row for row in emails.in_thread(db, thread_id) if DRAFT not in row.keywords]
    return rows[-1] if rows else None


def newest_draft(db: Database, thread_id: ThreadId) -> EmailRow | None:
    """Return the newest draft in a conversation."""
    rows = [row for row in emails.in_thread(db, thread_id) if DRAFT in row.keywords]
    return rows[-1] if rows else None


def _identities(db: Database, account_id: AccountId | None) -> tuple[IdentityRow, ...]:
    """Return all identities, those of one account first. Raises NoAccount."""
    rows = identities.all(db)
    if not rows:
        raise NoAccount("There is no account to write from yet: dealbox account add")
    return tuple(sorted(rows, key=lambda row: row.account_id != account_id)) if account_id else rows


def link(db: Database, row: DraftRow, item: ItemRef) -> DraftRow:
    """Let a draft be about an item: the conversation it answers at once, a new one when it is sent. Raises CannotLink."""
    if (email := _answered_email(db, row)) is not None:
        service.link(db, email.thread_id, item, origin="compose")
    elif (refusal := refusal_to_edit(db.read(), item)) is not None:
        raise CannotLink(refusal)
    return draft_items.link(db, row.id, item)


def shown_by_link(db: Database, row: DraftRow, item: ItemRef) -> str | None:
    """Return to whom linking would show the conversation a draft answers; None when nobody sees more by it."""
    email = _answered_email(db, row)
    return service.audience_change(db, email.thread_id, item) if email else None


def shown_by_sharing(db: Database, row: DraftRow) -> str | None:
    """Return to whom sharing would show the conversation a draft answers; None when nobody sees more by it."""
    email = _answered_email(db, row)
    return service.sharing_change(db, email.thread_id) if email else None


def _answered_email(db: Database, row: DraftRow) -> EmailRow | None:
    """Return the message whose conversation the draft goes into."""
    is_answer = row.draft.kind in (DraftKind.REPLY, DraftKind.REPLY_ALL)
    return emails.get(db, row.about_email_id) if is_answer and row.about_email_id else None


def standing(db: Database, row: DraftRow) -> str:
    """Return what the draft is about and who sees its conversation: "Deal: Renewal, shared"."""
    email = _answered_email(db, row)
    thread = threads.get(db, email.thread_id) if email else None
    linked = about(db, row)
    return f"{linked or 'not linked'}, {thread.visibility}" if thread else linked


def about(db: Database, row: DraftRow) -> str:
    """Return what a draft is linked to, in words; nothing when it is not."""
    card = linked_item(db, row)
    return f"{card.kind.value.title()}: {card.title}" if card else ""


def linked_item(db: Database, row: DraftRow) -> ItemCard | None:
    """Return what a draft is linked to, or else the conversation it goes into."""
    ref = ItemRef(ItemKind(row.item_kind), row.item_id) if row.item_kind and row.item_id else None
    if ref is None and (email := _answered_email(db, row)) is not None:
        slot = links.slot(db, email.thread_id)
        if slot is not None and slot.item_kind and slot.item_id:
            ref = ItemRef(ItemKind(slot.item_kind), slot.item_id)
    return items.get(db, ref) if ref else None


def set_visibility(db: Database, row: DraftRow, visibility: service.Visibility) -> ActionRow:
    """Let the conversation of a draft be private or shared. Raises CannotLink and mail.build.Unbuildable."""
    email = _answered_email(db, row) or emails.get(db, drafts.save(db, row.id))
    if email is None:
        raise CannotLink("the message it belongs to is gone")
    return service.set_visibility(db, email.thread_id, visibility)


def send_facts(db: Database, row: DraftRow) -> SendFacts:
    """Return what is known around a draft, for the questions before it goes out."""
    own_rows = [each.identity for each in identities.all(db)]
    own = {normalise(email) for one in own_rows for email in (one.address.email, *one.aliases)}
    facts = SendFacts(
        now=int(time.time()),
        own_domains=frozenset(map(addresses.domain, own)) - {""},
        recent=draft_items.recent(db),
    )
    email = _answered_email(db, row)
    if email is None:
        return facts
    thread = emails.in_thread(db, email.thread_id)
    people = [one for each in thread for one in (*each.from_, *each.reply_to, *each.to, *each.cc)]
    shown = {normalise(one.email) for one in (*email.to, *email.cc)}
    return replace(
        facts,
        thread_domains=frozenset(addresses.domain(one.email) for one in people) - {""},
        addressed_to=frozenset() if email.is_outgoing else frozenset(own & shown),
        original_bcc=frozenset(normalise(one.email) for one in email.bcc),
        was_blind_copy=not email.is_outgoing and not own & shown,
    )

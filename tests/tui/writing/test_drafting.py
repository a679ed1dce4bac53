from __future__ import annotations

from dataclasses import replace

import crm_rows
import makers
import pytest

from mail import parse
from store import emails, ingest, ingest_fill
from store.crm import item_states
from store.database import Database
from store.links import links
from tui.writing import drafting

HEADER = (
    b"From: ana@acme.example\r\nTo: me@dealbox.example\r\nSubject: Re: Offer\r\nMessage-ID: <third@acme.example>\r\n"
    b"In-Reply-To: <second@acme.example>\r\nReferences: <first@acme.example> <second@acme.example>\r\n\r\n"
)
MESSAGE = HEADER + b"Yes.\r\n"


def test_an_answer_names_the_whole_conversation_also_when_the_octets_are_not_kept(db: Database) -> None:
    account_id = makers.an_account(db)
    remote = replace(
        makers.a_remote("7.1", message=None), header=HEADER, size_octets=len(MESSAGE), identity=b"i" * 16
    )
    arrival = ingest.Arrival(remote, parse.parse_header(HEADER, len(MESSAGE)))
    (thread_id,) = ingest.apply(db, account_id, makers.a_batch([remote]), [arrival])
    (row,) = emails.in_thread(db, thread_id)
    ingest_fill.fill(db, account_id, [ingest_fill.Filled(row.id, parse.parse(MESSAGE))])
    answer = drafting.answer(db, row.id, "reply", quote="below", is_markdown=False)
    assert answer.draft.in_reply_to == "third@acme.example"
    assert answer.draft.references == ("first@acme.example", "second@acme.example", "third@acme.example")


def test_who_may_not_change_a_deal_writes_nothing_that_is_linked_to_it(db: Database) -> None:
    account_id = makers.an_account(db)
    arrival = ingest.Arrival(makers.a_remote("1"), makers.an_email())
    (thread_id,) = ingest.apply(db, account_id, makers.a_batch([arrival.remote]), [arrival])
    (row,) = emails.in_thread(db, thread_id)
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    bo = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    deal = crm_rows.a_deal(db, "Renewal")
    item_states.assign(db, deal, bo)
    answer = drafting.answer(db, row.id, "reply", quote="below", is_markdown=False)
    for draft in (answer, drafting.begin(db, None, is_markdown=False)):
        with pytest.raises(drafting.CannotLink, match="not change it"):
            drafting.link(db, draft, deal)
    assert links.slot(db, thread_id) is None

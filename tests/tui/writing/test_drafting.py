from __future__ import annotations

from dataclasses import replace

import makers

from mail import parse
from store import emails, ingest, ingest_fill
from store.database import Database
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

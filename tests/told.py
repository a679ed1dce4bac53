"""Mail as an account tells it, put into a store for tests of what the screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import makers

from mail import parse
from mail.types import AccountId, Email, ThreadId
from store import ingest
from store.database import Database

_keys = count(1)


def tell(
    db: Database,
    account_id: AccountId,
    *emails: Email,
    seen: bool = False,
    received_at: int = makers.NOW,
) -> list[ThreadId]:
    """Let the account tell of these messages, one minute after the other; return their threads."""
    arrivals = [
        ingest.Arrival(
            makers.a_remote(
                f"key{next(_keys)}",
                keywords=("$seen",) if seen else (),
                received_at=received_at + 60 * number,
            ),
            email,
        )
        for number, email in enumerate(emails)
    ]
    return _apply(db, account_id, arrivals)


def tell_octets(db: Database, account_id: AccountId, messages: Sequence[bytes]) -> list[ThreadId]:
    """Let the account tell of these octets, parsed as they always are."""
    arrivals = [
        ingest.Arrival(
            makers.a_remote(f"key{next(_keys)}", received_at=makers.NOW + 60 * number, message=message),
            parse.parse(message),
        )
        for number, message in enumerate(messages)
    ]
    return _apply(db, account_id, arrivals)


def a_conversation(db: Database, account_id: AccountId, *texts: str, seen: bool = True) -> ThreadId:
    """Tell of messages that answer each other; return their thread."""
    first = makers.an_email(texts[0])
    answers = [
        makers.an_email(text, subject=makers.SafeText("Re: Quote"), in_reply_to=(str(first.message_id),))
        for text in texts[1:]
    ]
    (thread_id,) = tell(db, account_id, first, *answers, seen=seen)
    return thread_id


def _apply(db: Database, account_id: AccountId, arrivals: Sequence[ingest.Arrival]) -> list[ThreadId]:
    batch = makers.a_batch([arrival.remote for arrival in arrivals])
    return sorted(ingest.apply(db, account_id, batch, arrivals))

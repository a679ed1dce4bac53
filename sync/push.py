"""What the user did, carried out on the account: before everything else, and between two pages of a sync."""

from __future__ import annotations

import random
import time

from mail.types import AccountId
from providers.errors import Rejected, RetryLater, SignInAgain, Unsupported
from providers.protocol import Provider
from store import outbox
from store.database import Database
from sync import backoff


def push(db: Database, account_id: AccountId, provider: Provider) -> int:
    """Ask the account for everything whose time has come, and return how many operations that were.

    Raises SignInAgain; the operation waits.
    """
    count = 0
    while (pending := outbox.next_pending(db, account_id, int(time.time()))) is not None:
        count += 1
        _carry_out(db, provider, pending)
    return count


def _carry_out(db: Database, provider: Provider, pending: outbox.PendingOperation) -> None:
    try:
        applied = provider.apply(pending.operation)
    except (Rejected, Unsupported) as error:
        outbox.reject(db, pending.id, str(error))
    except RetryLater as error:
        delay = backoff.delay_s(pending.attempts, random.random(), error.after_s)
        _postpone(db, pending, delay, str(error))
    except SignInAgain as error:
        _postpone(db, pending, backoff.SIGN_IN_S, str(error))
        raise
    else:
        outbox.confirm(db, pending.id, applied)


def _postpone(db: Database, pending: outbox.PendingOperation, delay_s: float, reason: str) -> None:
    outbox.postpone(db, pending.id, int(time.time() + delay_s) + 1, reason)


def seconds_to_next(db: Database, account_id: AccountId) -> float | None:
    """Return how long until an operation may be asked, None when none waits."""
    at = outbox.next_time(db, account_id)
    return None if at is None else max(0.0, at - time.time())

"""What the user did, carried out on the account: before everything else, and between two pages of a sync."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from mail.operations import Applied
from mail.types import AccountId
from providers.errors import Renumbered, RetryLater, SignInAgain
from providers.protocol import Provider
from store import outbox
from store.database import Database
from store.outbox import PendingOperation
from store.outcomes import Outcome
from sync import backoff


def push(db: Database, account_id: AccountId, provider: Provider) -> int:
    """Ask the account for everything whose time has come, and return how many operations that were.

    Raises SignInAgain, and from a server RetryLater; what has no outcome yet waits.
    """
    count = 0
    while group := outbox.next_group(db, account_id, int(time.time())):
        count += len(group)
        _carry_out(db, provider, group)
    return count


def _carry_out(db: Database, provider: Provider, group: Sequence[PendingOperation]) -> None:
    outcomes: list[Outcome] = []
    try:
        results = provider.apply_all([pending.operation for pending in group])
        for pending, result in zip(group, results, strict=True):
            outcomes.append((pending.id, result if isinstance(result, Applied) else str(result)))
    except RetryLater as error:
        is_renumbered = isinstance(error, Renumbered)  # the look that comes next tells the new keys
        attempts = group[0].attempts
        delay = (
            0.0
            if is_renumbered and not attempts
            else backoff.delay_s(attempts, random.random(), error.after_s)
        )
        _settle(db, group, outcomes, delay, str(error))
        if provider.capabilities.is_remote and not is_renumbered:
            raise  # the next would fail as well, and each try costs a connection
    except SignInAgain as error:
        _settle(db, group, outcomes, backoff.SIGN_IN_S, str(error))
        raise
    else:
        outbox.settle(db, outcomes)


def _settle(
    db: Database, group: Sequence[PendingOperation], outcomes: list[Outcome], delay_s: float, reason: str
) -> None:
    """Note the outcomes there are; the other operations wait."""
    outbox.settle(db, outcomes)
    waiting = [pending.id for pending in group[len(outcomes) :]]
    outbox.postpone(db, waiting, int(time.time() + delay_s) + 1, reason)


def seconds_to_next(db: Database, account_id: AccountId) -> float | None:
    """Return how long until an operation may be asked, None when none waits."""
    at = outbox.next_time(db, account_id)
    return None if at is None else max(0.0, at - time.time())

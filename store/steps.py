"""What an action is made of, so that it can be taken back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One desired value that changed.

    `field` is one of desired.Wish, item: the slot of a thread as JSON, visibility: who may see a thread, draft or
    submission: the state of one, record: a row of the CRM, which `before` and `after` name themselves.
    """

    field: str
    subject: int
    before: str
    after: str

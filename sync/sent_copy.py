"""One copy of what was sent, in Sent: the account's own where it files by itself, else ours, never both."""

from __future__ import annotations

from typing import Final

from store.database import Database
from store.rows import AccountRow
from store.sending import filing, submitting
from store.sending.submitting import Job

LOOKS_S: Final = (0.0, 1.0, 1.0, 2.0, 2.0)
"""When a copy filed by the account is looked for, each after the one before, until ours is given to it."""
PATIENCE_S: Final = (0.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""The same where the account files by itself, and never gets ours."""
_SELF_FILERS: Final = (
    "gmail.com",
    "googlemail.com",
    "office365.com",
    "outlook.com",
    "mail.me.com",
)
"""The ends of the names of submission servers that are known to file what they send."""


def files_by_itself(account: AccountRow) -> bool:
    """Say whether the account is known to file what it sends."""
    known = account.config.get("files_sent", "")
    return known == "yes" or (
        not known and account.config.get("smtp_host", "").lower().endswith(_SELF_FILERS)
    )


def never_files(account: AccountRow) -> bool:
    """Say whether the account is known not to."""
    return account.config.get("files_sent") == "no"


def file(db: Database, account: AccountRow, job: Job) -> None:
    """Look for the account's own copy of a message that was sent, and in the end give it ours."""
    if filing.keep_theirs(db, job.id):
        return
    looks_s = PATIENCE_S if files_by_itself(account) else LOOKS_S
    if job.looks + 1 < len(looks_s):
        submitting.look_again(db, job.id, looks_s[job.looks + 1])
    elif files_by_itself(account):
        filing.give_up_waiting(db, job.id)
    else:
        filing.keep_ours(db, job.id)

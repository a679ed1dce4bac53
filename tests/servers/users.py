"""Who has mailboxes on the servers of the tests."""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "correct-horse-7"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a mailbox."""

    address: str
    password: str = PASSWORD


ALICE, BOB, CAROL = (User(f"{name}@example.com") for name in ("alice", "bob", "carol"))

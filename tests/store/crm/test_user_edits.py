from __future__ import annotations

import pytest

from store import events
from store.crm import user_edits, users
from store.crm.user_edits import BadUser
from store.database import Database


def kinds(db: Database, after: int) -> list[str]:
    return [event.kind for event in events.since(db, after)]


def test_other_screens_hear_of_a_colleague_who_comes_and_of_their_rights(db: Database) -> None:
    start = events.newest(db)
    user_edits.add(db, "Bo", "Bo@dealbox.example")
    assert kinds(db, start) == ["items"]
    user_edits.change(db, "bo@dealbox.example", {"edits": "own", "can_manage": 1}, by="")
    assert kinds(db, start) == ["items", "items"]
    (bo,) = users.all(db)
    assert (bo.edits, bo.can_manage, bo.is_admin) == ("own", True, False)


def test_a_refused_change_of_rights_changes_nothing_and_tells_nobody(db: Database) -> None:
    start = events.newest(db)
    with pytest.raises(BadUser, match="is no user"):
        user_edits.change(db, "bo@dealbox.example", {"is_admin": 1}, by="")
    assert kinds(db, start) == []

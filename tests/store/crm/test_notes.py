from __future__ import annotations

import crm_rows
import makers
import pytest

from store import actions
from store.crm import notes
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database


def written(db: Database) -> list[tuple[str, int, bool]]:
    rows = (
        db.read().execute("SELECT body, is_pinned, deleted_at IS NOT NULL FROM note ORDER BY body").fetchall()
    )
    return [(body, pinned, bool(gone)) for body, pinned, gone in rows]


def note_id(db: Database) -> str:
    return str(db.read().execute("SELECT id FROM note").fetchone()[0])


def test_a_note_is_written_about_any_item_by_who_sits_here(db: Database) -> None:
    makers.an_account(db, "noa@dealbox.example")
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at)"
            " VALUES ('u', 'Noa', 'noa@dealbox.example', 1, 1)"
        )
    ana = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Ana", "ana@x.example"))
    assert notes.add(db, ana, "Prefers mornings\nand tea\x1b[2J").title == "Noted about Ana"
    row = db.read().execute("SELECT body, person_id, author_id FROM note").fetchone()
    assert "\x1b" not in row[0] and "\n" in row[0]
    assert row[1:] == (ana.id, "u")


def test_a_note_is_edited_pinned_and_deleted_and_each_is_undone(db: Database) -> None:
    notes.add(db, crm_rows.a_deal(db, "Falcon"), "one")
    assert notes.edit(db, note_id(db), "two").title == "Changed the note about Falcon"
    assert notes.pin(db, note_id(db), True).title == "Pinned the note about Falcon"
    assert notes.pin(db, note_id(db), True).state == "nothing"
    assert notes.delete(db, note_id(db)).title == "Deleted the note about Falcon"
    states = [written(db)]
    for _ in range(4):
        actions.undo(db)
        states.append(written(db))
    assert states == [[("two", 1, True)], [("two", 1, False)], [("two", 0, False)], [("one", 0, False)], []]
    for _ in range(4):
        actions.redo(db)
    assert written(db) == [("two", 1, True)]


def test_a_note_has_to_say_something(db: Database) -> None:
    with pytest.raises(BadItem, match="a note has to say something"):
        notes.add(db, crm_rows.a_deal(db, "Falcon"), " \n ")


def test_a_note_that_is_gone_is_not_edited(db: Database) -> None:
    notes.add(db, crm_rows.a_deal(db, "Falcon"), "one")
    notes.delete(db, note_id(db))
    with pytest.raises(BadItem, match="there is no such note any more"):
        notes.edit(db, note_id(db), "two")


def test_a_note_needs_an_item_that_is_there(db: Database) -> None:
    with pytest.raises(BadItem, match="there is no such deal any more"):
        notes.add(db, ItemRef(ItemKind.DEAL, "gone"), "one")

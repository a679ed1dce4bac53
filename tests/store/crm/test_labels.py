from __future__ import annotations

import crm_rows
import pytest

from store import actions
from store.crm import changes as crm_changes
from store.crm import labels
from store.crm.item_edits import BadItem
from store.crm.items import ItemRef
from store.database import Database


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return crm_rows.a_deal(db, "Falcon")


def test_an_item_is_marked_with_labels_which_are_made_as_needed(db: Database, deal: ItemRef) -> None:
    assert labels.set(db, deal, " Hot ", True).title == "Marked Falcon Hot"
    other = crm_rows.a_deal(db, "Printers")
    labels.set(db, other, "hot", True)
    assert labels.of(db.read(), deal) == labels.of(db.read(), other) == ("Hot",)
    assert [(row.name, row.item_count) for row in labels.all(db)] == [("Hot", 2)]


def test_a_label_is_taken_off_however_it_is_spelt(db: Database, deal: ItemRef) -> None:
    labels.set(db, deal, "Hot", True)
    assert labels.set(db, deal, "HOT", False).title == "Took HOT off Falcon"
    assert labels.of(db.read(), deal) == ()
    assert labels.set(db, deal, "hot", False).state == "nothing"


def test_marking_is_undone_with_the_label_it_made(db: Database, deal: ItemRef) -> None:
    labels.set(db, deal, "Hot", True)
    actions.undo(db)
    assert (labels.of(db.read(), deal), labels.all(db)) == ((), ())
    actions.redo(db)
    assert labels.of(db.read(), deal) == ("Hot",)


def test_all_labels_of_an_item_are_set_at_once(db: Database, deal: ItemRef) -> None:
    for names in (("a", "b"), ("b", "c", "B"), ()):
        with db.write() as connection:
            crm_changes.apply(connection, labels.changes(connection, deal, names), 5)
        assert labels.of(db.read(), deal) == tuple(sorted({name.lower() for name in names}))


@pytest.mark.parametrize("name", ["", " ", "x" * 61])
def test_a_label_has_a_name_of_some_length(db: Database, deal: ItemRef, name: str) -> None:
    with pytest.raises(BadItem):
        labels.set(db, deal, name, True)


def test_a_label_whose_making_was_undone_while_another_item_has_it_is_used_again(
    db: Database, deal: ItemRef
) -> None:
    labels.set(db, deal, "Hot", True)
    other = crm_rows.a_deal(db, "Printers")
    with db.write() as connection:
        connection.execute(
            "INSERT INTO item_label (item_kind, item_id, label_id) SELECT 'deal', ?, id FROM label",
            (other.id,),
        )
    actions.undo(db)
    assert labels.all(db) == ()
    labels.set(db, deal, "hot", True)
    assert labels.of(db.read(), other) == ("Hot",)


def test_one_of_very_many_labels_is_found_by_its_name(db: Database, deal: ItemRef) -> None:
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO label (id, name, created_at, updated_at, deleted_at) VALUES (?1, ?1, 1, 1, ?2)",
            [("aa", None), *((f"b{n}", n % 2 or None) for n in range(1_500))],
        )
    assert labels.set(db, deal, "AA", True).state == "done"
    assert labels.of(db.read(), deal) == ("aa",)

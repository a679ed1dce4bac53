from __future__ import annotations

import json
import time

import crm_rows
import makers
import pytest
from stored import a_stored_email, listed, mailboxes_of

from mail.types import AccountId, Role
from store import actions, events, undo
from store.crm import changes as crm_changes
from store.crm import items, records
from store.crm.changes import Change
from store.crm.items import ItemKind, ItemRef
from store.database import Database

NOW = makers.NOW


def done(db: Database, *changes: Change, title: str = "Changed it", now: int = NOW) -> None:
    with db.write() as connection:
        undo.record(connection, title, crm_changes.apply(connection, changes, now), now)


def value(db: Database, item: ItemRef, column: str) -> object:
    row = crm_changes.read(db.read(), item.kind.value, {"id": item.id})
    assert row is not None
    return row[column]


def edited(db: Database, item: ItemRef, now: int = NOW, **values: object) -> None:
    done(db, Change(item.kind.value, {"id": item.id}, values), now=now)


def set_elsewhere(db: Database, item: ItemRef, column: str, text: object) -> None:
    with db.write() as connection:
        connection.execute(f"UPDATE {item.kind.value} SET {column} = ? WHERE id = ?", (text, item.id))


def undone(db: Database) -> str:
    action = actions.undo(db)
    assert action is not None
    return action.title


def redone(db: Database) -> str:
    action = actions.redo(db)
    assert action is not None
    return action.title


def test_a_change_touches_the_columns_it_names_and_counts_the_revision_up(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    edited(db, deal, NOW + 9, title="Scanners")
    row = crm_changes.read(db.read(), "deal", {"id": deal.id})
    assert row is not None
    assert (row["title"], row["value"], row["rev"], row["updated_at"]) == ("Scanners", "12400", 2, NOW + 9)


def test_what_is_so_already_is_no_change(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    newest = events.newest(db)
    with db.write() as connection:
        assert (
            crm_changes.apply(connection, [Change("deal", {"id": deal.id}, {"title": "Printers"})], NOW) == ()
        )
        assert crm_changes.apply(connection, [Change("deal", {"id": "none"}, None)], NOW) == ()
    assert value(db, deal, "rev") == 1
    assert events.newest(db) == newest


def test_undo_and_redo_of_a_change_of_columns(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    edited(db, deal, title="Scanners", value="7")
    assert undone(db) == "Undone: Changed it"
    assert (value(db, deal, "title"), value(db, deal, "value")) == ("Printers", "12400")
    assert redone(db) == "Done again: Changed it"
    assert (value(db, deal, "title"), value(db, deal, "value")) == ("Scanners", "7")
    assert value(db, deal, "rev") == 4


def test_undo_of_a_new_row_takes_it_away_and_redo_brings_it_back(db: Database) -> None:
    done(db, Change("deal", {"id": "d"}, {"title": "New"}))
    before = crm_changes.read(db.read(), "deal", {"id": "d"})
    undone(db)
    assert crm_changes.read(db.read(), "deal", {"id": "d"}) is None
    redone(db)
    assert crm_changes.read(db.read(), "deal", {"id": "d"}) == before


def test_undo_of_a_removed_row_brings_all_of_it_back(db: Database) -> None:
    person = crm_rows.a_person(db, "Ana", "ana@x.example")
    key = {"email": "ana@x.example", "person_id": person}
    before = crm_changes.read(db.read(), "person_email", key)
    done(db, Change("person_email", key, None))
    assert crm_changes.read(db.read(), "person_email", key) is None
    undone(db)
    assert crm_changes.read(db.read(), "person_email", key) == before


def test_mail_and_items_are_undone_from_one_stack(db: Database) -> None:
    account_id: AccountId = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    deal = crm_rows.a_deal(db, "Printers")
    edited(db, deal, title="Scanners")
    actions.move(db, [stored.thread_id], boxes[Role.INBOX], Role.ARCHIVE)
    assert undone(db) == "Undone: Archived 1 conversation"
    assert value(db, deal, "title") == "Scanners"
    assert undone(db) == "Undone: Changed it"
    assert value(db, deal, "title") == "Printers"
    redone(db)
    redone(db)
    assert value(db, deal, "title") == "Scanners"
    assert listed(db, boxes[Role.ARCHIVE]) == [stored.thread_id]


def test_one_action_holds_steps_of_mail_and_of_items(db: Database) -> None:
    account_id = makers.an_account(db)
    boxes = mailboxes_of(db, account_id)
    stored = a_stored_email(db, account_id, boxes[Role.INBOX])
    deal = crm_rows.a_deal(db, "Printers")
    with db.write() as connection:
        steps = actions.steps_to(connection, [stored.thread_id], Role.ARCHIVE)
        undo.carry_out(connection, steps, now=NOW)
        rows = crm_changes.apply(connection, [Change("deal", {"id": deal.id}, {"title": "Scanners"})], NOW)
        undo.record(connection, "Filed it", [*steps, *rows], NOW)
    undone(db)
    assert (value(db, deal, "title"), listed(db, boxes[Role.INBOX])) == ("Printers", [stored.thread_id])
    redone(db)
    assert (value(db, deal, "title"), listed(db, boxes[Role.INBOX])) == ("Scanners", [])


def test_undo_leaves_a_column_alone_that_somebody_changed_since_and_says_so(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    edited(db, deal, title="Scanners", value="7")
    set_elsewhere(db, deal, "title", "Chosen elsewhere")
    action = actions.undo(db)
    assert action is not None
    assert (action.title, action.state) == ("Could not be undone, changed since: Changed it", "final")
    assert (value(db, deal, "title"), value(db, deal, "value")) == ("Chosen elsewhere", "12400")


def test_undo_says_when_it_could_only_be_done_in_part(db: Database) -> None:
    one, two = crm_rows.a_deal(db, "Printers"), crm_rows.a_deal(db, "Toner")
    done(db, *(Change("deal", {"id": deal.id}, {"title": "Same"}) for deal in (one, two)))
    set_elsewhere(db, one, "title", "Chosen elsewhere")
    assert undone(db) == "Could not be undone in part, changed since: Changed it"
    assert (value(db, one, "title"), value(db, two, "title")) == ("Chosen elsewhere", "Toner")


def test_a_column_that_is_as_wanted_already_is_no_conflict(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    edited(db, deal, title="Scanners")
    set_elsewhere(db, deal, "title", "Printers")
    assert undone(db) == "Undone: Changed it"


def test_a_new_row_that_was_changed_since_stays_when_its_making_is_undone(db: Database) -> None:
    done(db, Change("deal", {"id": "d"}, {"title": "New"}))
    set_elsewhere(db, ItemRef(ItemKind.DEAL, "d"), "title", "Newer")
    assert undone(db) == "Could not be undone, changed since: Changed it"
    assert value(db, ItemRef(ItemKind.DEAL, "d"), "title") == "Newer"


def test_a_new_row_that_something_hangs_on_is_hidden_when_its_making_is_undone(db: Database) -> None:
    deal = ItemRef(ItemKind.DEAL, "d")
    done(db, Change("deal", {"id": "d"}, {"title": "New"}))
    crm_rows.a_note(db, deal, "Brought in since")
    assert undone(db) == "Undone: Changed it"
    assert value(db, deal, "deleted_at") is not None
    redone(db)
    assert value(db, deal, "deleted_at") is None


def test_a_new_person_whom_an_import_found_since_is_hidden_and_not_forgotten(db: Database) -> None:
    person = ItemRef(ItemKind.PERSON, "p")
    done(db, Change("person", {"id": "p"}, {"name": "Ana"}))
    with db.write() as connection:
        connection.execute(
            "INSERT INTO external_ref (system, kind, external_id, local_id, hash) VALUES ('csv', 'person', '7', 'p', x'00')"
        )
    undone(db)
    assert value(db, person, "deleted_at") is not None
    redone(db)
    assert value(db, person, "deleted_at") is None


def test_what_was_removed_comes_back_only_where_there_still_is_a_place_for_it(db: Database) -> None:
    person = crm_rows.a_person(db, "Ana", "ana@x.example")
    done(db, Change("person_email", {"email": "ana@x.example", "person_id": person}, None))
    with db.write() as connection:
        connection.execute("DELETE FROM person WHERE id = ?", (person,))
    assert undone(db) == "Could not be undone, changed since: Changed it"


@pytest.mark.parametrize(
    ("column", "words"),
    [("title", "Scanners"), ("person_id", "Ana"), ("org_id", "Acme"), ("status", "Printers")],
)
def test_the_picker_knows_at_once_what_an_item_is_called(db: Database, column: str, words: str) -> None:
    person = crm_rows.a_person(db, "Ana", "ana@x.example")
    deal = crm_rows.a_deal(db, "Printers")
    done(db, Change("organization", {"id": "o"}, {"name": "Acme"}))
    edited(
        db,
        deal,
        **{column: {"title": "Scanners", "person_id": person, "org_id": "o", "status": "won"}[column]},
    )
    assert deal in [card.ref for card in items.search(db, words)]
    undone(db)
    assert (deal in [card.ref for card in items.search(db, words)]) == (column == "status")


def test_the_picker_finds_deals_by_the_new_name_of_their_person_and_organization(db: Database) -> None:
    person = crm_rows.a_person(db, "Ana", "ana@x.example")
    deal = crm_rows.a_deal(db, "Printers", person)
    done(db, Change("organization", {"id": "o"}, {"name": "Acme"}))
    edited(db, ItemRef(ItemKind.PERSON, person), org_id="o")
    assert deal in [card.ref for card in items.search(db, "acme")]
    edited(db, ItemRef(ItemKind.ORGANIZATION, "o"), name="Zabka")
    assert items.search(db, "acme") == ()
    assert deal in [card.ref for card in items.search(db, "zabka")]
    edited(db, ItemRef(ItemKind.PERSON, person), name="Bea")
    assert [card.title for card in items.search(db, "bea zab")] == ["Printers", "Bea"]


def test_the_picker_follows_addresses_and_deleted_items(db: Database) -> None:
    person = crm_rows.a_person(db, "Ana", "ana@x.example")
    done(db, Change("person_email", {"email": "a@home.example", "person_id": person}, {}))
    assert [card.title for card in items.search(db, "a@home")] == ["Ana"]
    edited(db, ItemRef(ItemKind.PERSON, person), deleted_at=5)
    assert items.search(db, "ana") == ()
    undone(db)
    assert [card.title for card in items.search(db, "a@home")] == ["Ana"]


def test_indexing_one_item_gives_what_indexing_all_gives(db: Database) -> None:
    for number in range(20):
        person = crm_rows.a_person(db, f"Person {number}", f"p{number}@x.example")
        edited(db, crm_rows.a_deal(db, f"Deal {number}", person), status="won" if number % 3 else "open")
    query = "SELECT item_kind, item_id, number >> 20, words FROM item_index ORDER BY 1, 2"
    incremental = db.read().execute(query).fetchall()
    with db.write() as connection:
        connection.execute("DELETE FROM item_index")
        records.reindex(connection)
    assert db.read().execute(query).fetchall() == incremental


def test_the_timeline_tells_what_undo_took_back(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    edited(db, deal, status="lost", lost_reason="price", lost_at=NOW)
    undone(db)
    rows = db.read().execute(
        "SELECT what, details FROM audit WHERE object = ? ORDER BY id", (f"deal:{deal.id}",)
    )
    assert [(what, json.loads(details)) for what, details in rows] == [
        ("lost", {"reason": "price"}),
        ("reopened", {}),
    ]


def test_one_event_tells_screens_of_all_rows_of_an_action(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Printers")
    newest = events.newest(db)
    edited(db, deal, title="a", value="1")
    assert [event.kind for event in events.since(db, newest)] == ["items"]


def test_a_change_of_an_item_is_quick_among_many(db: Database) -> None:
    with db.write() as connection:
        rows = [(f"d{n}", f"Deal number {n}", NOW + n, NOW) for n in range(20_000)]
        connection.executemany(
            "INSERT INTO deal (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)", rows
        )
        records.reindex(connection)
    begun = time.perf_counter()
    for number in range(20):
        edited(db, ItemRef(ItemKind.DEAL, f"d{number}"), title=f"Other {number}")
    assert time.perf_counter() - begun < 2


def told(db: Database, item: ItemRef) -> list[tuple[str, dict[str, object]]]:
    rows = db.read().execute(
        "SELECT what, details FROM audit WHERE object = ? ORDER BY id", (f"{item.kind.value}:{item.id}",)
    )
    return [(what, json.loads(details)) for what, details in rows]


def test_the_timeline_tells_of_the_parts_of_an_item_once_it_is_there(db: Database) -> None:
    person = ItemRef(ItemKind.PERSON, "p")
    email = {"email": "ana@x.example", "person_id": "p"}
    done(db, Change("person", {"id": "p"}, {"name": "Ana"}), Change("person_email", email, {"is_primary": 1}))
    assert told(db, person) == [("created", {})]
    done(db, Change("person_email", email, {"is_primary": 0}))
    done(db, Change("person_phone", {"person_id": "p", "phone": "+34 1"}, {}))
    undone(db)
    assert told(db, person)[1:] == [
        ("edited", {"columns": {"phone": [None, "+34 1"]}}),
        ("edited", {"columns": {"phone": ["+34 1", None]}}),
    ]


def test_the_timeline_tells_of_labels_products_and_fields_by_name(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    on = {"item_kind": "deal", "item_id": deal.id}
    done(
        db,
        Change("label", {"id": "l"}, {"name": "hot"}),
        Change("item_label", {**on, "label_id": "l"}, {}),
        Change("product", {"id": "t"}, {"name": "Toner"}),
        Change("deal_product", {"deal_id": deal.id, "product_id": "t"}, {"quantity": "2"}),
        Change("deal_product", {"deal_id": deal.id, "product_id": "t"}, {"quantity": "3"}),
        Change("custom_field", {"id": "f"}, {"item_kind": "deal", "name": "Region"}),
        Change("custom_value", {**on, "field_id": "f"}, {"value": "North"}),
    )
    assert [details["columns"] for _, details in told(db, deal)] == [
        {"label": [None, "hot"]},
        {"product": [None, "2 x Toner"]},
        {"product": ["2 x Toner", "3 x Toner"]},
        {"Region": [None, "North"]},
    ]


def test_both_items_tell_of_a_merge(db: Database) -> None:
    one, two = crm_rows.a_deal(db, "Falcon"), crm_rows.a_deal(db, "Falcon 2")
    edited(db, two, merged_into=one.id, deleted_at=NOW)
    undone(db)
    assert told(db, one) == [("took_in", {"name": "Falcon 2"}), ("gave_back", {"name": "Falcon 2"})]
    assert told(db, two) == [("merged", {"into": one.id}), ("unmerged", {})]


def test_the_picker_shows_archived_items_with_the_closed_ones(db: Database) -> None:
    old, new = crm_rows.a_deal(db, "Falcon"), crm_rows.a_deal(db, "Falcon 2")
    person = crm_rows.a_person(db, "Falcon Hill", "f@x.example")
    edited(db, new, archived_at=NOW)
    assert [card.id for card in items.search(db, "falcon")] == [old.id, person, new.id]

from __future__ import annotations

from collections.abc import Iterator

import crm_rows
import pytest

from store.crm import import_steps, items
from store.crm.staging import Staged, Staging
from store.database import Database

PERSON = {
    "name": "Bob Ng", "first_name": "", "last_name": "", "title": "", "org_id": None, "owner_id": "", "visible_to": "owner",
}  # fmt: skip


@pytest.fixture
def staging(db: Database) -> Iterator[Staging]:
    with Staging(db.read(), "csv:test") as made:
        yield made


def carried_out(db: Database, staging: Staging) -> None:
    with db.write() as connection:
        for step in staging.steps(5):
            assert import_steps.carry_out(connection, step) == 0


def test_what_is_here_and_what_is_going_to_be_is_found_alike(db: Database, staging: Staging) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    staging.put("person", "p2", Staged(PERSON | {"name": "ANA  lima"}))
    staging.name("person", "ANA  lima", "p2")
    staging.name("email", "ana@acme.example", "p2")
    assert set(staging.find("person", "ana lima")) == {ana, "p2"}
    assert staging.find("email", "Ana@acme.example") == [ana, "p2"]
    assert staging.find("email", "nobody@acme.example") == []


def test_nothing_is_in_the_store_before_it_is_carried_out(db: Database, staging: Staging) -> None:
    staging.put(
        "person", "p2", Staged(PERSON, {"person_email": [{"email": "bob@acme.example", "is_primary": 1}]})
    )
    staging.put_ref("person", "7", "p2", b"x")
    assert items.search(db, "bob") == ()
    assert not staging.is_empty()
    carried_out(db, staging)
    (card,) = items.search(db, "bob@acme")
    assert (card.id, card.created_at, card.external_ref) == ("p2", 5, "7")


def test_a_row_that_is_here_changes_only_where_that_is_staged(db: Database, staging: Staging) -> None:
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    staging.put(
        "person",
        ana,
        Staged({"title": "Chief"}, {"person_phone": [{"phone": "1"}]}, False, {"title": "Buyer"}),
    )
    row = staging.row("person", ana)
    assert row is not None and (row["name"], row["title"]) == ("Ana Lima", "Chief")
    assert staging.parts("person", ana, "person_phone").keys() == {"1"}
    carried_out(db, staging)
    assert db.read().execute("SELECT name, title, rev FROM person").fetchall() == [("Ana Lima", "Chief", 2)]


def test_what_fails_half_way_leaves_nothing_staged(db: Database, staging: Staging) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    with pytest.raises(ValueError, match="half"), staging.whole():
        staging.find("person", "ana lima")
        staging.put("person", "p2", Staged(PERSON))
        raise ValueError("half")
    assert staging.row("person", "p2") is None
    assert len(staging.find("person", "ana lima")) == 1
    assert staging.is_empty()


def test_an_id_is_seen_once_and_refs_made_from_a_row_identify_nobody(staging: Staging) -> None:
    assert staging.seen("person", "1", 2, b"a") is None
    assert staging.seen("person", "1", 3, b"b") == (2, b"a")
    staging.put_ref("person", "~abc", "p1", b"")
    assert not staging.other_ref("person", "p1")
    staging.put_ref("person", "1", "p1", b"")
    assert staging.other_ref("person", "p1")


def test_only_tables_of_items_are_read(staging: Staging) -> None:
    with pytest.raises(ValueError, match="account"):
        staging.row("account", "1")

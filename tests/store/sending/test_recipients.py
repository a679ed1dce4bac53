from __future__ import annotations

import uuid

import crm_rows
import makers
import pytest
import told

from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.sending import recipients


@pytest.fixture
def berta(db: Database) -> str:
    person = crm_rows.a_person(db, "Berta Kern", "berta@acme.example")
    organization = str(uuid.uuid4())
    with db.write() as connection:
        connection.execute(
            "INSERT INTO organization (id, name, created_at, updated_at) VALUES (?, 'Acme', 1, 1)",
            (organization,),
        )
        connection.execute("UPDATE person SET org_id = ? WHERE id = ?", (organization, person))
    return person


def test_a_person_comes_with_the_company_and_the_newest_open_deal(db: Database, berta: str) -> None:
    crm_rows.a_deal(db, "Lost one", berta, status="lost")
    crm_rows.a_deal(db, "Renewal", berta)
    (found,) = recipients.complete(db, "ber")
    assert (found.name, found.email, found.about) == ("Berta Kern", "berta@acme.example", "Acme, Renewal")


def test_somebody_seen_in_mail_is_found_by_any_word_of_their_name(db: Database) -> None:
    told.a_conversation(db, makers.an_account(db), "First words")
    assert [each.email for each in recipients.complete(db, "lima")] == ["ana@acme.example"]
    assert [each.email for each in recipients.complete(db, "ana l")] == ["ana@acme.example"]


@pytest.mark.parametrize("typed", ["", "  ", "%", "_", "\\", '"', "nobody"])
def test_what_fits_nobody_offers_nobody(db: Database, berta: str, typed: str) -> None:
    told.a_conversation(db, makers.an_account(db), "First words")
    assert recipients.complete(db, typed) == ()


def test_an_item_supplies_the_people_it_is_about(db: Database, berta: str) -> None:
    """M74."""
    deal = crm_rows.a_deal(db, "Renewal", berta)
    (organization,) = db.read().execute("SELECT org_id FROM person WHERE id = ?", (berta,)).fetchone()
    for ref in (deal, ItemRef(ItemKind.PERSON, berta), ItemRef(ItemKind.ORGANIZATION, organization)):
        assert [each.email for each in recipients.of_item(db, ref)] == ["berta@acme.example"]
    assert recipients.of_item(db, ItemRef(ItemKind.DEAL, "gone")) == ()


def test_two_of_one_name_at_a_company_are_both_offered(db: Database, berta: str) -> None:
    other = crm_rows.a_person(db, "Berta Kern", "b.kern@acme.example")
    (organization,) = db.read().execute("SELECT org_id FROM person WHERE id = ?", (berta,)).fetchone()
    with db.write() as connection:
        connection.execute("UPDATE person SET org_id = ? WHERE id = ?", (organization, other))
    found = recipients.of_item(db, ItemRef(ItemKind.ORGANIZATION, organization))
    assert {each.email for each in found} == {"berta@acme.example", "b.kern@acme.example"}

from __future__ import annotations

import crm_rows
import makers
import pytest

from store import actions
from store.crm import changes as crm_changes
from store.crm import item_edits, item_parts, items, users
from store.crm.item_edits import BadItem
from store.crm.item_parts import Labelled
from store.crm.items import ItemKind, ItemRef
from store.database import Database

DEAL, LEAD, PROJECT, PERSON, ORGANIZATION = ItemKind


def made(db: Database, kind: ItemKind, **values: object) -> ItemRef:
    return item_edits.create(db, kind, values)[0]


def a_contact(db: Database, name: str = "Ana", *emails: str) -> ItemRef:
    return made(db, PERSON, name=name, emails=emails)


def row(db: Database, item: ItemRef) -> dict[str, object]:
    found = crm_changes.read(db.read(), item.kind.value, {"id": item.id})
    assert found is not None
    return found


def refused(db: Database, kind: ItemKind, **values: object) -> tuple[str, str]:
    """Return the field blamed and the sentence, when nothing was made."""
    before = db.read().execute("SELECT count(*) FROM action").fetchone()
    with pytest.raises(BadItem) as caught:
        item_edits.create(db, kind, values)
    assert db.read().execute("SELECT count(*) FROM action").fetchone() == before
    return caught.value.field, str(caught.value)


def a_user(db: Database, name: str, email: str, *, is_active: bool = True) -> str:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, is_active, created_at, updated_at) VALUES (?, ?, ?, ?, 1, 1)",
            (name.lower(), name, email, is_active),
        )
    return name.lower()


def test_a_new_deal_begins_in_the_first_stage_of_the_first_pipeline(db: Database) -> None:
    ana = a_contact(db)
    deal, action = item_edits.create(
        db, DEAL, {"title": "Falcon", "person_id": ana.id, "value": "12,400.50", "currency": "eur"}
    )
    card = items.get(db, deal)
    assert card is not None
    assert action.title == "Added deal Falcon"
    assert (card.stage, card.stage_position, str(card.value), card.currency) == (
        "Qualified",
        1,
        "12400.50",
        "EUR",
    )
    assert row(db, deal)["stage_changed_at"] == row(db, deal)["created_at"]
    assert [each.title for each in items.search(db, "falcon")] == ["Falcon"]


def test_a_new_item_belongs_to_who_makes_it(db: Database) -> None:
    makers.an_account(db, "noa@dealbox.example")
    a_user(db, "Bo", "bo@dealbox.example")
    noa = a_user(db, "Noa", "noa@dealbox.example")
    assert row(db, made(db, ORGANIZATION, name="Acme"))["owner_id"] == noa
    assert users.me(db.read()).name == "Noa"


def test_making_an_item_is_undone_and_redone_with_all_that_belongs_to_it(db: Database) -> None:
    ana = made(db, PERSON, name="Ana", emails=["ana@x.example", "a@home.example"], phones=["+34 600 100 200"])
    actions.undo(db)
    for table in ("person", "person_email", "person_phone"):
        assert db.read().execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert items.search(db, "ana") == ()
    actions.redo(db)
    assert item_parts.of(db.read(), ana, "emails") == (
        Labelled("ana@x.example", ""),
        Labelled("a@home.example", ""),
    )


@pytest.mark.parametrize(
    ("kind", "field", "sentence"),
    [
        (LEAD, "title", "a lead needs a title"),
        (DEAL, "title", "a deal needs a title"),
        (PROJECT, "title", "a project needs a title"),
        (PERSON, "name", "a person needs a name"),
        (ORGANIZATION, "name", "an organization needs a name"),
    ],
)
def test_an_item_without_a_name_is_refused(db: Database, kind: ItemKind, field: str, sentence: str) -> None:
    ana = a_contact(db)
    values = {"person_id": ana.id} if kind.fills_the_slot else {}
    assert refused(db, kind, **{field: " \t", **values}) == (field, sentence)


@pytest.mark.parametrize("kind", [DEAL, LEAD])
def test_a_deal_and_a_lead_need_a_person_or_an_organization(db: Database, kind: ItemKind) -> None:
    assert refused(db, kind, title="Falcon") == (
        "person_id",
        f"a {kind.value} needs a person or an organization",
    )
    acme = made(db, ORGANIZATION, name="Acme")
    item = made(db, kind, title="Falcon", org_id=acme.id)
    with pytest.raises(BadItem, match="needs a person or an organization"):
        item_edits.edit(db, item, {"org_id": ""})


def test_a_project_needs_nobody(db: Database) -> None:
    assert row(db, made(db, PROJECT, title="Roll-out"))["status"] == "open"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12400", "12400"), ("12,400", "12400"), ("12.400,50", "12400.50"), ("12 400,5", "12400.5"), ("0012", "12"),
        ("1'000.00", "1000.00"), ("1.234.567", "1234567"), ("0.05", "0.05"), ("", None), (None, None), (7, "7"),
    ],
)  # fmt: skip
def test_money_is_kept_as_decimal_text(db: Database, typed: object, kept: str | None) -> None:
    ana = a_contact(db)
    deal = made(db, DEAL, title="Falcon", person_id=ana.id, value=typed, currency="EUR")
    assert row(db, deal)["value"] == kept


@pytest.mark.parametrize(
    "typed", ["12k", "-5", "1.2.3", "1,23,4", "12400 EUR", "１２", "1e5", "9" * 16, "NaN", "١٢"]
)
def test_what_is_no_amount_is_refused(db: Database, typed: str) -> None:
    field, sentence = refused(db, DEAL, title="x", person_id=a_contact(db).id, value=typed, currency="EUR")
    assert field == "value"
    assert typed in sentence


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("currency", "euro", "“euro” is not a currency; write three letters, like EUR"),
        ("expected_close", "31.12.2026", "“31.12.2026” is not a date; write it like 2026-11-22"),
        ("expected_close", "2026-02-30", "“2026-02-30” is not a date; write it like 2026-11-22"),
        ("probability", "101", "“101” is not a probability; write a number from 0 to 100"),
        ("probability", "half", "“half” is not a probability; write a number from 0 to 100"),
        ("visible_to", "all", "an item is seen by its owner, the team or the company, not by “all”"),
        ("owner_id", "nobody", "there is no such user"),
        ("person_id", "nobody", "there is no such person"),
        ("stage_id", "nowhere", "there is no such stage: choose Qualified, Contact made, Demo, Proposal or Negotiation"),
        ("status", "won", "a deal has no field status that is edited"),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_field_is_refused_with_a_sentence(
    db: Database, field: str, typed: str, sentence: str
) -> None:
    values = {"title": "Falcon", "person_id": a_contact(db).id, field: typed}
    assert refused(db, DEAL, **values) == (field, sentence)


def test_a_value_needs_its_currency(db: Database) -> None:
    field, sentence = refused(db, DEAL, title="Falcon", person_id=a_contact(db).id, value="5")
    assert (field, sentence) == ("currency", "a value needs its currency; write three letters, like EUR")


def test_deals_in_three_currencies_keep_them(db: Database) -> None:
    ana = a_contact(db)
    deals = [
        made(db, DEAL, title=code, person_id=ana.id, value="10", currency=code)
        for code in ("EUR", "USD", "PLN")
    ]
    assert [row(db, deal)["currency"] for deal in deals] == ["EUR", "USD", "PLN"]


def test_a_stage_that_was_deleted_is_refused_with_those_to_choose_from(db: Database) -> None:
    with db.write() as connection:
        connection.execute("UPDATE stage SET deleted_at = 1 WHERE id = ?", (crm_rows.STAGE,))
    assert refused(db, DEAL, title="Falcon", person_id=a_contact(db).id, stage_id=crm_rows.STAGE) == (
        "stage_id",
        "the stage Proposal was deleted: choose Qualified, Contact made, Demo or Negotiation",
    )


def test_a_deal_whose_stage_was_deleted_can_still_be_edited_elsewhere(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    with db.write() as connection:
        connection.execute("UPDATE stage SET deleted_at = 1 WHERE id = ?", (crm_rows.STAGE,))
    item_edits.edit(db, deal, {"title": "Falcon 2", "stage_id": crm_rows.STAGE, "person_id": None})
    assert row(db, deal)["title"] == "Falcon 2"


def test_choosing_a_stage_brings_its_pipeline_along_and_the_other_way_round(db: Database) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO pipeline (id, name, position, created_at, updated_at) VALUES ('p', 'P', 2, 1, 1)"
        )
        connection.execute(
            "INSERT INTO stage (id, pipeline_id, name, position, created_at, updated_at) VALUES ('s', 'p', 'S', 1, 1, 1)"
        )
    ana = a_contact(db)
    by_stage = made(db, DEAL, title="a", person_id=ana.id, stage_id="s")
    by_pipeline = made(db, DEAL, title="b", person_id=ana.id, pipeline_id="p")
    assert row(db, by_stage)["pipeline_id"] == "p"
    assert row(db, by_pipeline)["stage_id"] == "s"
    item_edits.edit(db, by_stage, {"stage_id": crm_rows.STAGE})
    assert row(db, by_stage)["pipeline_id"] == crm_rows.PIPELINE


def test_a_project_cannot_end_before_it_starts(db: Database) -> None:
    project = made(db, PROJECT, title="Roll-out", start_date="2026-03-01")
    with pytest.raises(BadItem, match="a project cannot end before it starts"):
        item_edits.edit(db, project, {"end_date": "2026-02-28"})


def test_a_user_who_left_owns_nothing_new(db: Database) -> None:
    bo = a_user(db, "Bo", "bo@here.example", is_active=False)
    assert refused(db, ORGANIZATION, name="Acme", owner_id=bo)[1] == (
        "Bo does not work here any more; choose another user"
    )


def test_a_deleted_person_is_refused_by_name(db: Database) -> None:
    ana = a_contact(db)
    with db.write() as connection:
        connection.execute("UPDATE person SET deleted_at = 1 WHERE id = ?", (ana.id,))
    assert refused(db, LEAD, title="Hall", person_id=ana.id) == (
        "person_id",
        "the person Ana was deleted; restore it or choose another",
    )


def test_addresses_are_kept_as_they_are_compared_and_the_first_is_the_primary_one(db: Database) -> None:
    ana = a_contact(db, "Ana", "Ana@X.Example", "a@hôme.example", "ana@x.example", " ")
    rows = db.read().execute("SELECT email, is_primary FROM person_email ORDER BY is_primary DESC").fetchall()
    assert rows == [("ana@x.example", 1), ("a@xn--hme-kna.example", 0)]
    item_edits.edit(db, ana, {"emails": ["a@hôme.example", "ana@x.example"]})
    assert item_parts.of(db.read(), ana, "emails")[0].value == "a@xn--hme-kna.example"


def test_an_address_that_stays_keeps_its_label_and_what_became_of_it(db: Database) -> None:
    ana = made(db, PERSON, name="Ana", emails=[Labelled("ana@x.example", "work")])
    with db.write() as connection:
        connection.execute("UPDATE person_email SET status = 'bounced'")
    item_edits.edit(db, ana, {"emails": ["ana@x.example", Labelled("a@home.example", "home")]})
    rows = db.read().execute("SELECT email, label, status FROM person_email ORDER BY 1 DESC").fetchall()
    assert rows == [("ana@x.example", "work", "bounced"), ("a@home.example", "home", "ok")]


@pytest.mark.parametrize(
    "typed", ["ana", "ana@", "@x.example", "a b@x.example", "ana@x..example", "a@b@c", "ána@x.example"]
)
def test_what_is_no_address_is_refused(db: Database, typed: str) -> None:
    field, sentence = refused(db, PERSON, name="Ana", emails=[typed])
    assert field == "emails"
    assert f"“{typed}” is not an address" in sentence


@pytest.mark.parametrize("own", ["me@dealbox.example", "alias@other.example", "bo@here.example"])
def test_an_address_of_our_own_is_refused_and_the_sentence_says_why(db: Database, own: str) -> None:
    account = makers.an_account(db)
    with db.write() as connection:
        connection.execute(
            "UPDATE account SET aliases = '[\"alias@other.example\"]' WHERE id = ?", (account,)
        )
    a_user(db, "Bo", "bo@here.example")
    field, sentence = refused(db, PERSON, name="Ana", emails=["ana@x.example", own])
    assert field == "emails"
    assert sentence.startswith(f"{own} is an address of your own or of a colleague here")
    assert "no person can have it" in sentence


def test_a_person_who_came_with_our_address_can_still_be_edited(db: Database) -> None:
    makers.an_account(db)
    me = ItemRef(PERSON, crm_rows.a_person(db, "Me", "me@dealbox.example"))
    item_edits.edit(db, me, {"name": "Myself", "emails": ["me@dealbox.example", "me@x.example"]})
    assert row(db, me)["name"] == "Myself"


def test_a_second_person_with_the_same_address_is_made_with_a_warning(db: Database) -> None:
    a_contact(db, "Bob", "office@x.example")
    ana, action = item_edits.create(db, PERSON, {"name": "Ana", "emails": ["office@x.example"]})
    assert action.state == "done"
    assert action.warning.startswith("Bob has the address office@x.example too")
    assert item_edits.edit(db, ana, {"emails": ["office@x.example"], "name": "Ana L"}).warning == ""


def test_somebody_at_our_own_company_is_added_with_a_warning(db: Database) -> None:
    makers.an_account(db)
    _, action = item_edits.create(db, PERSON, {"name": "Colleague", "emails": ["new@dealbox.example"]})
    assert "counts as internal" in action.warning


@pytest.mark.parametrize(
    "typed", ["acme.example", "@Acme.Example", "https://www.acme.example/about?x", "www.acme.example"]
)
def test_the_domain_of_an_organization_is_found_in_what_was_typed(db: Database, typed: str) -> None:
    acme = made(db, ORGANIZATION, name="Acme", domains=[typed])
    assert item_parts.of(db.read(), acme, "domains") == (Labelled("acme.example", ""),)


@pytest.mark.parametrize("typed", ["gmail.com", "https://web.de/", "@GMX.de"])
def test_a_domain_that_everybody_uses_is_no_organizations(db: Database, typed: str) -> None:
    field, sentence = refused(db, ORGANIZATION, name="Acme", domains=[typed])
    assert field == "domains"
    assert sentence.startswith("everybody can have an address at ")


@pytest.mark.parametrize("typed", ["acme", "a b.example", "acme..example", "x@y@z"])
def test_what_is_no_domain_is_refused(db: Database, typed: str) -> None:
    assert refused(db, ORGANIZATION, name="Acme", domains=[typed])[0] == "domains"


def test_a_person_is_named_after_their_parts_or_their_address(db: Database) -> None:
    assert row(db, made(db, PERSON, first_name="Ana", last_name="Lima"))["name"] == "Ana Lima"
    assert row(db, made(db, PERSON, emails=["bob@x.example"]))["name"] == "bob@x.example"


def test_further_persons_of_a_deal(db: Database) -> None:
    ana, bob = a_contact(db, "Ana"), a_contact(db, "Bob")
    deal = made(db, DEAL, title="Falcon", person_id=ana.id, participants=[bob.id])
    assert item_parts.of(db.read(), deal, "participants") == (Labelled(bob.id, ""),)
    item_edits.edit(db, deal, {"participants": []})
    assert item_parts.of(db.read(), deal, "participants") == ()
    actions.undo(db)
    assert item_parts.of(db.read(), deal, "participants") == (Labelled(bob.id, ""),)


def test_an_edit_that_changes_nothing_is_no_action(db: Database) -> None:
    ana = a_contact(db, "Ana", "ana@x.example")
    action = item_edits.edit(db, ana, {"name": "Ana", "emails": ["ana@x.example"]})
    assert (action.title, action.state) == ("Nothing to change", "nothing")


def test_an_empty_field_clears_what_was_there(db: Database) -> None:
    deal = made(
        db,
        DEAL,
        title="Falcon",
        person_id=a_contact(db).id,
        value="5",
        currency="EUR",
        expected_close="2026-12-01",
    )
    action = item_edits.edit(db, deal, {"value": "", "expected_close": None})
    assert action.title == "Changed Falcon"
    assert (row(db, deal)["value"], row(db, deal)["expected_close"]) == (None, None)


def test_text_is_kept_without_what_a_terminal_acts_on(db: Database) -> None:
    ana = made(db, PERSON, name="An\x1b[31ma\nLima\u202e", notes="one\ntwo\x07")
    assert "\x1b" not in str(row(db, ana)["name"])
    assert "\n" not in str(row(db, ana)["name"])
    assert row(db, ana)["notes"] == "one\ntwo"


def test_an_item_that_is_gone_cannot_be_edited(db: Database) -> None:
    with pytest.raises(BadItem, match="there is no such deal any more"):
        item_edits.edit(db, ItemRef(DEAL, "gone"), {"title": "x"})


def test_a_list_given_as_one_text_is_a_mistake_of_the_program(db: Database) -> None:
    with pytest.raises(TypeError, match="emails is a list"):
        item_edits.create(db, PERSON, {"name": "Ana", "emails": "ana@x.example"})


def test_a_text_too_long_is_refused_and_never_cut(db: Database) -> None:
    assert refused(db, PERSON, name="x" * 501) == ("name", "that has 501 characters; there is room for 500")
    assert row(db, made(db, PERSON, name="x" * 500))["name"] == "x" * 500


@pytest.mark.parametrize("zone", ["Mars/Phobos", "../../etc/passwd", "/etc/localtime", "Europe", "x" * 300])
def test_a_time_zone_is_one(db: Database, zone: str) -> None:
    assert refused(db, PERSON, name="Ana", time_zone=zone)[0] == "time_zone"
    assert row(db, made(db, PERSON, name="Ana", time_zone="Europe/Lisbon"))["time_zone"] == "Europe/Lisbon"

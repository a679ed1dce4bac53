"""dealbox item, note and activity, as scripts run them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import crm_rows
import makers
import pytest

from store.crm import custom_fields, item_forms, items
from store.crm.item_refs import PageKind
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import panel
from tui.cli import main as cli

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def run(db: Database) -> Run:
    makers.an_account(db)
    return lambda *words: cli.main(["--data", str(db.directory), *words])


@pytest.fixture
def ana(db: Database) -> str:
    return crm_rows.a_person(db, "Ana Lima", "ana@acme.example")


def made(db: Database, capsys: Captured) -> ItemRef:
    ref = items.find(db, capsys.readouterr().out.strip())
    assert ref is not None
    return ref


def test_a_deal_is_made_and_its_place_printed(run: Run, db: Database, ana: str, capsys: Captured) -> None:
    words = ("--title", "Forty seats", "--person", "ana@acme.example", "--value", "12.4k EUR")
    assert (
        run("item", "new", "deal", *words, "--stage", "demo", "--close", "2026-12-24", "--labels", "hot") == 0
    )
    deal = made(db, capsys)
    card = items.get(db, deal)
    assert card is not None
    assert (card.title, card.person_id, str(card.value), card.stage) == ("Forty seats", ana, "12400", "Demo")
    assert (card.expected_close, item_forms.facts(db, PageKind.DEAL, deal.id).marked) == (
        "2026-12-24",
        ("hot",),
    )


def test_persons_and_organizations_are_made_with_what_they_have(
    run: Run, db: Database, capsys: Captured
) -> None:
    assert run("item", "new", "organization", "--title", "Acme", "--domains", "acme.example") == 0
    made(db, capsys)
    words = ("--organization", "Acme", "--emails", "bo@acme.example, b@x.example", "--job", "Buyer")
    assert run("item", "new", "person", "--title", "Bo Kern", *words) == 0
    facts = item_forms.facts(db, PageKind.PERSON, made(db, capsys).id)
    assert [each.value for each in facts.emails] == ["bo@acme.example", "b@x.example"]
    assert facts.organization == "Acme"
    assert facts.values["title"] == "Buyer"


def test_an_item_is_changed_only_in_what_is_said(run: Run, db: Database, ana: str) -> None:
    deal = crm_rows.a_deal(db, "Renewal", ana)
    field, _ = custom_fields.add(db, ItemKind.DEAL, "Colour")
    assert run("item", "set", f"deal:{deal.id}", "--value", "5 USD", "--field", "colour=blue") == 0
    facts = item_forms.facts(db, PageKind.DEAL, deal.id)
    assert (facts.values["value"], facts.values["currency"], facts.values["title"]) == ("5", "USD", "Renewal")
    assert facts.values["person_id"] == ana
    assert [each.value for each in facts.custom if each.field_id == field.id] == ["blue"]


def test_an_empty_text_clears_a_field(run: Run, db: Database, ana: str) -> None:
    deal = crm_rows.a_deal(db, "Renewal", ana)
    assert run("item", "set", "Renewal", "--value", "") == 0
    assert item_forms.facts(db, PageKind.DEAL, deal.id).values["value"] == ""


def test_an_item_is_shown_for_people_and_for_scripts(
    run: Run, db: Database, ana: str, capsys: Captured
) -> None:
    deal = crm_rows.a_deal(db, "Renewal \x1b[31m", ana)
    assert run("item", "show", f"deal:{deal.id}") == 0
    shown = capsys.readouterr().out
    assert "Renewal" in shown and "12,400 EUR" in shown and "Ana Lima" in shown and "\x1b" not in shown
    assert run("item", "show", f"deal:{deal.id}", "--json") == 0
    read = json.loads(capsys.readouterr().out)
    assert (read["kind"], read["value"], read["status"]) == ("deal", "12400", "open")
    assert read["person"] == {"id": ana, "name": "Ana Lima"}


def test_deals_move_and_end_and_come_back(run: Run, db: Database, capsys: Captured) -> None:
    deal = crm_rows.a_deal(db, "Renewal")

    def status() -> str:
        card = items.get(db, deal)
        assert card is not None
        return f"{card.status} {card.stage}"

    steps = [
        (("stage", "Renewal", "nego"), "open Negotiation"),
        (("lost", "Renewal", "--reason", "Too dear"), "lost Negotiation"),
        (("reopen", "Renewal"), "open Negotiation"),
        (("won", "Renewal"), "won Negotiation"),
        (("archive", "Renewal"), "archived Negotiation"),
        (("delete", "Renewal"), "deleted Negotiation"),
    ]
    for words, expected in steps:
        assert run("item", *words) == 0, words
        assert status() == expected
    assert run("item", "restore", f"deal:{deal.id}") == 0
    assert "Renewal" in capsys.readouterr().out


def test_a_lead_becomes_a_deal_and_deals_are_merged(
    run: Run, db: Database, ana: str, capsys: Captured
) -> None:
    assert run("item", "new", "lead", "--title", "Maybe", "--person", "Ana Lima") == 0
    made(db, capsys)
    assert run("item", "convert", "Maybe") == 0
    deal = made(db, capsys)
    kept = crm_rows.a_deal(db, "Renewal", ana)
    assert run("item", "merge", f"deal:{deal.id}", f"deal:{kept.id}") == 0
    card = items.get(db, deal)
    assert card is not None and card.status == "deleted"


def test_a_note_is_taken_from_standard_input(run: Run, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    monkeypatch.setattr("sys.stdin", io.StringIO("Two\nlines\n"))
    assert run("note", "Renewal", "-") == 0
    rows = db.read().execute("SELECT body FROM note WHERE deal_id = ?", (deal.id,)).fetchall()
    assert rows == [("Two\nlines",)]


def test_an_activity_is_planned(run: Run, db: Database) -> None:
    deal = crm_rows.a_deal(db, "Renewal")
    words = ("--type", "call", "--due", "2027-01-02 09:30", "--takes", "1h30", "--note", "About seats")
    assert run("activity", "Renewal", "Call Ana", *words) == 0
    row = db.read().execute(
        "SELECT type, subject, duration_min, note FROM activity WHERE deal_id = ?", (deal.id,)
    )
    assert row.fetchall() == [("call", "Call Ana", 90, "About seats")]
    card = items.get(db, deal)
    assert card is not None and card.next_activity is not None and card.next_activity.due_at is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("item", "new", "deal", "--title", "X", "--person", "Nobody"), "there is no person 'Nobody'"),
        (("item", "new", "deal", "--person", "Ana Lima"), "Title is missing"),
        (("item", "new", "person", "--title", "X", "--value", "5"), "a person has no value"),
        (("item", "set", "Renewal"), "say what is to change"),
        (("item", "set", "Renewal", "--value", "a lot"), "is not an amount"),
        (("item", "set", "Renewal", "--field", "Size=5"), "'Size' is no field of your own"),
        (("item", "set", "deal:nope", "--title", "X"), "there is no item 'deal:nope'"),
        (("item", "stage", "Renewal", "Dreaming"), "is none of Qualified"),
        (("item", "stage", "Ana Lima", "Demo"), "a person has no stages"),
        (("item", "won", "Twice"), "2 items are called 'Twice'"),
        (("activity", "Renewal", "Call", "--due", "whenever"), "is no time"),
    ],
)
def test_bad_use_says_what_would_be_right(
    run: Run, db: Database, ana: str, capsys: Captured, words: tuple[str, ...], said: str
) -> None:
    crm_rows.a_deal(db, "Renewal", ana)
    crm_rows.a_deal(db, "Twice", ana)
    crm_rows.a_deal(db, "Twice", ana)
    assert run(*words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("item", "new", "deal", "--title", "X"), "a deal needs a person or an organization"),
        (("item", "convert", "Renewal"), "deal"),
        (("note", "Renewal", "  "), "a note has to say something"),
        (("activity", "Renewal", " "), "an activity needs a subject"),
    ],
)
def test_what_the_store_refuses_fails_with_its_reason(
    run: Run, db: Database, ana: str, capsys: Captured, words: tuple[str, ...], said: str
) -> None:
    crm_rows.a_deal(db, "Renewal", ana)
    assert run(*words) == 1
    assert said in capsys.readouterr().err


def test_the_deal_of_a_colleague_is_not_changed_without_the_right_to(
    run: Run, db: Database, capsys: Captured
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    bo = crm_rows.a_user(db, "Bo Kern", "bo@dealbox.example")
    deal = crm_rows.a_deal(db, "Renewal")
    with db.write() as connection:
        connection.execute("UPDATE deal SET owner_id = ?", (bo,))
    assert run("item", "won", f"deal:{deal.id}") == 1
    assert run("item", "set", f"deal:{deal.id}", "--title", "Mine") == 1
    assert panel.items.get(db, deal).title == "Renewal"  # type: ignore[union-attr]  # it is there

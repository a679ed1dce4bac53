from __future__ import annotations

import uuid
from decimal import Decimal

import crm_rows
import makers
import pytest
from stored import a_stored_email, mailboxes_of

from mail.types import Role
from store.crm import board
from store.crm.board import Board, Card
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links

DAY = 86_400
NOW = makers.NOW + 100 * DAY


def put(db: Database, kind: str, **values: object) -> ItemRef:
    """Insert an item with these columns and return it."""
    row = {
        "id": str(uuid.uuid4()),
        "title": "Item",
        "created_at": makers.NOW,
        "updated_at": makers.NOW,
        **values,
    }
    names = ", ".join(row)
    db.read().execute(
        f"INSERT INTO {kind} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values())
    )
    return ItemRef(ItemKind(kind), str(row["id"]))


def stages(db: Database) -> list[str]:
    return [row[0] for row in db.read().execute("SELECT id FROM stage ORDER BY position").fetchall()]


def the_board(db: Database, **how: object) -> Board:
    return Board(db, board.pipelines(db)[0], now=lambda: NOW, **how)  # type: ignore[arg-type]  # what a test wants


def titles(shown: Board) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, column in enumerate(shown.columns):
        cards = [shown.card(number, row) for row in range(len(column.item_ids))]
        found[column.stage.name] = [card.title for card in cards if card]
    return {name: cards for name, cards in found.items() if cards}


def card_of(shown: Board, item: ItemRef) -> Card:
    place = shown.find(item.id)
    assert place is not None
    card = shown.card(*place)
    assert card is not None
    return card


def test_open_deals_stand_in_their_stages_the_last_moved_first(db: Database) -> None:
    first, _, third, *_ = stages(db)
    put(db, "deal", title="Old", stage_id=first, stage_changed_at=makers.NOW)
    put(db, "deal", title="New", stage_id=first, stage_changed_at=makers.NOW + 5)
    put(db, "deal", title="Never moved", stage_id=first, created_at=makers.NOW + 3)
    put(db, "deal", title="Demo", stage_id=third)
    for status in ("won", "lost"):
        put(db, "deal", title=status, stage_id=first, status=status)
    put(db, "deal", title="Gone", stage_id=first, deleted_at=1)
    put(db, "deal", title="Put away", stage_id=first, archived_at=1)
    shown = the_board(db)
    assert [column.stage.name for column in shown.columns] == [
        "Qualified", "Contact made", "Demo", "Proposal", "Negotiation",
    ]  # fmt: skip
    assert titles(shown) == {"Qualified": ["New", "Never moved", "Old"], "Demo": ["Demo"]}
    assert shown.count == 4


def test_values_are_summed_by_currency_and_weighted_by_probability(db: Database) -> None:
    first, second, *_ = stages(db)  # 10 and 25 percent
    put(db, "deal", stage_id=first, value="1000", currency="EUR")
    put(db, "deal", stage_id=first, value="0.10", currency="EUR", probability=50)
    put(db, "deal", stage_id=first, value="500", currency="USD")
    put(db, "deal", stage_id=first)
    put(db, "deal", stage_id=second, value="400", currency="EUR")
    shown = the_board(db)
    assert shown.columns[0].totals == {"EUR": Decimal("1000.10"), "USD": Decimal(500)}
    assert shown.columns[0].weighted == {"EUR": Decimal("100.05"), "USD": Decimal(50)}
    totals, weighted = board.total(shown.columns)
    assert totals == {"EUR": Decimal("1400.10"), "USD": Decimal(500)}
    assert weighted == {"EUR": Decimal("200.05"), "USD": Decimal(50)}


def test_a_value_that_is_no_number_counts_nothing(db: Database) -> None:
    put(db, "deal", stage_id=stages(db)[0], value="much", currency="EUR")
    assert the_board(db).columns[0].totals == {}


@pytest.mark.parametrize(
    ("days", "is_rotten"), [(9, False), (11, True)], ids=["moved nine days ago", "moved eleven days ago"]
)
def test_a_deal_rots_that_nothing_happened_to_for_longer_than_its_stage_allows(
    db: Database, days: int, is_rotten: bool
) -> None:
    first = stages(db)[0]
    db.read().execute("UPDATE stage SET rotten_days = 10")
    deal = put(db, "deal", stage_id=first, stage_changed_at=NOW - days * DAY)
    assert card_of(the_board(db), deal).is_rotten is is_rotten


def test_mail_and_work_keep_a_deal_from_rotting(db: Database) -> None:
    account = makers.an_account(db)
    inbox = mailboxes_of(db, account)[Role.INBOX]
    first = stages(db)[0]
    db.read().execute("UPDATE stage SET rotten_days = 10")
    written, worked, idle = (
        put(db, "deal", stage_id=first, stage_changed_at=NOW - 50 * DAY) for _ in range(3)
    )
    mail = a_stored_email(db, account, inbox, received_at=NOW - 2 * DAY)
    links.link(db, mail.thread_id, written)
    put_activity(db, worked, done_at=NOW - DAY)
    shown = the_board(db)
    assert [card_of(shown, deal).is_rotten for deal in (written, worked, idle)] == [False, False, True]


def put_activity(db: Database, item: ItemRef, **values: object) -> None:
    row = {
        "id": str(uuid.uuid4()), "subject": "Call", "entered_at": 0, "created_at": 0, "updated_at": 0,
        f"{item.kind.value}_id": item.id, **values,
    }  # fmt: skip
    db.read().execute(
        f"INSERT INTO activity ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
    )


def test_a_card_says_who_it_is_with_and_what_is_next(db: Database) -> None:
    bea = crm_rows.a_user(db, "Bea", "bea@corp.example")
    person = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    deal = put(
        db, "deal", title="Renewal", stage_id=stages(db)[0], person_id=person, owner_id=bea, value="12400",
        currency="EUR",
    )  # fmt: skip
    assert not card_of(the_board(db), deal).has_next
    put_activity(db, deal, due_at=NOW + 5)
    put_activity(db, deal, due_at=NOW - 5)
    put_activity(db, deal, due_at=NOW - 50, done_at=1)
    put_activity(db, deal, due_at=NOW - 50, deleted_at=1)
    card = card_of(the_board(db), deal)
    assert (card.who, card.owner, card.value, card.currency) == ("Ana Lima", "Bea", Decimal(12400), "EUR")
    assert (card.has_next, card.next_at) == (True, NOW - 5)
    db.read().execute(
        "INSERT INTO organization (id, name, created_at, updated_at) VALUES ('o', 'Acme', 0, 0)"
    )
    db.read().execute("UPDATE deal SET org_id = 'o'")
    assert card_of(the_board(db), deal).who == "Acme"


def test_what_stands_in_no_stage_or_a_deleted_one_has_a_column_of_its_own(db: Database) -> None:
    first, second, *_ = stages(db)
    db.read().execute("UPDATE stage SET deleted_at = 1 WHERE id = ?", (second,))
    put(db, "deal", title="Nowhere")
    put(db, "deal", title="In a deleted one", stage_id=second, pipeline_id=crm_rows.PIPELINE)
    put(db, "deal", title="In one that is unknown", stage_id="gone", pipeline_id="gone")
    put(db, "deal", title="In the first", stage_id=first)
    shown = the_board(db)
    assert shown.columns[0].stage.name == "No stage"
    assert sorted(titles(shown)["No stage"]) == ["In a deleted one", "In one that is unknown", "Nowhere"]
    assert titles(shown)["Qualified"] == ["In the first"]


def test_each_pipeline_has_its_own_board_and_projects_have_one_too(db: Database) -> None:
    connection = db.read()
    connection.execute(
        "INSERT INTO pipeline (id, name, position, created_at, updated_at) VALUES ('p2', 'Partners', 2, 0, 0)"
    )
    connection.execute(
        "INSERT INTO stage (id, pipeline_id, name, position, created_at, updated_at) VALUES ('s2', 'p2', 'Met', 1, 0, 0)"
    )
    put(db, "deal", title="Partner", stage_id="s2", pipeline_id="p2")
    put(db, "deal", title="Sale", stage_id=stages(db)[0])
    phase = connection.execute("SELECT id FROM phase WHERE name = 'Planning'").fetchone()[0]
    put(db, "project", title="Move", phase_id=phase)
    sales, partners, projects = board.pipelines(db)
    assert [sales.name, partners.name, projects.name] == ["Sales", "Partners", "Projects"]
    assert [titles(Board(db, each)) for each in (sales, partners, projects)] == [
        {"Qualified": ["Sale"]},
        {"Met": ["Partner"]},
        {"Planning": ["Move"]},
    ]


def test_the_board_is_mine_or_of_all(db: Database) -> None:
    makers.an_account(db)
    me = crm_rows.a_user(db, "Me", "me@dealbox.example")
    bea = crm_rows.a_user(db, "Bea", "bea@dealbox.example")
    for owner in (me, bea, ""):
        put(db, "deal", title=f"Of {owner}", stage_id=stages(db)[0], owner_id=owner)
    assert the_board(db).count == 3
    assert sorted(titles(the_board(db, is_mine=True))["Qualified"]) == sorted([f"Of {me}", "Of "])


def test_words_narrow_the_board_to_what_has_words_beginning_so(db: Database) -> None:
    person = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    crm_rows.a_deal(db, "Renewal of prínters", person)
    crm_rows.a_deal(db, "Scanners")
    assert titles(the_board(db, words="PRIN lima")) == {"Proposal": ["Renewal of prínters"]}
    assert the_board(db, words="newal").count == 0
    assert the_board(db, words="%").count == 0
    assert the_board(db, words=" ").count == 2


def test_cards_are_read_by_page(db: Database) -> None:
    first = stages(db)[0]
    for number in range(board.PAGE + 3):
        put(db, "deal", title=str(number), stage_id=first, stage_changed_at=makers.NOW - number)
    shown = the_board(db)
    last = shown.card(0, board.PAGE + 2)
    assert last is not None and last.title == str(board.PAGE + 2)
    assert shown.card(0, board.PAGE + 3) is None
    assert shown.card(9, 0) is None
    assert shown.find("unknown") is None

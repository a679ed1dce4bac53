from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator

import crm_rows
import makers
import pytest
from stored import a_stored_email, mailboxes_of

from mail.types import Role
from store import actions
from store.crm import activities, item_edits, item_states, items, labels, notes
from store.crm import changes as crm_changes
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, panel
from store.rows import ActionRow

DEAL, LEAD, PROJECT, PERSON, ORGANIZATION = ItemKind
DEMO = "1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1b03"
NOW = makers.NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The time, which goes on by 100 seconds whenever somebody looks."""
    ticks = itertools.count(NOW + 1000, 100)
    seen: list[int] = []

    def now() -> float:
        seen.append(next(ticks))
        return float(seen[-1])

    monkeypatch.setattr(time, "time", now)
    yield seen


def row(db: Database, item: ItemRef) -> dict[str, object]:
    found = crm_changes.read(db.read(), item.kind.value, {"id": item.id})
    assert found is not None
    return found


def told(db: Database, item: ItemRef) -> list[tuple[str, dict[str, object]]]:
    rows = db.read().execute(
        "SELECT what, details FROM audit WHERE object = ? ORDER BY id", (f"{item.kind.value}:{item.id}",)
    )
    return [(what, json.loads(details)) for what, details in rows]


def closed(db: Database) -> list[tuple[int, int]]:
    return db.read().execute("SELECT closed_at, reopened_at FROM closed_period ORDER BY 1").fetchall()


def a_lead(db: Database) -> ItemRef:
    person = crm_rows.a_person(db, "Ana", "ana@acme.example")
    return item_edits.create(db, LEAD, {"title": "Hall 4", "person_id": person})[0]


def a_project(db: Database) -> ItemRef:
    return item_edits.create(db, PROJECT, {"title": "Roll-out"})[0]


def a_user(db: Database, name: str, email: str = "") -> str:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES (?, ?, ?, 1, 1)",
            (name.lower(), name, email),
        )
    return name.lower()


def test_a_deal_is_moved_to_another_stage(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon licences")
    action = item_states.set_stage(db, deal, DEMO)
    assert action.title == "Moved Falcon licences to Demo"
    assert row(db, deal)["stage_id"] == DEMO
    assert row(db, deal)["stage_changed_at"] is not None
    assert told(db, deal) == [("stage", {"from": "Proposal", "to": "Demo"})]
    assert item_states.set_stage(db, deal, DEMO).state == "nothing"


def test_moving_a_deal_is_undone_with_everything_it_set(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon licences")
    before = row(db, deal)
    item_states.set_stage(db, deal, DEMO)
    actions.undo(db)
    after = row(db, deal)
    assert {**after, "rev": 0, "updated_at": 0} == {**before, "rev": 0, "updated_at": 0}
    assert told(db, deal)[-1] == ("stage", {"from": "Demo", "to": "Proposal"})


def test_a_project_is_moved_to_another_phase(db: Database) -> None:
    project = a_project(db)
    action = item_states.set_stage(db, project, "1f0c6a52-5f0e-4c56-9b51-6f1d0a3c1c03")
    assert action.title == "Moved Roll-out to Implementation"


def test_a_lead_has_no_stages(db: Database) -> None:
    with pytest.raises(BadItem, match="a lead has no stages"):
        item_states.set_stage(db, a_lead(db), DEMO)


def test_a_deleted_stage_is_refused(db: Database) -> None:
    with db.write() as connection:
        connection.execute("UPDATE stage SET deleted_at = 1 WHERE id = ?", (DEMO,))
    deal = crm_rows.a_deal(db, "Falcon")
    with pytest.raises(BadItem, match="the stage Demo was deleted: choose Qualified"):
        item_states.set_stage(db, deal, DEMO)


def test_a_deal_is_won(db: Database, clock: list[int]) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    assert item_states.win(db, deal).title == "Won Falcon"
    assert (row(db, deal)["status"], row(db, deal)["won_at"]) == ("won", row(db, deal)["updated_at"])
    assert told(db, deal) == [("won", {})]
    assert item_states.win(db, deal).title == "Falcon is won already"


def test_a_deal_is_lost_with_a_reason_that_can_be_said_later(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    assert item_states.lose(db, deal).title == "Lost Falcon"
    lost_at = row(db, deal)["lost_at"]
    assert item_states.lose(db, deal, "too dear").title == "Lost Falcon: too dear"
    assert (row(db, deal)["lost_at"], row(db, deal)["lost_reason"]) == (lost_at, "too dear")


def test_only_deals_are_won_and_only_projects_completed(db: Database) -> None:
    with pytest.raises(BadItem, match="a lead cannot be won; a deal can"):
        item_states.win(db, a_lead(db))
    with pytest.raises(BadItem, match="a deal cannot be completed; a project can"):
        item_states.complete(db, crm_rows.a_deal(db, "Falcon"))


def test_a_reopened_deal_remembers_how_long_it_was_closed(db: Database, clock: list[int]) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    item_states.win(db, deal)
    won_at = row(db, deal)["won_at"]
    assert item_states.reopen(db, deal).title == "Reopened Falcon"
    now = row(db, deal)
    assert (now["status"], now["won_at"], now["lost_at"]) == ("open", None, None)
    assert closed(db) == [(won_at, now["updated_at"])]
    actions.undo(db)
    assert (row(db, deal)["status"], row(db, deal)["won_at"], closed(db)) == ("won", won_at, [])
    actions.redo(db)
    assert len(closed(db)) == 1


def test_a_lost_deal_that_is_won_after_all_was_never_open_in_between(db: Database, clock: list[int]) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    item_states.lose(db, deal, "price")
    lost_at = row(db, deal)["lost_at"]
    item_states.win(db, deal)
    now = row(db, deal)
    assert (now["status"], now["lost_at"], now["lost_reason"]) == ("won", None, "")
    assert closed(db) == [(lost_at, now["won_at"])]


def test_a_deal_that_came_closed_nobody_knows_since_when_was_never_open(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon", status="won")
    item_states.reopen(db, deal)
    assert closed(db)[0][0] == row(db, deal)["created_at"]


@pytest.mark.parametrize(
    ("close", "status", "title"),
    [(item_states.complete, "completed", "Completed"), (item_states.cancel, "canceled", "Canceled")],
)
def test_a_project_is_completed_or_canceled_and_reopened(
    db: Database, clock: list[int], close: object, status: str, title: str
) -> None:
    project = a_project(db)
    assert close(db, project).title == f"{title} Roll-out"  # type: ignore[operator] # one of the functions above
    closed_at = row(db, project)["closed_at"]
    assert (row(db, project)["status"], closed_at is not None) == (status, True)
    item_states.reopen(db, project)
    assert (row(db, project)["status"], row(db, project)["closed_at"]) == ("open", None)
    assert closed(db) == [(closed_at, row(db, project)["updated_at"])]


def test_what_is_open_is_not_reopened(db: Database) -> None:
    assert item_states.reopen(db, crm_rows.a_deal(db, "Falcon")).state == "nothing"
    with pytest.raises(BadItem, match="a person is never closed"):
        item_states.reopen(db, ItemRef(PERSON, crm_rows.a_person(db, "Ana", "a@x.example")))


@pytest.mark.parametrize("kind", [DEAL, LEAD, PROJECT])
def test_an_item_is_archived_and_taken_out_again(db: Database, clock: list[int], kind: ItemKind) -> None:
    item = {
        DEAL: lambda: crm_rows.a_deal(db, "Falcon"),
        LEAD: lambda: a_lead(db),
        PROJECT: lambda: a_project(db),
    }[kind]()
    assert item_states.archive(db, item).title.startswith("Archived ")
    card = items.get(db, item)
    assert card is not None and card.status == "archived"
    assert item_states.archive(db, item).state == "nothing"
    assert item_states.unarchive(db, item).title.endswith("out of the archive")
    card = items.get(db, item)
    assert card is not None and card.is_open
    assert len(closed(db)) == 1
    assert item_states.unarchive(db, item).state == "nothing"


def test_a_deleted_deal_keeps_its_conversations_and_restoring_brings_it_back(db: Database) -> None:
    account = makers.an_account(db)
    stored = a_stored_email(db, account, mailboxes_of(db, account)[Role.INBOX])
    deal = crm_rows.a_deal(db, "Falcon")
    links.link(db, stored.thread_id, deal)
    assert item_states.delete(db, deal).title == "Deleted deal Falcon"
    slot = links.slot(db, stored.thread_id)
    assert slot is not None and slot.item_id == deal.id
    shown = panel.for_thread(db, stored.thread_id)
    assert shown.item is not None and shown.item.status == "deleted"
    assert items.search(db, "falcon") == ()
    item_states.restore(db, deal)
    shown = panel.for_thread(db, stored.thread_id)
    assert shown.item is not None and shown.item.is_open
    assert [card.title for card in items.search(db, "falcon")] == ["Falcon"]
    assert [what for what, _ in told(db, deal)] == ["deleted", "restored"]


def test_a_deleted_item_is_restored_before_anything_else_is_done_with_it(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    item_states.delete(db, deal)
    assert item_states.delete(db, deal).state == "nothing"
    with pytest.raises(BadItem, match="Falcon was deleted; restore it first"):
        item_states.win(db, deal)
    with pytest.raises(BadItem, match="there is no such deal any more"):
        item_states.win(db, ItemRef(DEAL, "gone"))


def test_an_item_gets_another_owner(db: Database) -> None:
    bo = a_user(db, "Bo")
    deal = crm_rows.a_deal(db, "Falcon")
    assert item_states.assign(db, deal, bo).title == "Gave Falcon to Bo"
    assert told(db, deal) == [("owner", {"from": "", "to": "Bo"})]
    assert item_states.assign(db, deal, bo).state == "nothing"
    assert item_states.assign(db, deal, "").title == "Gave Falcon to nobody"
    with pytest.raises(BadItem, match="no such user"):
        item_states.assign(db, deal, "who")


def test_a_user_follows_an_item(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    with pytest.raises(BadItem, match="you have this CRM to yourself"):
        item_states.follow(db, deal, True)
    makers.an_account(db, "noa@dealbox.example")
    noa = a_user(db, "Noa", "noa@dealbox.example")
    assert item_states.follow(db, deal, True).title == "Followed Falcon"
    assert db.read().execute("SELECT item_id, user_id FROM item_follower").fetchall() == [(deal.id, noa)]
    assert item_states.follow(db, deal, True).state == "nothing"
    actions.undo(db)
    assert db.read().execute("SELECT count(*) FROM item_follower").fetchone() == (0,)
    actions.redo(db)
    assert item_states.follow(db, deal, False).title == "Stopped following Falcon"


@pytest.mark.parametrize("act", [item_states.win, item_states.lose, item_states.archive, item_states.delete])
def test_everything_is_undone_and_redone(db: Database, act: object) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    before = row(db, deal)
    action = act(db, deal)  # type: ignore[operator] # one of the functions above
    assert isinstance(action, ActionRow)
    after = row(db, deal)
    actions.undo(db)
    assert {**row(db, deal), "rev": 0, "updated_at": 0} == {**before, "rev": 0, "updated_at": 0}
    actions.redo(db)
    assert {**row(db, deal), "rev": 0, "updated_at": 0} == {**after, "rev": 0, "updated_at": 0}


def test_a_deleted_item_takes_no_edits_notes_or_plans(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    item_states.delete(db, deal)
    for act in (
        lambda: item_edits.edit(db, deal, {"title": "x"}),
        lambda: notes.add(db, deal, "x"),
        lambda: activities.add(db, deal, "x"),
        lambda: labels.set(db, deal, "x", True),
    ):
        with pytest.raises(BadItem, match="Falcon was deleted; restore it first"):
            act()

from __future__ import annotations

import crm_rows
import makers
import pytest

from store import actions
from store.crm import activities, item_states
from store.crm import changes as crm_changes
from store.crm.activities import ActivityRow
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database

NOW = makers.NOW
DAY = 86_400


def the_one(db: Database) -> ActivityRow:
    ((activity_id,),) = db.read().execute("SELECT id FROM activity").fetchall()
    activity = activities.get(db, activity_id)
    assert activity is not None
    return activity


def a_user(db: Database, name: str) -> str:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES (?, ?, ?, 1, 1)",
            (name.lower(), name, f"{name.lower()}@dealbox.example"),
        )
    return name.lower()


def planned(db: Database, subject: str, due_at: int | None, responsible_id: str = "") -> str:
    deal = crm_rows.a_deal(db, f"About {subject}")
    activities.add(db, deal, subject, due_at=due_at, responsible_id=responsible_id)
    row = db.read().execute("SELECT id FROM activity WHERE subject = ?", (subject,)).fetchone()
    return str(row[0])


def subjects(db: Database, *, mine: bool = True) -> list[str]:
    return [row.subject for row in activities.due(db, NOW, mine=mine)]


def test_an_activity_is_planned_about_an_item(db: Database) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    action = activities.add(
        db, deal, "Call Ana", type="Call", due_at=NOW + DAY, duration_min=30, note="about\nthe price"
    )
    assert action.title == "Planned Call: Call Ana"
    activity = the_one(db)
    assert (activity.type, activity.subject, activity.note) == ("call", "Call Ana", "about\nthe price")
    assert (activity.due_at, activity.duration_min, activity.is_done) == (NOW + DAY, 30, False)
    assert (activity.item, activity.about) == (deal, "Falcon")
    assert activity.entered_at > 0


def test_the_owner_of_the_item_does_it_unless_somebody_is_named(db: Database) -> None:
    makers.an_account(db, "noa@dealbox.example")
    noa, bo = a_user(db, "Noa"), a_user(db, "Bo")
    deal = crm_rows.a_deal(db, "Falcon")
    activities.add(db, deal, "a")
    assert the_one(db).responsible_id == noa
    actions.undo(db)
    item_states.assign(db, deal, bo)
    activities.add(db, deal, "b")
    assert the_one(db).responsible == "Bo"
    actions.undo(db)
    activities.add(db, deal, "c", responsible_id=noa)
    assert the_one(db).responsible == "Noa"


def test_an_activity_is_done_and_the_times_it_came_and_was_done_are_kept(db: Database) -> None:
    activity_id = planned(db, "Call", NOW)
    entered_at = the_one(db).entered_at
    assert activities.done(db, activity_id).title == "Done: Call"
    assert the_one(db).is_done
    assert the_one(db).entered_at == entered_at
    assert activities.done(db, activity_id).state == "nothing"
    actions.undo(db)
    assert not the_one(db).is_done
    actions.redo(db)
    assert activities.done(db, activity_id, False).title == "To be done again: Call"


def test_an_activity_is_edited_and_deleted(db: Database) -> None:
    activity_id = planned(db, "Call", NOW)
    assert activities.edit(db, activity_id, {"subject": "Visit", "due_at": None}).title == "Changed Visit"
    assert (the_one(db).subject, the_one(db).due_at) == ("Visit", None)
    assert activities.edit(db, activity_id, {"subject": "Visit"}).state == "nothing"
    assert activities.delete(db, activity_id).title == "Deleted activity Visit"
    assert activities.get(db, activity_id) is None
    with pytest.raises(BadItem, match="there is no such activity any more"):
        activities.done(db, activity_id)
    actions.undo(db)
    assert the_one(db).subject == "Visit"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"subject": " "}, "subject"),
        ({"duration_min": -1}, "duration_min"),
        ({"duration_min": "long"}, "duration_min"),
        ({"responsible_id": "nobody"}, "responsible_id"),
        ({"done_at": 5}, "done_at"),
    ],
)
def test_what_does_not_fit_is_refused(db: Database, values: dict[str, object], field: str) -> None:
    activity_id = planned(db, "Call", NOW)
    with pytest.raises(BadItem) as caught:
        activities.edit(db, activity_id, values)
    assert caught.value.field == field


def test_what_is_due_is_in_order_of_time_for_14_days_and_then_comes_what_has_no_day(db: Database) -> None:
    planned(db, "later today", NOW + 3600)
    planned(db, "long overdue", NOW - 30 * DAY)
    planned(db, "overdue", NOW - 5)
    planned(db, "next week", NOW + 7 * DAY)
    planned(db, "next month", NOW + 15 * DAY)
    planned(db, "some time", None)
    activities.done(db, planned(db, "done", NOW - 9))
    assert subjects(db) == ["long overdue", "overdue", "later today", "next week", "some time"]


def test_mine_is_what_i_or_nobody_is_to_do(db: Database) -> None:
    makers.an_account(db, "noa@dealbox.example")
    noa, bo = a_user(db, "Noa"), a_user(db, "Bo")
    planned(db, "hers", NOW + 1, noa)
    planned(db, "his", NOW + 2, bo)
    planned(db, "anybody's", NOW + 3)
    assert subjects(db) == ["hers", "anybody's"]
    assert subjects(db, mine=False) == ["hers", "his", "anybody's"]


def test_who_is_alone_with_the_crm_does_everything(db: Database) -> None:
    planned(db, "theirs", NOW + 2, a_user(db, "Bo"))
    assert subjects(db) == ["theirs"]


def test_what_belongs_to_a_deleted_deal_is_not_due(db: Database) -> None:
    planned(db, "call", NOW)
    row = db.read().execute("SELECT deal_id FROM activity").fetchone()
    item_states.delete(db, ItemRef(ItemKind.DEAL, row[0]))
    assert subjects(db) == []


def test_the_list_is_bounded_and_keeps_the_latest_of_what_is_overdue(db: Database) -> None:
    rows = [(f"a{n}", f"s{n}", NOW - 1 - n) for n in range(activities.MOST_OVERDUE + 50)]
    rows += [(f"b{n}", f"t{n}", NOW + n) for n in range(activities.MOST_COMING + 50)]
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO activity (id, subject, due_at, entered_at, created_at, updated_at) VALUES (?, ?, ?, 1, 1, 1)",
            rows,
        )
    found = activities.due(db, NOW)
    assert len(found) == activities.MOST_OVERDUE + activities.MOST_COMING
    assert [row.subject for row in found[activities.MOST_OVERDUE - 1 : activities.MOST_OVERDUE + 1]] == [
        "s0",
        "t0",
    ]


@pytest.mark.parametrize("query", [activities._OVERDUE, activities._COMING])
def test_what_is_due_is_found_by_its_index(db: Database, query: str) -> None:
    parameters = {"now": 1, "until": 2, "me": "", "all": 1, "most": 3}
    plan = db.read().execute(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall()
    assert any("activity_due" in row[3] for row in plan)
    assert not any("SCAN" in row[3] for row in plan)


def test_planning_is_undone_and_redone(db: Database) -> None:
    activity_id = planned(db, "Call", NOW)
    before = crm_changes.read(db.read(), "activity", {"id": activity_id})
    actions.undo(db)
    assert crm_changes.read(db.read(), "activity", {"id": activity_id}) is None
    actions.redo(db)
    assert crm_changes.read(db.read(), "activity", {"id": activity_id}) == before

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crm_rows
import makers
import pytest
import stored
from imported import imported

from linking import deciding
from linking.exchange import csv_file, mapping
from mail.types import Role, ThreadId
from store import events
from store.crm import import_plan, import_runs, import_steps, item_edits, items
from store.crm.items import ItemKind
from store.database import Database, open_store
from store.links import links
from sync import judging

ROWS = 300
CUT_OFF = Path(__file__).with_name("cut_off_import.py")
ROOT = Path(__file__).parents[3]
COMPARED = (
    "SELECT name, title FROM person ORDER BY 1",
    "SELECT name FROM organization ORDER BY 1",
    "SELECT email FROM person_email ORDER BY 1",
    "SELECT phone FROM person_phone ORDER BY 1",
    "SELECT name FROM label ORDER BY 1",
    "SELECT item_kind, count(*) FROM item_label GROUP BY 1",
    "SELECT item_kind, count(*) FROM item_index GROUP BY 1",
    "SELECT system, kind, external_id FROM external_ref ORDER BY 1, 2, 3",
    "SELECT p.name, o.name FROM person p JOIN organization o ON o.id = p.org_id ORDER BY 1",
)


def a_file(rows: int = ROWS) -> str:
    lines = (
        f"Person {n},p{n}@acme{n % 7}.example,+49 {n},Acme {n % 7},Buyer,{'hot' if n % 2 else ''}"
        for n in range(rows)
    )
    return "\n".join(["Name,Email,Phone,Organization,Job title,Labels", *lines]) + "\n"


def contents(db: Database) -> list[list[Any]]:
    return [db.read().execute(query).fetchall() for query in COMPARED]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[list[Any]]]:
    place = tmp_path_factory.mktemp("whole")
    db = open_store(place / "data", is_screen=False)
    imported(db, place, a_file())
    yield contents(db)
    db.close()


def killed(db: Database, place: Path, where: str, number: int) -> None:
    path = place / "file.csv"
    path.write_text(a_file())
    program = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; sys.argv[0] = {str(CUT_OFF)!r}; import runpy;"
    program += f" runpy.run_path({str(CUT_OFF)!r}, run_name='__main__')"
    words = [str(db.directory), str(path), where, str(number)]
    ended = subprocess.run([sys.executable, "-P", "-c", program, *words], check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("where", "number"), [("carry_out", 1), ("carry_out", 5), ("carry_out", 14), ("adopt", 1), ("_link", 1)]
)
def test_an_import_killed_on_the_way_is_carried_on_by_the_next_that_looks(
    db: Database, tmp_path: Path, whole: list[list[Any]], where: str, number: int
) -> None:
    killed(db, tmp_path, where, number)
    assert import_runs.is_under_way(db)
    assert import_runs.carry_on(db)
    assert contents(db) == whole
    assert imported(db, tmp_path, a_file()).counts[0].unchanged == ROWS


def test_an_import_killed_before_its_plan_is_known_leaves_nothing(db: Database, tmp_path: Path) -> None:
    killed(db, tmp_path, "plan", 1)
    assert not import_runs.is_under_way(db)
    assert import_runs.carry_on(db)
    assert all(not found for found in contents(db))


@pytest.mark.parametrize("number", [1, 5, 14])
def test_an_import_killed_on_the_way_can_be_taken_back_whole(
    db: Database, tmp_path: Path, number: int
) -> None:
    killed(db, tmp_path, "carry_out", number)
    assert import_runs.take_back(db).left == 0
    assert all(not found for found in contents(db))
    assert not list(db.directory.glob("import.plan*"))


def test_an_import_that_was_stopped_between_two_steps_is_carried_on_from_there(
    db: Database, tmp_path: Path, whole: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_runs, "_SLICE_S", 0.0)
    killed(db, tmp_path, "adopt", 1)
    for _ in range(40):
        before = import_runs.last(db)
        answers = iter([True, False])
        if import_runs.carry_on(db, lambda: next(answers)):  # noqa: B023 - asked at once
            break
        after = import_runs.last(db)
        assert before is not None and after is not None and after.done == before.done + 1
    assert contents(db) == whole


def a_conversation(db: Database) -> ThreadId:
    account_id = makers.an_account(db)
    return stored.a_stored_email(db, account_id, stored.mailboxes_of(db, account_id)[Role.INBOX]).thread_id


def test_nothing_is_judged_by_items_that_are_there_by_half(db: Database, tmp_path: Path) -> None:
    killed(db, tmp_path, "carry_out", 5)
    a_conversation(db)
    with import_runs._locked(db):
        judging.judge_due(db)
        assert db.read().execute("SELECT count(*) FROM link_decision").fetchone() == (0,)
    judging.judge_due(db)
    assert not import_runs.is_under_way(db)
    assert db.read().execute("SELECT count(*) FROM link_decision").fetchone() == (1,)


def test_nobody_waits_long_while_an_import_is_written(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(a_file(4_000))
    other = open_store(db.directory, is_screen=True)
    waits: list[float] = []
    is_done = threading.Event()

    def press() -> None:
        while not is_done.wait(0.02):
            if import_runs.is_under_way(other):
                begun = time.monotonic()
                with other.write() as connection:
                    events.record(connection, "key")
                waits.append(time.monotonic() - begun)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        imported(db, tmp_path, a_file(4_000))
    finally:
        is_done.set()
        thread.join()
        other.close()
    assert len(waits) > 3
    assert sorted(waits)[len(waits) // 2] < 0.5  # on a loaded machine; alone it is a twentieth of it


def test_a_whole_import_is_taken_back_but_for_what_somebody_changed_since(
    db: Database, tmp_path: Path
) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    text = "Name,Email,Job title,Phone\nAna Lima,ana@acme.example,,+49 1\nBob,bob@acme.example,,\nCy,cy@acme.example,,\n"
    imported(db, tmp_path, text)
    (bob,) = items.search(db, "bob")
    item_edits.edit(db, bob.ref, {"title": "Chief"})
    assert import_runs.take_back(db).left == 1
    names = db.read().execute("SELECT name, title FROM person WHERE deleted_at IS NULL ORDER BY 1").fetchall()
    assert names == [("Ana Lima", "Buyer"), ("Bob", "Chief")]
    assert db.read().execute("SELECT count(*) FROM person_phone").fetchone() == (0,)


def test_what_was_linked_to_an_imported_item_leads_to_a_deleted_one(db: Database, tmp_path: Path) -> None:
    imported(db, tmp_path, "Title,Contact,Email\nPrinters,Cy,cy@acme.example\n", kind="deal")
    (deal,) = items.search(db, "printers", kinds=[ItemKind.DEAL])
    links.link(db, a_conversation(db), deal.ref)
    assert import_runs.take_back(db).file == "file.csv"
    found = items.get(db, deal.ref)
    assert found is not None and found.status == "deleted"
    with pytest.raises(import_runs.NothingToTakeBack, match="no import"):
        import_runs.take_back(db)


def test_changes_of_an_import_are_taken_back_as_well(db: Database, tmp_path: Path) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    imported(
        db,
        tmp_path,
        "ID,Name,Email,Phone,custom\n7,Ana Lima,ana@acme.example,,a\n",
        maps=("custom=custom:Wood",),
    )
    before = contents(db), db.read().execute("SELECT value FROM custom_value").fetchall()
    imported(
        db, tmp_path, "ID,Name,Email,Phone,Last modified,custom\n7,Ana Maria Lima,ana@acme.example,+49 1,2099-01-01,b\n",
        maps=("custom=custom:Wood",),
    )  # fmt: skip
    assert db.read().execute("SELECT name FROM person").fetchall() == [("Ana Maria Lima",)]
    assert import_runs.take_back(db).left == 0
    assert (contents(db), db.read().execute("SELECT value FROM custom_value").fetchall()) == before


def test_an_import_whose_plan_is_gone_ends_where_it_is_and_says_so(db: Database, tmp_path: Path) -> None:
    killed(db, tmp_path, "carry_out", 5)
    import_plan.forget(db.directory)
    assert import_runs.carry_on(db)
    run = import_runs.last(db)
    assert run is not None and run.state == "lost"
    assert imported(db, tmp_path, a_file()).counts[0].added > 0
    import_plan.forget(db.directory)
    with pytest.raises(import_runs.NothingToTakeBack, match="no longer known"):
        import_runs.take_back(db)


def test_a_plan_that_is_damaged_is_no_plan(db: Database, tmp_path: Path) -> None:
    killed(db, tmp_path, "carry_out", 5)
    path = db.directory / "import.plan"
    path.write_bytes(path.read_bytes()[:5_000])
    assert import_runs.carry_on(db)
    assert not import_runs.is_under_way(db)


def test_two_imports_do_not_write_at_once(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_runs, "_LOCK_WAIT_S", 0.0)
    with import_runs.alone(db), pytest.raises(import_runs.UnderWay, match="another import"):
        imported(db, tmp_path, a_file(1))
    assert imported(db, tmp_path, a_file(1), dry_run=True).counts[0].added == 1


def test_an_import_of_long_ago_is_forgotten(db: Database, tmp_path: Path) -> None:
    imported(db, tmp_path, a_file(1))
    now = int(time.time())
    import_runs.tidy(db, now)
    assert import_runs.last(db) is not None
    import_runs.tidy(db, now + 2 * import_runs.KEPT_S)
    assert import_runs.last(db) is None
    assert not list(db.directory.glob("import.plan*"))


def test_what_somebody_took_away_meanwhile_takes_nothing_else_with_it(db: Database) -> None:
    bob = crm_rows.a_person(db, "Bob", "bob@acme.example")
    parts = {"item_label": [{"label_id": "gone"}], "person_phone": [{"phone": "1"}, {"phone": "2"}]}
    with db.write() as connection:
        left = import_steps.carry_out(
            connection, import_steps.of_changed("person", [(bob, {}, {}, parts, {})])
        )
        with pytest.raises(ValueError, match="account"):
            import_steps.carry_out(connection, import_steps.of_rows("account", [{"id": 1}]))
    assert left == 1
    assert db.read().execute("SELECT count(*) FROM person_phone").fetchone() == (2,)


def test_what_somebody_chose_since_the_plan_was_made_stays(db: Database) -> None:
    bob = crm_rows.a_person(db, "Bob", "bob@acme.example")
    after, before = {"title": "Chief", "name": "Robert"}, {"title": "Clerk", "name": "Bob"}
    with db.write() as connection:
        import_steps.carry_out(connection, import_steps.of_changed("person", [(bob, after, before, {}, {})]))
    assert db.read().execute("SELECT name, title FROM person").fetchall() == [("Robert", "Buyer")]
    assert [card.title for card in items.search(db, "robert")] == ["Robert"]
    assert deciding.decide_due(db) == 0


def test_timelines_tell_nothing_of_what_was_taken_back(db: Database, tmp_path: Path) -> None:
    imported(db, tmp_path, a_file(20))
    import_runs.take_back(db)
    assert db.read().execute("SELECT count(*) FROM audit").fetchone() == (0,)


def test_how_far_an_import_is_is_told(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(a_file(120))
    told: list[str] = []
    headings, _ = csv_file.samples(path, csv_file.Options())
    csv_file.import_file(db, path, mapping.guess(headings), dry_run=False, told=told.append)
    assert (told[0], told[-1]) == ("121 lines read", "100 % written")

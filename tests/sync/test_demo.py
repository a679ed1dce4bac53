"""The sample mailbox: the same from one seed, believable in its numbers, and never in the way of real data."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

import pytest

from mail.parse import parse
from store import accounts, threads
from store.database import open_store
from sync import demo, demo_crm, demo_letters, demo_plan, demo_world, worker

NOW = 1_795_340_000


@pytest.fixture(scope="module")
def plan() -> demo_plan.Plan:
    rng = random.Random(demo.SEED)
    return demo_plan.make_plan(rng, demo_world.make_world(rng), NOW, demo.MESSAGES)


def test_it_has_the_size_it_promises(plan: demo_plan.Plan) -> None:
    assert len(plan.letters) == 5000
    assert Counter(item.kind for item in plan.items) == {"deal": 60, "lead": 30, "project": 10}
    assert len(plan.world.companies) == 40
    assert len({person.email for company in plan.world.companies for person in company.people}) == 120


def test_nothing_lies_in_the_future_and_all_of_it_in_two_years(plan: demo_plan.Plan) -> None:
    assert max(letter.at for letter in plan.letters) < NOW
    assert min(letter.at for letter in plan.letters) > NOW - 2.1 * 365 * 86_400


def test_no_two_messages_share_a_message_id(plan: demo_plan.Plan) -> None:
    assert len({letter.message_id for letter in plan.letters}) == len(plan.letters)


def test_no_slot_and_no_choice_is_left_in_a_text(plan: demo_plan.Plan) -> None:
    left = [
        letter.subject
        for letter in plan.letters
        if any(mark in letter.text + letter.subject for mark in ("{", "[[", "]]"))
    ]
    assert left == []


def test_the_same_seed_and_time_give_the_same_octets(plan: demo_plan.Plan) -> None:
    rng = random.Random(demo.SEED)
    again = demo_plan.make_plan(rng, demo_world.make_world(rng), NOW, demo.MESSAGES)
    assert [demo_letters.octets(letter) for letter in again.letters[::50]] == [
        demo_letters.octets(letter) for letter in plan.letters[::50]
    ]


def test_every_domain_is_one_that_nobody_can_own(plan: demo_plan.Plan) -> None:
    domains = {
        person.email.rpartition("@")[2] for letter in plan.letters for person in (letter.sender, *letter.to)
    }
    assert {domain for domain in domains if not domain.endswith((".example", ".test"))} == set()


def test_its_messages_are_read_without_a_problem(plan: demo_plan.Plan) -> None:
    for letter in plan.letters[::40]:
        email = parse(demo_letters.octets(letter))
        assert email.problem is None
        assert email.subject == letter.subject
        assert email.from_[0].name == letter.sender.name
        assert len(email.attachments) >= len(letter.files)


def test_it_is_built_synchronised_and_linked(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    directory.mkdir(mode=0o700)
    demo.build(directory, NOW, messages=10)
    assert demo.is_current(directory)
    assert worker.main(["--data", str(directory), "--once"]) == 0
    db = open_store(directory, is_screen=False)
    account = accounts.all(db)[0]
    rows = []
    for link in read(directory / "crm" / "links.csv"):
        thread_id = threads.by_message_id(db, account.id, link["message_id"].strip("<>"))
        rows.append((link["kind"], thread_id and threads.get(db, thread_id)))
    db.close()
    assert len(rows) > 80
    assert [kind for kind, row in rows if row is None or row.item_kind is None] == []


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(demo.NotADemo):
        demo.build(tmp_path, NOW)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_the_crm_files_name_only_people_and_companies_there_are(plan: demo_plan.Plan, tmp_path: Path) -> None:
    demo_crm.write(tmp_path, plan, NOW)
    persons, notes = (read(tmp_path / name) for name in ("persons.csv", "notes.csv"))
    assert len(persons) == 120
    assert {note["person_id"] for note in notes} <= {person["id"] for person in persons}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_colleagues_do_not_ask_for_the_same_thing_over_and_over(plan: demo_plan.Plan) -> None:
    first = [
        letter
        for letter in plan.letters
        if letter.parent is None and letter.text.startswith("I would love one")
    ]
    assert 0 < len(first) <= 12
    assert len({letter.text for letter in first}) == len(first)

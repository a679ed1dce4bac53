"""The sample CRM as the CSV files that `dealbox import crm` reads."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sync import demo_stories
from sync.demo_plan import LOST_REASONS, Item, Plan
from sync.demo_stories import DAY_S
from sync.demo_world import data

Row = Sequence[object]
NEXT_STEPS = (
    ("call", "Call about the quotation"),
    ("call", "Ask whether the board has met"),
    ("task", "Send samples"),
    ("task", "Prepare revised quotation"),
    ("meeting", "Demo on site"),
    ("meeting", "Video call with IT"),
    ("deadline", "Quotation expires"),
)
DONE_STEPS = (("call", "First call"), ("meeting", "Demo by video"), ("task", "Integration note sent"))
NOTES = (
    "Decision is with {first}; {colleague} signs above 10k.",
    "Wants delivery in two lots. Do not mention leasing again.",
    "Old kit from two makers, contract with the other one runs until summer.",
    "Prefers mail to phone. Answers late at night.",
    "Reference customer once it runs: agreed by word of mouth.",
    "Competitor is in the house with a trial unit. Ours is faster on the long labels.",
    "Group purchasing may take over in the new year. Close before that.",
    "Gate 3, before 14.00, ask for {colleague}.",
)


def write(directory: Path, plan: Plan, now: int) -> None:
    """Write the sample CRM as of `now` into `directory`."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    rng = random.Random(len(plan.letters))
    _file(directory / "users.csv", "id,name,email,alias,role,team", _users(plan))
    _file(
        directory / "organizations.csv",
        "id,name,domain,address,owner_id,created_at,visible_to",
        _for_all(_organizations(plan, now)),
    )
    _file(
        directory / "persons.csv",
        "id,name,title,emails,phone,org_id,owner_id,created_at,visible_to",
        _for_all(_persons(plan, now)),
    )
    _file(directory / "products.csv", "id,name,code,price,currency", _products(plan))
    closing = "expected_close,lost_reason,product_id,quantity"
    common = "id,title,value,currency,status,stage,person_id,org_id,owner_id,created_at,closed_at"
    for kind, extra in (("deal", closing), ("lead", "source"), ("project", "start_date")):
        items = (_item(rng, item, plan) for item in plan.items if item.kind == kind)
        _file(directory / f"{kind}s.csv", f"{common},{extra},visible_to", _for_all(items))
    linked = "person_id,org_id,deal_id,lead_id,project_id,owner_id"
    _file(
        directory / "activities.csv",
        f"id,type,subject,due_at,done,entered_at,{linked}",
        _activities(rng, plan, now),
    )
    _file(directory / "notes.csv", f"id,body,created_at,{linked}", _notes(rng, plan, now))
    _file(directory / "links.csv", "message_id,kind,item", _links(plan))


def _file(path: Path, heading: str, rows: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading.split(","))
        writer.writerows(rows)


def _users(plan: Plan) -> Iterator[Row]:
    owner = plan.world.owner
    yield (owner.id, owner.name, owner.email, data("world")["owner"]["alias"], "admin", 1)
    for person in plan.world.colleagues:
        yield (person.id, person.name, person.email, "", "regular", 1)


def _for_all(rows: Iterable[Row]) -> Iterator[Row]:
    """Let the whole company see what the rows are about."""
    for row in rows:
        yield (*row, "company")


def _organizations(plan: Plan, now: int) -> Iterator[Row]:
    for company in plan.world.companies:
        yield (
            company.id,
            company.name,
            company.domain,
            company.city,
            1,
            _time(now - (735 - company.id) * DAY_S),
        )


def _persons(plan: Plan, now: int) -> Iterator[Row]:
    for company in plan.world.companies:
        for person in company.people:
            created_at = _time(now - (730 - person.id) * DAY_S)
            yield (
                person.id,
                person.name,
                person.title,
                person.email,
                person.phone,
                company.id,
                1,
                created_at,
            )


def _products(plan: Plan) -> Iterator[Row]:
    for number, product in enumerate(plan.world.products, 1):
        yield (number, product.name, product.code, f"{product.price:.2f}", "EUR")


def _item(rng: random.Random, item: Item, plan: Plan) -> Row:
    matter = item.matter
    stage = item.stage if item.kind == "deal" else ""
    row = (
        item.id,
        item.title,
        matter.value,
        matter.company.currency[0],
        item.status,
        stage,
        matter.person.id,
        matter.company.id,
        1,
        _time(item.created_at),
        _time(item.closed_at) if item.closed_at else "",
    )
    if item.kind == "lead":
        return (*row, item.source)
    if item.kind == "project":
        return (*row, _date(item.created_at))
    lost_reason = rng.choice(LOST_REASONS) if item.status == "lost" else ""
    product_id = plan.world.products.index(matter.product) + 1
    return (*row, _date(item.created_at + 75 * DAY_S), lost_reason, product_id, matter.quantity)


def _about(item: Item) -> Row:
    ids = [item.id if item.kind == kind else "" for kind in ("deal", "lead", "project")]
    return (item.matter.person.id, item.matter.company.id, *ids, 1)


def _activities(rng: random.Random, plan: Plan, now: int) -> Iterator[Row]:
    number = 0
    for item in plan.items:
        steps = [(*rng.choice(DONE_STEPS), min(item.created_at + 2 * DAY_S, now - 7200), "1")]
        if item.status == "open":
            days = rng.uniform(1, 6) if now - item.created_at < 12 * DAY_S else rng.uniform(-3, 16)
            due_at = demo_stories.office_hours(now + days * DAY_S, rng) // 1800 * 1800
            steps.append((*rng.choice(NEXT_STEPS), due_at, "0"))
        for kind, subject, due_at, done in steps:
            number += 1
            entered_at = _time(min(item.created_at + DAY_S, due_at, now - 3600))
            words = f"{subject}: {item.matter.person.first}"
            yield (number, kind, words, _time(due_at), done, entered_at, *_about(item))


def _notes(rng: random.Random, plan: Plan, now: int) -> Iterator[Row]:
    for number, item in enumerate(
        (item for item in plan.items if item.kind == "deal" or item.status == "open"), 1
    ):
        others = [person for person in item.matter.company.people if person is not item.matter.person]
        values = {"first": item.matter.person.first, "colleague": others[0].first}
        body = demo_stories.fill(rng.choice(NOTES), values, rng)
        yield (number, body, _time(min(item.created_at + 3 * DAY_S, now - 7200)), *_about(item))


def _links(plan: Plan) -> Iterator[Row]:
    """Yield which conversation is about which item; every sixth is left for the user to link."""
    for number, item in enumerate(plan.items):
        if number % 6 != 5:
            yield (item.thread, item.kind, item.id)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")

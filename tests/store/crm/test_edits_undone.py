"""Whatever people do to the CRM: undoing all of it gives what was there before, doing all of it again what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import makers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored import a_stored_email, mailboxes_of

from mail.types import Role, ThreadId
from store import actions
from store.crm import (
    activities,
    custom_fields,
    deal_products,
    item_edits,
    item_merges,
    item_states,
    labels,
    notes,
    products,
    records,
    stages,
)
from store.crm import changes as crm_changes
from store.crm.item_edits import BadItem
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, thread_people
from store.rows import ActionRow

_WORK: Final = (ItemKind.DEAL, ItemKind.LEAD, ItemKind.PROJECT)
# The id of a link, and where an item lies among others of its rank, mean nothing to anybody.
_LEFT_OUT: Final = ("rev", "updated_at", "uuid", "number")


def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    for table in [*crm_changes.KEYS, "thread", "item_index"]:
        names = [row[1] for row in db.read().execute(f"PRAGMA table_info({table})")]
        kept = ", ".join(name for name in names if name not in _LEFT_OUT)
        found[table] = sorted(db.read().execute(f"SELECT {kept} FROM {table}").fetchall(), key=repr)
    return found


@dataclass
class User:
    """Somebody who does things at random with what they made before, and some things that cannot be done."""

    db: Database
    threads: Sequence[ThreadId]
    random: Random
    items: list[ItemRef] = field(default_factory=list)

    def ids(self, table: str) -> list[str]:
        return [row[0] for row in self.db.read().execute(f"SELECT id FROM {table} ORDER BY created_at, id")]

    def one(self, *kinds: ItemKind) -> ItemRef:
        fitting = [item for item in self.items if item.kind in (kinds or tuple(ItemKind))]
        return self.random.choice(fitting or [ItemRef((kinds or (ItemKind.DEAL,))[0], "none")])

    def one_id(self, table: str) -> str:
        return self.random.choice(self.ids(table) or ["none"])

    def word(self) -> str:
        return self.random.choice(["Falcon", "Toner", "Żabka", "hall 4", "", "  ", "A.B", "12"])

    def some_values(self, kind: ItemKind) -> dict[str, object]:
        lists = {
            ItemKind.PERSON: {
                "emails": self.emails(),
                "phones": self.random.sample(["+34 1", "+34 2", "x"], 2),
            },
            ItemKind.ORGANIZATION: {
                "domains": self.random.sample(["a.example", "b.example", "gmail.com"], 1)
            },
            ItemKind.DEAL: {"participants": [self.one(ItemKind.PERSON).id]},
        }
        makers_of_values: dict[str, Callable[[], object]] = {
            "value": lambda: self.random.choice(["1", "2.50", "", "x"]),
            "currency": lambda: self.random.choice(["EUR", "USD", ""]),
            "person_id": lambda: self.one(ItemKind.PERSON).id,
            "org_id": lambda: self.one(ItemKind.ORGANIZATION).id,
            "owner_id": lambda: self.random.choice(["noa", "bo", ""]),
            "visible_to": lambda: self.random.choice(["owner", "team", "company"]),
            "stage_id": lambda: self.random.choice(stages.of(self.db.read(), ItemKind.DEAL)).id,
            "phase_id": lambda: self.random.choice(stages.of(self.db.read(), ItemKind.PROJECT)).id,
            "pipeline_id": lambda: "",
            "probability": lambda: self.random.choice(["5", "", "500"]),
        }
        values = {}
        for name in self.random.sample(sorted(item_edits.FIELDS[kind]), 4):
            is_day = name.endswith(("_date", "_close"))
            make = makers_of_values.get(name, (lambda: "2026-01-02") if is_day else self.word)
            values[name] = make()
        return values | (lists.get(kind, {}) if self.random.random() < 0.5 else {})

    def emails(self) -> list[str]:
        return self.random.sample(["a@x.example", "b@x.example", "c@y.example", "me@dealbox.example", "?"], 2)

    def begin(self) -> None:
        """Make two items of each kind, so that there is something to do things with."""
        for number in range(2):
            for kind in (ItemKind.ORGANIZATION, ItemKind.PERSON, *_WORK):
                values: dict[str, object] = {
                    "title" if kind.fills_the_slot else "name": f"{kind.value} {number}"
                }
                if kind.fills_the_slot:
                    values["person_id"] = self.one(ItemKind.PERSON).id
                self.items.append(item_edits.create(self.db, kind, values)[0])

    def create(self) -> ActionRow:
        kind = self.random.choice(list(ItemKind))
        values = self.some_values(kind)
        if self.random.random() < 0.8:
            values["title" if kind.fills_the_slot else "name"] = self.random.choice(["Falcon", "Ana", "Acme"])
            if kind.fills_the_slot:
                values |= {"person_id": self.one(ItemKind.PERSON).id, "value": "5", "currency": "EUR"}
        item, action = item_edits.create(self.db, kind, values)
        self.items.append(item)
        return action

    def edit(self) -> ActionRow:
        item = self.one()
        return item_edits.edit(self.db, item, self.some_values(item.kind))

    def change_state(self) -> ActionRow:
        act = self.random.choice(
            [item_states.win, item_states.lose, item_states.reopen, item_states.archive, item_states.unarchive,
             item_states.delete, item_states.restore, item_states.complete, item_states.cancel]
        )  # fmt: skip
        return act(self.db, self.one())

    def move(self) -> ActionRow:
        item = self.one(ItemKind.DEAL, ItemKind.PROJECT)
        return item_states.set_stage(
            self.db, item, self.random.choice(stages.of(self.db.read(), item.kind)).id
        )

    def mark(self) -> ActionRow:
        on = self.random.random() < 0.7
        acts: list[Callable[[], ActionRow]] = [
            lambda: item_states.assign(self.db, self.one(), self.random.choice(["noa", "bo", "", "none"])),
            lambda: item_states.follow(self.db, self.one(), on),
            lambda: labels.set(self.db, self.one(), self.random.choice(["hot", "Cold", ""]), on),
        ]
        return self.random.choice(acts)()

    def note(self) -> ActionRow:
        acts: list[Callable[[], ActionRow]] = [
            lambda: notes.add(self.db, self.one(), self.word()),
            lambda: notes.edit(self.db, self.one_id("note"), self.word()),
            lambda: notes.pin(self.db, self.one_id("note"), self.random.random() < 0.5),
            lambda: notes.delete(self.db, self.one_id("note")),
        ]
        return self.random.choice(acts)()

    def plan(self) -> ActionRow:
        acts: list[Callable[[], ActionRow]] = [
            lambda: activities.add(self.db, self.one(), self.word(), due_at=5, duration_min=3),
            lambda: activities.edit(self.db, self.one_id("activity"), {"subject": self.word(), "due_at": 6}),
            lambda: activities.done(self.db, self.one_id("activity"), self.random.random() < 0.7),
            lambda: activities.delete(self.db, self.one_id("activity")),
        ]
        return self.random.choice(acts)()

    def sell(self) -> ActionRow:
        deal, product = self.one(ItemKind.DEAL), self.one_id("product")
        number = self.random.choice(["1", "2.5", "0"])
        acts: list[Callable[[], ActionRow]] = [
            lambda: products.add(self.db, {"name": self.word(), "price": number, "currency": "EUR"})[1],
            lambda: products.edit(self.db, product, {"name": self.word(), "tax": number}),
            lambda: products.delete(self.db, product),
            lambda: deal_products.set(self.db, deal, product, quantity=number, discount=number),
            lambda: deal_products.remove(self.db, deal, product),
        ]
        return self.random.choice(acts)()

    def fill_in(self) -> ActionRow:
        kind = self.random.choice([ItemKind.LEAD, ItemKind.DEAL])
        of_mine = self.one_id("custom_field")
        acts: list[Callable[[], ActionRow]] = [
            lambda: custom_fields.add(self.db, kind, self.word(), self.random.choice(["text", "number"]))[1],
            lambda: custom_fields.set_value(self.db, self.one(kind), of_mine, self.word()),
            lambda: custom_fields.rename(self.db, of_mine, self.word()),
            lambda: custom_fields.delete(self.db, of_mine),
        ]
        return self.random.choice(acts)()

    def convert(self) -> ActionRow:
        deal, action = item_merges.convert(self.db, self.one(ItemKind.LEAD), {"title": self.word()})
        self.items.append(deal)
        return action

    def merge(self) -> ActionRow:
        item = self.one()
        return item_merges.merge(self.db, item, self.one(item.kind))

    def link(self) -> ActionRow:
        thread = self.random.choice(self.threads)
        acts: list[Callable[[], ActionRow]] = [
            lambda: links.link(self.db, thread, self.one(*_WORK)),
            lambda: links.link(self.db, thread, self.one(*_WORK)),
            lambda: links.unlink(self.db, thread),
            lambda: item_merges.detach_lead_history(self.db, thread),
            lambda: thread_people.set_main(self.db, thread, self.one(ItemKind.PERSON)),
        ]
        return self.random.choice(acts)()

    def act(self, name: str) -> None:
        with contextlib.suppress(BadItem, links.CannotLink, thread_people.NotThere):
            assert getattr(self, name)().state in ("done", "nothing")


_ACTS: Final = (
    "create", "edit", "edit", "change_state", "change_state", "move", "mark", "note", "plan", "sell",
    "fill_in", "convert", "merge", "link", "link",
)  # fmt: skip


def some_threads(db: Database) -> list[ThreadId]:
    account = makers.an_account(db)
    inbox = mailboxes_of(db, account)[Role.INBOX]
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES (?, ?, ?, 1, 1)",
            [("noa", "Noa", "me@dealbox.example"), ("bo", "Bo", "bo@dealbox.example")],
        )
    return [a_stored_email(db, account, inbox).thread_id for _ in range(4)]


def every(take: Callable[[Database], ActionRow | None], db: Database) -> int:
    """Undo or redo to the end, and return how many actions that were."""
    count = 0
    while (action := take(db)) is not None:
        assert action.state in ("undone", "done"), action.title
        count += 1
    return count


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(_ACTS), min_size=5, max_size=40), seed=st.integers(0, 2**32))
def test_undoing_all_gives_what_was_before_and_redoing_all_what_came_of_it(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str], seed: int
) -> None:
    db = makers.a_store(tmp_path_factory.mktemp("data"))
    try:
        user = User(db, some_threads(db), Random(seed))
        before = everything(db)
        user.begin()
        for name in acts:
            user.act(name)
        after = everything(db)
        count = every(actions.undo, db)
        assert everything(db) == before
        assert every(actions.redo, db) == count
        assert everything(db) == after
        with db.write() as connection:
            records.reindex(connection)
        assert everything(db)["item_index"] == after["item_index"]
    finally:
        db.close()

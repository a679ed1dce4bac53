"""An item as a form leaves it: itself, the people made with it, labels, fields of the user's own, and the conversation it is for.

All of it is one action, so that one undo takes it back.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linking import earlier, saving, standing
from mail.addresses import normalise
from mail.types import ThreadId
from store import undo
from store.crm import audit as crm_audit
from store.crm import changes as crm_changes
from store.crm import custom_fields, item_edits, item_parts, labels
from store.crm.changes import Change
from store.crm.item_edits import BadItem, Planned
from store.crm.item_parts import Labelled
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links, sharing, slots
from store.links.slots import Slot
from store.rows import ActionRow
from store.steps import Step

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an item is to be: `values` as item_edits takes them; `labels` all it has; `custom` texts by the field's id.

    `person` and `organization` are values of those that are made with it and named by it.
    """

    values: Values
    labels: tuple[str, ...] | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    person: Values | None = None
    organization: Values | None = None


class ShowsMore(Exception):
    """The conversation is shared, and what is made would show it to others: ask with this sentence."""


def add(
    db: Database,
    kind: ItemKind,
    wanted: Wanted,
    *,
    thread_id: ThreadId | None = None,
    may_show: bool = False,
) -> tuple[ItemRef, ActionRow]:
    """Make an item of a conversation, and link that to a deal, lead or project, even if it `may_show` it to others.

    Raises BadItem and ShowsMore, and then nothing was made.
    """
    now = int(time.time())
    with db.write() as connection:
        thread = None if thread_id is None else slots.thread_now(connection, thread_id)
        before = standing.audience(connection, thread) if thread is not None else {}
        making = _Making(connection, now)
        held = earlier.Held(connection, _addresses(kind, wanted), but=thread)
        item = making.item(kind, wanted)
        *others, made = making.made
        title = f"Added {made}{' with ' if others else ''}{' and '.join(reversed(others))}"
        if thread is not None and kind.fills_the_slot:
            making.link(thread, item)
            is_planned = making.plan_answer(thread, item)
            title += ", linked, the answer planned" if is_planned else ", and linked the conversation to it"
        if thread is not None and not may_show:
            _refuse_to_show(before, standing.audience(connection, thread))
        making.steps += held.back(now)
        action = undo.record(connection, title, making.steps, now)
    return item, action._replace(warning=making.warning, hint=_hint(db, making.persons))


def _refuse_to_show(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    names = tuple(sorted(name for id, name in after.items() if id not in before))
    if names:
        raise ShowsMore(f"The conversation is shared: this shows it to {standing.named(names)}.")


def change(db: Database, item: ItemRef, wanted: Wanted) -> ActionRow:
    """Let an item be as the form says. Raises BadItem, and then nothing was changed."""
    now = int(time.time())
    with db.write() as connection:
        refusal = standing.refusal_to_edit(connection, item)
        if refusal is not None:
            raise BadItem("", refusal)
        making = _Making(connection, now)
        new = _addresses(item.kind, wanted) - _addresses_of(connection, item)
        held = earlier.Held(connection, new)
        values = making.people(item.kind, wanted)
        making.carry_out(item_edits.edits(connection, item, values, now))
        making.marks(item, wanted)
        if not making.steps:
            return ActionRow(0, "Nothing to change", "nothing", warning=making.warning)
        title = item_edits.name_of(item, item_edits.existing(connection, item))
        making.steps += held.back(now)
        action = undo.record(connection, f"Changed {title}", making.steps, now)
    widened = [*making.persons, *([item] if new and item.kind is ItemKind.PERSON else [])]
    return action._replace(warning=making.warning, hint=_hint(db, widened))


def _addresses(kind: ItemKind, wanted: Wanted) -> set[str]:
    """Return the addresses that persons have once an item is as wanted."""
    named = [wanted.values] if kind is ItemKind.PERSON else []
    named += [wanted.person] if wanted.person is not None else []
    lists = [emails for values in named if isinstance(emails := values.get("emails"), list | tuple)]
    given = [email for emails in lists for email in emails]
    return {normalise(email.value if isinstance(email, Labelled) else str(email)) for email in given}


def _addresses_of(connection: sqlite3.Connection, item: ItemRef) -> set[str]:
    """Return the addresses that an item has now: none but of persons."""
    if item.kind is not ItemKind.PERSON:
        return set()
    return {one.value for one in item_parts.of(connection, item, "emails")}


def _hint(db: Database, persons: Sequence[ItemRef]) -> str:
    """Return how many earlier conversations of persons can be shared, "" when there are none."""
    said = (earlier.soon(db.read(), person).sentence for person in persons)
    return next(filter(None, said), "")


class _Making:
    """One transaction's changes, in the order they are made."""

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self.steps: list[Step] = []
        self.made: list[str] = []
        self.persons: list[ItemRef] = []
        self.warning = ""
        self._connection = connection
        self._now = now

    def item(self, kind: ItemKind, wanted: Wanted) -> ItemRef:
        """Make the item and those it names."""
        values = self.people(kind, wanted)
        item = self._add(kind, values)
        self.marks(item, wanted)
        return item

    def people(self, kind: ItemKind, wanted: Wanted) -> Values:
        """Make the person and organization that are not there yet, and return the values with them."""
        values = dict(wanted.values)
        if wanted.organization is not None:
            values["org_id"] = self._add(ItemKind.ORGANIZATION, wanted.organization).id
        if wanted.person is not None:
            org_id = values.get("org_id")
            person = {**({"org_id": org_id} if org_id else {}), **wanted.person}
            values["person_id"] = self._add(ItemKind.PERSON, person).id
        return values

    def _add(self, kind: ItemKind, values: Values) -> ItemRef:
        item = self.carry_out(item_edits.additions(self._connection, kind, values, self._now))
        name = item_edits.name_of(item, item_edits.existing(self._connection, item))
        self.made.append(f"{kind.value} {name}")
        self.persons += [item] if kind is ItemKind.PERSON else []
        return item

    def carry_out(self, planned: Planned) -> ItemRef:
        """Write what was planned."""
        self.write(planned.changes)
        self.warning = "; ".join(filter(None, (self.warning, planned.warning)))
        return planned.ref

    def write(self, changes: Sequence[Change]) -> None:
        """Write rows."""
        self.steps += crm_changes.apply(self._connection, changes, self._now)

    def marks(self, item: ItemRef, wanted: Wanted) -> None:
        """Let labels and fields of the user's own be as wanted."""
        if wanted.labels is not None:
            self.write(labels.changes(self._connection, item, wanted.labels))
        for field_id, text in wanted.custom.items():
            self.write(custom_fields.changes(self._connection, item, field_id, text))

    def plan_answer(self, thread: ThreadId, item: ItemRef) -> bool:
        """Plan the answer to the conversation, and say whether one is owed (M23)."""
        changes = saving.plan(self._connection, thread, item, self._now)
        self.write(changes)
        return bool(changes)

    def link(self, thread: ThreadId, item: ItemRef) -> None:
        """Link a conversation to the new item. Raises BadItem."""
        if sharing.standing(self._connection, thread) is None:
            raise BadItem("", "the conversation is gone: leave the form and make the item from another")
        refusal = links.is_fixed(self._connection, thread) or standing.refusal_to_link(
            self._connection, thread, item
        )
        if refusal is not None:
            raise BadItem("", refusal)
        before = slots.read(self._connection, thread)
        after = Slot(item.kind.value, item.id, "manual", "", self._now, "")
        step = Step("item", thread, slots.dumps(before), slots.dumps(after))
        undo.carry_out(self._connection, [step], now=self._now)
        details = {"kind": item.kind.value, "id": item.id}
        crm_audit.write(self._connection, self._now, "", "link", f"thread:{thread}", details)
        self.steps.append(step)

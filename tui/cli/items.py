"""dealbox item new, set and show: what the forms do, for scripts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, ParamSpec, TypeVar

from linking import adding
from linking.adding import Wanted
from mail.addresses import normalise
from mail.folding import fold
from mail.text import safe_line
from store.crm import item_forms, items
from store.crm.item_edits import BadItem
from store.crm.item_forms import FormFacts
from store.crm.item_refs import PageKind
from store.crm.items import ItemCard, ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened
from tui.screens.item_form_fields import BadField, Field, How, read
from tui.screens.item_form_kinds import CUSTOM, Filled, Somebody, columns, custom, fields_of, labels

P = ParamSpec("P")
T = TypeVar("T")
OPTIONS: Final = {
    "title": ("title", "name"),
    "person": ("person_id",),
    "organization": ("org_id",),
    "stage": ("stage_id", "phase_id"),
    "value": ("value",),
    "close": ("expected_close", "end_date"),
    "start": ("start_date",),
    "source": ("source",),
    "description": ("description", "notes"),
    "emails": ("emails",),
    "phones": ("phones",),
    "job": ("title",),
    "time_zone": ("time_zone",),
    "domains": ("domains",),
    "address": ("address",),
    "owner": ("owner_id",),
    "visible_to": ("visible_to",),
    "labels": ("labels",),
}
"""The options of new and set, and which field of the form each fills."""
_MOST_ALIKE: Final = 50


def new(options: argparse.Namespace) -> int:
    """Make an item, and print where it is."""
    with opened(options) as db:
        kind = PageKind(options.kind)
        facts = item_forms.facts(db, kind)
        filled = _filled(db, kind, facts, options, is_new=True)
        item, done = refused(adding.add, db, ItemKind(options.kind), _wanted(filled, facts))
        say(f"{item.kind.value}:{item.id}")
        tell(done, on=note)
    return 0


def change(options: argparse.Namespace) -> int:
    """Let an item say something else."""
    with opened(options) as db:
        item = item_named(db, options.item)
        kind = PageKind(item.kind.value)
        facts = item_forms.facts(db, kind, item.id)
        filled = _filled(db, kind, facts, options, is_new=False)
        if not filled:
            raise BadUse("say what is to change: dealbox item set --help")
        tell(refused(adding.change, db, item, _wanted(filled, facts)))
    return 0


def _filled(
    db: Database, kind: PageKind, facts: FormFacts, options: argparse.Namespace, *, is_new: bool
) -> Filled:
    """Return what the options fill in, as a form would; the title is always asked of a new one."""
    fields = {each.name: each for each in fields_of(kind, facts)}
    given = {name: text for name in OPTIONS if (text := getattr(options, name)) is not None}
    texts = {_field_of(kind, fields, name).name: text for name, text in given.items()}
    texts |= {_custom_field(fields, pair).name: pair.partition("=")[2] for pair in options.field}
    if is_new:
        texts = {name: "" for name, each in fields.items() if each.is_required} | texts
    now = datetime.now().astimezone()
    try:
        return {
            name: _somebody(db, fields[name], text)
            if fields[name].is_looked_up
            else read(fields[name], text, now)
            for name, text in texts.items()
        }
    except BadField as error:
        raise BadUse(str(error)) from error


def _field_of(kind: PageKind, fields: Mapping[str, Field], option: str) -> Field:
    names = ("name",) if option == "title" and "name" in fields else OPTIONS[option]
    for name in names:
        if name in fields:
            return fields[name]
    raise BadUse(f"a {kind.value} has no {option.replace('_', ' ')}")


def _custom_field(fields: Mapping[str, Field], pair: str) -> Field:
    label, equals, _ = pair.partition("=")
    own = [each for each in fields.values() if each.name.startswith(CUSTOM)]
    called = [each for each in own if fold(each.label) == fold(label.strip())]
    if equals and called:
        return called[0]
    known = ", ".join(each.label for each in own) or "none yet"
    raise BadUse(f"--field takes NAME=VALUE, and {label!r} is no field of your own; there is: {known}")


def _somebody(db: Database, field: Field, text: str) -> Somebody | None:
    """Return the one person or organization that is meant: by its id, address or name. Raises BadUse."""
    if not text.strip():
        return None
    kind = ItemKind.PERSON if field.how is How.PERSON else ItemKind.ORGANIZATION
    ref = items.find(db, text if text.startswith(f"{kind.value}:") else f"{kind.value}:{text}")
    if ref is not None and (card := items.get(db, ref)) is not None:
        return Somebody(card.id, card.title)
    found = items.search(db, text, _MOST_ALIKE, kinds=(kind,))
    meant = [card for card in found if fold(card.title) == fold(text) or _has_address(db, card, text)]
    if len(meant) == 1:
        return Somebody(meant[0].id, meant[0].title)
    if not meant:
        raise BadUse(f"there is no {kind.value} {text!r}: make one with dealbox item new {kind.value}")
    listed = ", ".join(f"{kind.value}:{card.external_ref or card.id}" for card in meant)
    raise BadUse(f"{len(meant)} are called {text!r}: say one of {listed}")


def _has_address(db: Database, card: ItemCard, text: str) -> bool:
    wanted = normalise(text)
    emails = item_forms.facts(db, PageKind(card.kind.value), card.id).emails
    return any(each.value == wanted for each in emails)


def _wanted(filled: Filled, facts: FormFacts) -> Wanted:
    return Wanted(
        columns(filled, facts), labels(filled) if "labels" in filled else None, custom(filled, facts)
    )


# -- what the commands have in common


def item_named(db: Database, text: str) -> ItemRef:
    """Return the item that `deal:12` means, or the only one that is called so. Raises BadUse."""
    found = items.find(db, text)
    if found is not None:
        return found
    called = [card for card in items.search(db, text, _MOST_ALIKE) if fold(card.title) == fold(text)]
    if len(called) == 1:
        return called[0].ref
    if not called:
        raise BadUse(f"there is no item {text!r}: say deal:12, person:3, lead:ID or a title as it is written")
    listed = ", ".join(f"{card.kind.value}:{card.external_ref or card.id}" for card in called)
    raise BadUse(f"{len(called)} items are called {text!r}: say one of {listed}")


def refused(change: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Make a change. Raises Failed with the reason when it is refused."""
    try:
        return change(*args, **kwargs)
    except BadItem as error:
        raise Failed(str(error)) from error


def tell(done: ActionRow, on: Callable[[str], None] = say) -> None:
    """Say what was done, and what is odd about it."""
    on(safe_line(done.title))
    if done.warning:
        note(f"note: {safe_line(done.warning)}")
    if done.hint:
        note(f"note: {safe_line(done.hint)}: dealbox share ITEM")


# -- showing


def show(options: argparse.Namespace) -> int:
    """Print what an item says."""
    with opened(options) as db:
        item = item_named(db, options.item)
        card = items.get(db, item)
        assert card is not None
        facts = item_forms.facts(db, PageKind(item.kind.value), item.id)
    if options.json:
        say(json.dumps(as_json(card, facts), indent=2, ensure_ascii=False))
        return 0
    say(safe_line(f"{card.kind.value}:{card.external_ref or card.id}  {card.title}"))
    if card.status:
        say(f"  {'Status':<16}{card.status}")
    for field in fields_of(PageKind(item.kind.value), facts):
        if field.text and not field.is_required:
            say(f"  {safe_line(field.label):<16}{safe_line(field.text)}")
    return 0


def as_json(card: ItemCard, facts: FormFacts) -> dict[str, object]:
    """Return an item for scripts. The names stay; new ones may be added."""
    return {
        "kind": card.kind.value,
        "id": card.id,
        "external_ref": card.external_ref,
        "title": card.title,
        "status": card.status,
        "stage": card.stage,
        "value": None if card.value is None else f"{card.value:f}",
        "currency": card.currency,
        "owner": card.owner,
        "person": _named(card.person_id, card.person),
        "organization": _named(card.organization_id, card.organization),
        "participants": [_named(*each) for each in facts.participants],
        "expected_close": card.expected_close,
        "visible_to": facts.values.get("visible_to", ""),
        "lost_reason": facts.values.get("lost_reason", ""),
        "labels": list(facts.marked),
        "emails": [each.value for each in facts.emails],
        "phones": [each.value for each in facts.phones],
        "domains": list(facts.domains),
        "fields": {one.name: one.value for one in facts.custom if one.value},
        "created_at": card.created_at,
    }


def _named(id: str | None, name: str) -> dict[str, str] | None:
    return {"id": id, "name": name} if id else None

"""Making and changing items in a form: what is looked up while typing, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from textual.content import Content

from linking import adding, standing
from linking.adding import ShowsMore, Wanted
from mail.ids import ThreadId
from store.crm import item_forms, item_merges, items, products
from store.crm.item_checks import BadItem
from store.crm.item_forms import FormFacts
from store.crm.item_refs import PageKind, PageRef
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.rows import ActionRow
from tui.bridge import in_store
from tui.content import line
from tui.format import plural
from tui.items.host import Host, card_of, tell
from tui.screens import form_journal
from tui.screens.confirm import Confirm
from tui.screens.form_journal import FormJournal
from tui.screens.item_form import ItemForm
from tui.screens.item_form_fields import BadField, Field, How
from tui.screens.item_form_kinds import (
    Filled,
    Somebody,
    Start,
    columns,
    custom,
    fields_of,
    labels,
    newcomer,
)
from tui.widgets.form_field import Offer

_LOOKED_FOR: Final = 20


class Made(NamedTuple):
    """What was made, and how it is undone."""

    ref: PageRef
    action: ActionRow


async def create(
    host: Host, kind: PageKind, start: Start | None = None, *, thread_id: ThreadId | None = None
) -> Made | None:
    """Let the user fill in a new item of a conversation and make it; a deal, lead or project is linked in the same action."""
    start = start or Start()
    facts = await in_store(item_forms.facts, host.db, kind)

    async def save(filled: Filled) -> Made:
        if kind is PageKind.PRODUCT:
            product_id, done = await in_store(products.add, host.db, columns(filled, facts))
            return Made(PageRef(kind, product_id), done)
        wanted = _wanted(filled, facts, start)
        add = partial(adding.add, host.db, ItemKind(kind.value), wanted, thread_id=thread_id)
        try:
            item, done = await in_store(add)
        except ShowsMore as error:
            if not await host.ask(Confirm(Content(f"{line(str(error))} Make it so?"))):
                raise BadField("Nothing was made yet: the conversation stays as it is") from error
            item, done = await in_store(add, may_show=True)
        return Made(PageRef.of(item), done)

    is_linked = thread_id is not None and _has_title(kind)
    title = f"New {kind.value}{', linked to the conversation' if is_linked else ''}"
    where = f" of conversation {thread_id}" if thread_id is not None else ""
    journal = await form_journal.opened(host.db, f"new {kind.value}{where}")
    form = ItemForm(
        title,
        fields_of(kind, facts, start),
        save,
        look=partial(look, host.db),
        write=partial(written, host, journal),
        journal=journal,
    )
    made = await host.ask(form)
    if made is not None:
        tell(host, made.action)
    return made


async def edit(host: Host, item: ItemRef | PageRef) -> ActionRow | None:
    """Let the user change what an item says."""
    ref = PageRef.of(item)
    try:
        facts = await in_store(item_forms.facts, host.db, ref.kind, ref.id)
    except KeyError:
        host.warn(f"There is no such {ref.kind.value} any more")
        return None

    async def save(filled: Filled) -> ActionRow:
        if ref.item is None:
            return await in_store(products.edit, host.db, ref.id, columns(filled, facts))
        return await in_store(adding.change, host.db, ref.item, _wanted(filled, facts, None))

    name = line(facts.values.get("title" if _has_title(ref.kind) else "name", ""))
    journal = await form_journal.opened(host.db, f"edit {ref.address}")
    form = ItemForm(
        f"{ref.kind.value.title()}: {name}",
        fields_of(ref.kind, facts),
        save,
        look=partial(look, host.db),
        write=partial(written, host, journal),
        is_edit=True,
        journal=journal,
    )
    done = await host.ask(form)
    if done is not None:
        tell(host, done)
    return done


def _has_title(kind: PageKind) -> bool:
    return kind in (PageKind.DEAL, PageKind.LEAD, PageKind.PROJECT)


def _converted(db: Database, lead: ItemRef, values: Mapping[str, object]) -> tuple[ItemRef, ActionRow]:
    refusal = standing.refusal_to_edit(db.read(), lead)
    if refusal is not None:
        raise BadItem("", refusal)
    return item_merges.convert(db, lead, values)


async def convert(host: Host, lead: ItemRef) -> Made | None:
    """Let the user make a deal of a lead, saying what goes over to it."""
    if lead.kind is not ItemKind.LEAD:
        host.say(f"Only a lead becomes a deal; this is a {lead.kind.value}")
        return None
    card = await card_of(host, lead)
    if card is None:
        return None
    facts = await in_store(item_forms.facts, host.db, PageKind.LEAD, lead.id)
    follows = await in_store(item_forms.what_follows, host.db, PageRef.of(lead))
    of_deal = await in_store(item_forms.facts, host.db, PageKind.DEAL)
    start = Start(facts.values["title"], details={name: facts.values[name] for name in _TAKEN_OVER})
    shown = [each for each in fields_of(PageKind.DEAL, of_deal, start) if each.name in _ASKED]

    async def save(filled: Filled) -> Made:
        values = columns(filled, of_deal)
        deal, done = await in_store(_converted, host.db, lead, values)
        return Made(PageRef.of(deal), done)

    about = _what_goes_over(follows)
    journal = await form_journal.opened(host.db, f"convert {PageRef.of(lead).address}")
    title = f"Convert the lead {line(card.title)} to a deal"
    made = await host.ask(ItemForm(title, shown, save, about=about, journal=journal))
    if made is not None:
        tell(host, made.action)
    return made


def _what_goes_over(follows: item_forms.Follows) -> str:
    activities = plural(follows.activities, "activity", "activities")
    about = f"Person, organization, labels, {activities} and {plural(follows.notes, 'note')} go to the deal."
    if not follows.conversations:
        return about
    conversations = plural(follows.conversations, "conversation")
    return f"{about} Lead and deal both keep {conversations}, which cannot be linked to another then."


_TAKEN_OVER: Final = ("value", "currency", "expected_close")
_ASKED: Final = frozenset({"title", "stage_id", "value", "expected_close"})


def _wanted(filled: Filled, facts: FormFacts, start: Start | None) -> Wanted:
    values = columns(filled, facts)
    people = {}
    for name, part in (("person_id", "person"), ("org_id", "organization")):
        named = filled.get(name)
        if isinstance(named, Somebody) and not named.id:
            people[part] = newcomer(named, start, name)
    return Wanted(
        values, labels(filled), custom(filled, facts), people.get("person"), people.get("organization")
    )


async def written(host: Host, form: FormJournal, label: str, text: str) -> str | None:
    """Let the user write the lines of a field of a form."""
    from tui.screens.note import Lines

    journal = await form_journal.opened(host.db, f"{form.form}/{label}")
    lines = await host.ask(Lines(host.db.directory, host.settings.editor, label, text, journal=journal))
    await journal.close()
    return lines


async def look(db: Database, field: Field, text: str) -> Sequence[Offer]:
    """Find the persons or organizations a field may mean, the newest first."""
    kind = ItemKind.ORGANIZATION if field.how is How.ORGANIZATION else ItemKind.PERSON
    found = await in_store(items.search, db, text, _LOOKED_FOR, kinds=(kind,))
    return [
        Offer(_name(field, card.title), line(card.organization) if kind is ItemKind.PERSON else "", card.id)
        for card in found
        if card.status != "deleted"
    ]


def _name(field: Field, name: str) -> str:
    # A list of people is parted by commas.
    return " ".join(line(name).replace(",", " ").split()) if field.how is How.PEOPLE else line(name)

"""Which fields the form of each kind of item has, and the values that were typed in them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mail.addresses import parse
from store.crm.item_forms import CustomValue, FormFacts
from store.crm.item_parts import Labelled
from store.crm.item_refs import PageKind
from tui.screens.item_form_fields import Field, How, Money, Named, Value, name_of

CUSTOM: Final = "custom-"
"""The name of a field the user added begins so; its id follows."""
_VISIBLE: Final = (
    Named("company", "everybody in the company"),
    Named("team", "the owner's team"),
    Named("owner", "the owner and followers"),
)
_YES_NO: Final = (Named("yes", "yes"), Named("no", "no"))
_HOW_CUSTOM: Final = {
    "number": How.NUMBER,
    "money": How.MONEY,
    "date": How.DATE,
    "choice": How.CHOICE,
    "yes_no": How.CHOICE,
    "address": How.LINES,
}
_WITH_PEOPLE: Final = (PageKind.DEAL, PageKind.LEAD, PageKind.PROJECT)
_OWNED: Final = (*_WITH_PEOPLE, PageKind.PERSON, PageKind.ORGANIZATION)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person or organization: the id, or "" for one that is not there yet, with what is known of them then."""

    id: str
    name: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """What the form of a new item begins with."""

    title: str = ""
    person: Somebody | None = None
    organization: Somebody | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


Filled = Mapping[str, Value | Somebody]


def fields_of(kind: PageKind, facts: FormFacts, start: Start | None = None) -> tuple[Field, ...]:
    """Return the lines of a form, filled with what the item says, or with what a new one begins with."""
    values = {**facts.values, **(start.details if start else {})}
    of_kind = _FIELDS[kind](values, facts, start or Start())
    return (*of_kind, *_common(kind, values, facts, is_new=start is not None))


def _people(facts: FormFacts, values: Mapping[str, str], start: Start) -> tuple[Field, ...]:
    return (_person(facts, values, start), _organization(facts, values, start))


def _participants(facts: FormFacts) -> Field:
    # A comma parts them, so that a name has none here.
    named = tuple(Named(id, " ".join(name.replace(",", " ").split())) for id, name in facts.participants)
    hint = "further persons, between commas"
    return Field(
        "participants", "Also with", How.PEOPLE, ", ".join(each.name for each in named), named, hint=hint
    )


def _person(facts: FormFacts, values: Mapping[str, str], start: Start) -> Field:
    who = start.person or Somebody(values.get("person_id", ""), facts.person)
    emails = who.details.get("emails")
    hint = f"new: {emails[0]}" if isinstance(emails, list) and not who.id else "who it is with"
    return Field("person_id", "Person", How.PERSON, who.name, chosen=who.id, hint=hint)


def _organization(facts: FormFacts, values: Mapping[str, str], start: Start) -> Field:
    who = start.organization or Somebody(values.get("org_id", ""), facts.organization)
    return Field("org_id", "Organization", How.ORGANIZATION, who.name, chosen=who.id, hint="the company")


def _money(facts: FormFacts, values: Mapping[str, str], name: str, label: str) -> Field:
    amount = values.get(name, "")
    text = f"{_grouped(amount)} {values.get('currency', '')}".strip() if amount else ""
    return Field(name, label, How.MONEY, text, hint=f"12,400 {facts.currency}, 12.4k")


def _grouped(amount: str) -> str:
    whole, dot, fraction = amount.partition(".")
    return f"{int(whole):,}{dot}{fraction}" if whole.isdigit() else amount


def _plain(name: str, label: str, values: Mapping[str, str], *, hint: str = "") -> Field:
    return Field(name, label, How.TEXT, values.get(name, ""), hint=hint)


def _date(name: str, label: str, values: Mapping[str, str]) -> Field:
    return Field(name, label, How.DATE, values.get(name, ""), hint="2026-12-24, 24 dec, fri, in 3 weeks")


def _title(name: str, label: str, values: Mapping[str, str], start: Start) -> Field:
    return Field(name, label, How.TEXT, start.title or values.get(name, ""), is_required=True)


def _step(name: str, label: str, values: Mapping[str, str], facts: FormFacts) -> Field:
    choices = tuple(Named(*each) for each in facts.steps)
    now = values.get(name, "") or (choices[0].value if choices and "id" not in values else "")
    return Field(name, label, How.CHOICE, name_of(choices, now), choices)


def _deal(values: Mapping[str, str], facts: FormFacts, start: Start) -> tuple[Field, ...]:
    return (
        _title("title", "Title", values, start),
        *_people(facts, values, start),
        _participants(facts),
        _step("stage_id", "Stage", values, facts),
        _money(facts, values, "value", "Value"),
        Field("probability", "Probability", How.PERCENT, values.get("probability", ""), hint=_LIKELY),
        _date("expected_close", "Expected close", values),
    )


_LIKELY: Final = "percent; nothing: that of the stage"


def _lead(values: Mapping[str, str], facts: FormFacts, start: Start) -> tuple[Field, ...]:
    return (
        _title("title", "Title", values, start),
        *_people(facts, values, start),
        _money(facts, values, "value", "Value"),
        _date("expected_close", "Expected close", values),
        _plain("source", "Source", values, hint="where it came from"),
    )


def _project(values: Mapping[str, str], facts: FormFacts, start: Start) -> tuple[Field, ...]:
    return (
        _title("title", "Title", values, start),
        *_people(facts, values, start),
        _step("phase_id", "Phase", values, facts),
        _money(facts, values, "value", "Value"),
        _date("start_date", "Start", values),
        _date("end_date", "End", values),
        Field("description", "Description", How.LINES, values.get("description", "")),
    )


def _of_person(values: Mapping[str, str], facts: FormFacts, start: Start) -> tuple[Field, ...]:
    emails = ", ".join(start.emails) or _labelled(facts.emails)
    phones = ", ".join(start.phones) or _labelled(facts.phones)
    return (
        _title("name", "Name", values, start),
        Field(
            "emails",
            "E-mail",
            How.EMAILS,
            emails,
            hint="several between commas, the main one first; what for in brackets: (home)",
        ),
        Field(
            "phones",
            "Phone",
            How.PHONES,
            phones,
            hint="several between commas, the main one first; what for in brackets: (mobile)",
        ),
        _plain("title", "Job", values, hint="what they do: Head of purchasing"),
        _organization(facts, values, start),
        _plain("time_zone", "Time zone", values, hint="such as Europe/Madrid"),
        Field("notes", "About", How.LINES, values.get("notes", "")),
    )


def _labelled(values: Sequence[Labelled]) -> str:
    return ", ".join(f"{each.value} ({each.label})" if each.label else each.value for each in values)


def _of_organization(values: Mapping[str, str], facts: FormFacts, start: Start) -> tuple[Field, ...]:
    domains = start.domains or facts.domains
    hint = "acme.example: mail from it is theirs; several between commas"
    return (
        _title("name", "Name", values, start),
        Field("domains", "Domains", How.DOMAINS, ", ".join(domains), hint=hint),
        Field("address", "Address", How.LINES, values.get("address", "")),
    )


def _product(values: Mapping[str, str], facts: FormFacts, start: Start) -> tuple[Field, ...]:
    return (
        _title("name", "Name", values, start),
        _plain("code", "Code", values),
        _plain("unit", "Unit", values, hint="piece, hour, seat"),
        _money(facts, values, "price", "Price"),
        Field("tax", "Tax", How.NUMBER, values.get("tax", ""), hint="percent"),
    )


_FIELDS: Final = {
    PageKind.DEAL: _deal,
    PageKind.LEAD: _lead,
    PageKind.PROJECT: _project,
    PageKind.PERSON: _of_person,
    PageKind.ORGANIZATION: _of_organization,
    PageKind.PRODUCT: _product,
}


def _common(
    kind: PageKind, values: Mapping[str, str], facts: FormFacts, *, is_new: bool
) -> tuple[Field, ...]:
    """Return what all items have: owner, who sees them, labels, and fields the user added."""
    if kind not in _OWNED:
        return ()
    users = tuple(Named(*each) for each in facts.users)
    owner = facts.me if is_new and not values.get("owner_id") else values.get("owner_id", "")
    visible = values.get("visible_to") or _VISIBLE[0].value
    labels = tuple(Named(name, name) for name in facts.labels)
    owned = (Field("owner_id", "Owner", How.CHOICE, name_of(users, owner), users),) if users else ()
    return (
        *owned,
        Field("visible_to", "Visible to", How.CHOICE, name_of(_VISIBLE, visible), _VISIBLE),
        Field("labels", "Labels", How.LABELS, ", ".join(facts.marked), labels, hint="several between commas"),
        *map(_custom, facts.custom),
    )


def _custom(one: CustomValue) -> Field:
    choices = _YES_NO if one.type == "yes_no" else tuple(Named(name, name) for name in one.choices)
    text = name_of(choices, one.value) or one.value
    return Field(f"{CUSTOM}{one.field_id}", one.name, _HOW_CUSTOM.get(one.type, How.TEXT), text, choices)


# -- from what was typed to what is kept


def columns(filled: Filled, facts: FormFacts) -> dict[str, object]:
    """Return the values of the item itself: neither its labels nor fields the user added, nor people to be made."""
    found: dict[str, object] = {}
    for name, value in filled.items():
        if name == "labels" or name.startswith(CUSTOM):
            continue
        if isinstance(value, Money):
            found |= {name: value.value, "currency": value.currency or _currency(facts)}
        elif isinstance(value, Somebody):
            found[name] = value.id or None
        else:
            found[name] = list(value) if isinstance(value, tuple) else value
    return found


def _currency(facts: FormFacts) -> str:
    return facts.values.get("currency") or facts.currency


def labels(filled: Filled) -> tuple[str, ...]:
    """Return the labels the item is to have."""
    value = filled.get("labels", ())
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, tuple) else ()


def custom(filled: Filled, facts: FormFacts) -> dict[str, str]:
    """Return the texts of the fields the user added, by their ids; "" clears one."""
    found = {}
    for name, value in filled.items():
        if name.startswith(CUSTOM):
            text = f"{value.value} {value.currency or facts.currency}" if isinstance(value, Money) else value
            found[name.removeprefix(CUSTOM)] = "" if text is None else str(text)
    return found


def newcomer(named: Somebody, start: Start | None, name: str) -> dict[str, object]:
    """Return the values of a person or organization to be made, as the mail tells them when it is the one in it.

    A person may be typed with an address: "Ana Lima <ana@acme.example>".
    """
    offered = (start.person if name == "person_id" else start.organization) if start else None
    if offered is not None and not offered.id and offered.name == named.name:
        return {**offered.details, "name": named.name}
    typed = parse(named.name) if name == "person_id" and "@" in named.name else ()
    if len(typed) == 1 and typed[0].email:
        return {"name": typed[0].name or typed[0].email, "emails": [typed[0].email]}
    return {"name": named.name}

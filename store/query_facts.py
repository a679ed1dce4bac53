# ruff: noqa: S608 - what is put together here is our own words; what the user typed is always a parameter
"""What a search asks of the linked item and of the conversation: deal.stage:proposal, value:>10k, waiting:>2d."""

from __future__ import annotations

import re
from typing import Final

from mail.query_tree import Comparison, Fact

_KINDS: Final = ("deal", "lead", "project")
_NUMBER: Final = re.compile(r"(\d+(?:[.,]\d+)?)([km]?)", re.IGNORECASE)
_AGE: Final = re.compile(r"(\d{1,5})([hdwmy]?)", re.IGNORECASE)
_FACTORS: Final = {"": 1, "k": 1_000, "m": 1_000_000}
_SECONDS: Final = {"h": 3600, "": 86400, "d": 86400, "w": 7 * 86400, "m": 30 * 86400, "y": 365 * 86400}
_NO: Final = ("no", "false", "0")
_NOTHING: Final[tuple[str, list[object]]] = ("0", [])

# How each kind of item has the fact; `i` is the item.
_PROPERTIES: Final = {
    "title": "i.title",
    "status": "i.status",
    "currency": "i.currency",
    "value": "CAST(i.value AS REAL)",
    "stage": "(SELECT s.name FROM stage s WHERE s.id = i.stage_id)",
    "pipeline": "(SELECT s.name FROM pipeline s WHERE s.id = i.pipeline_id)",
    "phase": "(SELECT s.name FROM phase s WHERE s.id = i.phase_id)",
    "owner": "(SELECT s.name FROM workspace_user s WHERE s.id = i.owner_id)",
    "person": "(SELECT s.name FROM person s WHERE s.id = i.person_id)",
    "organization": "(SELECT s.name FROM organization s WHERE s.id = i.org_id)",
}
_ONLY: Final = {"stage": ("deal",), "pipeline": ("deal",), "phase": ("project",)}


def condition(fact: Fact, now: int) -> tuple[str, list[object]]:
    """Return a fact as a condition over the thread `t`, and its parameters; what nothing is known of finds nothing."""
    if fact.name == "item":
        sql = "t.item_kind <> ?" if fact.comparison is Comparison.UNEQUAL else "t.item_kind = ?"
        return sql, [fact.value.lower()]
    if fact.name == "visibility":
        return _compare("t.visibility", fact)
    if fact.name == "waiting":
        return _waiting(fact, now)
    family, _, name = fact.name.rpartition(".")
    kinds = (family,) if family in _KINDS else _KINDS
    if name == "label":
        return _label(kinds, fact)
    if name not in _PROPERTIES or family not in (*_KINDS, "", "item"):
        return _NOTHING
    parts = [_item(kind, name, fact) for kind in kinds if kind in _ONLY.get(name, _KINDS)]
    return " OR ".join(sql for sql, _ in parts) or "0", [value for _, values in parts for value in values]


def _item(kind: str, name: str, fact: Fact) -> tuple[str, list[object]]:
    sql, parameters = _compare(_PROPERTIES[name], fact, is_number=name == "value")
    return (
        f"(t.item_kind = '{kind}' AND EXISTS (SELECT 1 FROM {kind} i WHERE i.id = t.item_id AND {sql}))",
        parameters,
    )


def _label(kinds: tuple[str, ...], fact: Fact) -> tuple[str, list[object]]:
    names = ",".join(f"'{kind}'" for kind in kinds)
    has = (
        f"t.item_kind IN ({names}) AND {'NOT ' if fact.comparison is Comparison.UNEQUAL else ''}EXISTS "
        "(SELECT 1 FROM item_label l JOIN label b ON b.id = l.label_id "
        "WHERE l.item_kind = t.item_kind AND l.item_id = t.item_id AND folded(b.name) = folded(?))"
    )
    return has, [fact.value]


def _compare(column: str, fact: Fact, *, is_number: bool = False) -> tuple[str, list[object]]:
    if is_number:
        found = _NUMBER.fullmatch(fact.value.replace(" ", ""))
        if found is None:
            return _NOTHING
        value = float(found[1].replace(",", ".")) * _FACTORS[found[2].lower()]
        return f"{column} {fact.comparison.value} ?", [value]
    return f"folded({column}) {fact.comparison.value} folded(?)", [fact.value]


def _waiting(fact: Fact, now: int) -> tuple[str, list[object]]:
    # We wrote last, and no answer has come since.
    waits = "t.last_out_at IS NOT NULL AND t.last_out_at >= coalesce(t.last_in_at, 0)"
    if fact.value.lower() in _NO:
        return f"NOT ({waits})", []
    found = _AGE.fullmatch(fact.value)
    if found is None:
        return waits, []
    age = int(found[1]) * _SECONDS[found[2].lower()]
    sign = ">=" if fact.comparison is Comparison.EQUAL else fact.comparison.value
    return f"{waits} AND ? - t.last_out_at {sign} ?", [now, age]

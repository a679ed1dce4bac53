"""Forms that are being filled in, so that a lost terminal takes no more than two seconds of it: one row for each form."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from store.database import Database

MOST: Final = 500
"""Of forms that were left so, the newest."""


class Typed(NamedTuple):
    """What was typed into a field, the id that text stands for, and the ids of the people it names."""

    text: str
    chosen: str = ""
    known: Mapping[str, str] = {}


class Unsaved(NamedTuple):
    """What a form said when it was last kept: the fields that were changed, by their names."""

    fields: Mapping[str, Typed]
    at: int


def get(db: Database, form: str) -> Unsaved | None:
    """Return what was typed into a form and neither saved nor discarded, None when there is nothing."""
    row = db.read().execute("SELECT content, at FROM unsaved_form WHERE form = ?", (form,)).fetchone()
    if row is None:
        return None
    fields = {name: Typed(*each) for name, each in json.loads(row[0]).items()}
    return Unsaved(fields, row[1])


def keep(db: Database, form: str, fields: Mapping[str, Typed]) -> None:
    """Keep what a form says now, in place of what it said before; a form that says nothing new is forgotten."""
    if not fields:
        forget(db, form)
        return
    content = json.dumps(fields, ensure_ascii=False)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO unsaved_form (form, content, at) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET content = excluded.content, at = excluded.at",
            (form, content, int(time.time())),
        )
        connection.execute(
            "DELETE FROM unsaved_form WHERE form IN (SELECT form FROM unsaved_form ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (MOST,),
        )


def forget(db: Database, form: str) -> None:
    """Forget a form, and with it its parts, which are named "<form>/..": it was saved or discarded."""
    if db.read().execute(_IS_THERE, (form,)).fetchone() is None:
        return  # most forms are filled in before the first time they are kept
    with db.write() as connection:
        connection.execute(_FORGET, (form,))


_IS_THERE: Final = (
    "SELECT 1 FROM unsaved_form WHERE form = ?1 OR substr(form, 1, length(?1) + 1) = ?1 || '/' LIMIT 1"
)
_FORGET: Final = "DELETE FROM unsaved_form WHERE form = ?1 OR substr(form, 1, length(?1) + 1) = ?1 || '/'"

"""What notes and activities are about: the columns that tie them to items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from store.crm.items import ItemKind, ItemRef

COLUMNS: Final = {
    ItemKind.DEAL: "deal_id",
    ItemKind.LEAD: "lead_id",
    ItemKind.PROJECT: "project_id",
    ItemKind.PERSON: "person_id",
    ItemKind.ORGANIZATION: "org_id",
}


def item_of(row: Mapping[str, object]) -> ItemRef | None:
    """Return the first item a note or activity is tied to, in the order deal, lead, project, person, organization."""
    for kind, column in COLUMNS.items():
        if row[column] is not None:
            return ItemRef(kind, str(row[column]))
    return None

"""Labels and fields of the user's own that rows name: those that are here, or new ones."""

from __future__ import annotations

import uuid
from typing import Any

from store.crm.staging import Staged, Staging


class Marks:
    """Finds labels and custom fields by name, and has them made when they are new."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging

    def label(self, name: str) -> str:
        """Return the label of that name."""
        return self._made("label", "label", name, {"name": name, "colour": ""})

    def field(self, kind: str, name: str) -> str:
        """Return the custom field of that name which such items have."""
        sort = "address" if name == "Address" else "text"
        columns = {"item_kind": kind, "name": name, "type": sort, "choices": "[]", "position": 0}
        return self._made("custom_field", f"field of {kind}", name, columns)

    def _made(self, table: str, sort: str, name: str, columns: dict[str, Any]) -> str:
        if found := self._staging.find(sort, name):
            return found[0]
        row_id = str(uuid.uuid4())
        self._staging.put(table, row_id, Staged(columns))
        self._staging.name(sort, name, row_id)
        return row_id

"""A CRM from the one file of JSON that export writes: the same as its tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from linking.exchange.columns import COLUMNS, CUSTOM, FILES, WITH_CUSTOM
from linking.exchange.csv_items import import_sheets
from linking.exchange.export import text_of
from linking.exchange.report import ImportReport, Remark
from linking.exchange.sheets import Line, Sheet, Unreadable
from store.database import Database

MOST_OCTETS: Final = 1_000_000_000


def import_file(db: Database, path: Path, *, dry_run: bool) -> ImportReport:
    """Bring in what export wrote; see csv_items.import_directory. Raises OSError, sheets.Unreadable."""
    if path.stat().st_size > MOST_OCTETS:
        raise Unreadable(f"is larger than {MOST_OCTETS // 1_000_000} MB")
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not JSON: {error}") from error
    if not isinstance(found, dict) or found.get("format") != "dealbox 1":
        raise Unreadable('is not what export writes: "format" is not "dealbox 1"')
    return import_sheets(db, path.name, _sheets(found, path.name), dry_run=dry_run)


def _sheets(found: Mapping[str, Any], file: str) -> Iterator[tuple[str, Sheet]]:
    for kind in FILES:
        rows = found.get(kind, [])
        if isinstance(rows, list) and rows:
            yield kind, _sheet(kind, rows, file)


def _sheet(kind: str, rows: list[Any], file: str) -> Sheet:
    """Return a list as a table; `number` counts its rows."""
    known: set[str] = set()
    lines: list[Line] = []
    rejects: list[Remark] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            rejects.append(Remark(f"{file} {kind}", number, "is not an object"))
            continue
        fields = {name: text_of(value) for name, value in row.items() if name in COLUMNS[kind]}
        custom = row.get("custom") if kind in WITH_CUSTOM else None
        if isinstance(custom, dict):
            fields |= {f"{CUSTOM}{name}": text_of(value) for name, value in custom.items()}
            known.add(CUSTOM)
        known |= fields.keys()
        lines.append(Line(number, {name: cell for name, cell in fields.items() if cell}))
    return Sheet(f"{file} {kind}", frozenset(known), tuple(lines), tuple(rejects))

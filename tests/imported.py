"""Importing one file, for tests of what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linking.exchange import csv_file, mapping
from linking.exchange.csv_file import Options
from linking.exchange.report import ImportReport
from store.database import Database


def imported(
    db: Database, place: Path, text: str | bytes, *, kind: str | None = None, file: str = "file.csv",
    dry_run: bool = False, maps: tuple[str, ...] = (), **options: Any,
) -> ImportReport:  # fmt: skip
    path = place / file
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    how = Options(**options)
    headings, _ = csv_file.samples(path, how)
    chosen = mapping.with_options(mapping.guess(headings, kind, file=file), maps)
    return csv_file.import_file(db, path, chosen, how, dry_run=dry_run)


def counts(report: ImportReport) -> dict[str, tuple[int, int, int]]:
    """Return how many rows of each kind were added, changed, unchanged."""
    """Import a file of this text and return the report."""
    return {count.kind: (count.added, count.changed, count.unchanged) for count in report.counts}


def rows(db: Database, query: str) -> list[Any]:
    """Return what a query finds."""
    return db.read().execute(query).fetchall()


def a_colleague(db: Database, name: str = "Noa", email: str = "noa@corp.example") -> None:
    """Insert a user of the workspace."""
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES ('u1', ?, ?, 1, 1)",
            (name, email),
        )

"""A CRM from a directory of CSV files: one per kind of item, each row with an id that the others refer to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from linking.exchange import (
    crm_about,
    crm_contacts,
    crm_conversations,
    crm_structure,
    crm_work,
    sheets,
    values,
)
from linking.exchange.columns import FILES, headings
from linking.exchange.crm_base import MOST_STEPS as MOST_STEPS
from linking.exchange.crm_base import Base
from linking.exchange.records_in import Gathering, Record
from linking.exchange.report import ImportReport, Remark
from linking.exchange.sheets import Line, Sheet
from store.crm import import_runs
from store.database import Database

SYSTEM: Final = "csv"

_RECORDS: Final[Mapping[str, Callable[[Base, Line], Record]]] = {
    "user": crm_structure.user,
    "pipeline": crm_structure.pipeline,
    "stage": crm_structure.stage,
    "phase": crm_structure.phase,
    "label": crm_structure.label,
    "custom_field": crm_structure.custom_field,
    "organization": crm_contacts.organization,
    "person": crm_contacts.person,
    "product": crm_contacts.product,
    "lead": crm_work.lead,
    "deal": crm_work.deal,
    "project": crm_work.project,
    "activity": crm_about.activity,
    "note": crm_about.note,
    "exception": crm_structure.exception,
}
_WHOLE: Final[Mapping[str, Callable[[Base, Sheet], None]]] = {
    "deal_product": crm_work.products_of_deals,
    "link": crm_about.links,
    "choice": crm_conversations.choices,
    "history": crm_conversations.history,
    "reference": crm_structure.references,
}


def import_directory(db: Database, directory: Path, *, dry_run: bool) -> ImportReport:
    """Bring in the CRM of `directory`, all of it or nothing; a dry run only says what would come in.

    Doing it twice changes nothing; a row that has changed since replaces what it was. Raises OSError when the
    directory or a file cannot be read, and import_runs.UnderWay.
    """
    found = {path.name.lower(): path for path in sorted(directory.iterdir()) if path.is_file()}
    files = (
        (kind, sheets.read(found[name], headings(kind)))
        for kind, names in FILES.items()
        for name in names
        if name in found
    )
    return import_sheets(db, directory.name, files, dry_run=dry_run)


def import_sheets(
    db: Database, name: str, files: Iterable[tuple[str, Sheet]], *, dry_run: bool
) -> ImportReport:
    """Bring in what files of each kind say, in the order of columns.FILES. Raises import_runs.UnderWay."""
    with nullcontext() if dry_run else import_runs.alone(db):
        return _import(db, name, files, dry_run=dry_run)


def _import(db: Database, name: str, files: Iterable[tuple[str, Sheet]], *, dry_run: bool) -> ImportReport:
    gathering = Gathering(db.read(), SYSTEM, int(time.time()))
    base = Base.of(db, gathering)
    for kind, sheet in files:
        _read(base, kind, sheet)
    if not dry_run:
        gathering.carry_out(db, name)
    return gathering.report(is_dry_run=dry_run)


def _read(base: Base, kind: str, sheet: Sheet) -> None:
    base.file, base.known = sheet.file, sheet.known
    base.gathering.rejects += sheet.rejects
    base.gathering.notices += sheet.notices
    if kind in _WHOLE:
        _WHOLE[kind](base, sheet)
        return
    base.gathering.begin(kind)
    for line in sheet.lines:
        try:
            _add(base, kind, line)
        except ValueError as error:
            base.gathering.rejects.append(Remark(base.file, line.number, str(error)))


def _add(base: Base, kind: str, line: Line) -> None:
    external_id = values.text(line["id"])
    if not external_id:
        raise ValueError("has no id")
    record = _RECORDS[kind](base, line)
    earlier = base.gathering.earlier(kind, external_id, record)
    if earlier:
        raise ValueError(f"id {external_id} stands on line {earlier} already, with other values")
    if earlier is None:
        base.gathering.add(kind, external_id, line.number, record, keeps=base.keeps(record))

"""Items from one file that another program has exported, row by row; all of them come in, or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from linking.exchange.csv_base import Base
from linking.exchange.csv_cells import Settings, cells_of, places
from linking.exchange.csv_rows import Identified, Rows
from linking.exchange.intake import Intake
from linking.exchange.mapping import Chosen, refuse_if_unknown, source_of
from linking.exchange.marks import Marks
from linking.exchange.people import People
from linking.exchange.rejects import Rejects
from linking.exchange.report import ImportReport, Remark, overtaken
from linking.exchange.sheets import Row, Table
from linking.exchange.stages import Stages
from store.crm import import_runs, records, users
from store.crm.staging import Staging
from store.database import Database
from store.links import contacts

SAMPLES: Final = 2
_LOOKED_AT: Final = 200
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Options:
    """What is said of a file: how it is written, where it is from, and where rows go that cannot be taken."""

    encoding: str = ""
    delimiter: str = ""
    source: str = ""
    rejects: Path | None = None
    stage_map: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)


Told = Callable[[str], None]


def _nothing(_: str) -> None:
    """Tell nobody."""


def _percent(told: Told) -> Callable[[int], None]:
    return lambda percent: told(f"{percent} % written")


def samples(path: Path, options: Options) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return the headings of a file, and the first values of each column. Raises OSError, sheets.Unreadable."""
    with Table(path, encoding=options.encoding, delimiter=options.delimiter) as table:
        found: list[list[str]] = [[] for _ in table.headings]
        for number, row in enumerate(table):
            for cell, some in zip(row.cells, found, strict=False):
                if not row.problem and cell.strip() and cell not in some and len(some) < SAMPLES:
                    some.append(cell)
            if number >= _LOOKED_AT or all(len(some) == SAMPLES for some in found):
                break
    return table.headings, found


def import_file(
    db: Database,
    path: Path,
    chosen: Chosen,
    options: Options | None = None,
    *,
    dry_run: bool,
    told: Told = _nothing,
) -> ImportReport:
    """Bring in the rows of a file; a dry run only says what would come in.

    The store is read while the file is, and written at the end: all of it or nothing. Doing it twice changes nothing.
    `told` hears now and then how far it is.
    Raises OSError, sheets.Unreadable, mapping.CannotMap, import_runs.UnderWay.
    """
    options = options or Options()
    refuse_if_unknown(chosen)
    now = int(time.time())
    connection = db.read()
    with (
        nullcontext() if dry_run else import_runs.alone(db),
        Table(path, encoding=options.encoding, delimiter=options.delimiter) as table,
        Staging(connection, f"csv:{options.source or source_of(table.headings)}") as staging,
        Rejects(options.rejects, table.headings) as rejects,
    ):
        intake = Intake(staging, path.name, now)
        _tell_of_the_file(intake, table, chosen)
        rows = Rows(_base(db, intake, options))
        columns = places(chosen)
        for some in _batches(table):
            read = [_identified(row, chosen.kind, columns, rows) for row in some]
            _take(read, chosen.kind, rows, intake, rejects)
            staging.flush()
            told(f"{some[-1].number:,} lines read")
        if not dry_run and not staging.is_empty():
            left = import_runs.write(db, path.name, staging.steps(now), now, _percent(told))
            intake.notices.extend(overtaken(path.name, left))
        return intake.report(is_dry_run=dry_run, kind=chosen.kind)


def _batches(table: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(table)
    while some := list(islice(rows, _AT_ONCE)):
        yield some


def _identified(
    row: Row, kind: str, columns: Sequence[tuple[str, str]], rows: Rows
) -> tuple[Row, Identified | None]:
    if row.problem:
        return row, None
    return row, rows.identify(kind, cells_of(row.number, columns, row.cells))


def _take(
    read: Sequence[tuple[Row, Identified | None]], kind: str, rows: Rows, intake: Intake, rejects: Rejects
) -> None:
    rows.expect(kind, [found for _, found in read if found])
    for row, found in read:
        reason = row.problem
        if found:
            external_id = rows.settle(kind, found)
            try:
                with intake.whole():
                    rows.take(kind, found, external_id)
            except ValueError as error:
                reason = str(error)
        if reason:
            intake.rejects.append(Remark(intake.file, row.number, reason))
            rejects.add(row.number, reason, row.cells)


def _tell_of_the_file(intake: Intake, table: Table, chosen: Chosen) -> None:
    if not table.encoding.is_sure:
        intake.tell(
            1, f"is read as {table.encoding.name}, which is a guess: say --encoding when names look wrong"
        )
    taken: set[str] = set()
    for number, column in enumerate(chosen.columns, 1):
        if not column.heading:
            intake.tell(1, f"column {number} has no heading and is left out")
        elif not column.field:
            intake.tell(1, f"column “{column.heading[:60]}” is not known and is left out; or say --map")
        elif column.field in taken and "." not in column.field and column.field not in _SEVERAL:
            intake.tell(
                1,
                f"column “{column.heading[:60]}” is one more for {column.field}: it counts where the first is empty",
            )
        taken.add(column.field)


_SEVERAL: Final = frozenset(
    {"email", "phone", "labels", "participants", "person_email", "person_phone", "domain"}
)


def _base(db: Database, intake: Intake, options: Options) -> Base:
    connection = db.read()
    me = users.me(connection).id
    stages = Stages(intake, records.pipelines(connection), records.steps(connection), options.stage_map)
    defaults = {"owner_id": me, "visible_to": options.settings.visible_to}
    people = People(intake, contacts.ours(connection).addresses, defaults)
    return Base(intake, people, Marks(intake.staging), stages, dict(_owners(db)), me, options.settings)


def _owners(db: Database) -> Iterator[tuple[str, str]]:
    """Yield what users are called in files: names that only one has, and addresses."""
    everybody = users.all(db)
    names = [user.name.casefold() for user in everybody]
    for user in everybody:
        if names.count(user.name.casefold()) == 1:
            yield user.name.casefold(), user.id
        for address in (user.email, *user.aliases):
            yield address, user.id

"""Writing the CRM's rows in bulk: what an import, and later a sync with another CRM, brings in."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from peewee import EXCLUDED, SqliteDatabase

from store.crm.import_steps import KEYS
from store.crm.item_index import reindex as reindex
from store.crm.models import MODELS, Row

Values = Mapping[str, object]
_CHUNK: Final = 400


class Known(NamedTuple):
    """A row that was brought in before."""

    local_id: str
    hash: bytes


class _Lent(SqliteDatabase):
    """Lets peewee use a connection of ours inside our transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(None)
        self._lent = connection
        self.init(":memory:")

    def _connect(self) -> sqlite3.Connection:
        return self._lent


def on(connection: sqlite3.Connection) -> SqliteDatabase:
    """Return what peewee calls a database, over a connection that stays ours."""
    return _Lent(connection)


def save(
    connection: sqlite3.Connection, table: str, rows: Sequence[Values], *, keeps: Collection[str] = ()
) -> None:
    """Insert rows, or replace the values of those whose key is there, counting `rev` up. All rows name the same columns.

    `keeps` are columns that only new rows get.
    """
    if not rows:
        return
    model = MODELS[table]
    fields = model._meta.fields
    key: Any = model._meta.primary_key
    keys = list(getattr(key, "field_names", None) or (key.name,))
    names = list(rows[0])
    kept = {*keys, *keeps}
    update = {fields[name]: getattr(EXCLUDED, name) for name in names if name not in kept}
    if issubclass(model, Row):
        update[fields["rev"]] = fields["rev"] + 1
    insert = model.insert({fields[name]: None for name in names})
    query = (
        insert.on_conflict(conflict_target=[fields[name] for name in keys], update=update)
        if update
        else insert.on_conflict_ignore()
    )
    sql, template = on(connection).get_sql_context().sql(query).query()  # type: ignore[no-untyped-call]
    # One statement for all rows: having peewee put it together for each takes most of an import's time.
    columns = re.findall(r'"(\w+)"', sql[sql.index("(") : sql.index(")")])
    defaults = dict(zip(columns, template, strict=False))
    tail = template[len(columns) :]
    connection.executemany(sql, [[*({**defaults, **row}[name] for name in columns), *tail] for row in rows])


def by_id(
    connection: sqlite3.Connection, table: str, row_ids: Sequence[object]
) -> dict[object, dict[str, Any]]:
    """Return those of the shareable rows that are here, by their ids."""
    rows = _rows(
        connection,
        f'SELECT * FROM "{table}" WHERE id IN (SELECT value FROM json_each(?))',  # noqa: S608 - names of our models
        (json.dumps(row_ids),),
    )
    return {row["id"]: row for row in rows}


def parts(
    connection: sqlite3.Connection, table: str, columns: tuple[str, str], owner_id: str
) -> list[dict[str, Any]]:
    """Return what a row has of a table of parts; `columns` say whose they are and what tells them apart."""
    query = f'SELECT * FROM "{table}" WHERE "{columns[0]}" = ? ORDER BY "{columns[1]}"'  # noqa: S608 - names of our models
    return _rows(connection, query, (owner_id,))


def with_keys(connection: sqlite3.Connection, table: str, rows: Sequence[Values]) -> list[dict[str, Any]]:
    """Return the rows that are here with the same keys."""
    keys = KEYS[table]
    query = f'SELECT * FROM "{table}" WHERE ' + " AND ".join(f'"{name}" = ?' for name in keys)  # noqa: S608 - names of KEYS
    return [found for row in rows for found in _rows(connection, query, [row[name] for name in keys])]


def _rows(connection: sqlite3.Connection, query: str, values: Sequence[object]) -> list[dict[str, Any]]:
    found = connection.execute(query, values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def has(connection: sqlite3.Connection, table: str, row_id: str) -> bool:
    """Say whether a shareable row with this id is here, deleted or not."""
    found = connection.execute(f'SELECT 1 FROM "{table}" WHERE id = ?', (row_id,))  # noqa: S608 - names of ours
    return KEYS.get(table) == ("id",) and found.fetchone() is not None


def with_value(connection: sqlite3.Connection, table: str, column: str, value: str) -> str | None:
    """Return the oldest shareable row that is not deleted and has this value."""
    known_column = MODELS[table]._meta.fields[column].column_name
    row = connection.execute(
        f'SELECT id FROM "{table}" WHERE "{known_column}" = ? AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1',  # noqa: S608 - names of our models
        (value,),
    ).fetchone()
    return None if row is None else str(row[0])


def custom_fields(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return the ids of custom fields by the kind of item and their names, also by their own ids."""
    rows = connection.execute(
        "SELECT item_kind, name, id FROM custom_field WHERE deleted_at IS NULL ORDER BY position, id"
    ).fetchall()
    return {(kind, key): field_id for kind, name, field_id in rows for key in (field_id, name)}


def known(connection: sqlite3.Connection, system: str, kind: str) -> dict[str, Known]:
    """Return what was brought in from `system` before, by the id it has there."""
    rows = connection.execute(
        "SELECT external_id, local_id, hash FROM external_ref WHERE system = ? AND kind = ?", (system, kind)
    ).fetchall()
    return {external_id: Known(local_id, value) for external_id, local_id, value in rows}


def exceptions(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return the ids of what is treated apart, by pattern and effect."""
    rows = connection.execute(
        "SELECT pattern, effect, id FROM crm_exception WHERE deleted_at IS NULL"
    ).fetchall()
    return {(pattern, effect): row_id for pattern, effect, row_id in rows}


def is_told(connection: sqlite3.Connection, line: Sequence[object]) -> bool:
    """Say whether timelines tell a line: (at, by, what, object, details)."""
    query = (
        "SELECT 1 FROM audit WHERE at = ? AND by_user = ? AND what = ? AND object = ? AND details = ? LIMIT 1"
    )
    return connection.execute(query, line).fetchone() is not None


def steps(connection: sqlite3.Connection) -> list[tuple[str, str, str, str, int]]:
    """Return (id, "pipeline" or "board", its name, the step's name, position) of stages and phases, in order."""
    return connection.execute(
        "SELECT s.id, 'pipeline', p.name, s.name, s.position FROM stage s JOIN pipeline p ON p.id = s.pipeline_id"
        " WHERE s.deleted_at IS NULL UNION ALL SELECT id, 'board', board, name, position FROM phase"
        " WHERE deleted_at IS NULL ORDER BY 2, 5"
    ).fetchall()


def pipelines(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the ids of pipelines by their names, the default one first."""
    return dict(
        connection.execute(
            "SELECT name, id FROM pipeline WHERE deleted_at IS NULL ORDER BY position"
        ).fetchall()
    )


def labels(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the ids of labels by their names."""
    return dict(connection.execute("SELECT name, id FROM label").fetchall())

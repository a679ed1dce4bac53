"""Everything but mail into files of open formats, which import brings back as it was."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from linking.conversation import moment
from linking.exchange import vcards_out
from linking.exchange.columns import CUSTOM, FILES, WITH_CUSTOM
from linking.exchange.sheets import neutral
from linking.exchange.values import joined
from store.crm import exporting
from store.database import Database

Values = dict[str, Any]
_Names = dict[str, tuple[str, str]]
FORMATS: Final = ("csv", "json", "vcf")
JSON_FILE: Final = "dealbox.json"
VCARD_FILE: Final = "persons.vcf"
_READ_ME: Final = """This is a CRM, exported by dealbox.

*.csv         a table for each kind of item; ids tell which row means which (dealbox import crm DIR)
dealbox.json  the same as one file (dealbox import json FILE)
persons.vcf   persons for address books (dealbox import vcard FILE)

Mail is not among it: it stays in the mail accounts. links.csv says which conversation belongs to which item by the
Message-IDs of its messages; imported before the mail is there, the links come back with it. conversations.csv has what else
was chosen for them by hand, exceptions.csv the addresses that are treated apart, history.csv what timelines tell.
"""
_MOMENTS: Final = frozenset(
    [
        "created_at",
        "updated_at",
        "deleted_at",
        "closed_at",
        "archived_at",
        "stage_changed_at",
        "due_at",
        "done_at",
        "entered_at",
        "at",
    ]
)


class NotEmpty(Exception):
    """There is something in the directory already; nothing was written."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """How many rows of each kind were written, into which files."""

    counts: Mapping[str, int]
    files: tuple[str, ...]


def export(db: Database, directory: Path, formats: Collection[str] = FORMATS) -> ExportReport:
    """Write everything into `directory`, which is made private. Raises NotEmpty, OSError.

    All files tell of one moment, whatever is changed meanwhile.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise NotEmpty(f"{directory} is not empty: name a directory that is, or a new one")
    directory.chmod(0o700)
    connection = db.read()
    connection.execute("BEGIN")
    try:
        names = _field_names(exporting.rows(connection, "custom_field"))
        rows = {kind: _of_kind(exporting.rows(connection, kind), kind, names) for kind in exporting.KINDS}
        return _write(directory, rows, formats, names)
    finally:
        connection.execute("COMMIT")


def _write(
    directory: Path, rows: Mapping[str, Iterator[Values]], formats: Collection[str], names: _Names
) -> ExportReport:
    """Write each kind into every format as it is read: no kind is held in memory whole."""
    counts: dict[str, int] = {}
    files = ["README.txt"]
    with _opened(directory / files[0]) as file:
        file.write(_READ_ME)
    with _Json(directory, "json" in formats) as as_json, _Cards(directory, "vcf" in formats) as cards:
        for kind, some in rows.items():
            as_json.begin(kind)
            with _Csv(directory, kind, names, "csv" in formats) as table:
                counts[kind] = 0
                for row in some:
                    counts[kind] += 1
                    as_json.add(row)
                    table.add(row)
                    cards.add(kind, row)
            files += table.files
            as_json.end()
    return ExportReport(counts, (*files, *as_json.files, *cards.files))


def _opened(path: Path) -> TextIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return open(descriptor, "w", encoding="utf-8", newline="")  # noqa: PTH123 - a descriptor


# -- what rows say


def _field_names(rows: Iterable[Values]) -> _Names:
    """Return of which kind custom fields are and what they are called; of two with one name, one goes by its id."""
    names: _Names = {}
    taken: set[tuple[str, str]] = set()
    for row in rows:
        key = (row["item_kind"], row["name"])
        names[row["id"]] = (key[0], row["id"] if key in taken or row["deleted_at"] else row["name"])
        taken.add(key)
    return names


def _of_kind(rows: Iterable[Values], kind: str, names: _Names) -> Iterator[Values]:
    """Yield rows as both formats name them."""
    for row in rows:
        found = dict(row)
        if kind == "user":
            found["alias"] = found.pop("aliases").split()
            found["role"] = "admin" if found.pop("is_admin") else "regular"
        if kind == "deal":
            won_at, lost_at = found.pop("won_at"), found.pop("lost_at")
            found["closed_at"] = {"won": won_at, "lost": lost_at}.get(found["status"])
        if kind == "person":
            _split_ways(found)
        if "closed_periods" in found:
            found["closed_periods"] = [f"{moment(a)}/{moment(b)}" for a, b in found["closed_periods"]]
        if "custom" in found:
            found["custom"] = {names[field][1]: value for field, value in sorted(found["custom"].items())}
        yield {name: moment(value) if name in _MOMENTS else value for name, value in found.items()}


def _split_ways(found: Values) -> None:
    emails, phones = found.pop("emails"), found.pop("phones")
    found["emails"] = [email for email, _, _ in emails]
    found["email_labels"] = {email: label for email, label, _ in emails if label}
    found["email_status"] = {email: status for email, _, status in emails if status != "ok"}
    found["phone"] = [phone for phone, _ in phones]
    found["phone_labels"] = {phone: label for phone, label in phones if label}


def text_of(value: object) -> str:
    """Return a value as a cell says it; import reads it back."""
    match value:
        case None:
            return ""
        case list():
            return joined(str(each) for each in value)
        case dict():
            return joined(f"{key}: {each}" for key, each in value.items())
        case _:
            return str(value)


# -- formats


class _Csv:
    """One table; its columns are those of its first row, and those of custom fields."""

    def __init__(self, directory: Path, kind: str, names: _Names, is_wanted: bool) -> None:
        self._path = directory / FILES[kind][0]
        self._custom = sorted({name for of, name in names.values() if of == kind and kind in WITH_CUSTOM})
        self._is_wanted = is_wanted
        self._rows: list[Values] = []
        self._file: TextIO | None = None
        self._columns: list[str] = []
        self.files: list[str] = []

    def __enter__(self) -> _Csv:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Values) -> None:
        """Write a row."""
        if not self._is_wanted:
            return
        if self._file is None:
            self._begin(row)
        cells = [text_of(row.get(name)) for name in self._columns]
        cells += [text_of(row["custom"].get(name)) for name in self._custom]
        self._row(cells)

    def _begin(self, row: Values) -> None:
        self._file = _opened(self._path)
        self.files.append(self._path.name)
        self._columns = [name for name in row if name != "custom"]
        self._row([*self._columns, *(CUSTOM + name for name in self._custom)])

    def _row(self, cells: list[str]) -> None:
        csv.writer(self._file, lineterminator="\n").writerow([neutral(cell) for cell in cells])  # type: ignore[arg-type] # open by now


class _Json:
    """One object with a list for each kind, a row a line."""

    def __init__(self, directory: Path, is_wanted: bool) -> None:
        self._path = directory / JSON_FILE
        self._file: TextIO | None = None
        self._is_wanted = is_wanted
        self._is_first = True
        self.files: list[str] = []

    def __enter__(self) -> _Json:
        if self._is_wanted:
            self._file = _opened(self._path)
            self._file.write('{"format": "dealbox 1"')
            self.files.append(self._path.name)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.write("}\n")
            self._file.close()

    def begin(self, kind: str) -> None:
        """Begin the list of a kind."""
        self._put(f',\n"{kind}": [')
        self._is_first = True

    def add(self, row: Values) -> None:
        """Write a row."""
        self._put(("\n" if self._is_first else ",\n") + json.dumps(row, ensure_ascii=False))
        self._is_first = False

    def end(self) -> None:
        """End the list."""
        self._put("]")

    def _put(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text)


class _Cards:
    """Persons as vCards; organizations come before them, and are remembered by name."""

    def __init__(self, directory: Path, is_wanted: bool) -> None:
        self._path = directory / VCARD_FILE
        self._is_wanted = is_wanted
        self._file: TextIO | None = None
        self._organizations: dict[str, str] = {}
        self.files: list[str] = []

    def __enter__(self) -> _Cards:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, kind: str, row: Values) -> None:
        """Write a person; others are looked at or passed over."""
        if not self._is_wanted:
            return
        if kind == "organization":
            self._organizations[row["id"]] = row["name"]
        if kind == "person" and row["deleted_at"] is None:
            if self._file is None:
                self._file = _opened(self._path)
                self.files.append(self._path.name)
            self._file.write(vcards_out.card(row, self._organizations.get(row["org_id"] or "", "")))

"""CSV files as rows of named fields, however a program has written them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from linking.exchange.report import Remark

if TYPE_CHECKING:
    from _csv import Reader

MOST_OCTETS: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row; a field that the file does not have is empty."""

    number: int
    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return the field, empty when there is none."""
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file. `known` are the columns it has of those asked for."""

    file: str
    known: frozenset[str]
    lines: tuple[Line, ...]
    rejects: tuple[Remark, ...] = ()
    notices: tuple[Remark, ...] = ()


def read(path: Path, columns: Mapping[str, str]) -> Sheet:
    """Read a file; `columns` maps a heading in lower case to the name of its field."""
    octets = path.read_bytes()
    if len(octets) > MOST_OCTETS:
        return _refused(path, f"is larger than {MOST_OCTETS // 1_000_000} MB")
    content = _decoded(octets)
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=_delimiter(content))
    try:
        heading = next(rows, [])
    except csv.Error as error:
        return _refused(path, str(error))
    names = [columns.get(" ".join(cell.lower().split()), "") for cell in heading]
    notices = tuple(
        Remark(path.name, 1, f"column “{cell[:60]}” is not known and was left out")
        for cell, name in zip(heading, names, strict=True)
        if not name and cell.strip()
    )
    lines, rejects = _lines(path, rows, names)
    return Sheet(path.name, frozenset(names) - {""}, lines, rejects, notices)


def _lines(path: Path, rows: Reader, names: list[str]) -> tuple[tuple[Line, ...], tuple[Remark, ...]]:
    lines: list[Line] = []
    rejects: list[Remark] = []
    first = rows.line_num + 1
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return tuple(lines), tuple(rejects)
        except csv.Error as error:
            rejects.append(Remark(path.name, first, str(error)))
            first = rows.line_num + 1
            continue
        if any(row[len(names) :]):
            rejects.append(
                Remark(path.name, first, f"has {len(row)} fields where the heading has {len(names)}")
            )
        elif any(cell.strip() for cell in row):
            fields = {name: cell for name, cell in zip(names, row, strict=False) if name and cell}
            lines.append(Line(first, fields))
        first = rows.line_num + 1


def _refused(path: Path, reason: str) -> Sheet:
    return Sheet(path.name, frozenset(), (), (Remark(path.name, 0, reason),))


def _decoded(octets: bytes) -> str:
    for encoding in ("utf-16",) if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return octets.decode(encoding)
        except UnicodeDecodeError:
            continue
    return octets.decode("cp1252", "replace")


def _delimiter(content: str) -> str:
    heading = content.partition("\n")[0]
    return max(",;\t", key=heading.count)

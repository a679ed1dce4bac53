"""CSV files as rows of named fields, however a program has written them, one row in memory at a time."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from linking.exchange import encodings, values
from linking.exchange.encodings import Encoding
from linking.exchange.report import Remark

DELIMITERS: Final = ",;\t|"
MOST_OCTETS: Final = 200_000_000
"""The largest file of a directory, whose rows are held in memory together."""
_MOST_LINE_CHARACTERS: Final = 1_000_000
_MOST_LINES: Final = 1_000
"""So many lines one row may have; after them a quote counts as never closed."""
_OTHER_KINDS: Final = {
    b"PK\x03\x04": "a workbook (xlsx, ods) or a zip file",
    b"\xd0\xcf\x11\xe0": "an old workbook (xls)",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
}
_SAMPLE_OCTETS: Final = 4096
_CONTROLS: Final = bytes([*range(9), *range(14, 32), 127])
_MOST_CONTROLS: Final = 0.02
"""So much of a text may be control characters."""
_SEPARATOR: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_NEUTRALISED: Final = re.compile(r"'+[=+\-@\t\r]")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?|\+[0-9][0-9 ()./;+-]*")
"""Amounts and telephone numbers: a spreadsheet can do no harm with them, and other programs want them as they are."""


class Unreadable(ValueError):
    """The file cannot be read as a table; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of cells; `number` is that of its first line. `problem` says why it cannot be taken."""

    number: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row by the names of its fields; a field that the file does not have is empty."""

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


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; plain() gives back what it was."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def plain(cell: str) -> str:
    """Return a cell without NULs, and as it was before neutral() or another program kept it from being a formula."""
    bare = cell.replace("\0", "")
    return bare[1:] if bare[:1] == "'" and _NEUTRALISED.match(bare) else bare


class Table:
    """An open file of rows under a heading. Use it as a context, then iterate once."""

    def __init__(self, path: Path, *, encoding: str = "", delimiter: str = "") -> None:
        self.name = path.name
        _refuse_other_kinds(path)
        self.encoding = _encoding(path, encoding)
        if not encoding and not self.encoding.is_sure:
            _refuse_binary(path)
        self._file: TextIO = path.open(encoding=self.encoding.name, errors="replace", newline="")
        try:
            self._lines = _Lines(self._file)
            first = self._lines.peek()
            if separator := _SEPARATOR.fullmatch(first):
                next(self._lines)
                self._lines.begin()
                delimiter = delimiter or separator[1]
            self.delimiter = delimiter or max(DELIMITERS, key=_unquoted(self._lines.peek()).count)
            self._reader = csv.reader(self._lines, delimiter=self.delimiter)
            heading = next(self._rows(), None)
            if heading is None or heading.problem:
                raise Unreadable(heading.problem if heading else "is empty")
        except BaseException:
            self._file.close()
            raise
        self.headings = tuple(values.text(cell) for cell in heading.cells)

    def __enter__(self) -> Table:
        """Return the table."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that are not empty, in order."""
        width = len(self.headings)
        for row in self._rows():
            if row.problem:
                yield row
            elif any(row.cells[width:]):
                problem = f"has {len(row.cells)} fields where the heading has {width}"
                yield Row(row.number, row.cells, problem)
            elif any(cell.strip() for cell in row.cells):
                yield row

    def _rows(self) -> Iterator[Row]:
        while True:
            number = self._lines.begin()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(number, self._lines.record[:1], f"cannot be read: {error}")
                self._lines.go_back()
                continue
            if self._lines.is_cut:
                yield Row(number, self._lines.record[:1], "opens a quote that is never closed")
                self._lines.go_back()
            elif self._lines.is_long:
                yield Row(number, [self._lines.record[0][:200]], "is longer than a million characters")
            else:
                yield Row(number, [plain(cell) for cell in cells])


class _Lines:
    """The lines of a file, which can be taken up again from the second line of the row at hand."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._ahead: deque[str] = deque()
        self._number = 0
        self.record: list[str] = []
        self.is_cut = False
        self.is_long = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = "" if len(self.record) >= _MOST_LINES else self._read()
        if not line:
            self.is_cut = bool(self.record)
            raise StopIteration
        self._number += 1
        self.record.append(line)
        return line

    def begin(self) -> int:
        """Begin a row, and return the number of its first line, counted from 1."""
        self.record = []
        self.is_cut = self.is_long = False
        return self._number + 1

    def go_back(self) -> None:
        """Let the next row begin with the second line of this one."""
        self._ahead.extendleft(reversed(self.record[1:]))
        self._number -= len(self.record) - 1

    def peek(self) -> str:
        """Return the line that comes next."""
        if not self._ahead:
            self._ahead.append(self._read())
        return self._ahead[0]

    def _read(self) -> str:
        if self._ahead:
            return self._ahead.popleft()
        line = self._file.readline(_MOST_LINE_CHARACTERS)
        if len(line) == _MOST_LINE_CHARACTERS and not line.endswith("\n"):
            self.is_long = True
            rest = line
            while rest and not rest.endswith("\n"):
                rest = self._file.readline(_MOST_LINE_CHARACTERS)
        return line


def _refuse_other_kinds(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    for mark, what in _OTHER_KINDS.items():
        if start.startswith(mark):
            raise Unreadable(f"is {what}: open it in a spreadsheet and save it as CSV")


def _refuse_binary(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(_SAMPLE_OCTETS)
    if len(start.translate(None, _CONTROLS)) < len(start) * (1 - _MOST_CONTROLS):
        raise Unreadable("is not text: open it in the program it is from and save it as CSV")


def _encoding(path: Path, wanted: str) -> Encoding:
    if not wanted:
        return encodings.encoding_of(path)
    name = encodings.named(wanted)
    if name is None:
        raise Unreadable(f"there is no encoding {wanted!r}: say utf-8, cp1252, cp1251, shift_jis ...")
    with path.open("rb") as file:
        # A mark at the beginning would become part of the first heading.
        return Encoding("utf-8-sig" if name == "utf-8" and file.read(3) == b"\xef\xbb\xbf" else name, True)


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def read(path: Path, columns: Mapping[str, str]) -> Sheet:
    """Read a file whole; `columns` maps a heading in lower case to the name of its field, or how both begin up to a colon."""
    if path.stat().st_size > MOST_OCTETS:
        return _refused(path, f"is larger than {MOST_OCTETS // 1_000_000} MB")
    if path.stat().st_size == 0:
        return Sheet(path.name, frozenset(), ())
    try:
        with Table(path) as table:
            return _sheet(table, columns)
    except Unreadable as error:
        return _refused(path, str(error))


def _sheet(table: Table, columns: Mapping[str, str]) -> Sheet:
    names = [_field(columns, heading) for heading in table.headings]
    notices = tuple(
        Remark(table.name, 1, f"column “{heading[:60]}” is not known and was left out")
        for heading, name in zip(table.headings, names, strict=True)
        if not name and heading
    )
    lines: list[Line] = []
    rejects: list[Remark] = []
    for row in table:
        if row.problem:
            rejects.append(Remark(table.name, row.number, row.problem))
        else:
            fields = {name: cell for name, cell in zip(names, row.cells, strict=False) if name and cell}
            lines.append(Line(row.number, fields))
    return Sheet(table.name, frozenset(names) - {""}, tuple(lines), tuple(rejects), notices)


def _field(columns: Mapping[str, str], heading: str) -> str:
    for start, field in columns.items():
        if start.endswith(":") and heading.lower().startswith(start):
            return field + heading[len(start) :]
    return columns.get(heading.lower(), "")


def _refused(path: Path, reason: str) -> Sheet:
    return Sheet(path.name, frozenset(), (), (Remark(path.name, 0, reason),))

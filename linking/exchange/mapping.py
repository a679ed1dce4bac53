"""Which field of an item each column of an exported file is: guessed from its heading, changed by hand, remembered."""

from __future__ import annotations

import hashlib
import json
import shlex
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from store import private_file

KINDS: Final = ("deal", "lead", "project", "activity", "note", "product", "person", "organization")
"""What one file may hold, in the order in which a heading with a prefix decides."""
SKIP: Final = "-"
CUSTOM: Final = "custom:"
_FILE: Final = "import-mappings.json"
_MOST_REMEMBERED: Final = 200
_NEARLY: Final = 0.7
"""With so many of the columns that the likeliest kind has, the name of the file decides."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("name", "first_name", "last_name", "email"),
    "organization": ("name",),
    "deal": ("title",),
    "lead": ("title", "person", "first_name", "last_name", "organization"),
    "project": ("title",),
    "activity": ("subject",),
    "note": ("body",),
    "product": ("name",),
}
_BESIDE: Final = ("product", "person", "organization")
_NAMES: Final = {
    "person": ("person", "people", "contact"),
    "organization": ("organization", "organisation", "compan"),
    "deal": ("deal", "opportunit"),
    "lead": ("lead",),
    "project": ("project",),
    "activity": ("activit", "task"),
    "note": ("note",),
    "product": ("product",),
}


class CannotMap(ValueError):
    """The columns cannot be told; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and the field it is; "" for none."""

    heading: str
    field: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What every column of a file of one kind means."""

    kind: str
    columns: tuple[Column, ...]

    def missing(self) -> str:
        """Return what no column tells although it is needed, "" when all is there."""
        have = {column.field.partition(".")[0] for column in self.columns}
        needed = _NEEDED[self.kind]
        return "" if have & set(needed) else " or ".join(needed)

    def options(self) -> tuple[str, ...]:
        """Return the options that choose the same without questions."""
        pairs = [f"{column.heading}={column.field or SKIP}" for column in self.columns if column.heading]
        return (f"--kind {self.kind}", *(f"--map {shlex.quote(pair)}" for pair in dict.fromkeys(pairs)))

    def with_field(self, index: int, field: str) -> Chosen:
        """Return the same with another field for one column; raises CannotMap."""
        columns = list(self.columns)
        columns[index] = replace(columns[index], field=_checked(self.kind, field))
        return replace(self, columns=tuple(columns))


def fields(kind: str) -> tuple[str, ...]:
    """Return the fields a column of such a file can be."""
    return tuple(dict.fromkeys((*_tables()[kind], *_tables()["any"])))


def guess(headings: Sequence[str], kind: str | None = None, *, file: str = "") -> Chosen:
    """Return what the columns mean as far as their headings tell, and of what kind the rows are.

    Raises CannotMap when the kind cannot be told.
    """
    if kind is None:
        kind = _kind_of(headings, file)
    return Chosen(kind, tuple(Column(heading, _field(kind, heading)) for heading in headings))


def with_options(chosen: Chosen, options: Iterable[str]) -> Chosen:
    """Return the mapping with those of "HEADING=field" changed. Raises CannotMap."""
    for option in options:
        heading, equals, field = option.rpartition("=")
        if not equals:
            raise CannotMap(f"--map {option!r}: write HEADING=field, or HEADING=- to leave the column out")
        found = [n for n, each in enumerate(chosen.columns) if _bare(each.heading) == _bare(heading)]
        if not found:
            raise CannotMap(f"there is no column {heading!r}: there is {_listed(chosen)}")
        for n in found:
            chosen = chosen.with_field(n, field.strip())
    return chosen


def refuse_if_unknown(chosen: Chosen) -> None:
    """Raise CannotMap with the list of headings when a needed one is not known."""
    if missing := chosen.missing():
        raise CannotMap(
            f"no column is the {missing} of a {chosen.kind}: say which with --map HEADING={missing.split(' ')[0]}."
            f" The columns are {_listed(chosen)}"
        )


def source_of(headings: Sequence[str]) -> str:
    """Return which program wrote such headings, as far as that can be told: "csv" for any."""
    bare = {_bare(heading) for heading in headings}
    prefixes = tuple(f"{prefix} - " for some in _tables()["prefixes"].values() for prefix in some)
    if any(heading.startswith(prefixes) for heading in bare):
        return "pipedrive"
    if any(heading.startswith("record id") for heading in bare) or any(
        heading.startswith("associated ") for heading in bare
    ):
        return "hubspot"
    bitrix = {"responsible person", "verantwortliche person", "persona responsable", "persona responsabile"}
    return "bitrix24" if bare & (bitrix | {"pessoa responsável", "ответственный"}) else "csv"


# -- what is remembered


def recall(directory: Path, headings: Sequence[str]) -> Chosen | None:
    """Return what was chosen for just these headings before."""
    found = _remembered(directory).get(_key(headings))
    if not isinstance(found, dict) or found.get("kind") not in KINDS:
        return None
    known = found.get("fields")
    if not isinstance(known, list) or len(known) != len(headings):
        return None
    return Chosen(
        found["kind"], tuple(Column(h, str(field)) for h, field in zip(headings, known, strict=True))
    )


def remember(directory: Path, chosen: Chosen) -> None:
    """Keep what was chosen for these headings, for the next file that has them."""
    known = _remembered(directory)
    key = _key([column.heading for column in chosen.columns])
    known.pop(key, None)
    known[key] = {"kind": chosen.kind, "fields": [column.field for column in chosen.columns]}
    kept = dict(list(known.items())[-_MOST_REMEMBERED:])
    private_file.write(directory / _FILE, json.dumps(kept, ensure_ascii=False, indent=1).encode())


def _remembered(directory: Path) -> dict[str, Any]:
    try:
        found = json.loads((directory / _FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _key(headings: Sequence[str]) -> str:
    return hashlib.blake2b("\x1f".join(map(_bare, headings)).encode(), digest_size=16).hexdigest()


# -- guessing


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("headings.toml").read_text(encoding="utf-8"))


@cache
def _aliases(kind: str) -> dict[str, str]:
    tables = _tables()
    found: dict[str, str] = {}
    for table in (tables[kind], tables["any"]):
        for field, headings in table.items():
            for heading in (*headings, field.replace("_", " ").replace(".", " "), field):
                found.setdefault(heading, field)
    return found


@cache
def _across(kind: str) -> dict[str, str]:
    """Return the fields that headings of other items' prefixes mean here: "person - name" of a deal."""
    tables = _tables()
    own = fields(kind)
    found = {}
    for other, table in tables["across"].items():
        if other != kind:
            for prefix in tables["prefixes"][other]:
                for field, headings in table.items():
                    for heading in headings if field in own else ():
                        found[f"{prefix} - {heading}"] = field
    return found


def _field(kind: str, heading: str) -> str:
    bare = _bare(heading)
    if not bare:
        return ""
    for prefix in _tables()["prefixes"][kind]:
        if bare.startswith(f"{prefix} - "):
            return _aliases(kind).get(bare.removeprefix(f"{prefix} - "), "")
    return _across(kind).get(bare) or _aliases(kind).get(bare, "")


def _kind_of(headings: Sequence[str], file: str) -> str:
    if prefixed := _by_prefix([_bare(heading) for heading in headings]):
        return prefixed
    scores: dict[str, float] = {}
    for kind in KINDS:
        columns = guess(headings, kind)
        if not columns.missing():
            have = {column.field for column in columns.columns} - {""}
            # Addresses and telephones speak for persons; and a lead may go without a title, so that nearly anything could be one.
            theirs = sum(field.startswith("person_") for field in have)
            scores[kind] = len(have) - theirs / 2 - (kind == "lead" and "title" not in have)
    most = max(scores.values(), default=0)
    best = [kind for kind, score in scores.items() if score == most]
    hinted = [
        kind
        for kind, score in scores.items()
        if score >= most * _NEARLY and any(word in file.lower() for word in _NAMES[kind])
    ]
    if len(hinted) == 1:
        best = hinted
    if len(best) == 1:
        return best[0]
    raise CannotMap(
        f"it is not clear what the rows are: say --kind {'|'.join(best or sorted(KINDS))}."
        f" The columns are {', '.join(repr(heading) for heading in headings if heading)}"
    )


def _by_prefix(bare: Sequence[str]) -> str | None:
    """Return the kind that prefixes tell: that of most columns, but people and companies are named beside everything else."""
    counts: dict[str, int] = {}
    for kind in KINDS:
        prefixes = tuple(f"{prefix} - " for prefix in _tables()["prefixes"][kind])
        own = [heading for heading in bare if heading.startswith(prefixes)]
        if {_field(kind, heading).partition(".")[0] for heading in own} & set(_NEEDED[kind]):
            counts[kind] = len(own)
    work = {kind: count for kind, count in counts.items() if kind not in _BESIDE}
    return max(work, key=work.__getitem__) if work else next(iter(counts), None)


def _checked(kind: str, field: str) -> str:
    if field in ("", SKIP):
        return ""
    if field.startswith(CUSTOM) and field[len(CUSTOM) :].strip():
        return field
    if field in fields(kind):
        return field
    raise CannotMap(f"a {kind} has no field {field!r}: there is {', '.join(fields(kind))}, or custom:NAME")


def _bare(heading: str) -> str:
    return " ".join(heading.replace("–", "-").rstrip("* ").casefold().split())


def _listed(chosen: Chosen) -> str:
    return ", ".join(repr(column.heading) for column in chosen.columns if column.heading)

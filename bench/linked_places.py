"""A store with the shared corpus and a CRM of the size of a company's: its own people and items, and as many more as wanted."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import places

PERSONS = 20_000
ITEMS = 10_000
_OWNER = ("noa.vidal@harborline.example", "sales@harborline.example")
_WORDS = [
    "Falcon",
    "Harbour",
    "Copper",
    "Maple",
    "Signal",
    "Orchard",
    "Granite",
    "Velvet",
    "Meridian",
    "Lantern",
    "Juniper",
    "Cobalt",
]


def linked() -> Path | None:
    """Return a data directory of the corpus, synchronised after its CRM was imported; None without the corpus."""
    maildir = places.corpus()
    if maildir is None:
        return None
    data = places.cache() / f"linked-{places.messages()}-{places.schema()}"
    if not (data / "complete").is_file():
        places.fresh(data.name)
        _call("import", "crm", str(_crm(maildir.parent / "crm")), data=data)
        _call(
            "account",
            "add",
            "maildir",
            str(maildir),
            "--address",
            _OWNER[0],
            "--alias",
            _OWNER[1],
            data=data,
        )
        print("Synchronising and linking it ...", flush=True)
        subprocess.run([places.WORKER, "--data", str(data), "--once"], check=True)
        (data / "complete").touch()
    return data


def _call(*words: str, data: Path) -> None:
    subprocess.run([places.DEALBOX, "--data", str(data), *words], check=True, capture_output=True)


def _crm(given: Path) -> Path:
    """Return a directory with the CRM of the corpus and what is missing to PERSONS and ITEMS."""
    made = places.cache() / f"crm-{places.messages()}"
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(given, made, ignore=shutil.ignore_patterns("expected*"))
    items = sum(_rows(made / f"{kind}s.csv") for kind in ("deal", "lead", "project"))
    first_person, first_deal = _rows(made / "persons.csv") + 1, _rows(made / "deals.csv") + 1
    _append(made / "persons.csv", _persons(first_person))
    _append(made / "deals.csv", _deals(first_deal, first_deal + ITEMS - items))
    return made


def _rows(path: Path) -> int:
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _append(path: Path, rows: Iterator[Sequence[object]]) -> None:
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def _persons(first: int) -> Iterator[Sequence[object]]:
    for number in range(first, PERSONS + 1):
        name = f"{_WORDS[number % 12]} {_WORDS[number // 12 % 12]}son {number}"
        yield number, name, f"p{number}@more.example", "", "", 1, "2024-11-01T00:00:00Z"


def _deals(first: int, end: int) -> Iterator[Sequence[object]]:
    for number in range(first, end):
        title = f"{_WORDS[number % 12]} {_WORDS[number // 7 % 12]} licences {number}"
        person = PERSONS - number % 5_000
        yield (
            number,
            title,
            900 + number,
            "EUR",
            "open",
            1 + number % 5,
            person,
            "",
            1,
            "2025-03-01T00:00:00Z",
            "",
        )

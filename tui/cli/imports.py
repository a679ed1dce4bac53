"""dealbox import: items and contacts from files, with a question for each column where somebody is there to ask."""

from __future__ import annotations

import argparse
import gc
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from linking.exchange import csv_file, csv_items, encodings, json_items, locales, mapping, sheets, vcards
from linking.exchange.csv_cells import Settings
from linking.exchange.csv_file import Options
from linking.exchange.mapping import CannotMap, Chosen
from linking.exchange.report import ImportReport
from mail.text import safe_line
from store.crm import import_runs
from store.database import Database
from store.links import decisions
from tui.cli import ask as cli_ask
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened

_SHOWN: int = 30
# Rows leave no cycles behind: looking for them takes an eighth of an import's time.
_OBJECTS: int = 100_000
_TAB = {"tab": "\t", "\\t": "\t"}


def import_crm(options: argparse.Namespace) -> int:
    """Import a directory of CSV files."""
    with opened(options) as db:
        if not options.path.is_dir():
            is_file = options.path.is_file()
            raise Failed(
                f"{options.path} is a file: say dealbox import csv {options.path}"
                if is_file
                else f"there is no directory {options.path}"
            )
        with _alone(db):
            report = csv_items.import_directory(db, options.path, dry_run=options.dry_run)
        status = _report(options, report)
        if decisions.is_any(db):
            note(
                "Mail that is here stays as it is: dealbox relink --dry-run lists what the rules would link now."
            )
        return status


def import_vcard(options: argparse.Namespace) -> int:
    """Import contacts."""
    return _file(options, vcards.import_file)


def import_json(options: argparse.Namespace) -> int:
    """Import what export wrote as JSON."""
    try:
        return _file(options, json_items.import_file)
    except sheets.Unreadable as error:
        raise Failed(f"{options.path.name} {error}") from error


def _refuse_without_file(path: Path) -> None:
    if path.is_dir():
        raise Failed(f"{path} is a directory: say dealbox import crm {path}")
    if not path.is_file():
        raise Failed(f"there is no file {path}")


def undo(options: argparse.Namespace) -> int:
    """Take the last import back."""
    with opened(options) as db:
        try:
            reverted = import_runs.take_back(db)
        except (import_runs.NothingToTakeBack, import_runs.UnderWay) as error:
            raise Failed(str(error)) from error
    say(f"The import of {safe_line(reverted.file)} is taken back.")
    if reverted.left:
        note(f"{reverted.left:,} rows stay, because they were changed since.")
    return 0


def _told(text: str) -> None:
    """Say on a line of a terminal how far an import is; "" clears the line."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


@contextmanager
def _alone(db: Database) -> Iterator[None]:
    """Say in words why an import does not begin, or what becomes of one that is cut short."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS)
    try:
        yield
    except import_runs.UnderWay as error:
        raise Failed(str(error)) from error
    except sqlite3.OperationalError as error:
        text = (
            "what has come in is carried on by itself"
            if import_runs.is_under_way(db)
            else "nothing of it came in"
        )
        raise Failed(f"the import could not be written: {error}; {text}") from error
    except KeyboardInterrupt:
        note("Stopped: nothing of it came in.")
        raise
    finally:
        _told("")
        gc.set_threshold(*before)


def _file(options: argparse.Namespace, import_file: Callable[..., ImportReport]) -> int:
    with opened(options) as db:
        _refuse_without_file(options.path)
        with _alone(db):
            report = import_file(db, options.path, dry_run=options.dry_run)
        return _report(options, report)


def import_csv(options: argparse.Namespace) -> int:
    """Import one exported file, after asking what its columns are."""
    _refuse_without_file(options.path)
    with opened(options) as db:
        try:
            how = _how(options)
            chosen = _chosen(db, options, how)
            with _alone(db):
                report = csv_file.import_file(
                    db, options.path, chosen, how, dry_run=options.dry_run, told=_told
                )
        except CannotMap as error:
            raise BadUse(str(error)) from error
        except sheets.Unreadable as error:
            raise Failed(f"{options.path.name} {error}") from error
        except FileExistsError as error:
            raise BadUse(f"{options.rejects} is there already: choose another name for --rejects") from error
    return _report(options, report)


def _how(options: argparse.Namespace) -> Options:
    encoding = options.encoding
    if (
        not encoding
        and not (guessed := encodings.encoding_of(options.path)).is_sure
        and cli_ask.is_somebody_there()
    ):
        encoding = cli_ask.line("Encoding of the file", guessed.name)
    delimiter = _TAB.get(options.delimiter, options.delimiter)
    if len(delimiter) > 1:
        raise BadUse("--delimiter is one character, or the word tab")
    try:
        currency = locales.currency(options.currency)
    except ValueError as error:
        raise BadUse(str(error)) from error
    return Options(
        encoding=encoding,
        delimiter=delimiter,
        source=options.source,
        rejects=options.rejects,
        stage_map=dict(_pair(each) for each in options.stage_map),
        settings=Settings(options.date_order, options.decimal, currency, options.visible_to),
    )


def _pair(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.rpartition("=")
    if not equals:
        raise BadUse(f"--stage-map {text!r}: write THEIRS=OURS")
    return theirs.strip(), ours.strip()


def _chosen(db: Database, options: argparse.Namespace, how: Options) -> Chosen:
    headings, samples = csv_file.samples(options.path, how)
    known = mapping.recall(db.directory, headings)
    if known is not None and options.kind in (None, known.kind):
        chosen = known
    else:
        chosen = mapping.guess(
            headings, options.kind or _kind(headings, options.path), file=options.path.name
        )
    chosen = mapping.with_options(chosen, options.map)
    if cli_ask.is_somebody_there() and not options.map and not (known and _as_last_time()):
        chosen = _asked(chosen, samples)
        mapping.remember(db.directory, chosen)
        note("The same without questions:")
        note(f"  dealbox import csv {options.path} {' '.join(chosen.options())}")
    return chosen


def _as_last_time() -> bool:
    return cli_ask.line("The columns as last time", "yes").lower() in {"y", "yes"}


def _kind(headings: Sequence[str], path: Path) -> str | None:
    """Return the kind somebody says, None where it can be told or nobody is there to ask."""
    try:
        mapping.guess(headings, file=path.name)
    except CannotMap:
        if not cli_ask.is_somebody_there():
            raise
        return _one_of("What are the rows", mapping.KINDS)
    return None


def _one_of(question: str, words: Sequence[str]) -> str:
    while True:
        answer = cli_ask.line(f"{question} ({', '.join(words)})")
        if answer in words:
            return answer


def _asked(chosen: Chosen, samples: Sequence[Sequence[str]]) -> Chosen:
    """Return what the person at the terminal says the columns are."""
    fields = mapping.fields(chosen.kind)
    note(
        f"Each row is a {chosen.kind}. Enter takes what is in brackets, - leaves a column out, ? lists the fields."
    )
    for index, column in enumerate(chosen.columns):
        if not column.heading:
            continue
        some = ", ".join(f"“{safe_line(value)[:_SHOWN]}”" for value in samples[index]) or "empty"
        question = f"{index + 1}/{len(chosen.columns)} {safe_line(column.heading)} ({some})"
        while True:
            answer = cli_ask.line(question, column.field or mapping.SKIP)
            if answer == "?":
                note(
                    "  ".join(f"{number} {field}" for number, field in enumerate(fields, 1)) + "  custom:NAME"
                )
                continue
            if answer.isdecimal() and 1 <= int(answer) <= len(fields):
                answer = fields[int(answer) - 1]
            try:
                chosen = chosen.with_field(index, answer)
                break
            except CannotMap as error:
                note(str(error))
    return chosen


def _report(options: argparse.Namespace, report: ImportReport) -> int:
    if options.json:
        say(json.dumps(report.as_json(), ensure_ascii=False))
        return 0
    for line in report.as_text().splitlines():
        (note if line.startswith(("left out:", "conflict:", "note:")) else say)(line)
    return 0

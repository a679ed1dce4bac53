"""dealbox import, link and unlink."""

from __future__ import annotations

import argparse

from linking import service
from linking.exchange import csv_items, vcards
from linking.exchange.report import ImportReport
from store import items
from tui.cli import BadUse, Failed, note, say
from tui.cli_store import opened, thread_id


def import_crm(options: argparse.Namespace) -> int:
    """Import a directory of CSV files."""
    with opened(options) as db:
        if not options.path.is_dir():
            raise Failed(f"there is no directory {options.path}")
        return _report(csv_items.import_directory(db, options.path, dry_run=options.dry_run))


def import_vcard(options: argparse.Namespace) -> int:
    """Import contacts."""
    with opened(options) as db:
        if not options.path.is_file():
            raise Failed(f"there is no file {options.path}")
        return _report(vcards.import_file(db, options.path, dry_run=options.dry_run))


def link(options: argparse.Namespace) -> int:
    """Link a conversation to an item."""
    with opened(options) as db:
        item = items.find(db, options.item)
        if item is None:
            raise BadUse(f"there is no item {options.item!r}: say deal:12, lead:3 or project:1")
        try:
            say(service.link(db, thread_id(db, options.id), item).title)
        except service.CannotLink as error:
            raise Failed(str(error)) from error
    return 0


def unlink(options: argparse.Namespace) -> int:
    """Unlink a conversation."""
    with opened(options) as db:
        try:
            say(service.unlink(db, thread_id(db, options.id)).title)
        except service.CannotLink as error:
            raise Failed(str(error)) from error
    return 0


def _report(report: ImportReport) -> int:
    for line in report.as_text().splitlines():
        (note if line.startswith(("left out:", "note:")) else say)(line)
    return 0

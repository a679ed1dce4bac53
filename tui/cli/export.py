"""dealbox export and duplicates."""

from __future__ import annotations

import argparse
import json

from linking.exchange import export as exporting
from store.crm import duplicates as alike
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened


def export(options: argparse.Namespace) -> int:
    """Write everything but mail into an empty directory."""
    formats = [each.strip().lower() for each in options.format.split(",") if each.strip()]
    if not formats or set(formats) - set(exporting.FORMATS):
        raise BadUse(f"--format {options.format}: say {', '.join(exporting.FORMATS)}, one or several")
    with opened(options) as db:
        try:
            report = exporting.export(db, options.path, formats)
        except exporting.NotEmpty as error:
            raise Failed(str(error)) from error
        except (NotADirectoryError, FileExistsError) as error:
            raise Failed(f"{options.path} is no directory") from error
    for kind, count in report.counts.items():
        if count:
            say(f"{kind}: {count:,}")
    note(
        f"In {options.path}: {', '.join(report.files)}. Mail is not among it: it stays in the mail accounts."
    )
    return 0


def duplicates(options: argparse.Namespace) -> int:
    """List persons and organizations that may be the same, and how to merge them."""
    with opened(options) as db:
        groups = alike.find(db)
    if options.json:
        say(
            json.dumps(
                [
                    {
                        "kind": group.kind.value,
                        "reason": group.reason,
                        "items": [{"id": item_id, "name": name} for item_id, name in group.items],
                    }
                    for group in groups
                ],
                ensure_ascii=False,
            )
        )
        return 0
    for group in groups:
        (kept, name), *others = group.items
        say(f"{name} (of {len(group.items)}): {group.reason}")
        for merged, _ in others:
            say(f"  dealbox item merge {group.kind.value}:{merged} {group.kind.value}:{kept}")
    note(
        "Nothing looks like a duplicate."
        if not groups
        else f"{len(groups):,} groups. A merge keeps all links; z takes it back."
    )
    return 0

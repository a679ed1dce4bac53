"""dealbox doctor: what is wrong, and what to do about it."""

from __future__ import annotations

import argparse
import dataclasses
import json

from store import health
from store.database import StoreTooNew, StoreUnusable
from store.health import Finding
from store.paths import Unsafe
from tui.cli import say
from tui.cli_store import opened


def doctor(options: argparse.Namespace) -> int:
    """Print every finding; the status is 1 when one of them is an error."""
    try:
        with opened(options) as db:
            findings = health.check(db)
    except (StoreTooNew, StoreUnusable, Unsafe) as error:
        findings = (Finding("error", "store", str(error)),)
    if options.json:
        say(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            say(f"{finding.level}: {finding.text}")
        if not findings:
            say("All is well.")
    return 1 if any(finding.level == "error" for finding in findings) else 0

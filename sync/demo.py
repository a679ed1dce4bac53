"""The sample mailbox: two years of a salesperson's mail and the CRM that goes with it, made from a seed."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from linking.exchange import csv_items
from store import accounts, paths
from store.database import Database, open_store
from sync import demo_crm, demo_letters, demo_plan, demo_world

VERSION: Final = 2
"""What changes when the sample mailbox does: an older one is then built again."""
MARK: Final = "demo-version"
SEED: Final = 20_261
MESSAGES: Final = 5000
MAILBOXES: Final = {
    "inbox": "",
    "sent": ".Sent",
    "drafts": ".Drafts",
    "archive": ".Archive",
    "junk": ".Junk",
    "trash": ".Trash",
}


class NotADemo(Exception):
    """The directory holds something else, which is not overwritten."""


def is_current(directory: Path) -> bool:
    """Say whether `directory` holds the sample mailbox that this program builds."""
    mark = directory / MARK
    return mark.is_file() and mark.read_text("ascii").strip() == str(VERSION)


def build(directory: Path, now: int, seed: int = SEED, messages: int = MESSAGES) -> None:
    """Build the sample mailbox anew in `directory`, as of `now`; the mark of its version is written last.

    Its conversations are linked when the worker brings their mail in.

    Raises NotADemo when `directory` holds something that this function did not put there.
    """
    _clear(directory)
    rng = random.Random(seed)
    plan = demo_plan.make_plan(rng, demo_world.make_world(rng), now, messages)
    write_maildir(directory / "Maildir", plan.letters)
    demo_crm.write(directory / "crm", plan, now)
    db = open_store(directory, is_screen=False)
    try:
        fill_store(db, directory, plan)
    finally:
        db.close()
    (directory / MARK).write_text(f"{VERSION}\n", "ascii")


def _clear(directory: Path) -> None:
    if directory.is_dir() and any(directory.iterdir()):
        # "building" tells a build that was cut off from a directory that was never ours.
        if not (directory / MARK).is_file():
            raise NotADemo(f"{directory} is not a sample mailbox: give another directory, or remove this one")
        for path in directory.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths.touch_private(directory / MARK)
    (directory / MARK).write_text("building\n", "ascii")


def fill_store(db: Database, directory: Path, plan: demo_plan.Plan) -> None:
    """Add the account and the CRM."""
    owner = plan.world.owner
    config = {"path": str(directory / "Maildir")}
    accounts.add(db, "maildir", "Hallam & Voss", owner.email, config, aliases=(demo_world.alias(),))
    csv_items.import_directory(db, directory / "crm", dry_run=False)


def write_maildir(root: Path, letters: Iterable[demo_letters.Letter]) -> None:
    """Write a Maildir++ whose files are dated as their messages are."""
    os.umask(0o077)
    for folder in MAILBOXES.values():
        for part in ("cur", "new", "tmp"):
            (root / folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    for number, letter in enumerate(letters):
        flags = re.sub("[^DFRST]", "", letter.flags)
        name = f"{letter.at}.M{number:06}P1.demo:2,{flags}"
        path = root / MAILBOXES[letter.mailbox] / "cur" / name
        path.write_bytes(demo_letters.octets(letter))
        os.utime(path, (letter.at, letter.at))

"""Saving attachments and messages as files; what is still at the account is fetched first, while the user goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mail import files
from mail.types import EmailId
from store import emails, fetching
from store.database import Database
from store.rows import EmailRow
from tui.bridge import in_store
from tui.format import plural, size
from tui.screens.attachments import SaveWish

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_LOOK_EVERY_S = 0.3


class _NotFetched(Exception):
    """The account could not be asked, or did not have it."""


async def save(screen: MailScreen, email: EmailRow, wish: SaveWish) -> None:
    """Write what the user wished for, and say where it lies or why it does not."""
    try:
        try:
            paths = await in_store(write, screen.db, email.id, email.subject, wish)
        except emails.OctetsNotHere:
            parts = [""] if wish.is_message else [one.part for one in wish.attachments]
            wanted = (
                email.size_octets if wish.is_message else sum(one.size_octets for one in wish.attachments)
            )
            screen.say(f"Fetching {size(wanted)} to save: go on meanwhile")
            await _fetch(screen.db, email.id, parts)
            paths = await in_store(copy, screen.db, email.id, email.subject, wish)
    except (OSError, emails.OctetsGone, _NotFetched) as error:
        screen.warn(f"Not saved: {error}")
        return
    except KeyError as error:
        screen.warn(f"Not saved: the message has no part {error}; save the message as it came instead")
        return
    where = str(paths[0]) if len(paths) == 1 else f"{plural(len(paths), 'file')} in {wish.directory}"
    screen.say(f"Saved {where}")


def write(db: Database, email_id: EmailId, subject: str, wish: SaveWish) -> list[Path]:
    """Write files from a message that is here; return where they lie.

    Raises OSError, OctetsGone, OctetsNotHere, KeyError for a part that is not there.
    """
    from mail import parse  # 30 ms at start, for what few do

    message = emails.octets(db, email_id)
    wish.directory.mkdir(parents=True, exist_ok=True)
    if wish.is_message:
        return [files.save(wish.directory, f"{subject or 'message'}.eml", message)]
    return [files.save(wish.directory, one.name, parse.part(message, one.part)) for one in wish.attachments]


def copy(db: Database, email_id: EmailId, subject: str, wish: SaveWish) -> list[Path]:
    """Write files from parts that were fetched; return where they lie. Raises OSError."""
    named = [("", f"{subject or 'message'}.eml")] if wish.is_message else []
    named += [(one.part, one.name) for one in wish.attachments]
    wish.directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for part, name in named:
        fetched = fetching.part_file(db, email_id, part)
        if fetched is None:
            raise FileNotFoundError("what was fetched has been removed again; try once more")
        with fetched.open("rb") as source:
            paths.append(files.save_from(wish.directory, name, source))
    return paths


async def _fetch(db: Database, email_id: EmailId, parts: Sequence[str]) -> None:
    for part in parts:
        await in_store(fetching.want_part, db, email_id, part)
    for part in parts:
        while True:
            state = await in_store(fetching.part_state, db, email_id, part)
            if state is None or state.state == "failed":
                raise _NotFetched(state.reason if state else "the message is gone")
            if state.path is not None:
                break
            await asyncio.sleep(_LOOK_EVERY_S)

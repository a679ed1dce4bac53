"""dealbox search and dealbox show."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time

from linking import conversation
from mail import query as queries
from mail.types import Block, Document
from store import emails, searches, threads
from store.database import Database
from store.rows import EmailRow, SearchHit
from tui.cli.main import BadUse, Failed, say
from tui.cli.stores import opened, thread_id


def search(options: argparse.Namespace) -> int:
    """Print what matches, newest first."""
    try:
        query = queries.parse(" ".join(options.query))
    except queries.QuerySyntaxError as error:
        raise BadUse(f"the query cannot be read: {error}") from error
    with opened(options) as db:
        hits = searches.search(db, query, limit=options.limit)
        if options.json:
            say(
                json.dumps(
                    [conversation.as_json(db, hit.row.thread_id) for hit in hits],
                    indent=2,
                    ensure_ascii=False,
                )
            )
        else:
            for hit in hits:
                say(_line(hit, _width()))
    return 0


def _width() -> int:
    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 10_000


def _line(hit: SearchHit, width: int) -> str:
    row = hit.row
    when = time.strftime("%Y-%m-%d", time.localtime(row.at))
    text = f"{row.thread_id:>7}  {when}  {row.participants}  {row.subject}"
    return text if len(text) <= width else text[: width - 1] + "…"


def show(options: argparse.Namespace) -> int:
    """Print a conversation as text, as JSON, or its newest message as it came."""
    with opened(options) as db:
        found = thread_id(db, options.id)
        if options.json:
            say(json.dumps(conversation.as_json(db, found), indent=2, ensure_ascii=False))
            return 0
        messages = emails.in_thread(db, found)
        if options.raw:
            return _raw(db, messages[-1])
        row = threads.get(db, found)
        say(row.subject if row else "")
        for message in messages:
            _print_message(db, message)
    return 0


def _raw(db: Database, message: EmailRow) -> int:
    try:
        sys.stdout.buffer.write(emails.octets(db, message.id))
    except emails.OctetsGone as error:
        raise Failed(str(error)) from error
    return 0


def _print_message(db: Database, message: EmailRow) -> None:
    say("")
    for name, people in (("From", message.from_), ("To", message.to), ("Cc", message.cc)):
        if people:
            say(
                f"{name}: "
                + ", ".join(f"{each.name} <{each.email}>" if each.name else each.email for each in people)
            )
    say("Date: " + time.strftime("%Y-%m-%d %H:%M", time.localtime(message.sent_at or message.received_at)))
    for attachment in message.attachments:
        say(f"Attachment: {attachment.name} ({attachment.media_type}, {attachment.size_octets:,} octets)")
    if message.problem:
        say(f"Problem: {message.problem}")
    body = emails.body(db, message.id)
    document = None if body is None else body.plain or body.html
    if document is not None:
        say("")
        say(text_of(document))


def text_of(document: Document) -> str:
    """Return a document as plain text, with its links listed below."""
    text = "\n".join(block_text(block) for block in document.blocks).rstrip()
    links = [f"[{link.number}] {link.url}" for link in document.links]
    return "\n".join([text, "", *links]) if links else text


def block_text(block: Block) -> str:
    """Return the text of a block with the numbers of its links after them."""
    text, end = "", len(block.text)
    for span in sorted(block.links, key=lambda each: each.end, reverse=True):
        text = f"[{span.number}]{block.text[span.end : end]}{text}"
        end = span.end
    return block.text[:end] + text

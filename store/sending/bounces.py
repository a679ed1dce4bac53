"""What became of messages that were sent, as delivery reports among the mail tell it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mail.ids import SafeText, ThreadId

if TYPE_CHECKING:
    from mail.dsn import Bounce


def dumps(bounce: Bounce | None) -> str | None:
    """Return a report as the column email.bounce has it."""
    if bounce is None:
        return None
    recipients = [[one.email, one.action, one.status, one.sentence, one.said] for one in bounce.recipients]
    return json.dumps([bounce.action, bounce.message_id, recipients], ensure_ascii=False)


def loads(text: str) -> Bounce:
    """Return the report that dumps() wrote."""
    from mail.dsn import Action, Bounce, Recipient  # it loads all that parses, and reports are few

    action, message_id, recipients = json.loads(text)
    return Bounce(
        Action(action),
        message_id,
        tuple(
            Recipient(SafeText(email), Action(what), status, SafeText(sentence), SafeText(said))
            for email, what, status, sentence, said in recipients
        ),
    )


def keep(connection: sqlite3.Connection, reports: Iterable[tuple[int, Bounce | None]]) -> frozenset[ThreadId]:
    """Note which messages the emails that are reports are about; return the threads of those messages."""
    rows = [
        (email_id, bounce.message_id)
        for email_id, bounce in reports
        if bounce is not None and bounce.message_id is not None
    ]
    if not rows:
        return frozenset()
    connection.executemany("INSERT OR IGNORE INTO bounce_about (email_id, message_id) VALUES (?, ?)", rows)
    # The account is that of the reports: they are told by one account at a time.
    found = connection.execute(
        "SELECT DISTINCT e.thread_id FROM json_each(?2) j CROSS JOIN email e ON e.message_id = j.value "
        "AND e.account_id = (SELECT account_id FROM email WHERE id = ?1)",
        (rows[0][0], json.dumps([row[1] for row in rows])),
    ).fetchall()
    return frozenset(ThreadId(row[0]) for row in found)


def of(connection: sqlite3.Connection, ids: str) -> dict[int, list[Bounce]]:
    """Return what is reported of those of the emails (JSON) that the owner sent, oldest report first."""
    found: dict[int, list[Bounce]] = {}
    for email_id, report in connection.execute(
        "SELECT e.id, r.bounce FROM json_each(?) j CROSS JOIN email e ON e.id = j.value CROSS JOIN bounce_about b "
        "ON b.message_id = e.message_id JOIN email r ON r.id = b.email_id AND r.account_id = e.account_id "
        "WHERE e.is_outgoing AND r.bounce IS NOT NULL ORDER BY r.id",
        (ids,),
    ).fetchall():
        found.setdefault(email_id, []).append(loads(report))
    return found

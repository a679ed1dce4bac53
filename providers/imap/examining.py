"""One mailbox examined after a look: opened as the server likes best, and its epoch judged before all else."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mail.types import MailboxKey
from providers.imap.comparing import Circumstances, Comparison, Finding, below, uidnext_of
from providers.imap.session import Selected, UidSet
from providers.imap.state import Box, Counts

_MOST_RENUMBERINGS: Final = 5
_FROZEN_S: Final = 3_600


def examine(around: Circumstances, mailbox: MailboxKey, box: Box, counts: Counts | None) -> Finding:
    """Open a mailbox and compare it with what was told. Raises Refused when it is gone, RetryLater."""
    since = box.modseq
    if around.labels is not None and box.older_modseq is not None:
        since = box.older_modseq  # Gmail counts a change before it shows it
    qresync = None
    if since and box.uidvalidity and box.checked_at and "QRESYNC" in around.line.session.enabled:
        qresync = (box.uidvalidity, since)
    selected = around.line.select_anew(mailbox, qresync=qresync)
    if (selected.uidvalidity or 0) != box.uidvalidity:
        return _renumbered(around, mailbox, box, selected, counts)
    comparison = Comparison(around, mailbox, box, selected, since, is_exact=qresync is not None)
    return comparison.finding(counts)


def _renumbered(
    around: Circumstances, mailbox: MailboxKey, box: Box, selected: Selected, counts: Counts | None
) -> Finding:
    """Begin a mailbox again whose numbers changed; one whose numbers change every time is left alone for a while."""
    renumberings = box.renumberings + 1
    if renumberings >= _MOST_RENUMBERINGS:
        frozen = replace(box, renumberings=0, frozen_until=around.now + _FROZEN_S, counts=None)
        return Finding(mailbox, frozen, {})
    uidnext = uidnext_of(around.line, selected, 1)
    anew = Box(
        box.role,
        counts=counts,
        uidvalidity=selected.uidvalidity or 0,
        uidnext=uidnext,
        modseq=selected.highestmodseq,
        exists=selected.exists,
        todo=below(uidnext) if selected.exists else UidSet(),
        checked_at=around.now,
        renumberings=renumberings,
        is_renumbering=True,
        since_days=box.since_days,
    )
    return Finding(mailbox, anew, {})

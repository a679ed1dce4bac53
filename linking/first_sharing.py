"""Whom an account shares by default: never what machines write, nor mail of those who are never shared (V26, V27)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import cast

from linking import rights
from linking.rules import Blocked, Decision, Reason
from store.links import sharing
from store.links.facts import Conversation


def follow(connection: sqlite3.Connection, judged: Sequence[tuple[Conversation, Decision]]) -> None:
    """Make private what an account shared by default and should not have, when it is judged for the first time."""
    new = {one.thread_id: (one, decision) for one, decision in judged if one.before is None}
    shared = sharing.shared_by_default(connection, new)
    if not shared:
        return
    never = Blocked.of(sharing.never_shared(connection))
    private = []
    for thread_id, visibility in shared.items():
        conversation, decision = new[thread_id]
        first = rights.first_visibility(
            cast(rights.Visibility, visibility),
            is_automated=decision.reason is Reason.BULK or conversation.messages[0].is_bulk,
            is_never_shared=any(map(never.include, _everybody(conversation))),
        )
        if first != visibility:
            private.append(thread_id)
    sharing.make_private(connection, private)


def _everybody(conversation: Conversation) -> set[str]:
    return {
        email
        for message in conversation.messages
        for email in (*message.senders, *message.others, *message.reply_to)
    }

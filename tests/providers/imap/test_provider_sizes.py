"""Answers too large to be taken in: the one message is told with its problem, all others as ever."""

from __future__ import annotations

import pytest
from checking import octets, take_page
from imap_accounts import account, fill
from servers.fake_imap import FULL, FakeImap

from providers.imap import conversation


def test_a_message_whose_answer_is_too_large_is_told_with_its_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F24: a header without end, in the middle of others."""
    monkeypatch.setattr(conversation, "ANSWER_OCTETS", 100_000)
    with account(FakeImap(capability=FULL)) as at:
        fill(at.server.inbox, 6)
        at.server.inbox.add(b"References: " + b" <a@example.com>\r\n" * 20_000 + octets(6))
        fill(at.server.inbox, 6, 7)
        told = []
        while not told or told[-1].has_more_changes:
            told.append(take_page(at.provider, at.cache))
        problems = [remote for batch in told for remote in batch.upserted if remote.problem]
        assert [remote.key.partition(".")[2] for remote in problems] == ["7"]
        assert len({remote.key for batch in told for remote in batch.upserted}) == 13


def test_the_octets_of_a_large_message_come_in_pieces() -> None:
    with account(FakeImap()) as at:
        message = octets(1, "x" * 60 + "\r\n" * 200_000)
        at.server.inbox.add(message)
        take_page(at.provider, at.cache)
        ((mailbox, key),) = at.cache.messages
        assert at.provider.message(mailbox, key) == message
        assert len(at.server.said(rb"UID FETCH 1 \(BODY.PEEK\[\]<")) > 1

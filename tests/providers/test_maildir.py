from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from checking import Check
from conformance import CHECKS
from makers import NOW
from other_sides import DOTTED, NESTED, PLAIN, UNDER_INBOX, MaildirOtherSide, Style

from mail.types import MailboxKey, RemoteKey
from providers.maildir import passes

STYLES = {"dotted": DOTTED, "nested": NESTED, "plain": PLAIN, "under_inbox": UNDER_INBOX}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_maildir_conforms(check: Check, style: Style, tmp_path: Path) -> None:
    check(MaildirOtherSide(tmp_path / "mail", style))


class Nothing:
    """The memory of an empty cache."""

    def known(self, mailbox: MailboxKey) -> dict[RemoteKey, frozenset[str]]:
        return {}

    def choices(self) -> dict[Any, Any]:
        return {}


def test_a_large_inbox_begins_with_the_latest_names_and_is_told_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "_INBOX_FIRST", 500)
    monkeypatch.setattr(passes, "_LOOKS", 100)
    other = MaildirOtherSide(tmp_path / "mail")
    path = tmp_path / "mail" / "cur"
    for number in range(1_100):
        file = path / f"{NOW + number}.M1P1.host:2,S"
        file.write_bytes(b"Subject: x\n\n")
        os.utime(file, (NOW - number, NOW - number))
    provider = other.connect(Nothing())
    pages = [provider.changes(None)]
    while pages[-1].has_more_changes:
        pages.append(provider.changes(pages[-1].new_state))
    told = [email.key for page in pages for email in page.upserted]
    assert sorted(told) == [f"{NOW + number}.M1P1.host" for number in range(1_100)]
    assert min(told[:448]) >= f"{NOW + 600}"
    assert all(email.received_at <= NOW for page in pages for email in page.upserted)

"""What doctor says of what was found and remembered."""

from __future__ import annotations

import json

from mail.changes import State
from mail.types import AccountId, MailboxKey
from providers.examination import Reached
from providers.opening import Endpoint
from providers.token_facts import TokenFacts, token_facts
from store import accounts, mailbox_choices
from store.database import Database
from store.health.findings import Finding
from store.rows import AccountRow
from sync import examine
from sync.examine_words import Words

ROW = AccountRow(AccountId(1), "imap", "Work", "a@b.example", (), "", {}, "live", "", 0, 0, None, None)
NOW = 1_795_000_000


def an_account(db: Database) -> AccountId:
    return accounts.add(db, "imap", "Work", "a@b.example", {})


def told(findings: list[Finding], level: str, about: str = "") -> list[str]:
    return [each.text for each in findings if each.level == level and about in ("", each.about)]


def test_a_connection_in_clear_to_another_machine_is_a_warning() -> None:
    reached = Reached("imap", Endpoint("mail.example", 143, "none"), 0.0, 0.1, "", None, False)
    (finding,) = Words(ROW, NOW).reached(reached)
    assert finding.level == "warning" and "without encryption: anybody on the way" in finding.text


def test_a_clock_that_is_off_is_told_by_how_much() -> None:
    words = Words(ROW, NOW)
    assert words.clock(0.4, None).text == "Work: the clock agrees with the server's to 1 s"
    behind = words.clock(-7_300, None)
    assert behind.level == "warning" and "is 2 h behind: sign-ins and certificates fail by it" in behind.text
    assert "is 90 s ahead" in words.clock(90.4, None).text


def test_the_newest_of_several_microsoft_tokens_counts() -> None:
    cache = {"AccessToken": {"a": {"expires_on": "200", "cached_at": "100"}, "b": {"expires_on": "300"}}}
    config = {"sign_in": "microsoft"}
    assert token_facts(config, json.dumps(cache)) == TokenFacts(300)
    assert token_facts(config, "{}") is None and token_facts(config, None) is None
    assert token_facts({"sign_in": "google"}, "[]") is None
    said = Words(ROW, NOW).token(TokenFacts(NOW + 600, NOW - 3_000)).text
    assert "was renewed 50 min ago; its access token is good for 10 min more" in said


def test_each_mailbox_says_how_far_it_came(db: Database) -> None:
    account_id = an_account(db)
    box = [None, [1, 101, 100, None], 1, 101, None, None, 100]
    rest = [1_700_000_000, 0, 0, False, 0, 0, 0, 0]
    boxes = {
        "INBOX": [*box, "1:40", "", *rest],
        "Archive": [*box, "", "", *rest],
        "Deals": [*box, "", "", 0, 30, 1, False, 0, 90, 0, 0],
        "Odd": [*box, "", "", 0, 0, 1, False, 2**40, 0, 0, 0],
        "Lists": [*box, "", "", 0, 0, 1, True, 0, 30, 0, 2],
        "Skipped": [*box, "", "", *rest],
    }
    state = {"version": 1, "mailboxes": [[name, name, None] for name in boxes], "boxes": boxes}
    with db.write() as connection:
        connection.execute("UPDATE account SET remote_state = ?", (json.dumps(state),))
    mailbox_choices.set(db, account_id, MailboxKey("Skipped"), mailbox_choices.Choice(is_synced=False))
    findings = list(examine.findings(db, is_online=False))
    inbox, archive, lists, skipped = told(findings, "note", "mailbox")
    assert "INBOX: 60 of 100 messages are here" in inbox
    assert "Archive: 100 messages, all told; compared 20" in archive
    assert (
        "of the last 30 days, being numbered anew" in lists
        and "2 that the server lists and does not" in lists
    )
    assert skipped == "Work: not synced, as you chose: Skipped"
    deals, odd = told(findings, "warning", "mailbox")
    assert "Deals: 30 of its messages seem to be gone at once" in deals
    assert "Odd: the server numbers its messages anew each time" in odd


def test_a_memory_that_cannot_be_read_is_told(db: Database) -> None:
    an_account(db)
    with db.write() as connection:
        connection.execute("UPDATE account SET remote_state = ?", (State("{}"),))
    (text,) = told(list(examine.findings(db, is_online=False)), "note", "mailbox")
    assert "it is compared anew" in text

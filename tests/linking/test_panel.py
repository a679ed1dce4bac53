from __future__ import annotations

import time

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import deciding, panel, service
from mail.types import AccountId, MailboxId, Role, ThreadId
from store import actions
from store.crm import records
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import links
from store.links.panel import LinkState, PanelFacts


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def inbox(db: Database, account_id: AccountId) -> MailboxId:
    return mailboxes_of(db, account_id)[Role.INBOX]


@pytest.fixture
def ana(db: Database) -> str:
    return crm_rows.a_person(db, "Ana Lima", "ana@acme.example")


def a_deal(db: Database, title: str, person_id: str, **values: object) -> ItemRef:
    deal_id = crm_rows.a_row(
        db, "deal", title=title, person_id=person_id, **{"created_at": makers.NOW - 9_000, **values}
    )
    with db.write() as connection:
        records.reindex(connection)
    return ItemRef(ItemKind.DEAL, deal_id)


def judged(db: Database, stored: Stored) -> PanelFacts:
    with db.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO link_due (thread_id, email_id) VALUES (?, 0)", (stored.thread_id,)
        )
    deciding.decide_due(db)
    return panel.for_thread(db, stored.thread_id)


def test_a_link_by_rule_says_which_rule(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    a_deal(db, "Printers", ana)
    facts = judged(db, a_stored_email(db, account_id, inbox))
    assert (facts.state, facts.origin) == (LinkState.LINKED, "auto")
    assert facts.why == "linked by rule: the one open deal of these people: Printers"
    assert facts.suggestions == ()


def test_two_open_deals_are_named_and_both_suggested(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    a_deal(db, "Printers", ana)
    a_deal(db, "Falcon", ana)
    facts = judged(db, a_stored_email(db, account_id, inbox, subject="About Falcon"))
    assert facts.state is LinkState.AMBIGUOUS
    assert facts.why.startswith("2 open items: ")
    assert [each.item.title for each in facts.suggestions] == ["Falcon", "Printers"]


def test_a_stranger_is_said_to_be_one_and_offered(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    facts = judged(db, a_stored_email(db, account_id, inbox, from_="zed@far.example"))
    assert (facts.state, facts.why) == (LinkState.NONE, "nobody here is in the CRM")
    assert facts.newcomer is not None and facts.newcomer.email == "zed@far.example"


def test_what_was_so_when_the_mail_came_is_told_as_past_where_it_is_so_no_more(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    judged(db, stored)
    ana = crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    assert panel.for_thread(db, stored.thread_id).why == "when it came: nobody here is in the CRM"
    with db.write() as connection:
        connection.execute("UPDATE link_decision SET reason = 'no_open_item'")
    a_deal(db, "Printers", ana, created_at=int(time.time()))
    facts = panel.for_thread(db, stored.thread_id)
    assert facts.why == "when it came: no open deal, lead or project of these people"
    assert facts.state is LinkState.SUGGESTED
    assert facts.suggestions[0].reason == "deal of Ana Lima; newer than the conversation"


def test_what_is_still_so_is_told_as_present(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    a_deal(db, "Won", ana, status="won", won_at=makers.NOW - 10)
    facts = judged(db, a_stored_email(db, account_id, inbox))
    assert facts.why == "no open deal, lead or project of these people"


def test_a_link_by_hand_says_so_and_what_became_of_the_item(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    service.link(db, stored.thread_id, a_deal(db, "Old", ana, status="won", won_at=makers.NOW - 10))
    facts = panel.for_thread(db, stored.thread_id)
    assert facts.why == "linked by hand; the deal is won; mail came after that"


def test_another_open_deal_is_offered_when_the_linked_one_is_closed(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    service.link(db, stored.thread_id, a_deal(db, "Old", ana, status="won", won_at=makers.NOW + 9_000))
    a_deal(db, "New", ana)
    facts = panel.for_thread(db, stored.thread_id)
    assert facts.why == "linked by hand; the deal is won"
    assert [each.item.title for each in facts.suggestions] == ["New"]


def test_a_reason_given_with_a_link_is_told(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    links.link(db, stored.thread_id, a_deal(db, "Printers", ana), origin="import", reason="row 7")
    assert panel.for_thread(db, stored.thread_id).why == "linked by an import: row 7"


def test_a_conversation_unlinked_by_hand_says_that_no_rule_links_it(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    service.link(db, stored.thread_id, a_deal(db, "Printers", ana))
    service.unlink(db, stored.thread_id)
    facts = panel.for_thread(db, stored.thread_id)
    assert (facts.state, facts.why) == (
        LinkState.UNLINKED_BY_HAND,
        "unlinked by hand: no rule links it again",
    )


def test_before_the_rules_have_looked_the_panel_says_that_or_who_is_here(
    db: Database, account_id: AccountId, inbox: MailboxId
) -> None:
    stranger = a_stored_email(db, account_id, inbox)
    assert panel.for_thread(db, stranger.thread_id).why == "the rules have not looked at it yet"
    own = a_stored_email(db, account_id, inbox, from_="me@dealbox.example")
    assert panel.for_thread(db, own.thread_id).why == "only our own people take part"


def test_the_panel_of_a_conversation_that_is_gone_is_empty(db: Database, account_id: AccountId) -> None:
    facts = panel.for_thread(db, ThreadId(99))
    assert (facts.people, facts.item, facts.suggestions, facts.newcomer) == ((), None, (), None)


def test_several_conversations_are_linked_in_one_action(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    stored = [a_stored_email(db, account_id, inbox) for _ in range(3)]
    deal, other = a_deal(db, "Printers", ana), a_deal(db, "Other", ana)
    service.link(db, stored[0].thread_id, other)
    service.link(db, stored[1].thread_id, deal)
    done = service.link_all(db, [each.thread_id for each in stored], deal)
    assert done.title == "Linked 2 conversations to Printers"
    assert service.link_all(db, [each.thread_id for each in stored], deal).state == "nothing"
    actions.undo(db)
    linked = [panel.for_thread(db, each.thread_id).item for each in stored]
    assert [item and item.title for item in linked] == ["Other", "Printers", None]


def test_when_one_of_several_cannot_be_linked_none_is(
    db: Database, account_id: AccountId, inbox: MailboxId, ana: str
) -> None:
    stored = a_stored_email(db, account_id, inbox)
    with pytest.raises(service.CannotLink):
        service.link_all(db, [stored.thread_id, ThreadId(99)], a_deal(db, "Printers", ana))
    assert panel.for_thread(db, stored.thread_id).item is None

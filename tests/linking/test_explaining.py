"""Why a conversation is linked, message by message."""

from __future__ import annotations

from judged import ANA, Mail, a_deal, change
from makers import NOW

from linking import deciding, service
from linking.rules import Reason
from mail.types import ThreadId
from store.crm.items import ItemRef
from store.database import Database


def test_every_message_is_explained(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW, sender="x@q.example")
    mail.come(NOW + 1, sender="x@q.example", to=ANA, after=first)
    mail.come(NOW + 2, after=first)
    mail.judge()
    found = deciding.explain(db, mail.thread(first))
    assert found.item is not None and found.item.title == "Printers"
    assert (found.origin, found.words) == ("auto", "the one open deal of these people: Printers")
    assert [each.words for each in found.messages] == [
        "nobody here is in the CRM",
        "the one open deal of these people: Printers",
        "linked already to Printers",
    ]
    assert (found.messages[2].from_, found.messages[2].at) == (ANA, NOW + 2)
    assert [card.title for card in found.candidates] == ["Printers"]
    assert found.advice == ""


def test_a_link_is_explained_by_what_was_known_when_it_was_made(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    first = mail.come(NOW)
    mail.judge()
    change(db, deal, person_id=None)
    mail.come(NOW + 1, after=first)
    mail.judge()
    assert [each.decision.reason for each in deciding.explain(db, mail.thread(first)).messages] == [
        Reason.LINKED,
        Reason.ALREADY_LINKED,
    ]


def test_what_is_left_to_the_user_names_the_choice(db: Database, mail: Mail, deal: ItemRef) -> None:
    a_deal(db, "Scanners", ANA)
    first = mail.come(NOW)
    mail.judge()
    found = deciding.explain(db, mail.thread(first))
    assert found.item is None
    assert found.words in ("2 open items: Printers or Scanners", "2 open items: Scanners or Printers")
    assert found.advice == "Choose which one it is about."
    assert {card.title for card in found.candidates} == {"Printers", "Scanners"}


def test_what_a_person_did_is_explained_as_such(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW)
    mail.judge()
    service.unlink(db, mail.thread(first))
    found = deciding.explain(db, mail.thread(first))
    assert (found.item, found.origin) == (None, "manual")
    assert [each.decision.reason for each in found.messages] == [Reason.MANUALLY_UNLINKED]


def test_mail_from_before_the_rules_is_said_to_be(db: Database, mail: Mail, deal: ItemRef) -> None:
    first = mail.come(NOW)
    assert "not looked at it yet" in deciding.explain(db, mail.thread(first)).words
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    found = deciding.explain(db, mail.thread(first))
    assert (found.decided, found.item) == (None, None)
    assert "dealbox relink" in found.words
    assert [each.decision.reason for each in found.messages] == [Reason.LINKED]


def test_a_conversation_that_is_gone_is_explained_by_nothing(db: Database) -> None:
    found = deciding.explain(db, ThreadId(99))
    assert (found.messages, found.item, found.decided) == ((), None, None)

"""What judging goes by beside mail: settings, exceptions, copies, corrections and items."""

from __future__ import annotations

from dataclasses import replace

import crm_rows
from judged import ANA, BOB, OLDER, Mail, a_deal, change
from makers import NOW, SENT, a_batch, a_remote, an_address, an_email
from stored import awaits

from linking.rules import Reason
from mail.types import AccountId
from store import ingest
from store.crm import items
from store.crm.items import ItemRef
from store.database import Database
from store.ingest import Arrival, Filled
from store.links import slots


def crm(db: Database, account_id: AccountId, **values: object) -> None:
    with db.write() as connection:
        connection.execute("INSERT OR IGNORE INTO account_crm (account_id) VALUES (?)", (account_id,))
        for column, value in values.items():
            connection.execute(
                f"UPDATE account_crm SET {column} = ? WHERE account_id = ?", (value, account_id)
            )


def test_switching_off_links_nothing_more_and_takes_nothing_away(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    before = mail.come(NOW)
    mail.judge()
    crm(db, mail.account_id, auto_link=0)
    first = mail.come(NOW + 1)
    mail.come(NOW - 1, after=before)
    mail.judge()
    assert (mail.reason(first), mail.linked(first), mail.linked(before)) == (Reason.AUTO_LINK_OFF, None, deal)
    crm(db, mail.account_id, auto_link=1, auto_link_since=NOW + 50)
    mail.come(NOW + 40, after=first)
    mail.judge()
    assert mail.linked(first) is None
    mail.come(NOW + 60, after=first)
    mail.judge()
    assert mail.linked(first) == deal


def test_exceptions_are_not_judged(db: Database, mail: Mail, deal: ItemRef) -> None:
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO crm_exception (id, pattern, effect, created_at, updated_at) VALUES (?, ?, ?, 0, 0)",
            [("1", "@acme.example", "block"), ("2", "@beta.example", "never_share")],
        )
    a_deal(db, "Scanners", BOB)
    first, second = mail.come(NOW), mail.come(NOW, sender=BOB)
    mail.judge()
    assert (mail.reason(first), mail.reason(second)) == (Reason.BLOCKED, Reason.LINKED)


def test_a_newsletter_is_known_as_one_when_its_body_has_come(db: Database, mail: Mail, deal: ItemRef) -> None:
    email = an_email("1", message_id="h@x", from_=(an_address(ANA),))
    remote = replace(a_remote("1", message=None), header=b"x", identity=b"i" * 16, size_octets=9)
    ingest.apply(db, mail.account_id, a_batch([remote]), [Arrival(remote, email)])
    mail.judge()
    assert mail.linked("h@x") == deal
    email_id = db.read().execute("SELECT id FROM email").fetchone()[0]
    ingest.fill(db, mail.account_id, [Filled(email_id, replace(email, is_bulk=True))])
    mail.judge()
    assert (mail.linked("h@x"), mail.reason("h@x")) == (None, Reason.BULK)


def test_what_a_message_was_written_about_counts_more_than_the_rules(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    other = a_deal(db, "Scanners", ANA)
    awaits(db, "n1@example.org", other)
    first = mail.come(NOW, sender="me@dealbox.example", to=ANA, box=SENT)
    mail.judge()
    assert mail.linked(first) == other
    mail.come(NOW + 1, after=first)
    mail.judge()
    assert mail.linked(first) == other


def test_a_link_that_was_awaited_replaces_one_of_the_rules(db: Database, mail: Mail, deal: ItemRef) -> None:
    other = a_deal(db, "Scanners", BOB)
    first = mail.come(NOW)
    mail.judge()
    awaits(db, "n2@example.org", other)
    mail.come(NOW + 1, sender="me@dealbox.example", to=ANA, box=SENT, after=first)
    mail.judge()
    assert mail.linked(first) == other


def a_copy(db: Database, mail: Mail, token: str | None, *, is_verified: bool = True) -> str:
    message_id = mail.come(NOW, sender="me@dealbox.example", to=ANA, box=SENT)
    with db.write() as connection:
        connection.execute(
            "UPDATE email SET bcc_token = ?, is_bcc_verified = ? WHERE message_id = ?",
            (token, is_verified, message_id),
        )
    return message_id


def a_token(db: Database, mail: Mail, token: str, deal: ItemRef | None) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO bcc_token (token, account_id, item_kind, item_id, created_at) VALUES (?, ?, ?, ?, 0)",
            (token, mail.account_id, deal.kind.value if deal else None, deal.id if deal else None),
        )


def test_a_copy_to_an_items_address_is_linked_to_it(db: Database, mail: Mail, deal: ItemRef) -> None:
    other = a_deal(db, "Scanners", ANA)
    a_token(db, mail, "tok", other)
    first = a_copy(db, mail, "tok")
    mail.judge()
    assert (mail.linked(first), mail.origin(first), mail.reason(first)) == (other, "bcc", Reason.BCC_DIRECT)
    mail.come(NOW - 10, after=first)
    mail.judge()
    assert (mail.linked(first), mail.origin(first)) == (other, "bcc")


def test_a_copy_to_the_address_of_a_deleted_item_says_so(db: Database, mail: Mail, deal: ItemRef) -> None:
    gone = a_deal(db, "Scanners", ANA)
    change(db, gone, deleted_at=NOW)
    a_token(db, mail, "tok", gone)
    first = a_copy(db, mail, "tok")
    mail.judge()
    assert (mail.linked(first), mail.reason(first)) == (None, Reason.BCC_ITEM_GONE)


def test_a_copy_of_somebody_else_is_refused_and_one_made_here_is_not(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    a_token(db, mail, "all", None)
    universal, forged, here = (
        a_copy(db, mail, "all"),
        a_copy(db, mail, "all", is_verified=False),
        a_copy(db, mail, ""),
    )
    mail.judge()
    assert mail.reason(forged) == Reason.BCC_SENDER_NOT_VERIFIED
    assert mail.linked(universal) == mail.linked(here) == deal


def test_an_address_corrected_by_hand_counts_for_its_conversation(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    person_id = db.read().execute("SELECT person_id FROM deal WHERE id = ?", (deal.id,)).fetchone()[0]
    first, second = mail.come(NOW, sender="private@home.example"), mail.come(NOW)
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO participant_override (thread_id, email, person_id, at) VALUES (?, ?, ?, 0)",
            [(mail.thread(first), "private@home.example", person_id), (mail.thread(second), ANA, None)],
        )
    mail.judge()
    assert (mail.linked(first), mail.linked(second)) == (deal, None)


def test_a_deal_that_was_merged_away_counts_as_the_one_it_became(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    kept, last = a_deal(db, "Scanners", BOB), a_deal(db, "All of it", BOB)
    change(db, deal, merged_into=kept.id, deleted_at=NOW + 100)
    change(db, kept, merged_into=last.id, deleted_at=NOW + 100)
    first = mail.come(NOW)
    mail.judge()
    assert mail.linked(first) == last


def test_mail_of_the_time_of_a_lead_is_linked_to_the_deal_it_became(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    change(db, deal, created_at=NOW + 50)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO lead (id, title, person_id, status, converted_deal_id, closed_at, created_at, updated_at)"
            " SELECT 'l', 'Lead', person_id, 'converted', id, ?, ?, 0 FROM deal WHERE id = ?",
            (NOW + 50, OLDER, deal.id),
        )
    first = mail.come(NOW)
    mail.judge()
    assert mail.linked(first) == deal


def test_who_takes_part_in_a_deal_counts_as_its_person(db: Database, mail: Mail, deal: ItemRef) -> None:
    bob = crm_rows.a_person(db, "Bob", BOB)
    with db.write() as connection:
        connection.execute("INSERT INTO deal_participant VALUES (?, ?)", (deal.id, bob))
    first = mail.come(NOW, sender=BOB)
    mail.judge()
    assert mail.linked(first) == deal


def test_leads_and_projects_count_as_deals_do(db: Database, mail: Mail) -> None:
    ana, bob = crm_rows.a_person(db, "Ana", ANA), crm_rows.a_person(db, "Bob", BOB)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO lead (id, title, person_id, created_at, updated_at) VALUES ('l', 'Lead', ?, ?, 0)",
            (ana, OLDER),
        )
        connection.execute(
            "INSERT INTO project (id, title, person_id, created_at, updated_at) VALUES ('p', 'Project', ?, ?, 0)",
            (bob, OLDER),
        )
    first, second = mail.come(NOW), mail.come(NOW, sender=BOB)
    mail.judge()
    assert (str(mail.linked(first)), mail.linked(second)) == (
        str(items.find(db, "lead:l")),
        items.find(db, "project:p"),
    )


def test_an_item_that_was_closed_nobody_knows_when_never_counts(
    db: Database, mail: Mail, deal: ItemRef
) -> None:
    change(db, deal, status="won")
    first = mail.come(NOW)
    mail.judge()
    assert mail.reason(first) == Reason.NO_OPEN_ITEM


def test_a_link_to_an_item_that_is_gone_altogether_is_still_one(db: Database, mail: Mail) -> None:
    first = mail.come(NOW)
    with db.write() as connection:
        slots.put(connection, mail.thread(first), slots.Slot("deal", "nowhere", "manual", "", NOW, ""))
    mail.judge()
    assert mail.reason(first) == Reason.ALREADY_LINKED_CLOSED

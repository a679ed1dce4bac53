"""The rules of seeing and linking, asked of a store with colleagues."""

from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import Stored, a_stored_email, mailboxes_of

from linking import service, standing
from linking.service import CannotLink
from mail.types import AccountId, Role, ThreadId
from store.crm.items import ItemKind, ItemRef
from store.database import Database
from store.links import slots


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def stored(db: Database, account: AccountId) -> Stored:
    return a_stored_email(db, account, mailboxes_of(db, account)[Role.INBOX], from_="ann@acme.example")


def write(db: Database, query: str, *values: object) -> None:
    with db.write() as connection:
        connection.execute(query, values)


def only_for_its_owner(db: Database, item: ItemRef, owner_id: str) -> None:
    write(
        db,
        f"UPDATE {item.kind.value} SET owner_id = ?, visible_to = 'owner' WHERE id = ?",
        owner_id,
        item.id,
    )


def of_a_team(db: Database, account: AccountId) -> None:
    write(db, "UPDATE account SET scope = 'team', owner = 'somebody' WHERE id = ?", account)


def test_who_works_alone_may_do_everything(db: Database, stored: Stored) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    assert service.audience_change(db, stored.thread_id, deal) is None
    assert service.sharing_change(db, stored.thread_id) is None
    assert service.link(db, stored.thread_id, deal).state == "done"
    assert standing.refusal_to_edit(db.read(), deal) is None


def test_linking_to_the_deal_of_another_needs_the_right_to_change_it(db: Database, stored: Stored) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example", edits="own")
    deal = crm_rows.a_deal(db, "Falcon")
    with pytest.raises(CannotLink, match="you may see Falcon but not change it: that needs the permission"):
        service.link(db, stored.thread_id, deal)
    assert slots.read(db.read(), stored.thread_id) is None
    assert "permission" in str(standing.refusal_to_edit(db.read(), deal))


def test_a_deal_one_may_not_see_is_not_there(db: Database, stored: Stored) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    deal = crm_rows.a_deal(db, "Falcon")
    only_for_its_owner(db, deal, crm_rows.a_user(db, "Bo", "bo@dealbox.example"))
    with pytest.raises(CannotLink, match="there is no such item"):
        service.link(db, stored.thread_id, deal)


def test_the_mail_of_a_colleague_is_neither_linked_nor_shared(db: Database, stored: Stored) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example", is_admin=True)
    deal = crm_rows.a_deal(db, "Falcon")
    write(db, "UPDATE thread SET owner = ?", crm_rows.a_user(db, "Bo", "bo@dealbox.example"))
    for refused in (
        lambda: service.link(db, stored.thread_id, deal),
        lambda: service.unlink(db, stored.thread_id),
        lambda: service.set_visibility(db, stored.thread_id, "shared"),
    ):
        with pytest.raises(CannotLink, match="there is no such conversation"):
            refused()


def test_a_link_that_shows_a_shared_conversation_to_others_says_to_whom(db: Database, stored: Stored) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    for name in ("Ana", "Bo", "Cy", "Di"):
        crm_rows.a_user(db, name, f"{name.lower()}@dealbox.example")
    deal = crm_rows.a_deal(db, "Falcon")
    assert service.audience_change(db, stored.thread_id, deal) is None  # it is private
    service.set_visibility(db, stored.thread_id, "shared")
    assert service.audience_change(db, stored.thread_id, deal) == (
        "The conversation is shared: this link shows it to Ana, Bo, Cy and 1 more."
    )
    service.link(db, stored.thread_id, deal)
    assert service.audience_change(db, stored.thread_id, crm_rows.a_deal(db, "Robin")) is None


def test_a_hidden_person_keeps_a_shared_conversation_from_others(db: Database, stored: Stored) -> None:
    me = crm_rows.a_user(db, "Me", "me@dealbox.example")
    crm_rows.a_user(db, "Bo", "bo@dealbox.example")
    deal, person = crm_rows.a_deal(db, "Falcon"), crm_rows.a_person(db, "Ann", "ann@acme.example")
    service.link(db, stored.thread_id, deal)
    assert service.sharing_change(db, stored.thread_id) == "This shows the conversation to Bo."
    write(db, "UPDATE person SET visible_to = 'owner', owner_id = ? WHERE id = ?", me, person)
    assert service.sharing_change(db, stored.thread_id) is None
    write(
        db,
        "INSERT INTO participant_override (thread_id, email, at) VALUES (?, 'ann@acme.example', 0)",
        stored.thread_id,
    )
    assert service.sharing_change(db, stored.thread_id) == "This shows the conversation to Bo."


def test_an_organization_hidden_from_others_keeps_a_conversation_from_them(
    db: Database, stored: Stored
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    crm_rows.a_user(db, "Bo", "bo@dealbox.example")
    person = crm_rows.a_person(db, "Ann", "ann@acme.example")
    write(
        db,
        "INSERT INTO organization (id, name, owner_id, visible_to, created_at, updated_at) VALUES ('o', 'Acme', 'x', 'owner', 0, 0)",
    )
    assert service.sharing_change(db, stored.thread_id) == "This shows the conversation to Bo."
    write(db, "UPDATE person SET org_id = 'o' WHERE id = ?", person)
    assert service.sharing_change(db, stored.thread_id) is None


def test_members_of_a_team_account_link_its_conversations_and_others_do_not(
    db: Database, account: AccountId, stored: Stored
) -> None:
    me = crm_rows.a_user(db, "Me", "me@dealbox.example")
    deal = crm_rows.a_deal(db, "Falcon")
    of_a_team(db, account)
    with pytest.raises(CannotLink, match="there is no such conversation"):
        service.link(db, stored.thread_id, deal)
    write(db, "INSERT INTO account_member (account_id, user_id) VALUES (?, ?)", account, me)
    assert service.link(db, stored.thread_id, deal).state == "done"
    with pytest.raises(CannotLink, match="seen by its members"):
        service.set_visibility(db, stored.thread_id, "private")
    assert service.set_visibility(db, stored.thread_id, "team").state == "done"


def test_who_brought_a_team_account_in_works_in_it(db: Database, account: AccountId, stored: Stored) -> None:
    of_a_team(db, account)
    write(db, "UPDATE account SET owner = ''")
    assert service.link(db, stored.thread_id, crm_rows.a_deal(db, "Falcon")).state == "done"


def test_a_conversation_of_ones_own_is_not_for_a_team_only(db: Database, stored: Stored) -> None:
    with pytest.raises(CannotLink, match="this one is of your own mailbox"):
        service.set_visibility(db, stored.thread_id, "team")


def test_what_is_not_there_shows_nothing_to_anybody(db: Database, stored: Stored) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    nowhere, nothing = ThreadId(999_999), ItemRef(deal.kind, "gone")
    assert service.audience_change(db, nowhere, deal) is service.sharing_change(db, nowhere) is None
    assert service.audience_change(db, stored.thread_id, nothing) is None
    assert standing.refusal_to_edit(db.read(), nothing) is None
    assert standing.refusal_to_link(db.read(), nowhere, deal) is None
    with pytest.raises(CannotLink, match="there is no conversation"):
        service.set_visibility(db, nowhere, "shared")
    with pytest.raises(CannotLink, match="there is no conversation"):
        service.unlink(db, nowhere)


def test_a_main_person_that_shows_a_shared_conversation_to_others_says_to_whom(
    db: Database, stored: Stored
) -> None:
    me = crm_rows.a_user(db, "Me", "me@dealbox.example")
    crm_rows.a_user(db, "Bo", "bo@dealbox.example")
    service.set_visibility(db, stored.thread_id, "shared")
    cy = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Cy", "cy@acme.example"))
    told = "The conversation is shared: this link shows it to Bo."
    assert service.audience_change(db, stored.thread_id, cy) == told
    hidden = crm_rows.a_deal(db, "Falcon")
    only_for_its_owner(db, hidden, me)
    service.link(db, stored.thread_id, hidden)
    assert service.audience_change(db, stored.thread_id, cy) is None  # the deal stays, and Bo may not see it


def test_leaving_out_a_hidden_person_says_to_whom_that_shows_the_conversation(
    db: Database, stored: Stored
) -> None:
    me = crm_rows.a_user(db, "Me", "me@dealbox.example")
    crm_rows.a_user(db, "Bo", "bo@dealbox.example")
    person = crm_rows.a_person(db, "Ann", "ann@acme.example")
    service.link(db, stored.thread_id, crm_rows.a_deal(db, "Falcon"))
    service.set_visibility(db, stored.thread_id, "shared")
    assert service.person_change(db, stored.thread_id, person) is None  # Bo sees it anyway
    only_for_its_owner(db, ItemRef(ItemKind.PERSON, person), me)
    told = "The conversation is shared: without them it is shown to Bo."
    assert service.person_change(db, stored.thread_id, person) == told
    assert service.person_change(db, ThreadId(99), person) is None


def test_a_person_one_may_not_see_does_not_become_the_main_one(db: Database, stored: Stored) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    person = ItemRef(ItemKind.PERSON, crm_rows.a_person(db, "Cy", "cy@acme.example"))
    only_for_its_owner(db, person, crm_rows.a_user(db, "Bo", "bo@dealbox.example"))
    with pytest.raises(CannotLink, match="there is no such item"):
        service.set_main(db, stored.thread_id, person)

from __future__ import annotations

import crm_rows
import makers
import pytest
from stored import a_stored_email, mailboxes_of

from mail.types import Role, ThreadId
from store import actions
from store.database import Database
from store.links import links, many_links
from store.links.links import CannotLink


@pytest.fixture
def thread_ids(db: Database) -> list[ThreadId]:
    account = makers.an_account(db)
    inbox = mailboxes_of(db, account)[Role.INBOX]
    return [a_stored_email(db, account, inbox).thread_id for _ in range(3)]


def linked(db: Database, thread_ids: list[ThreadId]) -> list[str | None]:
    slots = [links.slot(db, thread_id) for thread_id in thread_ids]
    return [slot.item_id if slot else None for slot in slots]


def visibilities(db: Database) -> set[str]:
    return {row[0] for row in db.read().execute("SELECT visibility FROM thread").fetchall()}


def test_several_are_unlinked_in_one_action_those_too_that_were_not_linked(
    db: Database, thread_ids: list[ThreadId]
) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    many_links.link(db, thread_ids[:2], deal)
    assert many_links.unlink(db, thread_ids).title == (
        "Unlinked 3 conversations for good: no rule will link them"
    )
    assert [links.slot(db, each) is not None for each in thread_ids] == [True, True, True]
    assert linked(db, thread_ids) == [None, None, None]
    assert many_links.unlink(db, thread_ids).state == "nothing"
    actions.undo(db)
    assert linked(db, thread_ids) == [deal.id, deal.id, None]


def test_several_are_shared_and_made_private_in_one_action(db: Database, thread_ids: list[ThreadId]) -> None:
    assert many_links.set_visibility(db, thread_ids, "shared").title == "Made 3 conversations shared"
    assert visibilities(db) == {"shared"}
    assert many_links.set_visibility(db, thread_ids, "shared").title == "They are shared already"
    actions.undo(db)
    assert visibilities(db) == {"private"}


def test_one_conversation_is_done_as_it_always_is(db: Database, thread_ids: list[ThreadId]) -> None:
    first = thread_ids[:1]
    assert many_links.link(db, first, crm_rows.a_deal(db, "Falcon")).title == "Linked to Falcon"
    assert many_links.set_visibility(db, first, "shared").title == "Made the conversation shared"
    assert many_links.unlink(db, first).title == "Unlinked from Falcon"


def test_a_conversation_named_twice_counts_once(db: Database, thread_ids: list[ThreadId]) -> None:
    done = many_links.link(db, [thread_ids[0], *thread_ids], crm_rows.a_deal(db, "Falcon"))
    assert done.title == "Linked 3 conversations to Falcon"


def test_what_is_gone_keeps_all_of_them_as_they_are(db: Database, thread_ids: list[ThreadId]) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    for refused in (
        lambda: many_links.link(db, [*thread_ids, ThreadId(99)], deal),
        lambda: many_links.unlink(db, [*thread_ids, ThreadId(99)]),
        lambda: many_links.set_visibility(db, [*thread_ids, ThreadId(99)], "shared"),
    ):
        with pytest.raises(CannotLink, match="there is no conversation 99"):
            refused()
    assert linked(db, thread_ids) == [None, None, None]
    assert visibilities(db) == {"private"}

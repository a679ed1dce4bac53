"""Accounts that a team works in."""

from __future__ import annotations

import crm_rows
import makers
import pytest
import stored

from linking import account_settings, smart_bcc, standing
from linking.account_settings import Refused
from mail.types import AccountId, Role, ThreadId
from store import threads
from store.database import Database
from store.links import account_crm
from store.links.account_crm import BadSetting


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def bo(db: Database) -> str:
    return crm_rows.a_user(db, "Bo", "bo@dealbox.example")


@pytest.fixture
def thread(db: Database, account: AccountId) -> ThreadId:
    return stored.a_stored_email(db, account, stored.mailboxes_of(db, account)[Role.INBOX]).thread_id


def visibility(db: Database, thread_id: ThreadId) -> str:
    row = threads.get(db, thread_id)
    assert row is not None
    return row.visibility


def test_members_of_an_account_that_becomes_a_teams_see_its_mail(
    db: Database, account: AccountId, thread: ThreadId, bo: str
) -> None:
    """V12."""
    assert bo not in standing.audience(db.read(), thread)
    settings = account_settings.change(db, account, scope="team", members=(bo,))
    assert (settings.scope, settings.members, settings.default_visibility) == ("team", (bo,), "team")
    assert visibility(db, thread) == "team"
    assert bo in standing.audience(db.read(), thread)


def test_who_is_no_member_any_more_sees_nothing_of_it_at_once(
    db: Database, account: AccountId, thread: ThreadId, bo: str
) -> None:
    """V30."""
    account_settings.change(db, account, scope="team", members=(bo,))
    account_settings.change(db, account, members=())
    assert account_crm.get(db, account).members == ()
    assert bo not in standing.audience(db.read(), thread)


def test_what_a_team_kept_to_itself_is_private_when_the_account_is_ones_own_again(
    db: Database, account: AccountId, thread: ThreadId, bo: str
) -> None:
    account_settings.change(db, account, scope="team", members=(bo,))
    settings = account_settings.change(db, account, scope="personal")
    assert settings.default_visibility == "private"
    assert visibility(db, thread) == "private"
    assert bo not in standing.audience(db.read(), thread)


def test_what_is_shared_stays_shared_whosever_the_account_is(
    db: Database, account: AccountId, thread: ThreadId
) -> None:
    with db.write() as connection:
        connection.execute("UPDATE thread SET visibility = 'shared'")
    account_settings.change(db, account, default_visibility="shared")
    for scope in ("team", "personal"):
        assert account_settings.change(db, account, scope=scope).default_visibility == "shared"
        assert visibility(db, thread) == "shared"


def test_new_conversations_can_be_chosen_together_with_whose_the_account_is(
    db: Database, account: AccountId
) -> None:
    changed = account_settings.change(db, account, scope="team", default_visibility="shared")
    assert changed.default_visibility == "shared"
    with pytest.raises(BadSetting, match="private or shared"):
        account_settings.change(db, account, scope="personal", default_visibility="team")


def test_new_mail_of_a_team_account_is_for_the_team(db: Database, account: AccountId, bo: str) -> None:
    account_settings.change(db, account, scope="team", members=(bo,))
    kind = db.read().execute("SELECT default_visibility FROM account").fetchone()
    assert kind == ("team",)


def test_an_account_is_of_one_of_two_kinds(db: Database, account: AccountId) -> None:
    with pytest.raises(BadSetting, match="personal, team"):
        account_crm.set(db, account, scope="club")


def test_only_users_of_the_workspace_are_members(db: Database, account: AccountId) -> None:
    with pytest.raises(BadSetting, match="no such user"):
        account_crm.set(db, account, members=("nobody",))


def test_members_that_stay_keep_what_they_may_do(db: Database, account: AccountId, bo: str) -> None:
    cy = crm_rows.a_user(db, "Cy", "cy@dealbox.example")
    account_crm.set(db, account, members=(bo,))
    with db.write() as connection:
        connection.execute("UPDATE account_member SET can_manage = 1")
    account_crm.set(db, account, members=(cy, bo))
    found = db.read().execute("SELECT user_id, can_manage FROM account_member ORDER BY can_manage").fetchall()
    assert found == [(cy, 0), (bo, 1)]


def test_what_it_shows_is_asked_before_an_account_becomes_a_teams(
    db: Database, account: AccountId, thread: ThreadId, bo: str
) -> None:
    asked = account_settings.team_question(db, account, {"scope": "team", "members": (bo,)})
    assert asked == (
        "This shows 1 conversation of the account that others do not see, and all that comes, to Bo."
    )
    stored.a_stored_email(db, account, stored.mailboxes_of(db, account)[Role.INBOX])
    asked = account_settings.team_question(db, account, {"scope": "team", "members": (bo,)})
    assert asked is not None and "2 conversations" in asked


def test_it_is_asked_too_before_somebody_joins_the_team_and_of_them_alone(
    db: Database, account: AccountId, thread: ThreadId, bo: str
) -> None:
    cy = crm_rows.a_user(db, "Cy", "cy@dealbox.example")
    account_settings.change(db, account, scope="team", members=(bo,))
    asked = account_settings.team_question(db, account, {"members": (bo, cy)})
    assert asked is not None and asked.endswith("to Cy.")
    assert account_settings.team_question(db, account, {"members": ()}) is None


@pytest.mark.parametrize("changes", [{"scope": "team"}, {"scope": "personal"}, {"creates": "lead"}])
def test_nothing_is_asked_where_nobody_sees_more(
    db: Database, account: AccountId, thread: ThreadId, changes: dict[str, str]
) -> None:
    assert account_settings.team_question(db, account, changes) is None


def test_nothing_is_asked_of_an_empty_account(db: Database, account: AccountId, bo: str) -> None:
    assert account_settings.team_question(db, account, {"scope": "team", "members": (bo,)}) is None


def test_a_colleague_without_the_right_does_not_hand_an_account_to_a_team(
    db: Database, account: AccountId
) -> None:
    crm_rows.a_user(db, "Me", "me@dealbox.example")
    with db.write() as connection:
        connection.execute("UPDATE account SET owner = 'somebody else'")
    with pytest.raises(Refused, match="connected the mailbox"):
        account_settings.change(db, account, scope="team")


def test_a_smart_bcc_address_is_replaced_at_the_wish_of_who_may(db: Database, account: AccountId) -> None:
    first = smart_bcc.address(db, account, None)
    assert account_settings.rotate(db, account, None) != first

"""How accounts take part in the CRM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crm_rows
import makers
import pytest

from mail.types import AccountId
from store import ingest
from store.database import Database
from store.links import account_crm, bcc_tokens
from store.links.account_crm import BadSetting


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = makers.a_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def account(db: Database) -> AccountId:
    return makers.an_account(db)


def test_an_account_links_and_makes_nothing_until_somebody_chooses(db: Database, account: AccountId) -> None:
    settings = account_crm.get(db, account)
    assert (settings.auto_link, settings.creates, settings.default_visibility) == (True, "off", "private")
    assert settings.bcc_address == ""


def test_what_is_set_is_kept_and_the_rest_stays(db: Database, account: AccountId) -> None:
    account_crm.set(db, account, creates="deal", activity_type="call")
    account_crm.set(db, account, activity_days=3)
    settings = account_crm.get(db, account)
    assert (settings.creates, settings.activity_type, settings.activity_days) == ("deal", "call", 3)


def test_linking_switched_on_again_begins_with_mail_from_then_on(db: Database, account: AccountId) -> None:
    """M24, M113."""
    assert account_crm.set(db, account, auto_link=False).auto_link_since == 0
    assert account_crm.set(db, account, auto_link=True).auto_link_since > makers.NOW
    since = account_crm.get(db, account).auto_link_since
    assert account_crm.set(db, account, auto_link=True).auto_link_since == since


def test_making_begins_with_mail_from_then_on_and_goes_on_when_it_makes_something_else(
    db: Database, account: AccountId
) -> None:
    since = account_crm.set(db, account, creates="lead").creates_since
    assert since > makers.NOW
    with db.write() as connection:
        connection.execute("UPDATE account_crm SET creates_since = 5")
    assert account_crm.set(db, account, creates="deal").creates_since == 5
    account_crm.set(db, account, creates="off")
    assert account_crm.set(db, account, creates="lead").creates_since > makers.NOW


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"creates": "project"}, "off, lead, deal"),
        ({"activity_days": -1}, "0 to 365"),
        ({"activity_days": 1_000}, "0 to 365"),
        ({"bcc_address": "nowhere"}, "is no address"),
        ({"responsible": ("nobody",)}, "no such user"),
        ({"stage_id": "nowhere"}, "no such stage"),
        ({"default_visibility": "team"}, "private or shared"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    db: Database, account: AccountId, changes: dict[str, Any], said: str
) -> None:
    before = account_crm.get(db, account)
    with pytest.raises(BadSetting, match=said):
        account_crm.set(db, account, auto_link=False, **changes)
    assert account_crm.get(db, account) == before


def test_a_setting_there_is_not_is_a_mistake_of_the_caller(db: Database, account: AccountId) -> None:
    with pytest.raises(TypeError):
        account_crm.set(db, account, turns=5)


def test_an_alias_is_kept_as_addresses_are_and_has_its_secret(db: Database, account: AccountId) -> None:
    settings = account_crm.set(db, account, bcc_address="CRM@Dealbox.example")
    assert settings.bcc_address == "crm@dealbox.example"
    assert bcc_tokens.channels(db.read()).aliases == {
        "crm@dealbox.example": bcc_tokens.token(db, account, None)
    }


def test_new_conversations_begin_as_the_account_says_and_old_ones_stay(
    db: Database, account: AccountId
) -> None:
    """V26."""
    for key, visibility in (("1", "private"), ("2", "shared")):
        account_crm.set(db, account, default_visibility=visibility)
        remote = makers.a_remote(key)
        ingest.apply(
            db, account, makers.a_batch([remote], state=key), [ingest.Arrival(remote, makers.an_email())]
        )
    rows = db.read().execute("SELECT visibility FROM thread ORDER BY id").fetchall()
    assert [row[0] for row in rows] == ["private", "shared"]


def test_a_team_account_is_for_its_team_or_shared(db: Database, account: AccountId) -> None:
    with db.write() as connection:
        connection.execute("UPDATE account SET scope = 'team'")
    assert account_crm.set(db, account, default_visibility="team").default_visibility == "team"
    assert account_crm.set(db, account, auto_link=False).scope == "team"


def test_what_was_changed_is_written_down(db: Database, account: AccountId) -> None:
    account_crm.set(db, account, creates="lead")
    account_crm.set(db, account, creates="lead")
    rows = db.read().execute("SELECT object, details FROM audit WHERE what = 'account_crm'").fetchall()
    assert len(rows) == 1
    assert rows[0][0] == f"account:{account}"
    assert '"creates": ["off", "lead"]' in rows[0][1]


def test_those_responsible_take_turns(db: Database, account: AccountId) -> None:
    users = tuple(crm_rows.a_user(db, name, f"{name}@dealbox.example") for name in ("bo", "cy"))
    settings = account_crm.set(db, account, responsible=(*users, users[0]))
    assert settings.responsible == users
    turns = []
    for _ in range(3):
        with db.write() as connection:
            turns.append(account_crm.take_turn(connection, account_crm.read(connection, account)))
    assert turns == [users[0], users[1], users[0]]


def test_without_anybody_responsible_it_is_whoever_connected_the_account(
    db: Database, account: AccountId
) -> None:
    with db.write() as connection:
        connection.execute("UPDATE account SET owner = 'u1'")
        assert account_crm.take_turn(connection, account_crm.read(connection, account)) == "u1"

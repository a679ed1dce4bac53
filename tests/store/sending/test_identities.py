"""Who the user can be when writing."""

from __future__ import annotations

import pytest
from makers import an_account

from mail.types import AccountId
from store import accounts
from store.database import Database
from store.sending import identities
from store.sending.identities import BadIdentity


def test_the_address_of_an_account_is_an_identity_before_anything_is_set(db: Database) -> None:
    account = accounts.add(db, "imap", "Work", "me@work.example", {}, aliases=["sales@work.example"])
    (row,) = identities.all(db)
    assert (row.id, row.account_id, row.identity.address.email) == (0, account, "me@work.example")
    assert row.identity.aliases == ("sales@work.example",)


def listed(db: Database) -> list[tuple[str, str, str]]:
    rows = [row.identity for row in identities.all(db)]
    return [(one.address.email, one.address.name, one.signature) for one in rows]


def aliases(db: Database, account: AccountId) -> tuple[str, ...]:
    row = accounts.get(db, account)
    assert row is not None
    return row.aliases


def test_an_identity_has_a_name_and_a_signature_and_can_be_an_alias(db: Database) -> None:
    account = accounts.add(db, "imap", "Work", "me@work.example", {}, aliases=["sales@work.example"])
    identities.set(db, account, "Sales@work.example", name="Sales", signature="The team")
    own, sales = identities.all(db)
    assert (own.identity.address.email, own.identity.aliases) == ("me@work.example", ())
    assert (sales.identity.address.name, sales.identity.signature) == ("Sales", "The team")


def test_what_is_not_said_of_an_identity_stays(db: Database) -> None:
    account = an_account(db, "me@work.example")
    identities.set(db, account, "me@work.example", name="Me", signature="Yours")
    identities.set(db, account, "me@work.example", signature="Mine")
    identities.set(db, account, "me@work.example", name="Myself")
    assert listed(db) == [("me@work.example", "Myself", "Mine")]
    identities.set(db, account, "me@work.example", name="", signature="")
    assert listed(db) == [("me@work.example", "", "")]


def test_a_new_address_comes_last_and_counts_as_the_owners(db: Database) -> None:
    account = accounts.add(db, "imap", "Work", "me@work.example", {}, aliases=["old@work.example"])
    identities.set(db, account, "Sales@Bücher.example")
    assert aliases(db, account) == ("old@work.example", "sales@xn--bcher-kva.example")
    identities.set(db, account, "me@work.example", name="Me")
    assert [email for email, _, _ in listed(db)] == ["me@work.example", "sales@xn--bcher-kva.example"]
    assert aliases(db, account) == ("old@work.example", "sales@xn--bcher-kva.example")


def test_any_identity_can_be_the_first(db: Database) -> None:
    account, other = an_account(db, "a@x.example"), an_account(db, "z@y.example")
    for email in ("b@x.example", "c@x.example"):
        identities.set(db, account, email)
    identities.set(db, other, "y@y.example")
    identities.move(db, account, "C@x.example", 0)
    identities.move(db, account, "a@x.example", 99)
    emails = [email for email, _, _ in listed(db)]
    assert emails == ["c@x.example", "b@x.example", "a@x.example", "z@y.example", "y@y.example"]
    with pytest.raises(BadIdentity, match="no identity of this account"):
        identities.move(db, account, "y@y.example", 0)


def test_what_is_removed_is_no_address_of_the_owner_any_more(db: Database) -> None:
    account = accounts.add(db, "imap", "Work", "me@work.example", {}, aliases=["old@work.example"])
    identities.set(db, account, "sales@work.example", name="Sales")
    identities.remove(db, account, "sales@work.example")
    assert (listed(db), aliases(db, account)) == ([("me@work.example", "", "")], ("old@work.example",))
    identities.remove(db, account, "Old@work.example")
    assert aliases(db, account) == ()
    with pytest.raises(BadIdentity, match="no identity of this account"):
        identities.remove(db, account, "sales@work.example")


def test_the_address_of_an_account_cannot_be_removed(db: Database) -> None:
    account = an_account(db, "me@work.example")
    identities.set(db, account, "me@work.example", name="Me")
    with pytest.raises(BadIdentity, match="address of the account and stays"):
        identities.remove(db, account, "Me@work.example")
    assert listed(db) == [("me@work.example", "Me", "")]


def test_each_account_has_its_own_and_no_others(db: Database) -> None:
    first, second = an_account(db, "a@x.example"), an_account(db, "b@x.example")
    assert [row.identity.address.email for row in identities.all(db)] == ["a@x.example", "b@x.example"]
    assert [row.account_id for row in identities.of_account(db, second)] == [second]
    assert first != second


@pytest.mark.parametrize(
    "email",
    ["nobody", "", "a b@x.example", "me@", "@x.example", "a@b@c.example", "me@x..example", "a\n@x.example"],
)
def test_what_is_no_address_is_no_identity(db: Database, email: str) -> None:
    account = an_account(db)
    with pytest.raises(BadIdentity, match="is no address to write from"):
        identities.set(db, account, email)
    assert aliases(db, account) == ()


def test_a_signature_is_kept_without_what_a_terminal_acts_on(db: Database) -> None:
    account = an_account(db, "me@work.example")
    hostile = "-- \r\n\x1b]0;owned\x07Ana \u202e\x9b2J [bold]x[/]\r\n☎️ 5\ud800\tx\r\n\r\n"
    identities.set(db, account, "me@work.example", name="An\x1b[2Ja\nLima", signature=hostile)
    assert listed(db) == [("me@work.example", "An[2Ja Lima", "]0;ownedAna 2J [bold]x[/]\n☎️ 5\tx")]


def test_what_is_too_long_is_refused_and_changes_nothing(db: Database) -> None:
    account = an_account(db, "me@work.example")
    with pytest.raises(BadIdentity, match="the signature has 102,400 characters: at most 10,000"):
        identities.set(db, account, "new@work.example", signature="x" * 102_400)
    with pytest.raises(BadIdentity, match="the name has 201 characters"):
        identities.set(db, account, "new@work.example", name="x" * 201)
    assert aliases(db, account) == ()


def test_of_an_account_that_was_removed_nothing_is_set(db: Database) -> None:
    account = an_account(db)
    accounts.remove(db, account)
    with pytest.raises(BadIdentity, match="was removed"):
        identities.set(db, account, "me@work.example")

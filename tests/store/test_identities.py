"""Who the user can be when writing."""

from __future__ import annotations

import pytest
from makers import an_account

from store import accounts, identities
from store.database import Database


def test_the_address_of_an_account_is_an_identity_before_anything_is_set(db: Database) -> None:
    account = accounts.add(db, "imap", "Work", "me@work.example", {}, aliases=["sales@work.example"])
    (row,) = identities.all(db)
    assert (row.id, row.account_id, row.identity.address.email) == (0, account, "me@work.example")
    assert row.identity.aliases == ("sales@work.example",)


def test_an_identity_has_a_name_and_a_signature_and_can_be_an_alias(db: Database) -> None:
    account = accounts.add(db, "imap", "Work", "me@work.example", {}, aliases=["sales@work.example"])
    identities.set(db, account, "Sales@work.example", name="Sales", signature="The team")
    own, sales = identities.all(db)
    assert (own.identity.address.email, own.identity.aliases) == ("me@work.example", ())
    assert (sales.identity.address.name, sales.identity.signature) == ("Sales", "The team")
    identities.set(db, account, "me@work.example", name="Me", position=-1)
    identities.set(db, account, "sales@work.example", name="Sales desk")
    names = [row.identity.address.name for row in identities.all(db)]
    assert names == ["Me", "Sales desk"]
    identities.remove(db, sales.id)
    assert [row.identity.address.name for row in identities.of_account(db, account)] == ["Me"]


def test_each_account_has_its_own_and_no_others(db: Database) -> None:
    first, second = an_account(db, "a@x.example"), an_account(db, "b@x.example")
    assert [row.identity.address.email for row in identities.all(db)] == ["a@x.example", "b@x.example"]
    assert [row.account_id for row in identities.of_account(db, second)] == [second]
    assert first != second


def test_what_is_no_address_is_no_identity(db: Database) -> None:
    with pytest.raises(identities.NotAnAddress):
        identities.set(db, an_account(db), "nobody")

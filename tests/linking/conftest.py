"""An account, a deal and mail for tests of judging."""

from __future__ import annotations

import makers
import pytest
from judged import ANA, Mail, a_deal

from mail.types import AccountId
from store.crm.items import ItemRef
from store.database import Database


@pytest.fixture
def account_id(db: Database) -> AccountId:
    return makers.an_account(db)


@pytest.fixture
def deal(db: Database) -> ItemRef:
    return a_deal(db, "Printers", ANA)


@pytest.fixture
def mail(db: Database, account_id: AccountId) -> Mail:
    return Mail(db, account_id)

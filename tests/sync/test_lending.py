from __future__ import annotations

import makers
import pytest

from providers.errors import RetryLater, SignInAgain
from store import accounts
from store.database import Database
from store.secret import secrets
from store.secret.files import HeldKey, VaultSecrets
from store.secret.secrets import AccountSecrets
from sync.lending import LentSecrets


@pytest.fixture
def lent(db: Database) -> LentSecrets:
    """What an adapter gets of an account without any secret yet."""
    account = accounts.get(db, makers.an_account(db))
    assert account is not None
    return LentSecrets(db.directory, HeldKey(), account)


def test_an_adapter_sees_the_secrets_of_its_account(db: Database, lent: LentSecrets) -> None:
    secrets.choose(db.directory, "plain")
    (account,) = accounts.all(db)
    AccountSecrets(secrets.open_secrets(db.directory), account).put("password", "s3cret")
    assert (lent.get("password"), lent.get("token")) == ("s3cret", None)
    with lent.refreshing("token"):
        lent.put("token", "t")
    assert lent.get("token") == "t"


def test_before_a_place_was_chosen_the_user_has_to_sign_in(lent: LentSecrets) -> None:
    with pytest.raises(SignInAgain, match="dealbox account add"):
        lent.get("password")


def test_locked_secrets_wait_for_the_user_and_go_on_with_the_key(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.secret.vault._LOG_N", 4)
    secrets.choose(db.directory, "file")
    key = VaultSecrets(db.directory)
    key.create("correct horse")
    account = accounts.get(db, makers.an_account(db))
    assert account is not None
    held = HeldKey()
    lent = LentSecrets(db.directory, held, account)
    with pytest.raises(SignInAgain, match="press g U or run dealbox unlock"):
        lent.get("password")
    held.key = key.held.key
    assert lent.get("password") is None


def test_a_damaged_file_is_for_the_user(db: Database, lent: LentSecrets) -> None:
    """F43: nothing goes on as if there were no token."""
    secrets.choose(db.directory, "plain")
    (db.directory / "secrets.json").write_text('{"a')
    with pytest.raises(SignInAgain, match="damaged"):
        lent.get("token")


def test_a_disk_without_room_for_a_token_is_tried_again(db: Database, lent: LentSecrets) -> None:
    """F38: the disk is full in the token write; here a directory is in the way."""
    secrets.choose(db.directory, "plain")
    (db.directory / "secrets.json.new").mkdir()
    with pytest.raises(RetryLater, match="cannot be written"):
        lent.put("token", "t")
    (db.directory / "secrets.json.new").rmdir()
    lent.put("token", "t")
    assert lent.get("token") == "t"


def test_a_command_that_fails_is_tried_again(db: Database, lent: LentSecrets) -> None:
    secrets.choose(db.directory, "command", "false {name}")
    with pytest.raises(RetryLater, match="status 1"):
        lent.get("password")

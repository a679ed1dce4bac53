from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import waiting
from screens import an_inbox, settled, text, the_screen
from servers.certificates import Authority
from servers.dovecot import Dovecot, User
from servers.fake_tokens import BLOCKED_BY_POLICY, CLIENT_ID, Device, FakeTokens
from textual.pilot import Pilot
from textual.widgets import Input

from store import accounts
from store.database import Database
from store.secret import secrets
from store.secret.files import HeldKey, VaultSecrets
from store.secret.secrets import AccountSecrets
from tui.app import DealboxApp


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.secret.vault._LOG_N", 4)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")


async def shows(app: DealboxApp, pilot: Pilot[int], words: str) -> None:
    """Wait until the screen shows `words`."""
    await waiting.until_true(lambda: words in text(app), lambda: f"{words!r} shows:\n{text(app)}")
    await pilot.pause()
    assert app.is_running


async def types(app: DealboxApp, pilot: Pilot[int], answer: str) -> None:
    """Type an answer in the place of what is there."""
    app.screen.query_one(Input).value = answer
    await pilot.press("enter")


async def begin(app: DealboxApp, pilot: Pilot[int], user: User, dovecot: Dovecot) -> None:
    """Add an account up to where its servers are agreed on."""
    await pilot.press("g", "A")
    await shows(app, pilot, "Your e-mail address")
    await types(app, pilot, f"{user.address.partition('@')[0]}@gmail.com")
    await shows(app, pilot, "imap.gmail.com:993")
    await pilot.press("e")
    await shows(app, pilot, "IMAP server")
    await types(app, pilot, f"localhost:{dovecot.ports['imaps']}")
    await shows(app, pilot, "SMTP server")
    await types(app, pilot, f"localhost:{dovecot.ports['submissions']}")
    await shows(app, pilot, "User name:")
    await types(app, pilot, user.address)
    await shows(app, pilot, f"localhost:{dovecot.ports['imaps']} (TLS)")


async def trust(app: DealboxApp, pilot: Pilot[int]) -> None:
    await shows(app, pilot, "SHA-256")
    await pilot.press("y")


async def test_an_account_is_set_up_with_a_certificate_that_is_pinned(
    db: Database, dovecot: Dovecot, user: User
) -> None:
    secrets.choose(db.directory, "plain")
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        assert "Press g A to add one" in text(app)
        await begin(app, pilot, user, dovecot)
        await pilot.press("enter")
        await shows(app, pilot, "Sign in as")
        await types(app, pilot, "wrong-secret")
        await trust(app, pilot)
        await shows(app, pilot, "refused the user name or the password")
        assert "wrong-secret" not in text(app)
        await types(app, pilot, user.password)
        await shows(app, pilot, "Added user")  # the other port has the same certificate
    (account,) = accounts.all(db)
    assert len(account.config["imap_pin"]) == 64 and account.config["smtp_pin"] == account.config["imap_pin"]
    assert AccountSecrets(secrets.open_secrets(db.directory), account).get("password") == user.password


async def test_leaving_in_the_middle_leaves_nothing(db: Database, dovecot: Dovecot, user: User) -> None:
    async with the_screen(db, size=(80, 24)) as (app, pilot):
        await settled(app, pilot)
        await begin(app, pilot, user, dovecot)
        await pilot.press("escape")
        await settled(app, pilot)
        assert app.screen is app.mail
    assert accounts.all(db) == ()


async def test_what_is_no_address_is_told(db: Database) -> None:
    an_inbox(db, 2)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await pilot.press("g", "A")
        await shows(app, pilot, "Your e-mail address")
        await types(app, pilot, "nobody")
        await shows(app, pilot, "nobody is not an address")


async def test_a_new_passphrase_is_asked_twice_and_makes_the_file(
    db: Database, dovecot: Dovecot, user: User
) -> None:
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        await settled(app, pilot)
        await begin(app, pilot, user, dovecot)
        await pilot.press("enter")
        await shows(app, pilot, "No keyring answers")
        await types(app, pilot, "correct horse")
        await shows(app, pilot, "Once more")
        await types(app, pilot, "correct hearse")
        await shows(app, pilot, "not the same twice")
        await types(app, pilot, "correct horse")
        await shows(app, pilot, "Once more")
        await types(app, pilot, "correct horse")
        await shows(app, pilot, "Sign in as")
        await pilot.press("escape")
        await settled(app, pilot)
    assert VaultSecrets(db.directory).unlock("correct horse")
    assert secrets.chosen(db.directory) == ("file", "")


async def test_unlocking_hands_the_key_to_the_worker(db: Database) -> None:
    from store.secret import unlocking

    an_inbox(db, 2)
    secrets.choose(db.directory, "file")
    VaultSecrets(db.directory).create("correct horse")
    held = HeldKey()
    before = accounts.sync_requests(db)
    with unlocking.serve(db.directory, held):
        async with the_screen(db) as (app, pilot):
            await settled(app, pilot)
            await pilot.press("g", "U")
            await shows(app, pilot, "Your passwords are locked")
            await types(app, pilot, "wrong")
            await shows(app, pilot, "That is not the passphrase")
            await types(app, pilot, "correct horse")
            await shows(app, pilot, "Unlocked")
    assert held.key is not None
    assert accounts.sync_requests(db) == before + 1


async def test_there_may_be_nothing_to_unlock(db: Database) -> None:
    an_inbox(db, 2)
    secrets.choose(db.directory, "plain")
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await pilot.press("g", "U")
        await shows(app, pilot, "nothing to unlock")
        await pilot.press("g", "S")
        await shows(app, pilot, "No account here needs a sign-in")


@pytest.fixture
def tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dovecot: Dovecot, user: User
) -> Iterator[FakeTokens]:
    authority = Authority(tmp_path / "tls")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    with FakeTokens(
        authority.good().server_context(), address=user.address, make_token=lambda: dovecot.token(user)
    ) as server:
        yield server


def an_account_that_signs_in_with(
    who: str, authority: str, db: Database, dovecot: Dovecot, user: User
) -> None:
    config = {"username": user.address, "sign_in": who, "ca_file": str(dovecot.ca_file)}
    config |= {"imap_host": "localhost", "imap_port": str(dovecot.ports["imaps"]), "imap_security": "tls"}
    config |= {
        "smtp_host": "localhost",
        "smtp_port": str(dovecot.ports["submissions"]),
        "smtp_security": "tls",
    }
    config |= {"oauth_client_id": CLIENT_ID, "oauth_authority": authority}
    accounts.add(db, "imap", user.address, user.address, config)
    secrets.choose(db.directory, "plain")


async def test_a_browser_anywhere_signs_in_by_its_last_address(
    db: Database, dovecot: Dovecot, user: User, tokens: FakeTokens
) -> None:
    an_account_that_signs_in_with("google", tokens.url, db, dovecot, user)
    copied: list[str] = []
    async with the_screen(db, size=(120, 50)) as (app, pilot):
        app.copy_to_clipboard = copied.append  # type: ignore[method-assign] # what would go to the terminal
        await settled(app, pilot)
        await pilot.press("g", "S")
        await shows(app, pilot, "client secret")
        await types(app, pilot, "not-so-secret")
        await shows(app, pilot, "Open in a browser")
        await types(app, pilot, "http://127.0.0.1/?code=x&state=wrong")
        await shows(app, pilot, "another sign-in")
        await types(app, pilot, tokens.approve(copied[0]))
        await shows(app, pilot, "Signed in to")
    (account,) = accounts.all(db)
    kept = AccountSecrets(secrets.open_secrets(db.directory), account)
    assert "refresh_token" in (kept.get("token") or "") and kept.get("client_secret") == "not-so-secret"


async def test_a_code_typed_elsewhere_signs_in(
    db: Database, dovecot: Dovecot, user: User, tokens: FakeTokens
) -> None:
    an_account_that_signs_in_with("microsoft", tokens.authority, db, dovecot, user)
    async with the_screen(db, size=(120, 50)) as (app, pilot):
        await settled(app, pilot)
        await pilot.press("g", "S")
        await shows(app, pilot, "ABCD-EFGH")
        tokens.device = Device.APPROVED
        await shows(app, pilot, "Signed in to")


async def test_where_codes_are_blocked_the_browser_follows(
    db: Database, dovecot: Dovecot, user: User, tokens: FakeTokens
) -> None:
    """F48: conditional access; the paste flow is offered."""
    an_account_that_signs_in_with("microsoft", tokens.authority, db, dovecot, user)
    copied: list[str] = []
    async with the_screen(db, size=(120, 50)) as (app, pilot):
        app.copy_to_clipboard = copied.append  # type: ignore[method-assign] # what would go to the terminal
        await settled(app, pilot)
        await pilot.press("g", "S")
        await shows(app, pilot, "ABCD-EFGH")
        tokens.fail(BLOCKED_BY_POLICY)
        await shows(app, pilot, "Open in a browser")
        await types(app, pilot, tokens.approve(copied[-1]))
        await shows(app, pilot, "Signed in to")


async def test_a_provider_without_imap_is_told(db: Database) -> None:
    an_inbox(db, 2)
    async with the_screen(db) as (app, pilot):
        await settled(app, pilot)
        await pilot.press("g", "A")
        await shows(app, pilot, "Your e-mail address")
        await types(app, pilot, "ana@tuta.com")
        await shows(app, pilot, "it has no IMAP")

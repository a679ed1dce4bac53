"""dealbox account add ADDRESS, account sign-in and unlock: the questions and answers on the command line."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from mail import addresses
from store import accounts, paths, settings, worker_process
from store.database import Database
from store.secret import secrets, unlocking, vault
from store.secret.files import HeldKey, PlainSecrets, SecretsError, VaultSecrets
from store.secret.secrets import AccountSecrets, Secrets, Whose
from tui import account_plan, secret_places
from tui.account_plan import Plan
from tui.cli import ask as cli_ask
from tui.cli.accounts import one
from tui.cli.browser import browser_token
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened
from tui.sign_in_child import ChildGone, Event, SignInChild

T = TypeVar("T")
_TRIES: Final = 3
_WORKER_S: Final = 15.0
_LOOK_EVERY_S: Final = 0.1


def add(options: argparse.Namespace) -> int:
    """Add an account by its address: find its servers, try them, and keep it."""
    address = addresses.normalise(options.what or cli_ask.line("Your e-mail address"))
    if not address:
        raise BadUse(f"{options.what!r} is not an address")
    with opened(options) as db, _child() as child:
        _check_new(db, address)
        plan = _overridden(_discovered(child, address, options), options)
        _show(plan)
        place = _place(options, db.directory)
        plan, secret, client_secret = _tried(child, plan, _known_secret(place, plan), options)
        aliases = tuple(filter(None, map(addresses.normalise, options.alias)))
        account_id = account_plan.add(
            db, plan, place, secret, client_secret, name=options.name or "", aliases=aliases
        )
        _begin_unlocked(db.directory, place)
    say(f"Added account {account_id}: {address}. Its password is {secret_places.told(place)}.")
    note("Open it with: dealbox")
    return 0


def sign_in(options: argparse.Namespace) -> int:
    """Ask an account's password again, or sign in with the browser again."""
    with opened(options) as db, _child() as child:
        account = one(db, options.account)
        if account.kind != account_plan.KIND:
            raise BadUse(f"{account.name} needs no sign-in")
        plan = _overridden(account_plan.from_account(account), options)
        place = _place(options, db.directory)
        plan, secret, client_secret = _tried(child, plan, _known_secret(place, plan), options)
        account_plan.change(db, account, plan, place, secret, client_secret)
    say(f"Signed in to {account.name}.")
    return 0


def unlock(options: argparse.Namespace) -> int:
    """Unlock the passwords for the worker."""
    directory = paths.data_directory(options.data)
    held = HeldKey()
    kept = _told(lambda: secrets.open_secrets(directory, held))
    if options.restore:
        if not isinstance(kept, PlainSecrets):
            raise BadUse(f"passwords are {secret_places.told(kept)}: there is no copy of ours")
        _told(kept.restore)
        say(f"Took the copy before of {kept.path}; the damaged one is beside it.")
    if not isinstance(kept, VaultSecrets):
        say(f"There is nothing to unlock: passwords are {secret_places.told(kept)}.")
        return 0
    key = _unlocked(kept, options)
    if not _handed_over(directory, key):
        raise Failed("the worker does not take the key: dealbox worker status says whether it runs")
    with opened(options) as db:
        accounts.request_sync(db)
    say("Unlocked.")
    return 0


def _begin_unlocked(directory: Path, place: Secrets) -> None:
    """Start the worker with the passphrase that was just typed: asked for again in the screen, it would only annoy."""
    if isinstance(place, VaultSecrets) and place.held.key and cli_ask.is_somebody_there():
        _handed_over(directory, place.held.key)


def _unlocked(kept: VaultSecrets, options: argparse.Namespace) -> bytes:
    for _ in range(_TRIES):
        text = (
            sys.stdin.readline().rstrip("\r\n") if options.passphrase_stdin else cli_ask.secret("Passphrase")
        )
        try:
            return kept.unlock(text)
        except vault.WrongPassphrase:
            if options.passphrase_stdin:
                break
            note("That is not the passphrase.")
        except SecretsError as error:
            raise Failed(str(error)) from error
    raise Failed("that is not the passphrase; the passwords stay locked")


def _handed_over(directory: Path, key: bytes) -> bool:
    """Give the key to the worker, and start one where none runs."""
    if not worker_process.is_worker_running(directory):
        worker_process.start_worker(directory)
    until = time.monotonic() + _WORKER_S
    while not unlocking.hand_over(directory, key):
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


@contextmanager
def _child() -> Iterator[SignInChild]:
    child = SignInChild()
    try:
        yield child
    except (ChildGone, SecretsError) as error:
        raise Failed(str(error)) from error
    finally:
        child.close()


def _check_new(db: Database, address: str) -> None:
    for account in accounts.all(db):
        if account.address == address and account.kind == account_plan.KIND:
            raise Failed(
                f"{address} is already account {account.id}; to sign in again: dealbox account sign-in"
            )


def _discovered(child: SignInChild, address: str, options: argparse.Namespace) -> Plan:
    request = {
        "do": "discover",
        "address": address,
        "imap": options.imap,
        "smtp": options.smtp,
        "security": options.security,
        "username": options.username,
    }
    event = child.ask(request)
    if event["event"] == "no_servers" and not event["is_final"] and cli_ask.is_somebody_there():
        note(event["text"])
        host = cli_ask.line("IMAP server (HOST or HOST:PORT)")
        smtp = cli_ask.line("SMTP server (HOST or HOST:PORT)", options.smtp or "")
        event = child.ask({**request, "imap": host, "smtp": smtp})
    if event["event"] != "servers":
        advice = "" if event.get("is_final") else " Say them with --imap HOST:PORT and --smtp HOST:PORT."
        raise Failed(f"{event['text'].removesuffix('.')}.{advice}" if advice else event["text"])
    return account_plan.from_event(address, event)


def _overridden(plan: Plan, options: argparse.Namespace) -> Plan:
    """Return the plan with what the command line says of trust and of signing in."""
    changed = replace(
        plan,
        ca_file=str(options.ca_file.expanduser().absolute()) if options.ca_file else plan.ca_file,
        imap_pin=options.pin or plan.imap_pin,
        smtp_pin=options.smtp_pin or options.pin or plan.smtp_pin,
    )
    if options.oauth:
        return replace(changed, sign_in=options.oauth)
    return replace(changed, sign_in="app_password") if options.password_stdin and plan.is_browser else changed


def _show(plan: Plan) -> None:
    for line in plan.lines():
        note(line)
    if plan.hint:
        note(plan.hint)
    if cli_ask.is_somebody_there() and not cli_ask.agreed("Use these? Enter, or n to leave"):
        raise Failed("nothing was added; --imap, --smtp and --username say it otherwise")


def _place(options: argparse.Namespace, directory: Path) -> Secrets:
    """Return where the password is to live, unlocked. Raises Failed, BadUse."""
    held = HeldKey()
    chosen = settings.load(settings.default_path(options.config))
    is_plain = getattr(options, "plain_secrets", False)
    if is_plain and secrets.chosen(directory) is None:
        return secret_places.plainly(directory)
    kept = _told(lambda: secret_places.found(directory, chosen, held))
    if kept is not None and not secret_places.needs_passphrase(kept):
        return kept
    if kept is not None:
        return _told(lambda: _reopened(directory, held))
    return _new_place(directory, held)


def _reopened(directory: Path, held: HeldKey) -> Secrets:
    for _ in range(_TRIES):
        try:
            return secret_places.with_passphrase(
                directory, cli_ask.secret("Passphrase of your passwords"), held
            )
        except vault.WrongPassphrase:
            note("That is not the passphrase.")
    raise Failed("that is not the passphrase; nothing was changed")


def _new_place(directory: Path, held: HeldKey) -> Secrets:
    note("No keyring answers here, so passwords go into a file under a passphrase of yours.")
    if not cli_ask.is_somebody_there():
        raise BadUse("where may the password live? Set DEALBOX_KEY_FILE, or say --plain-secrets")
    passphrase = cli_ask.new_secret("New passphrase (Enter for none)", secret_places.SHORTEST_PASSPHRASE)
    if passphrase:
        return secret_places.with_passphrase(directory, passphrase, held)
    if cli_ask.yes("Keep passwords in a plain file that anybody who gets at your files can read?"):
        return secret_places.plainly(directory)
    raise Failed("nothing was added: there is no place for the password")


def _told(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except SecretsError as error:
        raise Failed(str(error)) from error


def _known_secret(place: Secrets, plan: Plan) -> str:
    """Return the password a command of the user's gives, "" where one has to be asked for."""
    if place.kind != "command":
        return ""
    return AccountSecrets(place, Whose("", plan.address)).get(plan.secret_name) or ""


def _tried(child: SignInChild, plan: Plan, secret: str, options: argparse.Namespace) -> tuple[Plan, str, str]:
    """Ask for what signs in until the servers take it; return the plan and the secrets as they were taken."""
    client_secret = ""
    if plan.is_browser:
        plan, client_secret = _client(plan, options)
        secret = browser_token(child, plan, client_secret)
    for attempt in range(_TRIES):
        secret = secret or _password(plan, options)
        event = child.ask(account_plan.trial(plan, secret, client_secret))
        while event["event"] == "trouble" and event["kind"] == "certificate":
            plan = _trusted(plan, event)
            event = child.ask(account_plan.trial(plan, secret, client_secret))
        if event["event"] == "tested":
            return plan, str(event["secret"]), client_secret
        note(event["text"])
        if event.get("protocol") == "smtp" and cli_ask.yes(
            "Reading works, sending does not. Go on all the same?"
        ):
            return plan, secret, client_secret
        if event["kind"] not in ("password", "app_password") or plan.is_browser or attempt == _TRIES - 1:
            break
        if not cli_ask.is_somebody_there():
            break
        secret = ""
    raise Failed("nothing was saved")


def _password(plan: Plan, options: argparse.Namespace) -> str:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return cli_ask.secret("App password" if plan.sign_in == "app_password" else "Password")


def _trusted(plan: Plan, event: Event) -> Plan:
    """Return the plan with the certificate pinned, after a look and a yes. Raises Failed."""
    certificate = event["certificate"]
    if certificate is not None and account_plan.is_pinned_already(plan, certificate["sha256"]):
        return account_plan.pinned(plan, event["protocol"], certificate["sha256"])
    note(event["text"])
    if certificate is None:
        raise Failed("nothing was saved")
    for name in ("subject", "issuer", "starts", "ends"):
        note(f"  {name:9}{certificate[name]}")
    note(f"  hosts    {', '.join(certificate['hosts'])}")
    note(f"  SHA-256  {certificate['shown']}")
    if not cli_ask.yes("Is this the server's certificate? Trust it, and no other, from now on?"):
        raise Failed(f"nothing was saved; to trust this certificate: --pin {certificate['sha256']}")
    return account_plan.pinned(plan, event["protocol"], certificate["sha256"])


def _client(plan: Plan, options: argparse.Namespace) -> tuple[Plan, str]:
    """Return the plan with a client of the user's own, and the secret of it where there is one."""
    client_id = options.client_id or plan.oauth_client_id
    if not client_id:
        note("dealbox ships no client of its own: docs/accounts.md shows how to make one in five minutes.")
        client_id = cli_ask.line(f"Client id ({plan.sign_in.capitalize()})")
    authority = options.authority or plan.oauth_authority
    secret = cli_ask.secret("Client secret") if plan.sign_in == "google" else ""
    return account_plan.with_browser(plan, plan.sign_in, client_id, authority), secret

"""dealbox account remove: what goes, what stays at the server, and what would be lost is said before."""

from __future__ import annotations

import argparse

from store import accounts, outbox
from store.database import Database
from store.rows import AccountRow
from store.secret import secrets, vault
from store.secret.files import HeldKey, Locked, NotChosen, SecretsError, VaultSecrets
from store.secret.secrets import AccountSecrets, Secrets
from store.sending import drafts, submissions
from tui import account_plan, secret_places
from tui.cli import ask as cli_ask
from tui.cli.accounts import one
from tui.cli.main import BadUse, Failed, note, say
from tui.cli.stores import opened
from tui.format import plural

_APPS = {
    "google": "https://myaccount.google.com/connections",
    "microsoft": "https://account.microsoft.com/privacy/app-access",
}


def remove(options: argparse.Namespace) -> int:
    """Remove an account and its secrets, after a question."""
    with opened(options) as db:
        account = one(db, options.account)
        if not options.yes and not _is_sure(db, account):
            raise Failed("nothing was removed")
        if account.kind == account_plan.KIND:
            _forget_secrets(db, account)
        accounts.remove(db, account.id)
    say(f"Removed {account.name}. {_what_stays(account)}")
    return 0


def _is_sure(db: Database, account: AccountRow) -> bool:
    if not cli_ask.is_somebody_there():
        raise BadUse("removing an account needs --yes when nobody can be asked")
    for line in lost(db, account):
        note(line)
    return cli_ask.yes(
        f"Remove {account.name} and what dealbox remembers of it, links included? Its mail stays."
    )


def lost(db: Database, account: AccountRow) -> tuple[str, ...]:
    """Return what is nowhere but here, and would be gone with the account."""
    told = []
    waiting = outbox.count_waiting(db, account.id)
    if waiting:
        told.append(f"{plural(waiting, 'change')} of yours that the server was not asked for yet")
    unsent = [row for row in submissions.waiting(db) if row.account_id == account.id and row.recipients]
    if unsent:
        told.append(f"{plural(len(unsent), 'message')} that nobody got yet")
    unsaved = [row for row in drafts.open_drafts(db) if row.account_id == account.id and not row.is_saved]
    if unsaved:
        told.append(f"{plural(len(unsaved), 'draft')} with words that are not at the server")
    return tuple(f"This would be lost: {each}." for each in told)


def _forget_secrets(db: Database, account: AccountRow) -> None:
    """Delete the account's secrets; where that cannot be, say where they stay."""
    try:
        place = secrets.open_secrets(db.directory, HeldKey())
    except NotChosen:
        return
    except SecretsError as error:
        note(f"Its password could not be deleted: {error}")
        return
    try:
        _delete(place, account)
    except vault.WrongPassphrase:
        note(f"That is not the passphrase: its password stays {secret_places.told(place)}.")
    except SecretsError as error:
        note(f"Its password stays {secret_places.told(place)}: {error}")


def _delete(place: Secrets, account: AccountRow) -> None:
    if place.kind == "command":
        note("Its password is where your secret_cmd finds it: it is yours to delete.")
        return
    kept = AccountSecrets(place, account)
    try:
        kept.delete_all()
    except Locked:
        if not isinstance(place, VaultSecrets) or not cli_ask.is_somebody_there():
            raise
        place.unlock(cli_ask.secret("Passphrase of your passwords, to delete this one"))
        kept.delete_all()


def _what_stays(account: AccountRow) -> str:
    if account.kind != account_plan.KIND:
        return f"Its mail is untouched in {account.config.get('path') or 'its place'}."
    place = account.config.get("imap_host", "its server")
    stays = f"Its mail, drafts and mailboxes stay at {place}: nothing was deleted there."
    apps = _APPS.get(account.config.get("sign_in", ""))
    return f"{stays} To end the sign-in there too: {apps}" if apps else stays

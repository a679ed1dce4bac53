"""Where passwords are to live: what can be found out without asking, and what a passphrase opens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from store.secret import secrets, unlocking
from store.secret.files import KEY_FILE, HeldKey, PlainSecrets, VaultSecrets, passphrase_in
from store.secret.secrets import CommandSecrets, KeyringSecrets, Secrets
from store.settings import Settings

SHORTEST_PASSPHRASE: Final = 8


def found(directory: Path, settings: Settings, held: HeldKey) -> Secrets | None:
    """Return the place that was chosen, or can be without asking; None where a passphrase has to be thought of.

    A command in the settings comes first, then what was chosen before, then a keyring that answers. Raises SecretsError.
    """
    choice = secrets.chosen(directory)
    if settings.secret_cmd and (choice is None or choice[0] == "command"):
        secrets.choose(directory, "command", settings.secret_cmd)
        return CommandSecrets(directory, settings.secret_cmd)
    if choice is not None:
        return secrets.open_secrets(directory, held)
    from store.secret import keyrings

    keyring = keyrings.find()
    if keyring is not None:
        secrets.choose(directory, "keyring")
        return KeyringSecrets(directory, lambda: keyring)
    key_file = os.environ.get(KEY_FILE)
    return with_passphrase(directory, passphrase_in(Path(key_file)), held) if key_file else None


def with_passphrase(directory: Path, passphrase: str, held: HeldKey) -> VaultSecrets:
    """Make or unlock the file under a passphrase and hand its key to the worker. Raises SecretsError, WrongPassphrase."""
    kept = VaultSecrets(directory, held)
    if kept.exists:
        kept.unlock(passphrase)
    else:
        kept.create(passphrase)
    if secrets.chosen(directory) is None:
        secrets.choose(directory, "file")
    if held.key is not None:
        unlocking.hand_over(directory, held.key)
    return kept


def plainly(directory: Path) -> PlainSecrets:
    """Keep passwords in a file that nothing but its mode protects: only after somebody said yes."""
    secrets.choose(directory, "plain")
    return PlainSecrets(directory)


def needs_passphrase(kept: Secrets | None) -> bool:
    """Say whether a passphrase has to be asked for: a new one where nothing is there yet."""
    return kept is None or (isinstance(kept, VaultSecrets) and (not kept.exists or kept.is_locked))


def told(kept: Secrets) -> str:
    """Return in words where passwords live."""
    words = {
        "keyring": "in the keyring of the system",
        "command": "where secret_cmd finds it",
        "file": "in a file under your passphrase",
        "plain": "in a plain file that only you may read",
    }
    return words[kept.kind]

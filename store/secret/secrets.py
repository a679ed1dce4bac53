"""Where passwords and tokens live: the system's keyring, a command of the user's, or a file of ours.

Which of them is remembered in secrets.toml of the data directory; no secret is in there. An account's secrets are
called "UUID:password", "UUID:token" and "UUID:client_secret", for a command "ADDRESS/password" and so on.
"""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple, Protocol, get_args

from store import private_file
from store.rows import AccountRow
from store.secret import command as secret_command
from store.secret import keyrings
from store.secret.files import HeldKey, Kind, NotChosen, PlainSecrets, Refreshing, SecretsError, VaultSecrets

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CHOICE_NAME: Final = "secrets.toml"
NAMES: Final = ("password", "token", "client_secret")


class Secrets(Protocol):
    """Passwords and tokens by name. Methods raise SecretsError."""

    @property
    def kind(self) -> Kind:
        """Say where they live."""

    def get(self, name: str) -> str | None:
        """Return a secret, None when there is none."""

    def put(self, name: str, value: str) -> None:
        """Keep a secret; once this returns it survives a crash."""

    def delete(self, name: str) -> None:
        """Forget a secret; none there is harmless."""

    def refreshing(self, name: str) -> AbstractContextManager[None]:
        """Hold the right to renew `name`, for one process and thread at a time; read it again inside."""


class KeyringSecrets(Refreshing):
    """Secrets in the system's keyring."""

    kind: Kind = "keyring"

    def __init__(self, directory: Path, find: Callable[[], keyrings.Keyring | None] = keyrings.find) -> None:
        super().__init__(directory)
        self._find = find
        self._found: keyrings.Keyring | None = None

    def get(self, name: str) -> str | None:
        """Return a secret."""
        with _told():
            return self._keyring().get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a secret."""
        with _told():
            self._keyring().put(name, value)

    def delete(self, name: str) -> None:
        """Forget a secret."""
        with _told():
            self._keyring().delete(name)

    def _keyring(self) -> keyrings.Keyring:
        if self._found is None:
            self._found = self._find()
        if self._found is None:
            raise keyrings.NoAnswer("the system's keyring is locked, or not there")
        return self._found


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except keyrings.NoAnswer as error:
        text = f"Passwords: {error}. Unlock it; press $ or run dealbox sync to go on at once."
        raise SecretsError(text) from error


class CommandSecrets(Refreshing):
    """Secrets from a command of the user's, which only reads."""

    kind: Kind = "command"

    def __init__(self, directory: Path, command: str) -> None:
        super().__init__(directory)
        self._command = command

    def get(self, name: str) -> str | None:
        """Return a secret; whatever the command cannot find is an error, as it has no way to say "none"."""
        try:
            return secret_command.run(self._command, name)
        except secret_command.CommandFailed as error:
            raise SecretsError(f"{error}") from error

    def put(self, name: str, value: str) -> None:
        """Raise SecretsError, unless the command gives this very value already."""
        with contextlib.suppress(SecretsError):
            if self.get(name) == value:
                return
        raise SecretsError(f"secret_cmd only reads: keep the secret yourself under the name {name}.")

    def delete(self, name: str) -> None:
        """Leave the secret where it is: it is the user's own."""


def chosen(directory: Path) -> tuple[Kind, str] | None:
    """Return where secrets live and, for "command", the command; None before anybody chose. Raises SecretsError."""
    path = directory / CHOICE_NAME
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SecretsError(f"{path} cannot be read: {error}.") from error
    for kind in KINDS:
        if table.get("kind") == kind:
            return kind, str(table.get("command", ""))
    raise SecretsError(f"{path}: kind must be one of {', '.join(KINDS)}.")


def choose(directory: Path, kind: Kind, command: str = "") -> None:
    """Remember where secrets live from now on."""
    text = f"# Where dealbox keeps passwords. No password is in this file.\nkind = {json.dumps(kind)}\n"
    if command:
        text += f"command = {json.dumps(command)}\n"  # a JSON string is a TOML string
    private_file.write(directory / CHOICE_NAME, text.encode())


def open_secrets(directory: Path, held: HeldKey | None = None) -> Secrets:
    """Return the secrets of a data directory; `held` is where this process keeps the vault's key. Raises SecretsError."""
    choice = chosen(directory)
    if choice is None:
        raise NotChosen("No place for passwords has been chosen yet: dealbox account add asks.")
    match choice:
        case "keyring", _:
            return KeyringSecrets(directory)
        case "command", command:
            return CommandSecrets(directory, command)
        case "file", _:
            return VaultSecrets(directory, held)
        case _:
            return PlainSecrets(directory)


class Whose(NamedTuple):
    """An account that is about to be added."""

    uuid: str
    address: str


class AccountSecrets:
    """The secrets of one account, by their short names: "password", "token", "client_secret"."""

    def __init__(self, secrets: Secrets, account: AccountRow | Whose) -> None:
        self.secrets = secrets
        # A command is the user's: it knows addresses, not our numbers.
        self._prefix = f"{account.address}/" if secrets.kind == "command" else f"{account.uuid}:"

    def name(self, name: str) -> str:
        """Return the full name."""
        return f"{self._prefix}{name}"

    def get(self, name: str) -> str | None:
        """Return a secret, None when there is none. Raises SecretsError."""
        return self.secrets.get(self.name(name))

    def put(self, name: str, value: str) -> None:
        """Keep a secret. Raises SecretsError."""
        self.secrets.put(self.name(name), value)

    def refreshing(self, name: str) -> AbstractContextManager[None]:
        """Hold the right to renew a secret. Raises SecretsError."""
        return self.secrets.refreshing(self.name(name))

    def delete_all(self) -> None:
        """Forget every secret of the account. Raises SecretsError."""
        for name in NAMES:
            self.secrets.delete(self.name(name))

"""The two files secrets can be in, closed and open; and what every place of secrets has in common."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from store import private_file
from store.secret import vault

Kind = Literal["keyring", "command", "file", "plain"]

VAULT_NAME: Final = "secrets.vault"
PLAIN_NAME: Final = "secrets.json"
LOCK_NAME: Final = "secrets.lock"
KEY_FILE: Final = "DEALBOX_KEY_FILE"
REFRESH_S: Final = 90.0
_WRITE_S: Final = 10.0
UNLOCK: Final = "Unlock your passwords: press g U or run dealbox unlock."


class SecretsError(Exception):
    """A secret cannot be read or kept now. The text says why and what to do."""


class Locked(SecretsError):
    """The passphrase of the file has not been given."""


class NotChosen(SecretsError):
    """Nobody has said yet where passwords are to live."""


class FileDamaged(SecretsError):
    """The file of secrets is not as it was written; `has_copy` says whether restore() has something to restore."""

    def __init__(self, text: str, *, has_copy: bool) -> None:
        super().__init__(text)
        self.has_copy = has_copy


class HeldKey:
    """The key of the vault for as long as this process lives; in memory only."""

    def __init__(self) -> None:
        self.key: bytes | None = None


class Refreshing:
    """One lock for each secret that can be renewed, in the data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextlib.contextmanager
    def refreshing(self, name: str) -> Iterator[None]:
        """Hold the right to renew `name`. Raises SecretsError."""
        digest = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(private_file.locked(self.directory / f"refresh-{digest}.lock", REFRESH_S))
            except private_file.Busy:
                raise SecretsError("Another process has been renewing this sign-in for too long.") from None
            yield


class PlainSecrets(Refreshing):
    """Secrets in a file that only its owner may read, and nothing else protects."""

    kind: Kind = "plain"
    file_name = PLAIN_NAME

    @property
    def path(self) -> Path:
        """Return where the file is."""
        return self.directory / self.file_name

    def get(self, name: str) -> str | None:
        """Return a secret."""
        return self._read().get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a secret."""
        with self._alone():
            secrets = self._read()
            if secrets.get(name) != value:
                self._write({**secrets, name: value})

    def delete(self, name: str) -> None:
        """Forget a secret, in the copy before too."""
        with self._alone():
            secrets = self._read()
            if secrets.pop(name, None) is not None:
                self._write(secrets)
                self._write(secrets)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(private_file.locked(self.directory / LOCK_NAME, _WRITE_S))
            except private_file.Busy:
                raise SecretsError("Another process is writing passwords and does not end.") from None
            yield

    def _read(self) -> dict[str, str]:
        octets = self._octets()
        try:
            return {} if octets is None else self._opened(octets)
        except vault.Damaged as error:
            raise self._damaged(error) from error

    def _octets(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SecretsError(f"{self.path} cannot be read: {error.strerror}.") from error

    def _damaged(self, error: vault.Damaged) -> FileDamaged:
        has_copy = private_file.backup(self.path).exists()
        what = "dealbox unlock --restore takes the copy before" if has_copy else "there is no copy of it"
        return FileDamaged(f"{self.path} is damaged: {error}; {what}.", has_copy=has_copy)

    def _write(self, secrets: dict[str, str]) -> None:
        self._replace(json.dumps(secrets, ensure_ascii=False, indent=1).encode())

    def _replace(self, octets: bytes) -> None:
        try:
            private_file.write(self.path, octets)
        except OSError as error:
            why = f"{self.path} cannot be written ({error.strerror})"
            raise SecretsError(f"{why}: what was in it before is still there.") from error

    def _opened(self, octets: bytes) -> dict[str, str]:
        return vault.read_object(octets)

    def restore(self) -> None:
        """Put the copy before in the place of a damaged file. Raises SecretsError when there is none."""
        copy = private_file.backup(self.path)
        with self._alone():
            if not copy.exists():
                raise SecretsError(f"There is no copy of {self.path}.")
            self.path.with_name(self.path.name + ".damaged").unlink(missing_ok=True)
            if self.path.exists():
                self.path.rename(self.path.with_name(self.path.name + ".damaged"))
            copy.rename(self.path)
            private_file.sync_directory(self.directory)


class VaultSecrets(PlainSecrets):
    """Secrets in a file under a passphrase."""

    kind: Kind = "file"
    file_name = VAULT_NAME

    def __init__(self, directory: Path, held: HeldKey | None = None) -> None:
        super().__init__(directory)
        self.held = held or HeldKey()

    @property
    def exists(self) -> bool:
        """Say whether a passphrase has been set."""
        return self.path.exists()

    def create(self, passphrase: str) -> None:
        """Make an empty file under a new passphrase. Raises SecretsError when there is one."""
        with self._alone():
            if self.exists:
                raise SecretsError(f"{self.path} is there already: unlock it with its passphrase.")
            lock, self.held.key = vault.new_lock(passphrase)
            self._replace(vault.close({}, lock, self.held.key))

    def unlock(self, passphrase: str) -> bytes:
        """Return the key and use it from now on. Raises vault.WrongPassphrase, SecretsError."""
        self.held.key = self._lock().key(passphrase)
        return self.held.key

    def accept(self, key: bytes) -> None:
        """Use a key made elsewhere from now on. Raises vault.WrongPassphrase, SecretsError."""
        self._lock().verify(key)
        self.held.key = key

    @property
    def is_locked(self) -> bool:
        """Say whether the passphrase is needed before anything can be read."""
        try:
            self._key()
        except Locked:
            return True
        return False

    def _lock(self) -> vault.Lock:
        octets = self._octets()
        if octets is None:
            raise NotChosen(f"There is no {self.path} yet: dealbox account add makes it.")
        try:
            return vault.read_lock(octets)
        except vault.Damaged as error:
            raise self._damaged(error) from error

    def _key(self) -> bytes:
        if self.held.key is None:
            file = os.environ.get(KEY_FILE)
            if not file:
                raise Locked(UNLOCK)
            self._unlock_by_file(Path(file))
        if self.held.key is None:
            raise Locked(UNLOCK)
        return self.held.key

    def _unlock_by_file(self, file: Path) -> None:
        try:
            self.unlock(passphrase_in(file))
        except vault.WrongPassphrase:
            raise SecretsError(
                f"The passphrase in {file} ({KEY_FILE}) is not the one of {self.path}."
            ) from None

    def _opened(self, octets: bytes) -> dict[str, str]:
        try:
            return vault.open_vault(octets, self._key())
        except vault.WrongPassphrase:  # made anew under another passphrase since
            self.held.key = None
            raise Locked(UNLOCK) from None

    def _write(self, secrets: dict[str, str]) -> None:
        self._replace(vault.close(secrets, self._lock(), self._key()))


def passphrase_in(file: Path) -> str:
    """Return the passphrase a file holds, without the newline at its end. Raises SecretsError."""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretsError(f"{file} ({KEY_FILE}) cannot be read.") from error

"""What the worker lends to adapters, which never import the store: the secrets of their account."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from providers.errors import RetryLater, SignInAgain
from store.rows import AccountRow
from store.secret import secrets
from store.secret.files import FileDamaged, HeldKey, Locked, NotChosen, SecretsError


class LentSecrets:
    """The secrets of one account: SignInAgain while the user has to do something, RetryLater for what may pass by itself."""

    def __init__(self, directory: Path, held: HeldKey, account: AccountRow) -> None:
        self._directory = directory
        self._held = held
        self._account = account

    def get(self, name: str) -> str | None:
        """Return a secret, None when there is none. Raises SignInAgain, RetryLater."""
        with _told():
            return self._own().get(name)

    def put(self, name: str, value: str) -> None:
        """Keep a secret; once this returns it survives a crash. Raises SignInAgain, RetryLater."""
        with _told():
            self._own().put(name, value)

    @contextlib.contextmanager
    def refreshing(self, name: str) -> Iterator[None]:
        """Hold the right to renew `name`. Raises SignInAgain, RetryLater."""
        with _told():
            held = self._own().refreshing(name)
        with contextlib.ExitStack() as stack:
            with _told():
                stack.enter_context(held)
            yield

    def _own(self) -> secrets.AccountSecrets:
        # Opened each time: the user may have chosen another place for secrets since.
        return secrets.AccountSecrets(secrets.open_secrets(self._directory, self._held), self._account)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (Locked, NotChosen, FileDamaged) as error:
        raise SignInAgain(str(error)) from error
    except SecretsError as error:  # a full disk, a keyring that sleeps, a command that failed
        raise RetryLater(str(error)) from error

"""The system's keyring, where one answers. Nobody waits for it longer than three seconds (F50)."""

from __future__ import annotations

import importlib
import queue
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

ANSWER_S: Final = 3.0
SERVICE: Final = "dealbox"
# By name, never by keyring's own choice: a backend that happens to be installed may ask for a password on the terminal.
ACCEPTED: Final = (
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)


class NoAnswer(Exception):
    """The keyring did not answer in time, or refused. The text says which."""


class Backend(Protocol):
    """What is used of keyring.backend.KeyringBackend."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return a password."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a password."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget a password; an error when there is none."""


class Keyring:
    """A keyring whose every answer is awaited for a few seconds only."""

    def __init__(self, backend: Backend, answer_s: float = ANSWER_S) -> None:
        self._backend = backend
        self._answer_s = answer_s

    def get(self, name: str) -> str | None:
        """Return a secret, None when there is none. Raises NoAnswer."""
        return within(lambda: self._backend.get_password(SERVICE, name), self._answer_s)

    def put(self, name: str, value: str) -> None:
        """Keep a secret. Raises NoAnswer."""
        within(lambda: self._backend.set_password(SERVICE, name, value), self._answer_s)

    def delete(self, name: str) -> None:
        """Forget a secret; none there is harmless. Raises NoAnswer."""
        if self.get(name) is not None:
            within(lambda: self._backend.delete_password(SERVICE, name), self._answer_s)

    def works(self) -> bool:
        """Say whether a secret can be put, read again and deleted."""
        name, value = f"probe:{uuid.uuid4()}", uuid.uuid4().hex
        try:
            self.put(name, value)
            found = self.get(name)
            self.delete(name)
        except NoAnswer:
            return False
        return found == value


def within(ask: Callable[[], T], seconds: float) -> T:
    """Return what `ask` returns if it does so in time; otherwise leave it hanging in a thread of its own. Raises NoAnswer."""
    answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((ask(), None))
        except Exception as error:  # noqa: BLE001 - a thread's outermost level; backends raise what their libraries raise
            answers.put((None, error))

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        answer, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise NoAnswer(f"the system's keyring did not answer within {seconds:g} seconds") from None
    if error is not None:
        raise NoAnswer(f"the system's keyring refused ({type(error).__name__})") from error
    return answer  # type: ignore[return-value] # None only where T allows it


def find(modules: Sequence[str] = ACCEPTED, answer_s: float = ANSWER_S) -> Keyring | None:
    """Return the first keyring of the system that works, None where there is none."""
    for module in modules:
        try:
            backend = within(lambda module=module: _backend(module), answer_s)  # type: ignore[misc] # mypy infers no default
        except NoAnswer:
            continue
        found = Keyring(backend, answer_s)
        if found.works():
            return found
    return None


def _backend(module: str) -> Backend:
    loaded = importlib.import_module(module)
    kind: Any = next(
        getattr(loaded, name)
        for name in ("Keyring", "DBusKeyring", "WinVaultKeyring")
        if hasattr(loaded, name)
    )
    _ = kind.priority  # raises where the system has no such keyring
    made: Backend = kind()
    return made

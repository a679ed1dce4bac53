from __future__ import annotations

import sys
import threading
import time
import types
from collections.abc import Iterator

import pytest

from store.secret import keyrings


class InMemory:
    """A keyring as keyring.backend.KeyringBackend has it."""

    priority = 5
    kept: dict[tuple[str, str], str]

    def __init__(self) -> None:
        self.kept = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Hanging(InMemory):
    """As gnome-keyring over SSH: it waits for a prompt on a display that is not there."""

    ends = threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        self.ends.wait(60)


class Refusing(InMemory):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("Prompt dismissed: s3cret")


class Forgetful(InMemory):
    def set_password(self, service: str, username: str, password: str) -> None:
        return


class Absent(InMemory):
    @property
    def priority(self) -> int:
        raise RuntimeError("no D-Bus")


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Modules that look like keyring's own, by name."""
    names = []
    for kind in (InMemory, Hanging, Refusing, Forgetful):
        module = types.ModuleType(f"a_{kind.__name__.lower()}")
        module.Keyring = kind  # type: ignore[attr-defined] # made here
        monkeypatch.setitem(sys.modules, module.__name__, module)
        names.append(module.__name__)
    yield names
    Hanging.ends.set()


def test_a_keyring_that_answers_is_taken(backends: list[str]) -> None:
    found = keyrings.find(backends)
    assert found is not None
    found.put("a:password", "s3cret")
    assert found.get("a:password") == "s3cret"
    found.delete("a:password")
    found.delete("a:password")
    assert found.get("a:password") is None


def test_the_probe_leaves_nothing_behind() -> None:
    backend = InMemory()
    assert keyrings.Keyring(backend).works()
    assert backend.kept == {}


def test_a_keyring_that_hangs_is_given_up_after_its_time(backends: list[str]) -> None:
    """F50: the keyring hangs."""
    began = time.monotonic()
    assert keyrings.find(["a_hanging"], answer_s=0.3) is None
    assert time.monotonic() - began < 20


def test_the_next_keyring_is_asked_when_one_does_not_work(backends: list[str]) -> None:
    """F50: fallback."""
    assert keyrings.find(["no_such_module", "a_refusing", "a_forgetful", "a_inmemory"]) is not None
    assert keyrings.find(["a_refusing", "a_forgetful"]) is None


def test_what_a_keyring_says_is_not_passed_on() -> None:
    with pytest.raises(keyrings.NoAnswer) as told:
        keyrings.Keyring(Refusing()).put("a", "s3cret")
    assert "s3cret" not in str(told.value)


def test_only_keyrings_of_the_system_are_looked_at() -> None:
    assert not any("alt" in name or "crypt" in name or "fail" in name for name in keyrings.ACCEPTED)


def test_no_keyring_of_the_system_answers_where_there_is_no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert keyrings.find() is None

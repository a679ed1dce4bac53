from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import makers
import pytest
from hypothesis import settings

from store.database import Database

if TYPE_CHECKING:
    from servers.dovecot import Dovecot, User
    from servers.relay import Relay

# A machine at work makes any example slow once; tests that care about time measure it themselves.
settings.register_profile("dealbox", deadline=None)
settings.load_profile("dealbox")


_MEMORY = Path("/dev/shm")
_ROOM_OCTETS = 4_000_000_000


def pytest_configure() -> None:
    """Keep the files of tests in memory where there is room: none has to outlast a power cut, and each would be synced."""
    is_there = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    if "TMPDIR" not in os.environ and is_there and shutil.disk_usage(_MEMORY).free > _ROOM_OCTETS:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


@pytest.fixture(autouse=True)
def private_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the data, settings, sockets and terminal of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    for name in ("DEALBOX_DATA", "DEALBOX_CONFIG", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("NO_COLOR", "COLORFGBG", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """An empty store in a directory of its own, closed after the test."""
    store = makers.a_store(tmp_path)
    yield store
    if (bridge := sys.modules.get("tui.bridge")) is not None:
        bridge.finish()
    store.close()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real server, started when the first test asks and shared by this process: take a `user` of your own."""
    from servers import dovecot as real

    if real.missing():
        pytest.skip(real.missing())
    server = real.Dovecot()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def user(dovecot: Dovecot) -> User:
    """Somebody at `dovecot` whom no other test knows."""
    return dovecot.new_user()


@pytest.fixture(scope="session")
def relay(dovecot: Dovecot) -> Iterator[Relay]:
    """What carries mail from `dovecot`'s submission port to its mailboxes, and catches all other mail."""
    from servers.relay import Relay

    with Relay(dovecot) as started:
        yield started

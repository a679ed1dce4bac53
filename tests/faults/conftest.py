from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Machine, config_of
from servers import dovecot as real
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from servers.proxy import Proxy


@pytest.fixture
def peer(dovecot: Dovecot, user: User) -> Iterator[Peer]:
    """Another program in the account of `user`."""
    with Peer(dovecot, user) as peer:
        yield peer


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[Proxy]:
    """The line between the machine and the server."""
    with Proxy(dovecot.ports["imap"]) as proxy:
        yield proxy


@pytest.fixture
def machine(dovecot: Dovecot, user: User, proxy: Proxy, tmp_path: Path) -> Iterator[Machine]:
    """An account of `user` that is reached through `proxy`."""
    with Machine(tmp_path / "data", user, config_of(dovecot, user, imap_port=proxy.port)) as machine:
        yield machine


@pytest.fixture(scope="session")
def without_move() -> Iterator[Dovecot]:
    """A server that copies and expunges where others move."""
    if real.missing():
        pytest.skip(real.missing())
    server = Dovecot(without=("MOVE", "QRESYNC"))
    try:
        server.start()
        yield server
    finally:
        server.stop()

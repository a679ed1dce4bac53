"""A real Dovecot, and the same with what it can do hidden bit by bit, are accounts like any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from checking import Check
from conformance import CHECKS
from other_sides import ImapOtherSide
from servers import dovecot as real
from servers.dovecot import Dovecot

HIDDEN = {
    "everything": (),
    "no_qresync": ("QRESYNC",),
    "no_condstore": ("QRESYNC", "CONDSTORE", "ESEARCH"),
    "no_move": ("MOVE", "UIDPLUS"),
    "no_lists": ("SPECIAL-USE", "LIST-STATUS", "LIST-EXTENDED"),
    "nothing": ("QRESYNC", "CONDSTORE", "ESEARCH", "MOVE", "UIDPLUS", "SPECIAL-USE", "LIST-STATUS", "ENABLE"),
}


@pytest.fixture(scope="module", params=HIDDEN, ids=HIDDEN)
def server(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    if real.missing():
        pytest.skip(real.missing())
    started = Dovecot(without=HIDDEN[request.param])
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_server_conforms(check: Check, server: Dovecot, request: pytest.FixtureRequest) -> None:
    if "wait" in check.__name__ and "everything" not in request.node.name:
        pytest.skip("waiting is the same whatever else the server hides")
    other = ImapOtherSide(server)
    try:
        check(other)
    finally:
        other.close()

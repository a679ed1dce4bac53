"""A whole worker, all its threads at work, killed with -9 again and again while the user and another program go on."""

from __future__ import annotations

import random
import time
from pathlib import Path

import programs
import pytest
from killing_servers import fill
from machines import Machine, assert_quiet, config_of
from servers.dovecot import Dovecot, User
from servers.peer import Peer
from soaking import IS_SOAK
from test_two_machines import Hands, Others

from store import invariants

KILLS = 60 if IS_SOAK else 4


@pytest.mark.timeout(600)
def test_a_worker_killed_while_everybody_is_busy_loses_nothing(
    dovecot: Dovecot, user: User, peer: Peer, tmp_path: Path
) -> None:
    """F37: with every thread it has, at any moment."""
    chance = random.Random(37)
    fill(peer, "INBOX", *range(1, 40))
    with Machine(tmp_path / "data", user, config_of(dovecot, user)) as machine:
        hands, others = Hands(machine, chance), Others(peer, chance)
        for _ in range(KILLS):
            process = programs.start_worker(machine.directory, "--stay")
            until = time.monotonic() + chance.uniform(0.8, 2.5)
            while time.monotonic() < until:
                chance.choice((hands.move, hands.mark, hands.draft, hands.write_on, others.act))()
                time.sleep(0.05)
            process.kill()
            process.communicate()
            assert invariants.check(machine.db) == []
        assert_quiet(dovecot, machine)

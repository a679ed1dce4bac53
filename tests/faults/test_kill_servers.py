"""kill -9 at every commit and every command of a session with a server (sync.md F37): nothing is lost, doubled or sent twice."""

from __future__ import annotations

from pathlib import Path

import programs
import pytest
from servers import dovecot as real
from soaking import IS_SOAK, SENDS_KILLED

SCENARIOS = ("first_sync", "both_sides", "drafts", "sending")
SERVERS = ("full", "no_qresync", "no_move", "poor")
# How often a worker is killed, of each session with each kind of server.
POINTS = {
    ("first_sync", "full"): 30,
    ("both_sides", "full"): 55,
    ("drafts", "full"): 45,
    ("sending", "full"): 50,
    ("both_sides", "poor"): 40,
}
SOAKED_POINTS = {(scenario, server): 10_000 for scenario in SCENARIOS for server in SERVERS}
DEATHS = 2 if IS_SOAK else 1
LEAST = {"first_sync": 60, "both_sides": 120, "drafts": 100, "sending": 250}


def test_so_many_points_are_tried() -> None:
    assert sum(POINTS.values()) + SENDS_KILLED >= 300
    assert sum(LEAST[scenario] for scenario, _ in SOAKED_POINTS) >= 2_000


@pytest.mark.skipif(bool(real.missing()), reason=real.missing())
@pytest.mark.timeout(3_600 if IS_SOAK else 300)
@pytest.mark.parametrize(("scenario", "server"), SOAKED_POINTS if IS_SOAK else POINTS)
def test_a_worker_killed_at_any_step_leaves_everything_in_order(
    scenario: str, server: str, tmp_path: Path
) -> None:
    """F37: then it is started again, and the account and the store agree."""
    wanted = (SOAKED_POINTS if IS_SOAK else POINTS)[scenario, server]
    killed = programs.killed("killing_servers.py", scenario, server, wanted, DEATHS, tmp_path)
    assert killed >= (LEAST[scenario] if IS_SOAK else wanted)

"""kill -9 at any moment: the next start is clean, and nothing that was confirmed is lost (sync.md F37)."""

from __future__ import annotations

from pathlib import Path

import programs
import pytest
from soaking import IS_SOAK, SENDS_KILLED

# How often a process is killed: with `make test`, and at least with `make soak`, when it is killed at every step.
POINTS = {
    "first_sync": (40, 100),
    "linking": (40, 100),
    "following": (30, 50),
    "user_actions": (60, 150),
    "pushing": (50, 80),
    "drafts": (8, 8),
    "headers": (40, 100),
}


def test_so_many_points_are_tried() -> None:
    assert sum(points for points, _ in POINTS.values()) >= 200


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", POINTS)
def test_a_process_killed_at_any_step_leaves_everything_in_order(scenario: str, tmp_path: Path) -> None:
    points, least = POINTS[scenario]
    if IS_SOAK:
        points = 10_000
    assert programs.killed("../sync/killing.py", scenario, tmp_path, points) >= (least if IS_SOAK else points)


@pytest.mark.timeout(600)
def test_a_worker_killed_around_any_commit_of_a_send_sends_once(tmp_path: Path) -> None:
    """F57: killed at every commit and every command, nothing is sent twice and nothing is lost."""
    points = 10_000 if IS_SOAK else SENDS_KILLED
    assert programs.killed("../sync/killing_sends.py", tmp_path, points) >= SENDS_KILLED

"""kill -9 at any moment: the next start is clean, and nothing that was confirmed is lost (sync.md F37)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PATHS = (TESTS.parent, TESTS, TESTS / "providers", TESTS / "sync")
EXPECTED = {
    "first_sync": 100,
    "linking": 100,
    "following": 50,
    "user_actions": 150,
    "pushing": 80,
    "drafts": 8,
    "headers": 100,
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", EXPECTED)
def test_a_process_killed_at_any_step_leaves_everything_in_order(scenario: str, tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killing.py")), scenario, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, PATHS))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "WRONG" not in finished.stdout, finished.stdout + finished.stderr
    assert int(finished.stdout.split()[-2]) >= EXPECTED[scenario]

"""kill -9 while a message is sent: it arrives once and nothing of it is lost (sync.md F37, F57)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PATHS = (TESTS.parent, TESTS, TESTS / "providers", TESTS / "sync")


@pytest.mark.timeout(300)
def test_a_worker_killed_around_any_commit_of_a_send_sends_once(tmp_path: Path) -> None:
    """F57: killed at every commit and every command, nothing is sent twice and nothing is lost."""
    finished = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killing_sends.py")), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, PATHS))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "WRONG" not in finished.stdout, finished.stdout + finished.stderr
    assert int(finished.stdout.split()[-2]) >= 80

"""Programs that tests start: the worker, and programs of the tests that fork."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1]
_PATHS = (TESTS.parent, TESTS, TESTS / "providers", TESTS / "sync", TESTS / "faults")
_WORKER = (
    f"import sys; sys.path.insert(0, {str(TESTS.parent)!r}); from sync.worker import main; sys.exit(main())"
)


def run(name: str, *arguments: object) -> str:
    """Run a program, named as seen from this directory, and return what it printed."""
    finished = subprocess.run(
        [sys.executable, str(Path(__file__).parent / name), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, _PATHS))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def killed(name: str, *arguments: object) -> int:
    """Run a program that kills, and return how often it did so; what it found wrong is raised."""
    printed = run(name, *arguments)
    assert "WRONG" not in printed, printed
    return int(printed.split("killed ")[1].split()[0])


def start_worker(
    directory: Path, *options: str, prepare: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    """Start dealbox-sync; `prepare` is called in its process."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _WORKER, "--data", str(directory), *options],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,  # noqa: PLW1509 - a limit is set, nothing else
    )

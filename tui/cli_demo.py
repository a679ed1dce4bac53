"""dealbox demo: the sample mailbox, in a data directory of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from store import paths, settings, worker_process
from tui.cli import Failed, note, open_screen
from tui.cli_worker import stop_worker


def demo(options: argparse.Namespace) -> int:
    """Make the sample mailbox if it is not there, and open it."""
    directory = paths.data_directory(options.data or str(default_directory()))
    _prepare(directory, is_anew=options.rebuild)
    if options.no_screen:
        return 0
    return open_screen(directory, settings.load(settings.default_path(options.config)))


def default_directory() -> Path:
    """Return where the sample mailbox is, apart from the user's own data."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local" / "share") / "dealbox-demo"


def _prepare(directory: Path, *, is_anew: bool) -> None:
    """Have dealbox-sync build the sample mailbox; it goes on linking conversations after it has said "ready"."""
    if is_anew:
        stop_worker(directory)
    how = "--rebuild-demo" if is_anew else "--build-demo"
    builder = subprocess.Popen(
        [*worker_process.command(), "--data", str(directory), how],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        start_new_session=True,
    )
    assert builder.stdout is not None
    with builder.stdout as words:
        for line in words:
            if line.strip() == "ready":
                return
            note(line.rstrip())
    if builder.wait() != 0:
        raise Failed(f"the sample mailbox could not be made in {directory}")

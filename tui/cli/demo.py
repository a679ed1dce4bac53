"""dealbox demo: the sample mailbox, in a data directory of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from store import paths, settings, worker_process
from tui.cli.main import Failed, note, open_screen
from tui.cli.worker import stop_worker


def demo(options: argparse.Namespace) -> int:
    """Make the sample mailbox if it is not there, and open it."""
    directory = paths.data_directory(options.data or str(default_directory()))
    _prepare(directory, is_anew=options.rebuild)
    if options.no_screen:
        return 0
    return open_screen(directory, settings.default_path(options.config))


def default_directory() -> Path:
    """Return where the sample mailbox is, apart from the user's own data."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local" / "share") / "dealbox-demo"


def _prepare(directory: Path, *, is_anew: bool) -> None:
    """Have dealbox-sync build the sample mailbox if it is not there."""
    if is_anew:
        stop_worker(directory)
    if is_anew or not (directory / paths.STORE_NAME).exists():
        note("Making the sample mailbox ...")
    how = "--rebuild-demo" if is_anew else "--build-demo"
    command = [*worker_process.command(), "--data", str(directory), how]
    if subprocess.run(command, stdin=subprocess.DEVNULL, cwd="/", check=False).returncode != 0:
        raise Failed(f"the sample mailbox could not be made in {directory}")

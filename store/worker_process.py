"""The worker as a process: whether one runs, and how a screen starts one."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from store import paths

_FALLBACK: Final = "from sync.worker import main; main()"
_TRIES: Final = 5
_PAUSE_S: Final = 0.02
LOG_LIMIT_OCTETS: Final = 1_000_000


class WorkerLock:
    """The right to be the one worker of a data directory, held until released or the process ends."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / paths.LOCK_NAME
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Try to become the worker; False when another one is."""
        if self._descriptor is not None:
            return True
        paths.touch_private(self._path)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        if not _is_taken(descriptor):
            os.close(descriptor)
            return False
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Stop being the worker; twice is harmless."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _is_taken(descriptor: int) -> bool:
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_PAUSE_S)  # it may be a screen that only looks, see is_worker_running
    return False


def is_worker_running(directory: Path) -> bool:
    """Say whether a worker holds the lock of this data directory."""
    try:
        descriptor = os.open(directory / paths.LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared: two screens that look at once must not take each other for a worker.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def command() -> list[str]:
    """Return how the worker is started: the console script beside this Python, or this Python itself."""
    script = Path(sys.executable).parent / "dealbox-sync"
    if os.access(script, os.X_OK):
        return [str(script)]
    # -P: never run a sync/ that lies in the current directory.
    return [sys.executable, "-P", "-c", _FALLBACK]


def start_worker(directory: Path) -> int:
    """Start the worker of `directory`, detached and niced, and return its process id.

    It ends by itself when another one already runs. Its words go to worker.log in the data directory.
    """
    log = directory / paths.LOG_NAME
    paths.touch_private(log)
    if log.stat().st_size > LOG_LIMIT_OCTETS:
        log.replace(log.with_suffix(".old"))
        paths.touch_private(log)
    with log.open("ab") as words:
        process = subprocess.Popen(
            [*_nice(), *command(), "--data", str(directory)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
    # It may outlive the screen; when it does not, somebody must take note of its end, or it stays a zombie.
    threading.Thread(target=process.wait, name="worker-end", daemon=True).start()
    return process.pid


def _nice() -> list[str]:
    nice = Path("/usr/bin/nice")
    return [str(nice), "-n", "10"] if os.access(nice, os.X_OK) else []

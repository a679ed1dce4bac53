"""Files that hold secrets: written whole or not at all, readable by their owner only, with the copy before kept."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LOOK_EVERY_S: Final = 0.05


class Busy(Exception):
    """Another process holds the lock and does not let go."""


def write(path: Path, octets: bytes) -> None:
    """Put `octets` in the place of `path`; the file before becomes its backup. Once this returns, it survives a crash."""
    # One name for everybody: what a crash leaves behind is written over by the next. The caller holds a lock.
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        with open(descriptor, "wb", closefd=False) as file:
            file.write(octets)
        os.fsync(descriptor)
    except OSError:
        new.unlink(missing_ok=True)  # a full disk: what is there already must not become less
        raise
    finally:
        os.close(descriptor)
    _keep_copy(path)
    new.replace(path)
    sync_directory(path.parent)


def _keep_copy(path: Path) -> None:
    copy = path.with_name(path.name + ".bak.new")
    copy.unlink(missing_ok=True)
    try:
        copy.hardlink_to(path)
    except FileNotFoundError:
        return
    except OSError:  # a file system without links
        shutil.copyfile(path, copy)
        copy.chmod(0o600)
    copy.replace(backup(path))


def backup(path: Path) -> Path:
    """Return where the copy before of `path` is."""
    return path.with_name(path.name + ".bak")


def sync_directory(directory: Path) -> None:
    """Make the names in `directory` survive a crash."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold `path` against every other process and thread. Raises Busy after `timeout_s`.

    The lock ends with the process that holds it, however it ends: the file that stays behind means nothing.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _take(descriptor, time.monotonic() + timeout_s)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Busy from None
            time.sleep(_LOOK_EVERY_S)

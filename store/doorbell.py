"""A datagram that says only "look". Its loss is harmless: everybody looks from time to time anyway."""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final

WORKER: Final = "worker"
"""The name the worker listens under."""


def runtime_directory(directory: Path) -> Path:
    """Return the private place for the sockets of a data directory; short, as a socket's path has 107 octets at most."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if not (base.startswith("/") and len(base) < 60 and Path(base).is_dir()):
        base = tempfile.gettempdir() if len(tempfile.gettempdir()) < 60 else "/tmp"
    digest = hashlib.blake2b(os.fsencode(directory.resolve()), digest_size=6).hexdigest()
    return Path(base) / f"dealbox-{os.geteuid()}-{digest}"


def _is_ours(directory: Path) -> bool:
    # In a shared /tmp somebody else could have made it first: then there is no bell, and polling remains.
    try:
        status = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def ring(directory: Path) -> None:
    """Tell everybody who listens at this data directory to look. Never blocks, never fails."""
    runtime = runtime_directory(directory)
    if not _is_ours(runtime):
        return
    try:
        bells = [entry.path for entry in os.scandir(runtime)]
    except OSError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        for path in bells:
            try:
                bell.sendto(b"!", path)
            except ConnectionRefusedError:  # its owner died without taking it down
                with contextlib.suppress(OSError):
                    Path(path).unlink()
            except OSError:
                continue


def is_anybody_else_there(directory: Path, name: str) -> bool:
    """Say whether somebody listens under another name than `name`; who died without taking the bell down does not count."""
    try:
        bells = [bell.name for bell in runtime_directory(directory).iterdir()]
    except OSError:
        return False
    return any(not bell.startswith(f"{name}-") and _is_alive(bell) for bell in bells)


def _is_alive(bell: str) -> bool:
    parts = bell.rsplit("-", 2)
    if len(parts) != 3 or not parts[1].isdecimal():
        return False
    try:
        os.kill(int(parts[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Doorbell:
    """One listener. `name` tells listeners apart for whoever looks into the directory."""

    def __init__(self, directory: Path, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._path: Path | None = None
        runtime = runtime_directory(directory)
        with contextlib.suppress(OSError):
            runtime.mkdir(mode=0o700)
            runtime.chmod(0o700)
        path = runtime / f"{name[:16]}-{os.getpid()}-{id(self):x}"
        if _is_ours(runtime):
            with contextlib.suppress(OSError):
                self._socket.bind(os.fspath(path))
                self._path = path

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the bell rings."""
        return self._socket.fileno()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the bell; True when it rang. Rings that came together count once."""
        readable, _, _ = select.select([self._socket], [], [], max(0.0, timeout_s))
        return self.drain() if readable else False

    def drain(self) -> bool:
        """Forget the rings so far; True when there were any."""
        rang = False
        while True:
            try:
                self._socket.recv(16)
            except OSError:
                return rang
            rang = True

    def close(self) -> None:
        """Stop listening; twice is harmless."""
        self._socket.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self._path = None

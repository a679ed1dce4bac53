"""The key of the vault goes from whoever asked for the passphrase to the worker, through a socket of this user only."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from store.doorbell import runtime_directory
from store.secret import vault
from store.secret.files import HeldKey, SecretsError, VaultSecrets

_NAME: Final = "unlock"
_LONGEST_OCTETS: Final = 256
_TIMEOUT_S: Final = 5.0
_TAKEN: Final = b"taken\n"
_WRONG: Final = b"wrong\n"
_CREDENTIALS: Final = struct.Struct("3i")


@contextlib.contextmanager
def serve(directory: Path, held: HeldKey, on_unlocked: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Take keys for `held` for as long as the block lasts; `on_unlocked` is called in the thread that took one.

    Where no socket can be made, nobody can hand a key over, and everything else goes on.
    """
    server = _Server(directory, held, on_unlocked)
    server.start()
    try:
        yield
    finally:
        server.stop()


class _Server:
    def __init__(self, directory: Path, held: HeldKey, on_unlocked: Callable[[], object]) -> None:
        self._vault = VaultSecrets(directory, held)
        self._on_unlocked = on_unlocked
        self._path = runtime_directory(directory) / _NAME
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._listens():
            self._thread = threading.Thread(target=self._run, name="unlocking", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._thread is not None:
            self._thread.join(_TIMEOUT_S)
            self._path.unlink(missing_ok=True)

    def _listens(self) -> bool:
        directory = self._path.parent
        with contextlib.suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        status = directory.lstat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o077:
            return False
        # Only the worker serves, and there is one of it: what lies here is of one that was killed.
        try:
            self._path.unlink(missing_ok=True)
            self._socket.bind(os.fspath(self._path))
            self._path.chmod(0o600)
            self._socket.listen(4)
        except OSError:
            return False
        return True

    def _run(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                self._answer(peer)

    def _answer(self, peer: socket.socket) -> None:
        if _user(peer) != os.geteuid():
            return
        peer.settimeout(_TIMEOUT_S)
        try:
            self._vault.accept(bytes.fromhex(_line(peer).decode("ascii")))
        except (vault.WrongPassphrase, SecretsError, ValueError):
            peer.sendall(_WRONG)
            return
        peer.sendall(_TAKEN)
        self._on_unlocked()


def hand_over(directory: Path, key: bytes) -> bool:
    """Give the key to the worker; False when none is listening or it is not the key of its vault."""
    path = runtime_directory(directory) / _NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(_TIMEOUT_S)
        try:
            peer.connect(os.fspath(path))
            if _user(peer) != os.geteuid():  # in a shared /tmp somebody else could listen here
                return False
            peer.sendall(key.hex().encode() + b"\n")
            return _line(peer) + b"\n" == _TAKEN
        except OSError:
            return False


def _user(peer: socket.socket) -> int:
    octets = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(octets)
    return int(user)


def _line(peer: socket.socket) -> bytes:
    octets = b""
    while not octets.endswith(b"\n") and len(octets) < _LONGEST_OCTETS:
        piece = peer.recv(_LONGEST_OCTETS)
        if not piece:
            break
        octets += piece
    return octets.removesuffix(b"\n")

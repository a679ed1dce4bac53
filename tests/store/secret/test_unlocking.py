from __future__ import annotations

import socket
import stat
import threading
from pathlib import Path

import pytest

from store import doorbell
from store.secret import unlocking
from store.secret.files import HeldKey, VaultSecrets


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make keys from passphrases at once; tests/store/secret/test_vault.py has the real price."""
    monkeypatch.setattr("store.secret.vault._LOG_N", 4)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with a vault."""
    VaultSecrets(tmp_path).create("correct horse")
    return tmp_path


def test_the_worker_takes_the_key_of_its_vault(directory: Path) -> None:
    held, told = HeldKey(), threading.Event()
    key = VaultSecrets(directory).unlock("correct horse")
    with unlocking.serve(directory, held, told.set):
        assert unlocking.hand_over(directory, key)
        assert told.wait(60)
    assert held.key == key


def test_a_key_of_another_vault_is_not_taken(directory: Path) -> None:
    held = HeldKey()
    with unlocking.serve(directory, held):
        assert not unlocking.hand_over(directory, b"k" * 32)
        assert unlocking.hand_over(directory, VaultSecrets(directory).unlock("correct horse"))


def test_nobody_takes_the_key_where_no_worker_runs(directory: Path) -> None:
    assert not unlocking.hand_over(directory, b"k" * 32)


def test_the_socket_is_for_this_user_only_and_goes_with_its_owner(directory: Path) -> None:
    path = doorbell.runtime_directory(directory) / "unlock"
    with unlocking.serve(directory, HeldKey()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


def test_another_user_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = VaultSecrets(directory).unlock("correct horse")
    held = HeldKey()
    with unlocking.serve(directory, held):
        monkeypatch.setattr("store.secret.unlocking._user", lambda peer: 12345)
        assert not unlocking.hand_over(directory, key)
    assert held.key is None


def test_what_a_killed_worker_left_is_in_nobodys_way(directory: Path) -> None:
    path = doorbell.runtime_directory(directory) / "unlock"
    path.parent.mkdir(mode=0o700)
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(path))
    left.close()
    key = VaultSecrets(directory).unlock("correct horse")
    assert not unlocking.hand_over(directory, key)
    with unlocking.serve(directory, HeldKey()):
        assert unlocking.hand_over(directory, key)


@pytest.mark.parametrize("octets", [b"", b"\n", b"zz\n", b"\xff\xfe\n", b"00" * 500])
def test_nonsense_unlocks_nothing_and_the_next_is_served(directory: Path, octets: bytes) -> None:
    held = HeldKey()
    with unlocking.serve(directory, held):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.connect(str(doorbell.runtime_directory(directory) / "unlock"))
            peer.sendall(octets)
            peer.shutdown(socket.SHUT_WR)
            peer.settimeout(30)
            assert peer.recv(100) in (b"wrong\n", b"")
        assert held.key is None
        assert unlocking.hand_over(directory, VaultSecrets(directory).unlock("correct horse"))


def test_a_bell_is_not_taken_for_it_nor_it_for_a_bell(directory: Path) -> None:
    with unlocking.serve(directory, HeldKey()):
        doorbell.ring(directory)
        assert not doorbell.is_anybody_else_there(directory, doorbell.WORKER)
        assert unlocking.hand_over(directory, VaultSecrets(directory).unlock("correct horse"))


def test_a_directory_others_can_enter_is_not_used(directory: Path) -> None:
    runtime = doorbell.runtime_directory(directory)
    runtime.mkdir()
    runtime.chmod(0o777)
    with unlocking.serve(directory, HeldKey()):
        assert list(runtime.iterdir()) == []

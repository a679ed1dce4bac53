from __future__ import annotations

import stat
from pathlib import Path

import pytest

from store import doorbell
from store.database import Database
from store.doorbell import Doorbell


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")


def test_a_ring_wakes_everybody_once(tmp_path: Path) -> None:
    one, two = Doorbell(tmp_path, "screen"), Doorbell(tmp_path, "worker")
    doorbell.ring(tmp_path)
    doorbell.ring(tmp_path)
    assert one.wait(60) and two.wait(60)
    assert not one.wait(0) and not two.wait(0)
    one.close()
    two.close()
    one.close()


def test_ringing_where_nobody_listens_is_harmless(tmp_path: Path) -> None:
    doorbell.ring(tmp_path / "nowhere")


def test_the_bell_of_a_dead_listener_is_taken_down(tmp_path: Path) -> None:
    bell = Doorbell(tmp_path, "screen")
    (path,) = doorbell.runtime_directory(tmp_path).iterdir()
    bell._socket.close()  # as when the process is killed: the name stays
    doorbell.ring(tmp_path)
    assert not path.exists()
    bell.close()


def test_a_data_directory_with_a_long_name_has_a_bell_too(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120) / ("y" * 120)
    deep.mkdir(parents=True)
    bell = Doorbell(deep, "a name that is rather long")
    doorbell.ring(deep)
    assert bell.wait(60)
    bell.close()


def test_the_bells_hang_in_a_private_directory(tmp_path: Path) -> None:
    bell = Doorbell(tmp_path, "screen")
    directory = doorbell.runtime_directory(tmp_path)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    directory.chmod(0o777)
    doorbell.ring(tmp_path)
    assert not bell.wait(0), "a directory others can write to is not trusted"
    directory.chmod(0o700)
    bell.close()


def test_a_bell_that_cannot_hang_only_waits(tmp_path: Path) -> None:
    directory = doorbell.runtime_directory(tmp_path)
    directory.mkdir()
    directory.chmod(0o777)
    bell = Doorbell(tmp_path, "screen")
    doorbell.ring(tmp_path)
    assert not bell.wait(0.01)
    bell.close()
    directory.rmdir()


def test_every_write_rings(db: Database) -> None:
    bell = Doorbell(db.directory, "screen")
    with db.write():
        pass
    assert bell.wait(60)
    bell.close()


def test_a_listener_of_another_name_is_noticed_while_it_lives(tmp_path: Path) -> None:
    worker = Doorbell(tmp_path, doorbell.WORKER)
    assert not doorbell.is_anybody_else_there(tmp_path, doorbell.WORKER)
    screen = Doorbell(tmp_path, "screen")
    assert doorbell.is_anybody_else_there(tmp_path, doorbell.WORKER)
    screen.close()
    (doorbell.runtime_directory(tmp_path) / "screen-4194305-0").touch()  # no process has so high a number
    assert not doorbell.is_anybody_else_there(tmp_path, doorbell.WORKER)
    worker.close()

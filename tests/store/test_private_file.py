from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from store import private_file


def test_a_file_is_readable_by_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private_file.write(tmp_path / "f", b"one")
        private_file.write(tmp_path / "f", b"two")
    finally:
        os.umask(before)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "f": 0o600,
        "f.bak": 0o600,
    }


def test_the_file_before_is_kept(tmp_path: Path) -> None:
    for octets in (b"one", b"two", b"three"):
        private_file.write(tmp_path / "f", octets)
    assert (tmp_path / "f").read_bytes() == b"three"
    assert private_file.backup(tmp_path / "f").read_bytes() == b"two"


def test_a_full_disk_leaves_the_file_before_as_it_was(tmp_path: Path) -> None:
    """F38: the disk is full in the token write."""
    path = tmp_path / "f"
    private_file.write(path, b"one")
    program = (
        "import resource, signal, sys; from pathlib import Path; from store import private_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: private_file.write(Path(sys.argv[1]), b'x' * 5000)\n"
        "except OSError as error: sys.exit(error.errno)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(path)], check=False, cwd=Path(__file__).parents[2]
    )
    assert ended.returncode == errno.EFBIG
    assert path.read_bytes() == b"one"
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_what_a_crash_left_behind_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "f.new").write_bytes(b"half of")
    (tmp_path / "f.bak.new").write_bytes(b"half of")
    private_file.write(tmp_path / "f", b"one")
    private_file.write(tmp_path / "f", b"two")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["f", "f.bak"]


def test_a_link_laid_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "f.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        private_file.write(tmp_path / "f", b"secret")
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_is_held_against_other_threads(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        private_file.locked(lock, 1),
        pytest.raises(private_file.Busy),
        private_file.locked(lock, 0),
    ):
        pass


def test_a_lock_ends_with_the_process_that_held_it(tmp_path: Path) -> None:
    """F43: a stale lock file after kill -9 is harmless."""
    program = (
        "import sys, time; from pathlib import Path; from store import private_file\n"
        "with private_file.locked(Path(sys.argv[1]), 1): print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "lock")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(private_file.Busy), private_file.locked(tmp_path / "lock", 0):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with private_file.locked(tmp_path / "lock", 10):
        assert (tmp_path / "lock").exists()


def test_a_lock_that_becomes_free_is_taken(tmp_path: Path) -> None:
    taken = threading.Event()

    def wait_for_it() -> None:
        with private_file.locked(tmp_path / "lock", 30):
            taken.set()

    waiting = threading.Thread(target=wait_for_it)
    with private_file.locked(tmp_path / "lock", 1):
        waiting.start()
        assert not taken.wait(0.1)
    assert taken.wait(30)
    waiting.join()

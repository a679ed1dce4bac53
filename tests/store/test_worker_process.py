from __future__ import annotations

import sys
from pathlib import Path

import pytest
import waiting

from store import worker_process
from store.worker_process import WorkerLock, is_worker_running


def test_only_one_worker_has_a_data_directory(tmp_path: Path) -> None:
    first, second = WorkerLock(tmp_path), WorkerLock(tmp_path)
    assert not is_worker_running(tmp_path)
    assert first.take() and first.take()
    assert not second.take()
    assert is_worker_running(tmp_path)
    first.release()
    first.release()
    assert not is_worker_running(tmp_path)
    assert second.take()
    second.release()


def test_the_worker_is_started_apart_from_the_screen_and_hears_where_the_data_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import os, sys; print(sys.argv[1:], os.getsid(0) == os.getpid(), os.nice(0), os.getcwd())"
    monkeypatch.setattr(worker_process, "command", lambda: [sys.executable, "-P", "-c", script])
    worker_process.start_worker(tmp_path)
    log = tmp_path / "worker.log"
    waiting.until(lambda: log.read_text().endswith("\n"), "the worker has said its words")
    assert log.stat().st_mode & 0o777 == 0o600
    assert f"['--data', '{tmp_path}'] True" in log.read_text()
    assert log.read_text().endswith(" /\n")


def test_a_long_log_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "command", lambda: [sys.executable, "-P", "-c", "", "x"])
    monkeypatch.setattr(worker_process, "LOG_LIMIT_OCTETS", 3)
    (tmp_path / "worker.log").write_text("long words")
    worker_process.start_worker(tmp_path)
    assert (tmp_path / "worker.old").read_text() == "long words"


def test_the_worker_is_the_program_beside_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert worker_process.command()[1] == "-P"
    script = tmp_path / "dealbox-sync"
    script.write_text("")
    script.chmod(0o700)
    assert worker_process.command() == [str(script)]

from __future__ import annotations

from pathlib import Path

import pytest

from sync import service, worker


def test_the_unit_starts_the_worker_for_this_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = service.install(Path("/home/a b/50%$x"))
    text = path.read_text()
    assert path == tmp_path / "config/systemd/user/dealbox-sync.service"
    assert '"--stay" "--data" "/home/a b/50%%$$x"' in text
    assert "Restart=on-failure" in text


def test_a_unit_is_removed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    service.install(tmp_path)
    assert service.uninstall()
    assert not service.uninstall()


def test_the_program_writes_the_unit_and_says_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert worker.main(["--data", str(tmp_path / "data"), "--install"]) == 0
    assert "systemctl --user" in capsys.readouterr().out
    assert service.unit_path().exists()

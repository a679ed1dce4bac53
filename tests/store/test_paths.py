from __future__ import annotations

from pathlib import Path

import pytest

from store import paths

MOUNTS = (
    "sysfs /sys sysfs rw 0 0\n/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n"
    "tmpfs /home/ana/fast tmpfs rw 0 0\nhost: /mnt/my\\040disk fuse.sshfs rw 0 0\nbroken\n"
)


def test_the_place_given_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALBOX_DATA", str(tmp_path / "from-environment"))
    assert paths.data_directory(str(tmp_path / "given")) == tmp_path / "given"
    assert paths.data_directory(None) == tmp_path / "from-environment"


def test_without_either_the_place_is_that_of_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert paths.data_directory(None) == tmp_path / "share" / "dealbox"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert paths.data_directory(None) == Path.home() / ".local/share/dealbox"


def test_settings_lie_in_the_place_for_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.config_file() == Path.home() / ".config/dealbox/config.toml"
    monkeypatch.setenv("DEALBOX_CONFIG", str(tmp_path / "mine.toml"))
    assert paths.config_file() == tmp_path / "mine.toml"
    assert paths.config_file(str(tmp_path / "other.toml")) == tmp_path / "other.toml"


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(paths.Unsafe, match="not a directory"):
        paths.make_private(tmp_path / "file")


def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("os.geteuid", lambda: 4_000_000)
    with pytest.raises(paths.Unsafe, match="another user"):
        paths.check_private(tmp_path)


@pytest.mark.parametrize(
    ("path", "kind", "is_on_network"),
    [
        ("/var/lib", "ext4", False),
        ("/home/ana/.local/share/dealbox", "nfs4", True),
        ("/home/ana/fast/dealbox", "tmpfs", False),
        ("/homestead", "ext4", False),
        ("/mnt/my disk/data", "fuse.sshfs", True),
    ],
)
def test_the_longest_mount_point_tells_the_file_system(path: str, kind: str, is_on_network: bool) -> None:
    assert paths.file_system(Path(path), MOUNTS) == kind
    assert paths.is_on_network(Path(path), MOUNTS) is is_on_network


def test_this_machine_tells_its_file_system(tmp_path: Path) -> None:
    assert paths.file_system(tmp_path) == paths.file_system(tmp_path / "not" / "there")

from __future__ import annotations

import resource
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import files


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("offer.pdf", "offer.pdf"),
        ("Angebot für Müller.pdf", "Angebot für Müller.pdf"),
        ("/etc/passwd", "passwd"),
        ("../../.ssh/authorized_keys", "authorized_keys"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("..", "attachment"),
        ("", "attachment"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("a\x00b\x1b[31m\u202egpj.exe", "ab[31mgpj.exe"),
        ("what?.txt", "what_.txt"),
        ("dir/", "dir"),
        ("trailing. . ", "trailing"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert files.safe_name(name) == safe


def test_a_long_name_keeps_its_extension_and_whole_characters() -> None:
    name = files.safe_name("ü" * 300 + ".pdf")
    assert name.endswith("ü.pdf")
    assert len(name.encode()) <= files.MAX_NAME_OCTETS


def test_a_saved_file_is_private_and_whole(tmp_path: Path) -> None:
    path = files.save(tmp_path, "../offer.pdf", b"octets")
    assert path == tmp_path / "offer.pdf"
    assert path.read_bytes() == b"octets"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_saving_never_overwrites_and_never_follows_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "a.tar.gz").symlink_to(target)
    assert files.save(tmp_path, "a.tar.gz", b"1").name == "a (2).tar.gz"
    assert files.save(tmp_path, "a.tar.gz", b"2").name == "a (3).tar.gz"
    assert not target.exists()


def test_a_directory_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        files.save(tmp_path / "missing", "a.txt", b"")


@given(st.text(max_size=400))
def test_no_name_leaves_its_directory_hides_or_is_an_option(name: str) -> None:
    safe = files.safe_name(name)
    assert safe and safe not in {".", ".."}
    assert not set(safe) & set('/\\\0\n<>:"|?*')
    assert safe[0] not in "-. ~"
    assert len(safe.encode()) <= files.MAX_NAME_OCTETS
    assert files.safe_name(safe) == safe


def test_a_name_without_an_extension_is_counted_at_its_end(tmp_path: Path) -> None:
    assert [files.save(tmp_path, "README", b"").name for _ in range(2)] == ["README", "README (2)"]
    assert [files.save(tmp_path, f"a.{'x' * 30}", b"").name for _ in range(2)] == [
        f"a.{'x' * 30}",
        f"a.{'x' * 30} (2)",
    ]


def test_names_run_out_some_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MOST_ALIKE", 2)
    assert [files.save(tmp_path, "a.txt", b"").name for _ in range(2)] == ["a.txt", "a (2).txt"]
    with pytest.raises(FileExistsError, match="too many files of that name"):
        files.save(tmp_path, "a.txt", b"")


def test_nothing_half_written_is_left_where_there_is_no_room(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            files.save(tmp_path, "a.txt", b"x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []

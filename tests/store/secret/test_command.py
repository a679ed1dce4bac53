from __future__ import annotations

import time
from pathlib import Path

import pytest

from store.secret.command import CommandFailed, run


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `pw` on PATH; tests write it."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "bin" / "pw"


def written(script: Path, body: str) -> None:
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o700)


def test_the_first_line_is_the_password(script: Path) -> None:
    written(script, 'printf "s3cret for %s\\nuser: ana\\n" "$2"')
    assert run("pw show dealbox/{name}", "ana@example.com/password") == (
        "s3cret for dealbox/ana@example.com/password"
    )


def test_no_shell_reads_the_command_or_the_name(script: Path) -> None:
    written(script, 'echo "$1"')
    assert run("pw {name}", "$(id) `id` ; id | id") == "$(id) `id` ; id | id"


def test_the_status_is_told_and_the_output_is_not(script: Path) -> None:
    written(script, "echo s3cret; echo s3cret >&2; exit 3")
    with pytest.raises(CommandFailed) as told:
        run("pw {name}", "a")
    assert "status 3" in str(told.value) and "s3cret" not in str(told.value)


def test_a_command_that_hangs_is_ended_with_its_children(script: Path, tmp_path: Path) -> None:
    written(script, f"(sleep 300; touch {tmp_path / 'late'}) & sleep 300")
    began = time.monotonic()
    with pytest.raises(CommandFailed, match="did not end"):
        run("pw {name}", "a", timeout_s=0.3)
    assert time.monotonic() - began < 30


def test_a_program_in_the_current_directory_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "pw", "echo stolen")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ":.:/usr/bin:/bin")
    for command in ("pw {name}", "./pw {name}"):
        with pytest.raises(CommandFailed, match="no program"):
            run(command, "a")


def test_it_cannot_ask_at_our_terminal(script: Path) -> None:
    written(script, 'read answer; test -z "$answer" && ! (: </dev/tty) 2>/dev/null && echo alone')
    assert run("pw {name}", "a") == "alone"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("pw show", "needs {name}"),
        ("", "needs {name}"),
        ("{name}", "needs {name}"),
        ("pw '{name}", "cannot be read"),
        ("no-such-program {name}", "no program"),
    ],
)
def test_a_command_that_cannot_be_is_told_why(command: str, why: str) -> None:
    with pytest.raises(CommandFailed, match=why):
        run(command, "a")


def test_a_name_that_could_be_an_option_is_not_passed_on(script: Path) -> None:
    written(script, "echo x")
    with pytest.raises(CommandFailed, match="option"):
        run("pw {name}", "--help")


@pytest.mark.parametrize(("body", "why"), [("true", "nothing"), ("printf '\\377\\376\\n'", "UTF-8")])
def test_output_that_is_no_password_is_told(script: Path, body: str, why: str) -> None:
    written(script, body)
    with pytest.raises(CommandFailed, match=why):
        run("pw {name}", "a")


def test_a_file_that_cannot_be_run_is_told(script: Path) -> None:
    script.write_text("not a program")
    script.chmod(0o700)
    with pytest.raises(CommandFailed, match="cannot be run"):
        run("pw {name}", "a")

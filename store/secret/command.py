"""Passwords from a command of the user's, such as `pass show dealbox/{name}`."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from typing import Final

TIMEOUT_S: Final = 30.0
_LONGEST_OCTETS: Final = 65_536
NAME: Final = "{name}"


class CommandFailed(Exception):
    """The command gave no password. The text says why, without anything it wrote."""


def run(command: str, name: str, timeout_s: float = TIMEOUT_S) -> str:
    """Return the first line the command writes, `{name}` in it being `name`. Raises CommandFailed.

    No shell reads it, the current directory is never looked into for it, and it cannot ask at our terminal.
    """
    arguments = _arguments(command, name)
    process = _started(arguments)
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"secret_cmd did not end within {timeout_s:g} s: {_shown(arguments)}") from None
    finally:
        _end(process)
    if process.returncode:
        status = process.returncode
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        raise CommandFailed(f"secret_cmd {how}: run it yourself to see why: {_shown(arguments)}")
    line = output[:_LONGEST_OCTETS].split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise CommandFailed(f"secret_cmd wrote nothing: {_shown(arguments)}")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise CommandFailed(f"secret_cmd wrote something that is not UTF-8: {_shown(arguments)}") from None


def _arguments(command: str, name: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CommandFailed(f"secret_cmd cannot be read ({error}): {command}") from None
    if not words or not any(NAME in word for word in words[1:]):
        raise CommandFailed(f"secret_cmd needs {NAME} where the name of the password belongs: {command}")
    if name.startswith("-") or "\0" in name:
        raise CommandFailed(f"secret_cmd is not run for a name that could be an option: {name!r}")
    return [word.replace(NAME, name) for word in words]


def _started(arguments: list[str]) -> subprocess.Popen[bytes]:
    # An empty or relative entry of PATH is the current directory: somebody else's files may lie there.
    path = os.pathsep.join(
        each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if each.startswith("/")
    )
    program = shutil.which(os.path.expanduser(arguments[0]), path=path)  # noqa: PTH111 - which() takes text
    if program is None or not program.startswith("/"):
        raise CommandFailed(f"secret_cmd: there is no program {arguments[0]!r} in PATH")
    environment = {key: value for key, value in os.environ.items() if key != "GPG_TTY"}
    try:
        return subprocess.Popen(
            [program, *arguments[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**environment, "PATH": path},
            start_new_session=True,
        )
    except OSError as error:
        raise CommandFailed(f"secret_cmd cannot be run: {error.strerror}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _shown(arguments: list[str]) -> str:
    return shlex.join(arguments)

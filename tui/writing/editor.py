"""The user's own editor over the text of a message: a private file of ours, and a program that no shell reads."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from store import paths

DIRECTORY: Final = "editing"
_FALLBACKS: Final = ("sensible-editor", "nano", "vi")


class EditorFailed(Exception):
    """The editor did not run, or did not end well; the text says where what it wrote is kept."""


def command(setting: str, environment: Mapping[str, str]) -> list[str]:
    """Return the editor's program and arguments: the setting, else VISUAL, EDITOR, or one that is there.

    Only absolute directories of PATH are searched: an editor that lies in the current directory is not the user's.
    Raises EditorFailed.
    """
    search = safe_path(environment)
    for words in (setting, environment.get("VISUAL", ""), environment.get("EDITOR", ""), *_FALLBACKS):
        try:
            argv = shlex.split(words)
        except ValueError as error:
            raise EditorFailed(f"The editor {words!r} cannot be read: {error}") from error
        if not argv:
            continue
        program = shutil.which(argv[0], path=search) if "/" not in argv[0] else argv[0]
        if program is not None:
            return [program, *argv[1:]]
        if words not in _FALLBACKS:
            raise EditorFailed(f"There is no program {argv[0]!r}: set editor in the settings, or EDITOR")
    raise EditorFailed("There is no editor: set editor in the settings, or EDITOR")


def safe_path(environment: Mapping[str, str]) -> str:
    """Return PATH without the current directory, in whatever way it names it."""
    entries = environment.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if entry.startswith("/"))


def file_of(directory: Path, uuid: str) -> Path:
    """Return where the text of a draft lies while an editor has it."""
    return directory / DIRECTORY / f"{uuid}.eml"


def put(file: Path, text: str) -> None:
    """Write the text where only this user can read it."""
    paths.make_private(file.parent)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as written:
        written.write(text)


def run(argv: list[str], file: Path, environment: Mapping[str, str]) -> str:
    """Run the editor on the file, wait for its end, and return what it wrote; the file goes. Raises EditorFailed.

    The terminal is the editor's meanwhile: call this while the screen is suspended.
    """
    try:
        code = subprocess.run(
            [*argv, str(file)], env={**environment, "PATH": safe_path(environment)}, check=False
        ).returncode
    except OSError as error:
        raise EditorFailed(f"Cannot run {argv[0]}: {error.strerror}") from error
    if code:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        raise EditorFailed(f"{Path(argv[0]).name} {how}: nothing was changed; what it wrote is in {file}")
    try:
        text = file.read_bytes().decode("utf-8", "replace")
        file.unlink()
    except OSError as error:
        raise EditorFailed(f"Cannot read {file} again: {error.strerror}") from error
    return text.replace("\r\n", "\n")


def left_over(file: Path) -> str | None:
    """Return what an editor wrote that was never read back, None when there is nothing."""
    try:
        return file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except FileNotFoundError:
        return None

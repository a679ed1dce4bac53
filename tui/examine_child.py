"""What dealbox-sync finds of accounts on servers, for dealbox doctor: the screen's own programs never speak to servers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

from mail.text import safe_line
from store import worker_process
from store.health.findings import Finding, Level

LONGEST_S: Final = 60.0
"""It gives each account 15 s by itself; this is for a child that hangs."""


def findings(
    directory: Path, *, is_online: bool, key: bytes | None = None, longest_s: float = LONGEST_S
) -> Iterator[Finding]:
    """Yield what the child finds, or why it found nothing; `key` opens the passwords under a passphrase."""
    command = [
        *worker_process.command(),
        "--data",
        str(directory),
        "--examine" if is_online else "--recall",
        *(["--key-stdin"] if key else []),
    ]
    said_to_it = f"{key.hex()}\n".encode() if key else b""
    try:
        ended = subprocess.run(
            command, input=said_to_it, capture_output=True, timeout=longest_s, check=False, cwd="/"
        )
    except subprocess.TimeoutExpired as error:
        yield from _read(error.stdout or b"")
        yield Finding(
            "warning", "connection", f"dealbox-sync did not end within {longest_s:g} s: the rest is not known"
        )
        return
    yield from _read(ended.stdout)
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        why = safe_line(said) or f"status {ended.returncode}"
        yield Finding("error", "connection", f"the servers could not be looked at: {why}")


def _read(octets: bytes) -> Iterator[Finding]:
    for line in octets.splitlines():
        try:
            told = json.loads(line)
            level: Level = told["level"]
            if level in get_args(Level):
                yield Finding(level, str(told["about"]), str(told["text"]), str(told["account"]))
        except (ValueError, KeyError, TypeError):
            continue

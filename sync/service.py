"""The worker as a systemd user unit, for those who want mail fetched while no screen is open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from store import worker_process

UNIT_NAME: Final = "dealbox-sync.service"
_UNIT: Final = """\
[Unit]
Description=dealbox mail sync
Documentation=man:systemd.service(5)

[Service]
ExecStart={command}
Nice=10
UMask=0077
Restart=on-failure
RestartSec=10

[Install]
WantedBy=default.target
"""


def unit_path() -> Path:
    """Return where systemd looks for the user's own units (systemd.unit(5))."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    config = Path(base) if base.startswith("/") else Path.home() / ".config"
    return config / "systemd" / "user" / UNIT_NAME


def install(directory: Path) -> Path:
    """Write the unit for a data directory and return its path. Raises OSError."""
    path = unit_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [*worker_process.command(), "--stay", "--data", str(directory)]
    temporary = path.with_suffix(".new")
    temporary.write_text(_UNIT.format(command=" ".join(_quoted(word) for word in command)), encoding="utf-8")
    temporary.replace(path)
    return path


def uninstall() -> bool:
    """Remove the unit; False when there was none. Raises OSError."""
    try:
        unit_path().unlink()
    except FileNotFoundError:
        return False
    return True


def _quoted(word: str) -> str:
    # systemd.service(5), "COMMAND LINES": C escapes within quotes, "%" and "$" doubled.
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'

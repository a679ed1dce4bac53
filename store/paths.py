"""Where the store lies, who may look at it, and what kind of disk it is on."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

STORE_NAME: Final = "store.db"
LOCK_NAME: Final = "worker.lock"
TURN_NAME: Final = "turn.lock"
LOG_NAME: Final = "worker.log"
CONFIG_NAME: Final = "config.toml"

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "davfs",
    }
)


# Some virtual machines and sandboxes show a disk of their own host this way.
_SUSPICIOUS_ONLY: Final = frozenset({"9p"})


class Unsafe(Exception):
    """A directory where mail must not be kept, as others can look into it: the text says what to do."""


def data_directory(override: str | None) -> Path:
    """Return the data directory, made 0700 when it is not there: `override`, DEALBOX_DATA, then XDG_DATA_HOME.

    Raises Unsafe.
    """
    chosen = override or os.environ.get("DEALBOX_DATA") or _xdg("XDG_DATA_HOME", ".local/share")
    directory = Path(chosen).expanduser().absolute()
    make_private(directory)
    return directory


def config_file(override: str | None = None) -> Path:
    """Return where the user's settings are: DEALBOX_CONFIG, then XDG_CONFIG_HOME. It may not exist."""
    chosen = override or os.environ.get("DEALBOX_CONFIG")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(_xdg("XDG_CONFIG_HOME", ".config")) / CONFIG_NAME


def _xdg(variable: str, default: str) -> str:
    # A relative path in an XDG variable is to be ignored (XDG Base Directory Specification).
    base = os.environ.get(variable, "")
    return str((Path(base) if base.startswith("/") else Path.home() / default) / "dealbox")


def make_private(directory: Path) -> None:
    """Make `directory` with mode 0700 whatever the umask, or check that it is private already. Raises Unsafe."""
    if not directory.is_dir():
        directory.parent.mkdir(parents=True, exist_ok=True)
        try:
            directory.mkdir(mode=0o700)
            directory.chmod(0o700)
        except FileExistsError:
            if not directory.is_dir():
                raise Unsafe(f"{directory} is not a directory") from None
    check_private(directory)
    if not os.access(directory, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise Unsafe(
            f"{directory} cannot be written to: run  chmod 700 {directory}  or, where the disk is read-only, "
            "name another place with --data or DEALBOX_DATA"
        )


def check_private(directory: Path) -> None:
    """Raise Unsafe when `directory` belongs to, or can be entered by, somebody else."""
    status = directory.stat()
    if status.st_uid != os.geteuid():
        raise Unsafe(f"{directory} belongs to another user (uid {status.st_uid})")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise Unsafe(f"{directory} can be opened by others: run  chmod 700 {directory}")


def check_local(directory: Path) -> None:
    """Raise Unsafe when `directory` is on a disk of another machine: its locks cannot be trusted (sqlite.org/wal.html)."""
    kind = file_system(directory)
    if kind in NETWORK_FILE_SYSTEMS - _SUSPICIOUS_ONLY:
        raise Unsafe(
            f"{directory} is on a network file system ({kind}), where the store would be damaged: "
            "name a directory on a local disk with --data or DEALBOX_DATA"
        )


def touch_private(path: Path) -> None:
    """Make `path` with mode 0600 when it is not there, whatever the umask."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def file_system(path: Path, mounts: str | None = None) -> str:
    """Return the type of the file system `path` is on ("ext4", "nfs4"), "" when it cannot be told.

    `mounts` is the text of /proc/self/mounts; the longest mount point above `path` decides.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""
    wanted = str(path.resolve()).rstrip("/") + "/"
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescape(fields[1]).rstrip("/") + "/"
        if wanted.startswith(point) and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def is_on_network(path: Path, mounts: str | None = None) -> bool:
    """Say whether `path` is on a network file system, where SQLite's write-ahead log cannot be trusted."""
    return file_system(path, mounts) in NETWORK_FILE_SYSTEMS


def _unescape(field: str) -> str:
    # The kernel writes space, tab, newline and backslash as octal (proc_pid_mounts(5), getmntent(3)).
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, letter)
    return field

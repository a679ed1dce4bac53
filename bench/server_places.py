"""A Dovecot with the shared corpus in it, accounts on it, and the other programs that fetch from it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from servers.dovecot import Dovecot, User

from bench import places
from store import accounts
from store.database import Database, open_store
from store.rows import AccountRow
from store.secret import secrets

OWNER = User("bench@example.com")


@contextlib.contextmanager
def dovecot(maildir: Path) -> Iterator[Dovecot]:
    """Run a server whose user OWNER has the mail of `maildir`, indexed as after a first visit."""
    server = Dovecot(storage="maildir")
    try:
        server.start()
        home = server.home(OWNER)
        home.mkdir(parents=True, exist_ok=True)
        place = home / "maildir"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(maildir, place)
        server.own(home)
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def account(
    server: Dovecot, name: str, *, port: int | None = None, security: str = "none"
) -> Iterator[tuple[Database, AccountRow]]:
    """Make a data directory with an account of OWNER's; `port` of a proxy in between, TLS off as for mbsync."""
    data = places.fresh(name)
    secrets.choose(data, "plain")
    db = open_store(data, is_screen=False)
    try:
        config = {
            "imap_host": "127.0.0.1",
            "imap_port": str(port or server.ports["imap"]),
            "imap_security": security,
            "username": OWNER.address,
            "sign_in": "password",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(server.ports["submission"]),
            "smtp_security": "none",
        }
        row = accounts.get(db, accounts.add(db, "imap", "Bench", OWNER.address, config))
        assert row is not None
        secrets.AccountSecrets(secrets.open_secrets(data), row).put("password", OWNER.password)
        yield db, row
    finally:
        db.close()


def mbsync(server: Dovecot, mailboxes: str = "*") -> float | None:
    """Return the seconds mbsync takes to fetch into an empty Maildir, None when it is not installed."""
    if not shutil.which("mbsync"):
        return None
    home = places.fresh("mbsync")
    _write_mbsync(home, server, mailboxes)
    return _timed(["mbsync", "-q", "-c", str(home / "rc"), "bench"])


def mbsync_again() -> float | None:
    """Return the seconds of a run in which nothing has changed, None before a first one."""
    command = ["mbsync", "-q", "-c", str(places.cache() / "mbsync" / "rc"), "bench"]
    try:
        _timed(command)  # takes in what was made for others to find
        return _timed(command)
    except (OSError, subprocess.CalledProcessError):
        return None


def _write_mbsync(home: Path, server: Dovecot, mailboxes: str) -> None:
    (home / "mail").mkdir()
    (home / "rc").write_text(
        f"IMAPAccount a\nHost 127.0.0.1\nPort {server.ports['imap']}\nUser {OWNER.address}\n"
        f"Pass {OWNER.password}\nSSLType None\nAuthMechs PLAIN LOGIN\n\nIMAPStore far\nAccount a\n\n"
        f"MaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\nSubFolders Verbatim\n\n"
        f"Channel bench\nFar :far:\nNear :near:\nPatterns {mailboxes}\nCreate Near\nSync Pull\nSyncState *\n"
    )
    (home / "rc").chmod(0o600)


def offlineimap(server: Dovecot) -> float | None:
    """Return the seconds offlineimap3 takes to fetch into an empty Maildir, None when it is not installed."""
    if not shutil.which("offlineimap"):
        return None
    home = places.fresh("offlineimap")
    (home / "rc").write_text(
        f"[general]\naccounts = a\nmetadata = {home}/meta\nui = quiet\n[Account a]\n"
        f"localrepository = near\nremoterepository = far\n[Repository near]\ntype = Maildir\n"
        f"localfolders = {home}/mail\n[Repository far]\ntype = IMAP\nremotehost = 127.0.0.1\n"
        f"remoteport = {server.ports['imap']}\nremoteuser = {OWNER.address}\nremotepass = {OWNER.password}\n"
        "ssl = no\nstarttls = no\nreadonly = true\n"
    )
    (home / "rc").chmod(0o600)
    return _timed(["offlineimap", "-o", "-c", str(home / "rc")])


def _timed(command: list[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started

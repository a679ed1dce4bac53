"""A real IMAP, submission and LMTP server of our own, without privileges, on ports of its own."""

from __future__ import annotations

import contextlib
import functools
import grp
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from servers.certificates import Authority, Certificate, private_pem, public_pem
from servers.dovecot_config import (
    Facts,
    Storage,
    capability_without,
    oauth2_2_3,
    version_2_3,
    version_2_4,
)
from servers.ports import LOOPBACK, free_ports
from servers.users import ALICE, BOB, CAROL, PASSWORD, User

__all__ = ["ALICE", "BOB", "CAROL", "PASSWORD", "CannotStart", "Dovecot", "User", "missing"]

_SERVICES = ("imap", "imaps", "submission", "submissions", "lmtp")
_START_S = 30.0


class CannotStart(Exception):
    """Dovecot ended, or never listened; the text is its own log."""


@functools.cache
def missing() -> str:
    """Name what is not installed, or nothing: the reason to skip a test."""
    if not _program():
        return "dovecot-imapd is not installed"
    modules = Path("/usr/lib/dovecot")
    if not (modules / "lmtp").exists() or not (modules / "submission").exists():
        return "dovecot-lmtpd or dovecot-submissiond is not installed"
    return "" if _version() in {"2.3", "2.4"} else f"Dovecot {_version()} is neither 2.3 nor 2.4"


class Dovecot:
    """One server with a directory of its own.

    Every name without "nosuch" in front has a mailbox and the password PASSWORD: a fresh user costs nothing.
    As root it runs as nobody, in a directory nobody can reach: leave `root` out, pytest's are closed to others.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        certificate: Certificate | None = None,
        capability: str | None = None,
        without: Iterable[str] = (),
        storage: Storage = "sdbox",
        separator: str = "/",
        connections_per_user: int = 1000,
        quota_kibibytes: int = 10_000_000,
    ) -> None:
        self._is_ours = root is None
        self.root = root or Path(tempfile.mkdtemp(prefix="dealbox-dovecot-"))
        self.root.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(self.root / "tls")
        self._certificate = certificate or self.authority.good()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._capability = capability or (capability_without(without) if without else None)
        self._storage: Storage = storage
        self._separator = separator
        self._connections_per_user = connections_per_user
        self._quota_kibibytes = quota_kibibytes
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._numbers: Iterator[int] = itertools.count(1)
        self.ports = dict(zip((*_SERVICES, "relay"), free_ports(len(_SERVICES) + 1), strict=True))

    @property
    def ca_file(self) -> Path:
        """What a client has to trust."""
        return self.authority.file

    def new_user(self) -> User:
        """Return somebody no test has used before, with nothing but the mailboxes everybody has."""
        return User(f"user{next(self._numbers)}@example.com")

    def home(self, user: User) -> Path:
        """Return where the mail of `user` is; give files written there to the server with `own`."""
        return self.root / "home" / user.address

    def own(self, path: Path) -> None:
        """Let the server read and write all that is under `path`."""
        if os.geteuid() != 0:
            return
        for place in (path, *path.rglob("*")):
            os.chown(place, self._owner.pw_uid, self._owner.pw_gid)

    def token(self, user: User, expires_in_s: int = 600) -> str:
        """Return an access token for `user`, as a token endpoint would hand it out."""
        import jwt  # only the tests of sign-in need it

        now = int(time.time())
        claims = {"sub": user.address, "email": user.address, "iat": now - 3600, "exp": now + expires_in_s}
        return jwt.encode(claims, private_pem(self._key), algorithm="ES256", headers={"kid": "default"})

    def start(self) -> None:
        """Start the server, and wait until every port greets.

        Raises CannotStart with the log when it does not. The server ends with the thread that called this.
        """
        self._write_configuration()
        self._process = subprocess.Popen(
            [*_dying_with_us(), _program(), "-F", "-c", str(self.root / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            **self._identity(),
        )
        try:
            for service in _SERVICES:
                self._await_port(self.ports[service])
        except CannotStart:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and everything it started; keep what it stored only where `root` was given."""
        if self._process is not None:
            _end(self._process)
            self._process = None
        if self._is_ours:
            shutil.rmtree(self.root, ignore_errors=True)

    def restart(self) -> None:
        """Break every connection and come back on the same ports with the same mail."""
        is_ours, self._is_ours = self._is_ours, False
        self.stop()
        self._is_ours = is_ours
        self.start()

    def log(self) -> str:
        """Return what the server wrote of itself."""
        file = self.root / "dovecot.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def _identity(self) -> dict[str, object]:
        if os.geteuid() != 0:
            return {}
        return {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}

    def _write_configuration(self) -> None:
        # A stale run directory costs 5 s at start: the auth process waits for a socket nobody serves.
        shutil.rmtree(self.root / "run", ignore_errors=True)
        for name in ("run", "state", "home", "keys/default/ES256"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "keys/default/ES256/default").write_bytes(public_pem(self._key))
        facts = Facts(
            root=self.root,
            user=self._owner.pw_name,
            group=grp.getgrgid(self._owner.pw_gid).gr_name,
            ports=self.ports,
            password=PASSWORD,
            storage=self._storage,
            separator=self._separator,
            capability=self._capability,
            connections_per_user=self._connections_per_user,
            quota_kibibytes=self._quota_kibibytes,
            chain=self._certificate.chain,
            key=self._certificate.key,
        )
        (self.root / "nobody-else").touch()
        (self.root / "oauth2.conf.ext").write_text(oauth2_2_3(self.root))
        written = version_2_3(facts) if _version() == "2.3" else version_2_4(facts)
        (self.root / "dovecot.conf").write_text(written)
        self.root.chmod(0o755)
        if not (self.root / "owned").exists():
            (self.root / "owned").touch()
            self.own(self.root)
        for name in ("run", "keys", "dovecot.conf", "oauth2.conf.ext"):
            self.own(self.root / name)

    def _await_port(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection((LOOPBACK, port), timeout=5).close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        raise CannotStart(f"port {port}: {self._complaint()}\n{self.log()}")

    def _complaint(self) -> str:
        assert self._process is not None and self._process.stderr is not None
        if self._process.poll() is None:
            return "it does not listen"
        return self._process.stderr.read().decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    # Asked within a second of its start, Dovecot takes 6 s to end: what is left of it then is killed.
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1.5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def _program() -> str:
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin") or ""


@functools.cache
def _version() -> str:
    answer = subprocess.run([_program(), "--version"], capture_output=True, text=True, check=True).stdout
    return ".".join(answer.split()[0].split(".")[:2])


def _dying_with_us() -> list[str]:
    # A killed test run leaves no server behind, where util-linux can see to it.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []

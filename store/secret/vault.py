"""The file of secrets under a passphrase: scrypt (RFC 7914) makes its key, AES-256-GCM keeps it closed and whole.

Layout, version 1: 8 octets "DEALBOXV", version, log2(n), r, p, 16 octets salt, 16 octets that tell a wrong key
from a damaged file, 12 octets nonce, then the encrypted JSON object with its tag. All before the nonce is authenticated.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_MAGIC: Final = b"DEALBOXV"
_VERSION: Final = 1
_HEAD: Final = struct.Struct(">8s4B16s16s")
_NONCE_OCTETS: Final = 12
_KEY_OCTETS: Final = 32
# 64 MiB and about a third of a second: what OWASP's table of equal strength asks for beside n = 2^17.
_LOG_N, _R, _P = 16, 8, 2
_LARGEST: Final = (20, 16, 8)


class WrongPassphrase(Exception):
    """The passphrase or key is not the one the file was closed with."""


class Damaged(Exception):
    """The file is not as it was written. The text says how it shows."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What makes a key from a passphrase, and knows it again. Stays the same for as long as the passphrase does."""

    log_n: int
    r: int
    p: int
    salt: bytes
    check: bytes

    def key(self, passphrase: str) -> bytes:
        """Return the key; takes a third of a second and 64 MiB. Raises WrongPassphrase."""
        key = _derive(passphrase, self.salt, self.log_n, self.r, self.p)
        self.verify(key)
        return key

    def verify(self, key: bytes) -> None:
        """Raise WrongPassphrase when `key` is not of this lock."""
        if not hmac.compare_digest(_check(key), self.check):
            raise WrongPassphrase

    def head(self) -> bytes:
        """Return the first octets of the file."""
        return _HEAD.pack(_MAGIC, _VERSION, self.log_n, self.r, self.p, self.salt, self.check)


def new_lock(passphrase: str) -> tuple[Lock, bytes]:
    """Return a lock for a new passphrase, and its key."""
    salt = os.urandom(16)
    key = _derive(passphrase, salt, _LOG_N, _R, _P)
    return Lock(_LOG_N, _R, _P, salt, _check(key)), key


def _derive(passphrase: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    memory = 128 * (1 << log_n) * r + 128 * r * p + (1 << 20)
    octets = passphrase.encode("utf-8", "surrogateescape")
    return hashlib.scrypt(octets, salt=salt, n=1 << log_n, r=r, p=p, maxmem=memory, dklen=_KEY_OCTETS)


def _check(key: bytes) -> bytes:
    return hmac.digest(key, b"dealbox: the key of this vault", "sha256")[:16]


def read_lock(octets: bytes) -> Lock:
    """Return the lock of a file. Raises Damaged."""
    if len(octets) < _HEAD.size + _NONCE_OCTETS + 16:
        raise Damaged(f"it ends after {len(octets)} octets")
    magic, version, log_n, r, p, salt, check = _HEAD.unpack_from(octets)
    if magic != _MAGIC:
        raise Damaged("it does not begin as a file of dealbox does")
    if version != _VERSION:
        raise Damaged(f"it has version {version}, and this dealbox reads version {_VERSION}")
    if not all(1 <= number <= most for number, most in zip((log_n, r, p), _LARGEST, strict=True)):
        raise Damaged("its numbers cannot be right")
    return Lock(log_n, r, p, salt, check)


def close(secrets: Mapping[str, str], lock: Lock, key: bytes) -> bytes:
    """Return the octets of the file."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 30 ms: only where a file is used

    nonce = os.urandom(_NONCE_OCTETS)
    text = json.dumps(dict(secrets), ensure_ascii=False).encode()
    return lock.head() + nonce + AESGCM(key).encrypt(nonce, text, lock.head())


def open_vault(octets: bytes, key: bytes) -> dict[str, str]:
    """Return what is in the file. Raises Damaged, WrongPassphrase."""
    from cryptography.exceptions import InvalidTag  # see close
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    lock = read_lock(octets)
    lock.verify(key)
    nonce = octets[_HEAD.size : _HEAD.size + _NONCE_OCTETS]
    try:
        text = AESGCM(key).decrypt(nonce, octets[_HEAD.size + _NONCE_OCTETS :], lock.head())
    except InvalidTag:
        raise Damaged("it was cut short or changed after it was written") from None
    return read_object(text)


def read_object(text: bytes) -> dict[str, str]:
    """Return a JSON object of texts. Raises Damaged."""
    try:
        found = json.loads(text)
    except ValueError:
        raise Damaged("it is no JSON") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Damaged("it has something else than texts in it")
    return found

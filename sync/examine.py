"""How the accounts on servers are, for dealbox doctor: findings as lines of JSON on standard output, and no secret in them.

The screen may not speak to servers, nor read what adapters remember of them: this child of it does both.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final, cast

from providers import clock, examination, oauth
from providers.connect import REMOTE_KINDS
from providers.errors import ProviderError, RetryLater, SignInAgain, StateExpired
from providers.examination import ImapInside, Reached, SmtpInside
from providers.imap.connecting import endpoint_of
from providers.imap.standing import standings
from providers.opening import Endpoint, Security
from providers.probing import Key, Trouble, Trust
from providers.token_facts import token_facts
from store import accounts, mailbox_choices
from store.database import Database, open_store
from store.health.findings import Finding
from store.rows import AccountRow
from store.secret.files import HeldKey, Locked
from sync.examine_words import Words
from sync.lending import LentSecrets

LONGEST_S: Final = 15.0
_GRACE_S: Final = 0.5
_PORTS: Final = {"tls": "465", "starttls": "587", "none": "587"}


def main(directory: Path, *, is_online: bool, key: str = "", sink: IO[str] | None = None) -> int:
    """Write what is found, account by account, and return the exit status; `key` opens the vault, in hexadecimal."""
    out, held = sink or sys.stdout, HeldKey()
    held.key = bytes.fromhex(key) if key else None
    db = open_store(directory, is_screen=False)
    try:
        for finding in findings(db, is_online=is_online, held=held):
            out.write(json.dumps(asdict(finding)) + "\n")
            out.flush()
    finally:
        db.close()
    return 0


def findings(
    db: Database, *, is_online: bool, longest_s: float = LONGEST_S, held: HeldKey | None = None
) -> Iterator[Finding]:
    """Yield what is found of every account on a server; with its servers asked, all at the same time."""
    rows = [row for row in accounts.all(db) if row.kind in REMOTE_KINDS]
    for row in rows:
        yield from remembered(db, row)
    if is_online:
        yield from _asked([_Examination(db.directory, row, longest_s, held or HeldKey()) for row in rows])


def remembered(db: Database, account: AccountRow) -> Iterator[Finding]:
    """Yield how far each mailbox of an account was told."""
    words = Words(account, int(time.time()))
    skipped = frozenset(
        key for key, choice in mailbox_choices.all(db, account.id).items() if not choice.is_synced
    )
    try:
        told = standings(accounts.remote_state(db, account.id))
    except StateExpired as error:
        yield words.finding("note", "mailbox", str(error))
        return
    yield from words.standings(told, frozenset(map(str, skipped)))


def _asked(examinations: list[_Examination]) -> Iterator[Finding]:
    for each in examinations:
        each.start()
    for each in examinations:
        yield from each.told()


class _Examination:
    """One account's servers, looked at in a thread of its own: none waits for another one's network."""

    def __init__(self, directory: Path, account: AccountRow, longest_s: float, held: HeldKey) -> None:
        self._account = account
        self._secrets = LentSecrets(directory, held, account)
        self._longest_s = longest_s
        self._ends_at = time.monotonic() + longest_s
        self._words = Words(account, int(time.time()))
        self._found: queue.Queue[Finding | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name=f"examine-{account.id}", daemon=True)
        self._newest_at: int | None = None
        self._key: Key | None = None
        self._is_key_asked = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def told(self) -> Iterator[Finding]:
        """Yield what is found, until everything was or the time is over."""
        while True:
            try:
                finding = self._found.get(timeout=max(self._left_s(), 0) + _GRACE_S)
            except queue.Empty:
                text = f"its servers did not answer everything within {self._longest_s:g} s"
                yield self._words.finding("warning", "connection", f"{text}: the rest is not known")
                return
            if finding is None:
                return
            yield finding

    def _left_s(self) -> float:
        return self._ends_at - time.monotonic()

    def _run(self) -> None:
        try:
            for finding in self._steps():
                self._found.put(finding)
        except Exception as error:  # noqa: BLE001 - the outermost loop of a thread
            text = f"this could not be looked at ({type(error).__name__}: {error})"
            self._found.put(self._words.finding("error", "connection", text))
        finally:
            self._found.put(None)

    def _steps(self) -> Iterator[Finding]:
        yield from self._imap()
        yield from self._smtp()
        yield from self._token()
        skew_s = clock.skew_s(self._account.config, max(self._left_s(), _GRACE_S))
        yield self._words.clock(skew_s, self._newest_at)

    def _imap(self) -> Iterator[Finding]:
        try:
            place = endpoint_of(self._account.config)
            yield from self._looked_at(
                examination.imap(place, self._trust("imap_pin"), self._ask, self._left_s)
            )
        except SignInAgain as error:
            yield self._words.finding("error", "account", str(error))

    def _smtp(self) -> Iterator[Finding]:
        place = _smtp_endpoint(self._account)
        if place is None:
            yield self._words.finding("note", "connection", "no server to send through is set")
            return
        yield from self._looked_at(examination.smtp(place, self._trust("smtp_pin"), self._ask, self._left_s))

    def _trust(self, pin: str) -> Trust:
        return Trust(self._account.config.get("ca_file", ""), self._account.config.get(pin, ""))

    def _looked_at(self, steps: Iterator[Reached | ImapInside | SmtpInside]) -> Iterator[Finding]:
        try:
            for found in steps:
                match found:
                    case Reached():
                        yield from self._words.reached(found)
                        yield from self._key_findings()
                    case ImapInside():
                        self._newest_at = found.newest_at
                        yield from self._words.imap_inside(found)
                    case SmtpInside():
                        yield self._words.smtp_inside(found)
        except Trouble as trouble:
            yield self._words.trouble(trouble)

    # -- who signs in

    def _ask(self) -> Key | None:
        return self._key

    def _key_findings(self) -> Iterator[Finding]:
        """Fetch what signs in, once, and tell why it cannot be had."""
        if self._is_key_asked:
            return
        self._is_key_asked = True
        try:
            self._key = self._fetched_key()
        except SignInAgain as error:
            if isinstance(error.__cause__, Locked):
                how = "dealbox doctor asks for the passphrase at a terminal, DEALBOX_KEY_FILE names a file with it"
                text = f"signing in was not tried, as the passwords are locked to this command: {how}"
                yield self._words.finding("note", "sign_in", text)
            else:
                yield self._words.finding("error", "sign_in", str(error))
        except RetryLater as error:
            yield self._words.finding("warning", "sign_in", str(error))
        except ProviderError as error:
            yield self._words.finding("error", "sign_in", str(error))

    def _fetched_key(self) -> Key:
        config = self._account.config
        username = config.get("username", "")
        if config.get("sign_in") in ("google", "microsoft"):
            return Key(username, oauth.access_token(config, self._secrets), is_token=True)
        password = self._secrets.get("password")
        if password is None:
            again = f"dealbox account sign-in {self._account.address}"
            raise SignInAgain(f"There is no password for this account: run  {again}")
        return Key(username, password)

    def _token(self) -> Iterator[Finding]:
        if self._account.config.get("sign_in") not in ("google", "microsoft"):
            return
        try:
            facts = token_facts(self._account.config, self._secrets.get("token"))
        except SignInAgain:  # told already
            return
        if facts is not None:
            yield self._words.token(facts)


def _smtp_endpoint(account: AccountRow) -> Endpoint | None:
    config = account.config
    security = config.get("smtp_security") or "tls"
    port = config.get("smtp_port") or _PORTS.get(security, "465")
    if not config.get("smtp_host") or security not in _PORTS or not port.isdecimal():
        return None
    return Endpoint(config["smtp_host"], int(port), cast(Security, security))

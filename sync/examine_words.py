"""What was found at an account's servers, in words: what it means, and what to do about it. Pure."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from providers import tls
from providers.examination import ImapInside, Reached, SmtpInside
from providers.imap.standing import Standing
from providers.probing import Trouble
from providers.token_facts import TokenFacts
from store.health.findings import Finding, Level
from store.rows import AccountRow

SHORT_DAYS: Final = 14
FULL_SHARE: Final = 0.9
SKEW_S: Final = 60
MOST_MAILBOXES: Final = 200
_DAY_S: Final = 86_400
_VERSIONS: Final = {"TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
_WHO: Final = {"google": "Google", "microsoft": "Microsoft"}

# What it means for the user that a server does not offer something.
_LACKS: Final = (
    ("IDLE", "new mail is looked for every 20 s in the inbox, and every minute elsewhere"),
    ("MOVE", "messages are copied, and then removed where they were"),
    (
        "UIDPLUS",
        "single messages cannot be removed for good: they stay at the server, marked as deleted, until another "
        "program clears them away",
    ),
    (
        "LIST-STATUS",
        "each mailbox is asked by itself whether it changed, which takes longer where there are many",
    ),
    (
        "SPECIAL-USE",
        "what mailboxes are for is guessed from their names: dealbox account mailboxes shows and sets it",
    ),
)


class Words:
    """Makes the findings of one account."""

    def __init__(self, account: AccountRow, now: int) -> None:
        self._account = account
        self._now = now

    def finding(self, level: Level, about: str, text: str) -> Finding:
        """Return a finding that begins with the account's name."""
        return Finding(level, about, f"{self._account.name}: {text}", self._account.address)

    # -- reaching a server

    def reached(self, reached: Reached) -> Iterator[Finding]:
        """Tell how a server greeted, and of its certificate."""
        place = f"{reached.protocol.upper()} at {reached.endpoint.host}:{reached.endpoint.port}"
        times = f"greets after {_ms(reached.answered_s)} (its address took {_ms(reached.resolved_s)})"
        if not reached.tls_version:
            yield from self._in_clear(reached, f"{place} {times}")
            return
        version = _VERSIONS.get(reached.tls_version, reached.tls_version)
        ways = f", offers to sign in by {', '.join(reached.mechanisms)}" if reached.mechanisms else ""
        yield self.finding("note", "connection", f"{place} {times}, {version}{ways}")
        if reached.certificate is not None:
            yield self._certificate(reached, reached.certificate)

    def _in_clear(self, reached: Reached, text: str) -> Iterator[Finding]:
        if _is_this_machine(reached.endpoint.host):
            yield self.finding("note", "connection", f"{text}, without encryption on this machine")
            return
        advice = "remove the account and add it again with --security tls or starttls"
        what = "without encryption: anybody on the way can read the password and the mail"
        yield self.finding("warning", "connection", f"{text}, {what}; {advice}")

    def _certificate(self, reached: Reached, facts: tls.CertificateFacts) -> Finding:
        host = reached.endpoint.host
        days = (datetime.fromisoformat(facts.ends).timestamp() - self._now) // _DAY_S
        how = "is the one you pinned" if reached.is_pinned else f"is verified, issued by {facts.issuer}"
        until = f"good until {facts.ends[:10]}"
        if days < 0:
            text = f"the certificate of {host} ended {facts.ends[:10]}; only your pin keeps it in use"
            advice = "ask whoever runs the server for a new one, and pin that with dealbox account sign-in"
            return self.finding("warning", "certificate", f"{text}: {advice} {self._account.address}")
        if days < SHORT_DAYS:
            left = "today" if days == 0 else f"in {days:.0f} day{'' if days == 1 else 's'}"
            text = f"the certificate of {host} ends {left} ({facts.ends[:10]})"
            after = (
                "then it has to be pinned anew" if reached.is_pinned else "then nothing is synced any more"
            )
            advice = f"whoever runs the server has to renew it, {after}"
            return self.finding("warning", "certificate", f"{text}: {advice}")
        return self.finding("note", "certificate", f"the certificate of {host} {how}, {until}")

    def trouble(self, trouble: Trouble) -> Finding:
        """Tell why a server cannot be used."""
        level: Level = "warning" if trouble.kind == "busy" else "error"
        about = _ABOUT.get(trouble.kind, "connection")
        advice = self._advice(trouble)
        text = f"{trouble.protocol.upper()}: {str(trouble).rstrip('.')}."
        return self.finding(level, about, f"{text} {advice}".strip())

    def _advice(self, trouble: Trouble) -> str:
        again = f"dealbox account sign-in {self._account.address}"
        match trouble.kind:
            case "password" | "app_password":
                return f"Give it anew: {again}"
            case "host" | "timeout":
                return "Is this machine on the network, and the name of the server right?"
            case "busy":
                return "It is tried again by itself."
            case "not_a_server":
                return "If host and port are wrong, remove the account and add it again."
            case "certificate" if trouble.certificate is not None:
                seen = trouble.certificate
                facts = (
                    f"subject {seen.subject}, issuer {seen.issuer}, {seen.starts[:10]} to {seen.ends[:10]}"
                )
                option = "--pin" if trouble.protocol == "imap" else "--smtp-pin"
                pin = f"to trust this one and no other, once you compared it: {again} {option} {seen.sha256}"
                return f"Nothing secret was sent. It shows {facts}, SHA-256 {tls.shown(seen.sha256)}; {pin}"
            case "certificate":
                return f"Nothing secret was sent. To look at the certificate: {again}"
            case _:
                return ""

    # -- inside

    def imap_inside(self, inside: ImapInside) -> Iterator[Finding]:
        """Tell what the server can do, and how full the mailbox is."""
        yield self.finding("note", "sign_in", "signing in to IMAP works")
        yield from self._capabilities(inside.capabilities)
        yield self._quota(inside)

    def _capabilities(self, offered: frozenset[str]) -> Iterator[Finding]:
        lacks = [(word, meaning) for word, meaning in _LACKS if word not in offered]
        if "CONDSTORE" not in offered and "QRESYNC" not in offered:
            changes = "what others marked is found by comparing the newest 500 messages of a mailbox"
            lacks.insert(0, ("CONDSTORE", f"{changes}, and all of them every ten minutes"))
        elif "QRESYNC" not in offered:
            lacks.insert(0, ("QRESYNC", "what others removed is found by comparing lists of numbers"))
        for word, meaning in lacks:
            yield self.finding("note", "capability", f"no {word}: {meaning}")
        if "X-GM-EXT-1" in offered:
            yield self.finding("note", "capability", "labels of Gmail are shown as mailboxes")
        if not lacks:
            every = "new mail is announced, and changes are told without comparing"
            yield self.finding("note", "capability", f"the server offers all that makes sync quick: {every}")

    def _quota(self, inside: ImapInside) -> Finding:
        if inside.quota_used is None or not inside.quota_limit:
            return self.finding("note", "quota", "the server does not say how much room there is")
        share = inside.quota_used / inside.quota_limit
        text = f"{_size(inside.quota_used)} of {_size(inside.quota_limit)} are used ({share:.0%})"
        if share >= 1:
            return self.finding("error", "quota", f"{text}: no mail arrives before there is room; {_ROOM}")
        if share > FULL_SHARE:
            return self.finding("warning", "quota", f"{text}: soon no mail arrives any more; {_ROOM}")
        return self.finding("note", "quota", text)

    def smtp_inside(self, inside: SmtpInside) -> Finding:
        """Tell that sending will work, and up to which size."""
        size = (
            f", for messages of up to {inside.largest_octets / 1_000_000:.0f} MB"
            if inside.largest_octets
            else ""
        )
        return self.finding("note", "sign_in", f"signing in to SMTP works{size}")

    # -- clock and token

    def clock(self, skew_s: float | None, newest_at: int | None) -> Finding:
        """Tell how this machine's clock agrees with others, as far as anybody said the time."""
        ahead_s = (newest_at or 0) - self._now
        if skew_s is None and ahead_s > SKEW_S:
            text = f"the newest message came {_span(ahead_s)} in the future, by the clock of this machine"
            return self.finding("warning", "clock", f"{text}: it or the server's is wrong; {_SET_CLOCK}")
        if skew_s is None:
            return self.finding(
                "note", "clock", "whether the clock is right is not known: the servers do not tell the time"
            )
        if abs(skew_s) > SKEW_S:
            how = "ahead" if skew_s > 0 else "behind"
            text = f"the clock of this machine is {_span(abs(skew_s))} {how}"
            return self.finding(
                "warning", "clock", f"{text}: sign-ins and certificates fail by it; {_SET_CLOCK}"
            )
        return self.finding(
            "note", "clock", f"the clock agrees with the server's to {max(abs(skew_s), 1):.0f} s"
        )

    def token(self, facts: TokenFacts) -> Finding:
        """Tell how old a browser sign-in is, and until when its token is good."""
        who = _WHO.get(self._account.config.get("sign_in", ""), "the browser")
        age = f"was renewed {_span(self._now - facts.renewed_at)} ago" if facts.renewed_at else "is kept"
        if facts.expires_at <= self._now:
            when = f"its access token ended {_span(self._now - facts.expires_at)} ago, and is renewed when it is needed"
        else:
            when = f"its access token is good for {_span(facts.expires_at - self._now)} more, and renewed by itself"
        return self.finding("note", "token", f"the sign-in with {who} {age}; {when}")

    # -- how far mailboxes were told

    def standings(self, standings: tuple[Standing, ...], skipped: frozenset[str]) -> Iterator[Finding]:
        """Tell how far each mailbox came."""
        for standing in standings[:MOST_MAILBOXES]:
            if standing.key not in skipped:
                yield self._standing(standing)
        if len(standings) > MOST_MAILBOXES:
            yield self.finding("note", "mailbox", f"and {len(standings) - MOST_MAILBOXES:,} mailboxes more")
        if skipped:
            names = ", ".join(sorted(each.name for each in standings if each.key in skipped)) or "some"
            yield self.finding("note", "mailbox", f"not synced, as you chose: {names}")

    def _standing(self, box: Standing) -> Finding:
        if box.frozen_until > self._now:
            why = "the server numbers its messages anew each time (UIDVALIDITY), so it is left alone for an hour"
            return self.finding("warning", "mailbox", f"{box.name}: {why}; tell whoever runs the server")
        if box.doubted:
            text = f"{box.doubted:,} of its messages seem to be gone at once; they are kept until the server says so again"
            return self.finding("warning", "mailbox", f"{box.name}: {text}")
        came = f"{box.messages - box.to_come:,} of {box.messages:,} messages are here"
        text = (
            came if box.to_come else f"{box.messages:,} message{'' if box.messages == 1 else 's'}, all told"
        )
        if box.since_days:
            text += f", of the last {box.since_days} days"
        if box.is_renumbering:
            text += ", being numbered anew (UIDVALIDITY changed)"
        if box.unanswered:
            text += f", {box.unanswered:,} that the server lists and does not show"
        if box.compared_at:
            text += f"; compared {time.strftime('%Y-%m-%d %H:%M', time.localtime(box.compared_at))}"
        return self.finding("note", "mailbox", f"{box.name}: {text}")


_ROOM: Final = "empty the trash, or delete large messages with files"
_SET_CLOCK: Final = "let it be set by the network (timedatectl set-ntp true)"
_ABOUT: Final = {
    "password": "sign_in",
    "app_password": "sign_in",
    "imap_disabled": "sign_in",
    "browser": "sign_in",
    "sign_in": "sign_in",
    "certificate": "certificate",
}


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def _size(kibibytes: int) -> str:
    return (
        f"{kibibytes * 1024 / 1_000_000:,.0f} MB"
        if kibibytes < 10_000_000
        else f"{kibibytes * 1024 / 1e9:,.1f} GB"
    )


def _span(seconds: float) -> str:
    """Return a length of time as people say it."""
    for size, word in ((_DAY_S, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {word}"
    return f"{seconds:.0f} s"

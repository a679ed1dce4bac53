"""Asking the network where an address has its servers. Every question has an end; no question tells a secret."""

from __future__ import annotations

import contextlib
import imaplib
import smtplib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote, urljoin

from providers import discovery, opening, tls
from providers.discovery import LARGEST_FILE, SRV_SERVICES, Servers, Srv
from providers.opening import Endpoint

HTTP_S: Final = 5.0
DNS_S: Final = 3.0
GUESS_S: Final = 5.0
_MOST_REDIRECTS: Final = 3


@dataclass(frozen=True, slots=True)
class Network:
    """Where questions go. Only tests have reason to change it."""

    autoconfig: tuple[str, ...] = (
        "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
        "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
    )
    ca_file: str | None = None
    nameserver: str = ""
    nameserver_port: int = 53
    guesses_imap: tuple[Endpoint, ...] | None = None
    guesses_smtp: tuple[Endpoint, ...] | None = None


def find(address: str, network: Network | None = None) -> Servers | None:
    """Return the servers of an address, None when nobody knows them. `address` is normalised. Raises NoImap."""
    asked = network or Network()
    domain = address.rpartition("@")[2]
    if "@" not in address or not discovery.is_host(domain):
        return None
    return (
        discovery.by_domain(address)
        or discovery.by_mx(address, exchangers(domain, asked))
        or _autoconfig(address, asked)
        or discovery.from_srv(address, _services(domain, asked))
        or _guessed(address, asked)
    )


def exchangers(domain: str, network: Network) -> tuple[str, ...]:
    """Return who takes the mail of a domain, the preferred first; none where the DNS does not say in time."""
    answers = [(each.preference, each.exchange.to_text()) for each in _asked(domain, "MX", network)]
    return tuple(name for _, name in sorted(answers))


def _services(domain: str, network: Network) -> dict[str, tuple[Srv, ...]]:
    def records(service: str) -> tuple[Srv, ...]:
        return tuple(
            Srv(each.priority, each.weight, each.port, each.target.to_text(omit_final_dot=True))
            for each in _asked(f"{service}.{domain}", "SRV", network)
        )

    with ThreadPoolExecutor(len(SRV_SERVICES)) as pool:
        return dict(zip(SRV_SERVICES, pool.map(records, SRV_SERVICES), strict=True))


def _asked(name: str, kind: str, network: Network) -> list[Any]:
    import dns.exception
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=not network.nameserver)
        if network.nameserver:
            resolver.nameservers = [network.nameserver]
            resolver.port = network.nameserver_port
        return list(resolver.resolve(f"{name}.", kind, lifetime=DNS_S))
    except (dns.exception.DNSException, OSError, UnicodeError):
        return []


def _autoconfig(address: str, network: Network) -> Servers | None:
    for pattern in network.autoconfig:
        octets = _fetched(
            pattern.format(domain=address.rpartition("@")[2], address=quote(address)), network.ca_file
        )
        if octets is not None:
            with contextlib.suppress(discovery.Unusable):
                found = discovery.from_autoconfig(octets, address)
                if found is not None:
                    return found
    return None


def _fetched(url: str, ca_file: str | None) -> bytes | None:
    """Return a small file over HTTPS, also after redirects; None when there is none in time."""
    import requests

    until = time.monotonic() + HTTP_S
    try:
        with requests.Session() as session:
            if ca_file:
                session.verify, session.trust_env = ca_file, False
            for _ in range(_MOST_REDIRECTS + 1):
                if not url.startswith("https://"):
                    return None
                with session.get(url, timeout=HTTP_S, stream=True, allow_redirects=False) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["location"])
                    else:
                        return _bounded(answer.iter_content(4096), until) if answer.ok else None
    except (requests.RequestException, ValueError, OSError):
        return None
    return None


def _bounded(pieces: Iterable[bytes], until: float) -> bytes | None:
    octets = bytearray()
    for piece in pieces:
        octets += piece
        if len(octets) > LARGEST_FILE or time.monotonic() > until:
            return None
    return bytes(octets)


def _guessed(address: str, network: Network) -> Servers | None:
    domain = address.rpartition("@")[2]
    imap = _first_there(network.guesses_imap or discovery.guesses(domain, "imap"), "imap")
    smtp = imap and _first_there(network.guesses_smtp or discovery.guesses(domain, "smtp"), "smtp")
    return Servers(imap, smtp, address, source="guess") if imap and smtp else None


def _first_there(candidates: tuple[Endpoint, ...], protocol: Literal["imap", "smtp"]) -> Endpoint | None:
    """Return the likeliest server that speaks the protocol, encrypted; its certificate is judged when it is tested."""
    if not candidates:
        return None
    with ThreadPoolExecutor(len(candidates)) as pool:
        answers = pool.map(lambda each: _is_there(each, protocol), candidates)
        return next((each for each, is_there in zip(candidates, answers, strict=True) if is_there), None)


def _is_there(endpoint: Endpoint, protocol: Literal["imap", "smtp"]) -> bool:
    try:
        if protocol == "imap":
            opening.imap(endpoint, tls.unverified(), GUESS_S).shutdown()
        else:
            opening.smtp(endpoint, tls.unverified(), GUESS_S).close()
    except (OSError, imaplib.IMAP4.error, smtplib.SMTPException, opening.NoStartTls):
        return False
    return True

"""From an address to its servers: the rules that ship with us, autoconfig files and SRV records. No network here."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, Final, Literal
from xml.parsers import expat

from mail.text import safe_line
from providers.opening import Endpoint, Security

SignInKind = Literal["password", "app_password", "google", "microsoft"]
LARGEST_FILE: Final = 65_536
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_SECURITY_OF_PORT: Final[dict[int, Security]] = {143: "starttls", 587: "starttls", 25: "starttls"}


@dataclass(frozen=True, slots=True)
class Servers:
    """How an account is reached. `source` says how we know; `oauth` which browser sign-in would do as well, or ""."""

    imap: Endpoint
    smtp: Endpoint
    username: str
    sign_in: SignInKind = "password"
    hint: str = ""
    source: str = ""
    oauth: str = ""


class NoImap(Exception):
    """The provider lets no mail program in. The text is for the user."""


class Unusable(Exception):
    """The file is no autoconfig file, or not one we dare to read."""


def is_host(text: str) -> bool:
    """Say whether a text can be the name of a host: letters, digits, hyphens and dots."""
    return len(text) <= 253 and _HOST.fullmatch(text) is not None


@functools.cache
def _rules() -> tuple[dict[str, Any], ...]:
    text = resources.files("providers").joinpath("discovery_rules.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["provider"])


def by_domain(address: str) -> Servers | None:
    """Return what the rules say of the address's own domain. Raises NoImap."""
    domain = address.rpartition("@")[2].lower()
    for rule in _rules():
        if domain in rule.get("domains", ()):
            return _from_rule(rule, address)
    return None


def by_mx(address: str, exchangers: Iterable[str]) -> Servers | None:
    """Return what the rules say of those who take the domain's mail, in the order of their preference. Raises NoImap."""
    for exchanger in exchangers:
        name = exchanger.lower().rstrip(".")
        found = [(end, rule) for rule in _rules() for end in rule.get("mx", ()) if _ends(name, end)]
        if found:
            return _from_rule(max(found, key=lambda each: len(each[0]))[1], address)
    return None


def _ends(name: str, end: str) -> bool:
    return name == end or name.endswith(f".{end}")


def _from_rule(rule: dict[str, Any], address: str) -> Servers:
    if "no_imap" in rule:
        raise NoImap(rule["no_imap"])
    return Servers(
        imap=endpoint(rule["imap"], 993, rule.get("imap_security")),
        smtp=endpoint(rule["smtp"], 465, rule.get("smtp_security")),
        username=address.partition("@")[0] if rule.get("username") == "local" else address,
        sign_in=rule.get("sign_in", "password"),
        hint=rule.get("hint", ""),
        source=rule["name"],
        oauth=rule.get("oauth", ""),
    )


def endpoint(text: str, port: int, security: Security | None = None) -> Endpoint:
    """Return the endpoint of "host", "host:port" or "[::1]:port". Raises ValueError with words for the user."""
    host, _, number = text.strip().rpartition(":") if re.search(r":\d+$", text.strip()) else (text, "", "")
    host = host.strip().strip("[]").lower()
    chosen = int(number) if number else port
    if not (is_host(host) or re.fullmatch(r"[0-9a-f:]*:[0-9a-f:.]*", host)):
        raise ValueError(f"{safe_line(text)!r} is not a server: write HOST or HOST:PORT")
    if not 1 <= chosen <= 65_535:
        raise ValueError(f"{chosen} is no port: 1 to 65535")
    return Endpoint(host, chosen, security or _SECURITY_OF_PORT.get(chosen, "tls"))


def with_sign_in(servers: Servers) -> Servers:
    """Return the servers with what the rules know of signing in there, wherever else their names came from."""
    for rule in _rules():
        if rule.get("imap", "").partition(":")[0] == servers.imap.host:
            return replace(
                servers,
                sign_in=rule.get("sign_in", "password"),
                hint=rule.get("hint", ""),
                oauth=rule.get("oauth", ""),
            )
    return servers


# --- autoconfig (https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat)


def from_autoconfig(octets: bytes, address: str) -> Servers | None:
    """Return what an autoconfig file says, None when it names no encrypted IMAP and SMTP server. Raises Unusable."""
    found = list(_servers_in(octets))
    imap = _first(found, "incomingServer", "imap", address)
    smtp = _first(found, "outgoingServer", "smtp", address)
    if imap is None or smtp is None:
        return None
    return with_sign_in(Servers(imap[0], smtp[0], imap[1], source="autoconfig"))


def _servers_in(octets: bytes) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield element, type and fields of every server named."""
    if len(octets) > LARGEST_FILE:
        raise Unusable("the file is too large")
    reader = _Reader()
    try:
        reader.parser.Parse(octets, True)
    except (expat.ExpatError, ValueError) as error:
        raise Unusable("the file is no XML") from error
    yield from reader.servers


class _Reader:
    """Collects <incomingServer> and <outgoingServer>. A document type, and with it every entity, is refused."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.servers: list[tuple[str, str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self._field = ""

    def _refuse(self, *_: object) -> None:
        raise Unusable("the file declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("incomingServer", "outgoingServer"):
            self._fields = {}
            self.servers.append((name, attributes.get("type", ""), self._fields))
        elif self._fields is not None and name not in self._fields:
            self._field = name
            self._fields[name] = ""

    def _end(self, name: str) -> None:
        self._field = ""
        if name in ("incomingServer", "outgoingServer"):
            self._fields = None

    def _text(self, text: str) -> None:
        if self._fields is not None and self._field:
            self._fields[self._field] += text


def _first(
    found: Iterable[tuple[str, str, dict[str, str]]], element: str, kind: str, address: str
) -> tuple[Endpoint, str] | None:
    securities: dict[str, Security] = {"ssl": "tls", "starttls": "starttls"}
    for name, its_kind, fields in found:
        security = securities.get(fields.get("socketType", "").strip().lower())
        port = fields.get("port", "").strip()
        if name != element or its_kind != kind or security is None or not re.fullmatch(r"\d{1,5}", port):
            continue
        try:
            where = endpoint(_filled(fields.get("hostname", ""), address), int(port), security)
        except ValueError:
            continue
        return where, safe_line(_filled(fields.get("username", ""), address)) or address
    return None


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    for name, value in (
        ("%EMAILADDRESS%", address),
        ("%EMAILLOCALPART%", local),
        ("%EMAILDOMAIN%", domain),
    ):
        text = text.replace(name, value)
    return text.strip()


# --- SRV records (RFC 6186, RFC 8314)


@dataclass(frozen=True, slots=True)
class Srv:
    """One record; `target` is "" where the domain says that it has no such service."""

    priority: int
    weight: int
    port: int
    target: str


SRV_SERVICES: Final[dict[str, Security]] = {
    "_imaps._tcp": "tls",
    "_imap._tcp": "starttls",
    "_submissions._tcp": "tls",
    "_submission._tcp": "starttls",
}


def from_srv(address: str, records: dict[str, tuple[Srv, ...]]) -> Servers | None:
    """Return what SRV records say, by service; TLS before STARTTLS (RFC 8314 §5.1). None when one of both is missing."""
    imap = _best(records, "_imaps._tcp", "_imap._tcp")
    smtp = _best(records, "_submissions._tcp", "_submission._tcp")
    return with_sign_in(Servers(imap, smtp, address, source="DNS")) if imap and smtp else None


def _best(records: dict[str, tuple[Srv, ...]], *services: str) -> Endpoint | None:
    for service in services:
        for record in sorted(records.get(service, ()), key=lambda each: (each.priority, -each.weight)):
            try:
                return endpoint(record.target.rstrip("."), record.port, SRV_SERVICES[service])
            except ValueError:
                continue
    return None


def guesses(domain: str, protocol: Literal["imap", "smtp"]) -> tuple[Endpoint, ...]:
    """Return where a domain's server would be if it is called as most are, likeliest first."""
    ports = (993, 143) if protocol == "imap" else (465, 587)
    hosts = (f"{protocol}.{domain}", f"mail.{domain}", domain)
    try:
        return tuple(endpoint(host, port) for port in ports for host in hosts)
    except ValueError:
        return ()

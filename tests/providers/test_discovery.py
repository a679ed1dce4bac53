from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import discovery
from providers.discovery import NoImap, Srv, Unusable
from providers.opening import Endpoint

FILE = """<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="example.com">
  <domain>example.com</domain>
  <incomingServer type="pop3"><hostname>pop.example.com</hostname><port>995</port>
    <socketType>SSL</socketType><username>%EMAILADDRESS%</username></incomingServer>
  <incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port>
    <socketType>SSL</socketType><authentication>password-cleartext</authentication>
    <username>%EMAILLOCALPART%</username></incomingServer>
  <outgoingServer type="smtp"><hostname>smtp.example.com</hostname><port>587</port>
    <socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"""


@pytest.mark.parametrize(
    ("address", "imap", "sign_in"),
    [
        ("ana@gmail.com", "imap.gmail.com", "app_password"),
        ("ana@hotmail.com", "outlook.office365.com", "microsoft"),
        ("ana@icloud.com", "imap.mail.me.com", "app_password"),
        ("ana@gmx.de", "imap.gmx.net", "password"),
        ("ana@T-Online.DE", "secureimap.t-online.de", "password"),
        ("ana@163.com", "imap.163.com", "app_password"),
        ("ana@uol.com.br", "imap.uol.com.br", "password"),
        ("ana@seznam.cz", "imap.seznam.cz", "password"),
    ],
)
def test_large_providers_are_known_by_their_domain(address: str, imap: str, sign_in: str) -> None:
    found = discovery.by_domain(address)
    assert found is not None
    assert (found.imap, found.sign_in) == (Endpoint(imap, 993, "tls"), sign_in)


@pytest.mark.parametrize(
    ("exchanger", "imap"),
    [
        ("ASPMX.L.GOOGLE.COM.", "imap.gmail.com"),
        ("example-com.mail.protection.outlook.com.", "outlook.office365.com"),
        ("in1-smtp.messagingengine.com", "imap.fastmail.com"),
        ("mx00.kundenserver.de", "imap.ionos.de"),
        ("mx2.zoho.eu", "imappro.zoho.eu"),
        ("mx1.mail.ovh.net", "ssl0.ovh.net"),
        ("mx1.hostinger.com", "imap.hostinger.com"),
        ("mxbiz1.qq.com", "imap.exmail.qq.com"),
    ],
)
def test_large_providers_are_known_by_who_takes_the_mail(exchanger: str, imap: str) -> None:
    found = discovery.by_mx("ana@example.com", [exchanger])
    assert found is not None and found.imap.host == imap
    assert found.username == "ana@example.com"


def test_who_only_ends_alike_is_somebody_else() -> None:
    assert discovery.by_mx("ana@example.com", ["mx.notgoogle.com", "google.com.evil.example"]) is None


def test_an_unknown_domain_is_unknown() -> None:
    assert discovery.by_domain("ana@example.com") is None
    assert discovery.by_mx("ana@example.com", []) is None


def test_a_provider_without_imap_says_so() -> None:
    with pytest.raises(NoImap, match="no IMAP"):
        discovery.by_domain("ana@tuta.com")
    with pytest.raises(NoImap):
        discovery.by_mx("ana@example.com", ["mail.tutanota.de"])


def test_some_providers_sign_in_with_the_first_half_of_the_address() -> None:
    found = discovery.by_domain("ana@laposte.net")
    assert found is not None and found.username == "ana"


def test_every_rule_makes_sense() -> None:
    domains: list[str] = []
    for rule in discovery._rules():
        domains += rule.get("domains", [])
        assert rule.get("domains") or rule.get("mx"), rule["name"]
        assert set(rule) <= {
            "name", "domains", "mx", "imap", "smtp", "imap_security", "smtp_security",
            "username", "sign_in", "oauth", "hint", "no_imap",
        }  # fmt: skip
        if "no_imap" not in rule:
            found = discovery._from_rule(rule, "ana@example.com")
            assert found.imap.security != "none" and found.smtp.security != "none"
            assert found.sign_in in ("password", "app_password", "google", "microsoft")
            assert found.sign_in == "password" or found.hint, rule["name"]
    assert len(domains) == len(set(domains)) > 100
    assert len(discovery._rules()) >= 60


def test_an_autoconfig_file_is_read() -> None:
    found = discovery.from_autoconfig(FILE.encode(), "ana@example.com")
    assert found is not None
    assert found.imap == Endpoint("imap.example.com", 993, "tls")
    assert found.smtp == Endpoint("smtp.example.com", 587, "starttls")
    assert found.username == "ana"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<socketType>SSL</socketType>", "<socketType>plain</socketType>"),
        ('type="imap"', 'type="pop3"'),
        ('type="smtp"', 'type="exchange"'),
        ("<port>993</port>", "<port>99333</port>"),
        ("<port>993</port>", "<port>-1</port>"),
        ("imap.%EMAILDOMAIN%", "imap/../x"),
        ("imap.%EMAILDOMAIN%", ""),
        ("imap.%EMAILDOMAIN%", "a\x7fb"),
    ],
)
def test_a_file_without_an_encrypted_server_that_can_be_is_of_no_use(old: str, new: str) -> None:
    assert discovery.from_autoconfig(FILE.replace(old, new).encode(), "ana@example.com") is None


BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<clientConfig><incomingServer type="imap"><hostname>&b;</hostname></incomingServer></clientConfig>"""


@pytest.mark.parametrize(
    "octets",
    [
        BOMB.encode(),
        BOMB.encode("utf-16"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"",
        b"<html><p>not found",
        b"\xff\xfe\x00",
        b"<x>" + b" " * 70_000 + b"</x>",
    ],
)
def test_hostile_xml_is_refused(octets: bytes) -> None:
    with pytest.raises(Unusable):
        discovery.from_autoconfig(octets, "ana@example.com")


@given(st.binary(max_size=300))
def test_any_octets_are_refused_or_read(octets: bytes) -> None:
    try:
        found = discovery.from_autoconfig(b"<clientConfig>" + octets + b"</clientConfig>", "ana@example.com")
    except Unusable:
        return
    assert found is None


def test_what_an_autoconfig_file_says_is_safe_to_show() -> None:
    evil = FILE.replace("%EMAILLOCALPART%", "ana&#x202e;")
    found = discovery.from_autoconfig(evil.encode(), "ana@example.com")
    assert found is not None and "\u202e" not in found.username


def test_what_is_known_of_a_host_is_known_wherever_its_name_came_from() -> None:
    file = FILE.replace("imap.%EMAILDOMAIN%", "imap.gmail.com")
    found = discovery.from_autoconfig(file.encode(), "ana@example.com")
    assert found is not None and (found.sign_in, found.oauth) == ("app_password", "google")


def test_records_of_the_dns_are_taken_tls_first_and_by_priority() -> None:
    found = discovery.from_srv(
        "ana@example.com",
        {
            "_imap._tcp": (Srv(0, 0, 143, "old.example.com"),),
            "_imaps._tcp": (Srv(20, 0, 993, "second.example.com"), Srv(10, 5, 993, "first.example.com")),
            "_submission._tcp": (Srv(0, 0, 587, "smtp.example.com."),),
        },
    )
    assert found is not None
    assert found.imap == Endpoint("first.example.com", 993, "tls")
    assert found.smtp == Endpoint("smtp.example.com", 587, "starttls")


def test_a_domain_that_says_it_has_no_imap_has_none() -> None:
    """RFC 6186 §3.4: the target "." says that there is no such service."""
    records = {"_imaps._tcp": (Srv(0, 0, 0, ""),), "_submission._tcp": (Srv(0, 0, 587, "smtp.example.com"),)}
    assert discovery.from_srv("ana@example.com", records) is None


def test_guesses_begin_with_the_likeliest() -> None:
    assert discovery.guesses("example.com", "imap")[0] == Endpoint("imap.example.com", 993, "tls")
    assert Endpoint("mail.example.com", 587, "starttls") in discovery.guesses("example.com", "smtp")
    assert discovery.guesses("exa mple", "imap") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail.example.com", Endpoint("mail.example.com", 993, "tls")),
        (" Mail.Example.com:143 ", Endpoint("mail.example.com", 143, "starttls")),
        ("127.0.0.1:1143", Endpoint("127.0.0.1", 1143, "tls")),
        ("[::1]:993", Endpoint("::1", 993, "tls")),
    ],
)
def test_a_server_is_read_as_people_write_it(text: str, found: Endpoint) -> None:
    assert discovery.endpoint(text, 993) == found


@pytest.mark.parametrize(
    "text", ["", "a b", "http://x", "x:0", "x:70000", "-x", "x_y.example\x1b", "a" * 300]
)
def test_what_is_no_server_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"server|port"):
        discovery.endpoint(text, 993)

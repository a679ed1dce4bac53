from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.certificates import Authority, Certificate
from servers.fake_smtp import FakeSmtp
from servers.scripted_imap import GREETING, Expect, ScriptedImap, Send, StartTls, answer

from providers import opening, tls
from providers.opening import Endpoint, NoStartTls

CAPABILITY = b"* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def opened(port: int, context: ssl.SSLContext, security: opening.Security = "tls") -> None:
    opening.imap(Endpoint("localhost", port, security), context, 30).shutdown()


def serving(certificate: Certificate) -> ScriptedImap:
    return ScriptedImap(
        [Send(GREETING), *answer(rb"CAPABILITY", CAPABILITY)], tls=certificate.server_context()
    )


def test_a_certificate_of_a_known_authority_is_trusted(authority: Authority) -> None:
    with serving(authority.good()) as server:
        opened(server.port, tls.context(str(authority.file)))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Authority.expired, "has expired"),
        (Authority.not_yet_valid, "not valid yet"),
        (Authority.wrong_host, "is not for localhost"),
        (Authority.self_signed, "signed by itself"),
    ],
)
def test_any_other_certificate_is_refused_with_its_reason(
    authority: Authority, make: Callable[[Authority], Certificate], why: str
) -> None:
    """F23: expired, not yet valid, wrong host, self-signed."""
    with serving(make(authority)) as server:
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            opened(server.port, tls.context(str(authority.file)))
        assert why in tls.reason(refused.value, "localhost")


def test_an_authority_that_is_not_known_is_refused(authority: Authority) -> None:
    with serving(authority.good()) as server:
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            opened(server.port, tls.context())
        assert "authority this machine does not know" in tls.reason(refused.value, "localhost")


@pytest.mark.parametrize(
    "make", [Authority.expired, Authority.wrong_host, Authority.self_signed, Authority.good]
)
def test_a_pinned_certificate_is_enough(
    authority: Authority, make: Callable[[Authority], Certificate]
) -> None:
    """F23: the pin is the way out."""
    certificate = make(authority)
    with serving(certificate) as server:
        opened(server.port, tls.context(pin=tls.shown(certificate.sha256)))


def test_a_pin_is_of_one_certificate_even_where_another_would_be_trusted(authority: Authority) -> None:
    """F23: the certificate changed."""
    pin = authority.self_signed().sha256
    with serving(authority.good()) as server:
        with pytest.raises(tls.PinChanged) as refused:
            opened(server.port, tls.context(str(authority.file), pin))
        assert tls.shown(pin) in tls.reason(refused.value, "localhost")


def test_the_facts_of_a_refused_certificate_can_be_shown(authority: Authority) -> None:
    """F23: with the certificate's facts."""
    certificate = authority.wrong_host()
    with serving(certificate) as server:
        found = opening.certificate(Endpoint("localhost", server.port, "tls"), "imap", 30)
    assert found is not None
    assert (found.sha256, found.hosts) == (certificate.sha256, ("mail.elsewhere.example",))
    assert "mail.elsewhere.example" in found.subject and "test authority" in found.issuer
    assert found.starts < found.ends and found.ends.endswith("Z")


def test_starttls_is_taken_before_anything_else_is_said(authority: Authority) -> None:
    script = [
        Send(GREETING),
        *answer(rb"CAPABILITY", CAPABILITY),
        *answer(rb"STARTTLS", b"{tag} OK go\r\n"),
        StartTls(authority.good().server_context()),
        *answer(rb"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
        *answer(rb"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
    ]
    with ScriptedImap(script) as server:
        opened(server.port, tls.context(str(authority.file)), "starttls")


def test_a_missing_offer_of_starttls_is_refused(authority: Authority) -> None:
    """F23: STARTTLS is stripped on the way; nothing falls back to clear."""
    with ScriptedImap(
        [Send(GREETING), *answer(rb"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n")]
    ) as server:
        with pytest.raises(NoStartTls):
            opened(server.port, tls.context(str(authority.file)), "starttls")
        assert server.commands == [b"CAPABILITY"]


def test_words_slipped_in_before_the_handshake_are_refused(authority: Authority) -> None:
    """F23: STARTTLS injection, data after OK."""
    injected = b"{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"
    with ScriptedImap(
        [Send(GREETING), *answer(rb"CAPABILITY", CAPABILITY), *answer(rb"STARTTLS", injected)]
    ) as server:
        with pytest.raises(tls.Injected) as refused:
            opened(server.port, tls.context(str(authority.file)), "starttls")
        assert "sent in clear" in tls.reason(refused.value, "localhost")
        assert [command.split()[0] for command in server.commands] == [b"CAPABILITY", b"STARTTLS"]


def test_starttls_that_is_offered_and_refused_is_no_reason_to_go_on_in_clear(authority: Authority) -> None:
    """F23: STARTTLS is stripped on the way."""
    import imaplib

    script = [
        Send(GREETING),
        *answer(rb"CAPABILITY", CAPABILITY),
        *answer(rb"STARTTLS", b"{tag} BAD no\r\n"),
    ]
    with ScriptedImap(script) as server, pytest.raises(imaplib.IMAP4.error):
        opened(server.port, tls.context(str(authority.file)), "starttls")


def test_smtp_is_not_spoken_in_clear_where_starttls_is_missing(authority: Authority) -> None:
    """F23: STARTTLS is stripped on the way."""
    with FakeSmtp() as server:
        endpoint = Endpoint("localhost", server.port, "starttls")
        with pytest.raises(NoStartTls):
            opening.smtp(endpoint, tls.context(str(authority.file)), 30)
        assert not any(command.upper().startswith((b"AUTH", b"MAIL")) for command in server.commands)


def test_smtp_goes_on_in_tls_after_starttls_and_shows_its_certificate(authority: Authority) -> None:
    certificate = authority.good()
    with FakeSmtp(starttls=certificate.server_context()) as server:
        endpoint = Endpoint("localhost", server.port, "starttls")
        client = opening.smtp(endpoint, tls.context(str(authority.file)), 30)
        assert isinstance(client.sock, ssl.SSLSocket) and client.has_extn("auth")
        client.close()
        found = opening.certificate(endpoint, "smtp", 30)
        assert found is not None and found.sha256 == certificate.sha256


def test_a_server_in_clear_has_no_certificate_to_show() -> None:
    with FakeSmtp() as server:
        assert opening.certificate(Endpoint("localhost", server.port, "none"), "smtp", 30) is None


def test_tls_older_than_1_2_is_never_spoken() -> None:
    for made in (tls.context(), tls.context(pin="0" * 64), tls.unverified()):
        assert made.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_server_that_speaks_no_tls_is_told_in_words() -> None:
    with ScriptedImap([Send(GREETING), Expect(rb".*")]) as server:
        with pytest.raises(ssl.SSLError) as refused:
            opened(server.port, tls.context())
        server.surprises.clear()
    assert "cannot be spoken to in TLS" in tls.reason(refused.value, "localhost")


@pytest.mark.parametrize(
    "text", ["AB" * 32, ":".join(["ab"] * 32), "SHA256 " + "ab" * 32, "sha256:" + "ab" * 32, " " + "ab" * 32]
)
def test_a_fingerprint_is_read_however_it_is_pasted(text: str) -> None:
    assert tls.fingerprint(text) == "ab" * 32
    assert tls.fingerprint(tls.shown("ab" * 32)) == "ab" * 32


@pytest.mark.parametrize("text", ["", "ab", "zz" * 32, "ab" * 20])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        tls.fingerprint(text)


def test_names_in_a_certificate_are_safe_to_show(authority: Authority) -> None:
    certificate = authority.issue("evil", ("a\x1b]0;x\x07.example",))
    found = tls.facts(certificate.der)
    assert "\x1b" not in found.subject + "".join(found.hosts)


def test_a_file_of_authorities_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        tls.context(str(tmp_path / "nowhere.pem"))

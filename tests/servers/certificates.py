"""A throw-away certificate authority, and certificates that are wrong in one way each."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A PEM chain and its key, in files a server reads."""

    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context

    @property
    def der(self) -> bytes:
        """The certificate as the server sends it: what a fingerprint is taken of."""
        return x509.load_pem_x509_certificate(self.chain.read_bytes()).public_bytes(
            serialization.Encoding.DER
        )

    @property
    def sha256(self) -> str:
        certificate = x509.load_pem_x509_certificate(self.chain.read_bytes())
        return certificate.fingerprint(hashes.SHA256()).hex()


class Authority:
    """Sign certificates nobody but the tests trusts; `file` is what a client has to trust."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("dealbox test authority")
        self.file = directory / "ca.pem"
        directory.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(_pem(self._sign(self._name, self._key, _authority_facts(self._key))))

    def client_context(self) -> ssl.SSLContext:
        """Trust this authority alone."""
        return ssl.create_default_context(cafile=str(self.file))

    def good(self) -> Certificate:
        return self.issue("good", HOSTS)

    def expired(self) -> Certificate:
        return self.issue("expired", HOSTS, starts_in=timedelta(days=-30), ends_in=timedelta(days=-1))

    def not_yet_valid(self) -> Certificate:
        return self.issue("early", HOSTS, starts_in=timedelta(days=1), ends_in=timedelta(days=30))

    def wrong_host(self) -> Certificate:
        return self.issue("wrong-host", ("mail.elsewhere.example",))

    def self_signed(self) -> Certificate:
        """A certificate for the right host that no authority vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name("localhost")
        certificate = _builder(subject, subject, key.public_key(), timedelta(days=-1), timedelta(days=30))
        return self._write("self-signed", _with_hosts(certificate, HOSTS).sign(key, hashes.SHA256()), key)

    def issue(
        self,
        name: str,
        hosts: tuple[str, ...],
        starts_in: timedelta = timedelta(days=-1),
        ends_in: timedelta = timedelta(days=30),
    ) -> Certificate:
        """Sign a certificate for `hosts` and write it beside the authority's, with its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(hosts[0]), self._name, key.public_key(), starts_in, ends_in)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        return self._write(name, _with_hosts(builder, hosts).sign(self._key, hashes.SHA256()), key)

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        facts: list[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        builder = _builder(subject, self._name, key.public_key(), timedelta(days=-2), timedelta(days=60))
        for fact, is_critical in facts:
            builder = builder.add_extension(fact, critical=is_critical)
        return builder.sign(self._key, hashes.SHA256())

    def _write(
        self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
    ) -> Certificate:
        written = Certificate(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        written.chain.write_bytes(_pem(certificate))
        written.key.write_bytes(private_pem(key))
        return written


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    starts_in: timedelta,
    ends_in: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts_in)
        .not_valid_after(now + ends_in)
    )


def _with_hosts(builder: x509.CertificateBuilder, hosts: tuple[str, ...]) -> x509.CertificateBuilder:
    names = [_general_name(host) for host in hosts]
    return (
        builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _authority_facts(key: ec.EllipticCurvePrivateKey) -> list[tuple[x509.ExtensionType, bool]]:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]

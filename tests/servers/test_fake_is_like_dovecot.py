"""A fake is only worth something where it answers as a real server does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from imapclient import IMAPClient
from servers.dovecot import Dovecot
from servers.fake_imap import FakeImap
from servers.peer import Peer
from servers.ports import LOOPBACK
from servers.users import ALICE


@contextmanager
def both(dovecot: Dovecot) -> Iterator[tuple[IMAPClient, IMAPClient]]:
    with FakeImap() as fake, Peer(dovecot, dovecot.new_user()) as peer:
        imap = IMAPClient(LOOPBACK, fake.port, ssl=False, timeout=30)
        imap.login(ALICE.address, ALICE.password)
        try:
            yield imap, peer.imap
        finally:
            imap.shutdown()


def plain() -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = "Quote für Süd", "<plain@example.com>"
    message.set_content("Grüße\n", cte="quoted-printable")
    return message


def rich() -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"] = "Offer " + "very long " * 30, "Carol <carol@example.com>"
    message.set_content("Hello\n")
    message.add_alternative("<p>Hello <img src='cid:x'></p>", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", maintype="image", subtype="png", cid="<x>")
    message.add_attachment(b"%PDF-" * 99, maintype="application", subtype="pdf", filename="offer 2.pdf")
    return message


def forwarded() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Fwd: Offer"
    message.set_content("See below\n")
    message.add_attachment(rich())
    return message


SECTIONS = {
    plain: [
        "",
        "HEADER",
        "TEXT",
        "1",
        "HEADER.FIELDS (subject Message-ID X-None)",
        "HEADER.FIELDS.NOT (SUBJECT)",
    ],
    rich: ["1", "1.1", "1.2", "1.2.1", "1.2.2", "2", "2.MIME", "1.2.2.MIME", "HEADER.FIELDS (FROM SUBJECT)"],
    forwarded: ["1", "2", "2.MIME", "2.HEADER", "2.1.1", "2.2", "2.1.2.1"],
}


@pytest.mark.parametrize("build", SECTIONS)
def test_parts_and_structure_are_those_a_real_server_sees(dovecot: Dovecot, build: object) -> None:
    octets = build().as_bytes().replace(b"\n", b"\r\n")
    items = [f"BODY.PEEK[{section}]" for section in SECTIONS[build]]
    items += ["BODY.PEEK[]<10.50>", "BODY.PEEK[]<100000.5>", "RFC822.SIZE"]
    with both(dovecot) as (fake, real):
        answers = []
        for imap in (fake, real):
            imap.append("INBOX", octets)
            imap.select_folder("INBOX")
            answers.append(
                {name: value for name, value in imap.fetch([1], items)[1].items() if name != b"SEQ"}
            )
            structure = imap.fetch([1], ["BODYSTRUCTURE"])[1][b"BODYSTRUCTURE"]
            answers[-1][b"shape"] = repr(shape(structure))
    assert answers[0] == answers[1]


def shape(structure: object) -> object:
    """Leave out of a structure what the fake does not write: the envelope of a message in a message."""
    parts = structure
    if isinstance(parts[0], list):
        return [shape(part) for part in parts[0]], parts[1], parts[2], parts[3]
    if parts[:2] == (b"message", b"rfc822"):
        return parts[:2], parts[5:7], shape(parts[8])
    return parts[:7], parts[-3]


def test_a_session_goes_as_with_a_real_server(dovecot: Dovecot) -> None:
    with both(dovecot) as (fake, real):
        assert said_by(fake) == said_by(real)


def said_by(imap: IMAPClient) -> list[object]:
    message = plain().as_bytes().replace(b"\n", b"\r\n")
    heard: list[object] = []
    imap.enable("QRESYNC")
    for flags in ([], ["\\Seen"], ["\\Flagged", "$deal"]):
        imap.append("INBOX", message, flags)
    selected = imap.select_folder("INBOX")
    heard += [selected[b"EXISTS"], selected[b"UIDNEXT"], b"HIGHESTMODSEQ" in selected]
    for criteria in (
        "ALL",
        "UNSEEN",
        "UID 2:*",
        "UID 9:*",
        "NOT KEYWORD $deal",
        "HEADER Message-ID plain@example",
    ):
        heard.append(list(imap.search(criteria)))
    heard.append(sorted(imap.add_flags([1, 2], ["$x"])))
    heard.append(imap.fetch([1, 2, 3, 7], ["UID", "RFC822.SIZE"]).keys())
    imap.create_folder("Deals/Won")
    imap.copy([1], "Deals/Won")
    imap.move([2], "Deals/Won")
    heard.append(imap._imap.untagged_responses.pop("VANISHED", None))
    imap.delete_messages([1])
    imap.uid_expunge([1])
    heard.append(list(imap.search("ALL")))
    heard.append(imap.folder_status("Deals/Won", ["MESSAGES", "UNSEEN", "UIDNEXT"]))
    for refused in (("UID", "COPY", "3", "None"), ("CREATE", "Deals/Won"), ("BOGUS",)):
        heard.append(refusal(imap, *refused))
    return heard


def refusal(imap: IMAPClient, *words: str) -> tuple[str, bytes]:
    """Return how a command is refused, and the code the refusal bears."""
    line = imap.socket()
    line.sendall(b"refused " + " ".join(words).encode() + b"\r\n")
    answer = b""
    while b"refused " not in answer or not answer.endswith(b"\r\n"):
        answer += line.recv(65_536)
    _, kind, rest = answer[answer.index(b"refused ") :].split(b" ", 2)
    return kind.decode(), rest.partition(b"]")[0] if rest.startswith(b"[") else b""

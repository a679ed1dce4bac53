from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.flags
import dns.message
import dns.rrset
import pytest
from servers.certificates import Authority
from servers.scripted_imap import GREETING, ScriptedImap, Send, answer

from providers.discovery import NoImap
from providers.discovery_lookups import Network, exchangers, find
from providers.opening import Endpoint

FILE = b"""<clientConfig><incomingServer type="imap"><hostname>imap.example.org</hostname><port>993</port>
<socketType>SSL</socketType></incomingServer><outgoingServer type="smtp"><hostname>smtp.example.org</hostname>
<port>465</port><socketType>SSL</socketType></outgoingServer></clientConfig>"""


class FakeDns:
    """Answers from a table; what is not in it does not exist. Silent when told to be."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.is_silent = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            octets, peer = self._socket.recvfrom(4096)
            if not octets:
                return
            if self.is_silent:
                continue
            query = dns.message.from_wire(octets)
            question = query.question[0]
            kind = dns.rdatatype.to_text(question.rdtype)
            reply = dns.message.make_response(query)
            found = self.records.get((question.name.to_text(), kind), [])
            if found:
                reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
            else:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(reply.to_wire(), peer)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(30)
        self._socket.close()


@pytest.fixture
def nameserver() -> Iterator[FakeDns]:
    server = FakeDns()
    yield server
    server.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


Pages = dict[str, Callable[[BaseHTTPRequestHandler], None]]


@pytest.fixture
def web(authority: Authority) -> Iterator[tuple[str, Pages]]:
    """An https server: its address, and what it answers by path."""
    pages: Pages = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            if page is None:
                self.send_error(404)
            else:
                page(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context: ssl.SSLContext = authority.good().server_context()
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"https://localhost:{server.server_address[1]}", pages
    server.shutdown()
    thread.join()
    server.server_close()


def page(octets: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(octets)))
        handler.end_headers()
        handler.wfile.write(octets)

    return reply


def redirect(url: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


NOWHERE = (Endpoint("127.0.0.1", 1, "tls"),)


def network(nameserver: FakeDns, authority: Authority, *urls: str) -> Network:
    return Network(
        autoconfig=urls,
        ca_file=str(authority.file),
        nameserver="127.0.0.1",
        nameserver_port=nameserver.port,
        guesses_imap=NOWHERE,
        guesses_smtp=NOWHERE,
    )


def test_a_known_domain_asks_nobody() -> None:
    silent = Network(autoconfig=("https://localhost:1/",), nameserver="127.0.0.1", nameserver_port=1)
    found = find("ana@gmail.com", silent)
    assert found is not None and found.source == "Gmail"
    with pytest.raises(NoImap):
        find("ana@hey.com", silent)


def test_the_provider_is_known_by_the_preferred_of_those_who_take_the_mail(
    nameserver: FakeDns, authority: Authority
) -> None:
    nameserver.records["example.org.", "MX"] = ["20 backup.example.net.", "10 aspmx.l.google.com."]
    asked = network(nameserver, authority)
    assert exchangers("example.org", asked) == ("aspmx.l.google.com.", "backup.example.net.")
    found = find("ana@example.org", asked)
    assert found is not None and found.source == "Google Workspace"


def test_autoconfig_is_asked_next(nameserver: FakeDns, authority: Authority, web: tuple[str, Pages]) -> None:
    url, pages = web
    pages["/second.xml"] = page(FILE)
    found = find("ana@example.org", network(nameserver, authority, f"{url}/first.xml", f"{url}/second.xml"))
    assert found is not None
    assert (found.source, found.imap.host) == ("autoconfig", "imap.example.org")


def test_a_redirect_is_followed_over_https_only(
    nameserver: FakeDns, authority: Authority, web: tuple[str, Pages]
) -> None:
    url, pages = web
    pages["/a"], pages["/b"] = redirect("/b"), page(FILE)
    pages["/clear"], pages["/loop"] = redirect("http://localhost:1/b"), redirect("/loop")
    assert find("ana@example.org", network(nameserver, authority, f"{url}/a")) is not None
    assert find("ana@example.org", network(nameserver, authority, f"{url}/clear")) is None
    assert find("ana@example.org", network(nameserver, authority, f"{url}/loop")) is None
    assert (
        find("ana@example.org", network(nameserver, authority, url.replace("https", "http") + "/b")) is None
    )


def test_a_web_server_nobody_vouches_for_is_not_believed(
    nameserver: FakeDns, web: tuple[str, Pages], tmp_path_factory: pytest.TempPathFactory
) -> None:
    url, pages = web
    pages["/a"] = page(FILE)
    another = Authority(tmp_path_factory.mktemp("other"))
    assert find("ana@example.org", network(nameserver, another, f"{url}/a")) is None


def test_a_file_that_is_too_large_or_hostile_is_of_no_use(
    nameserver: FakeDns, authority: Authority, web: tuple[str, Pages]
) -> None:
    url, pages = web
    pages["/large"] = page(FILE + b" " * 70_000)
    pages["/evil"] = page(b"<!DOCTYPE x>" + FILE)
    asked = network(nameserver, authority, f"{url}/large", f"{url}/evil")
    assert find("ana@example.org", asked) is None


def test_a_web_server_that_never_ends_is_left(
    nameserver: FakeDns, authority: Authority, web: tuple[str, Pages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.discovery_lookups.HTTP_S", 0.5)
    url, pages = web
    ends = threading.Event()
    pages["/slow"] = lambda handler: ends.wait(60) and None
    began = time.monotonic()
    try:
        assert find("ana@example.org", network(nameserver, authority, f"{url}/slow")) is None
    finally:
        ends.set()
    assert time.monotonic() - began < 30


def test_records_of_the_dns_are_asked_next(nameserver: FakeDns, authority: Authority) -> None:
    nameserver.records["_imaps._tcp.example.org.", "SRV"] = ["0 1 993 mail.example.org."]
    nameserver.records["_submission._tcp.example.org.", "SRV"] = ["0 1 587 mail.example.org."]
    found = find("ana@example.org", network(nameserver, authority))
    assert found is not None
    assert (found.source, found.imap) == ("DNS", Endpoint("mail.example.org", 993, "tls"))


def test_a_nameserver_that_says_nothing_is_left(
    nameserver: FakeDns, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.discovery_lookups.DNS_S", 0.3)
    nameserver.is_silent = True
    began = time.monotonic()
    assert find("ana@example.org", network(nameserver, authority)) is None
    assert time.monotonic() - began < 30


def test_usual_names_are_tried_last(nameserver: FakeDns, authority: Authority) -> None:
    from servers.fake_smtp import FakeSmtp

    script = [Send(GREETING), *answer(rb"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n")]
    context = authority.self_signed().server_context()
    with ScriptedImap(script, tls=context) as imap, FakeSmtp(tls=authority.good().server_context()) as smtp:
        there = Endpoint("localhost", imap.port, "tls")
        asked = Network(
            autoconfig=(),
            nameserver="127.0.0.1",
            nameserver_port=nameserver.port,
            guesses_imap=(*NOWHERE, there),
            guesses_smtp=(Endpoint("localhost", smtp.port, "tls"),),
        )
        found = find("ana@example.org", asked)
    assert found is not None and (found.source, found.imap) == ("guess", there)


@pytest.mark.parametrize("address", ["ana@", "ana@exa mple", "ana@example.org/x", "ana"])
def test_what_is_no_domain_is_asked_of_nobody(address: str) -> None:
    assert find(address, Network(nameserver="127.0.0.1", nameserver_port=1)) is None

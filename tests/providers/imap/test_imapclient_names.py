"""What a session relies on in imapclient and imaplib beyond what they promise."""

from __future__ import annotations

import imaplib
import inspect

import imapclient

from providers.imap import sign_in


def test_imapclient_makes_its_imaplib_object_in_a_method_of_its_own() -> None:
    assert list(inspect.signature(imapclient.IMAPClient._create_IMAP4).parameters) == ["self"]
    source = inspect.getsource(imapclient.IMAPClient.__init__)
    assert "self._imap = self._create_IMAP4()" in source
    for name in ("host", "port", "_timeout"):
        assert f"self.{name} = " in source.partition("self._create_IMAP4()")[0]


def test_imapclient_negotiates_tls_through_imaplib() -> None:
    assert "self._imap.starttls(ssl_context=ssl_context)" in inspect.getsource(imapclient.IMAPClient.starttls)
    assert imapclient.SocketTimeout(1, 2).connect == 1
    assert imapclient.SocketTimeout(1, 2).read == 2


def test_imaplib_reads_and_writes_through_methods_that_can_be_replaced() -> None:
    for name in ("open", "read", "readline", "send", "shutdown", "starttls", "_get_capabilities"):
        assert name in vars(imaplib.IMAP4), name
        assert name in vars(sign_in._Imap4), name
    for method in (imaplib.IMAP4._get_response, imaplib.IMAP4._get_line, imaplib.IMAP4._command):
        source = inspect.getsource(method)
        assert "self.file" not in source and "self._file" not in source and "self.sock" not in source
    assert "self._get_capabilities()" in inspect.getsource(imaplib.IMAP4._connect)


def test_imaplib_keeps_what_the_greeting_offers() -> None:
    source = inspect.getsource(imaplib.IMAP4._get_response)
    assert "_append_untagged" in source and "Response_code" in source
    assert {"state", "capabilities", "untagged_responses"} <= {
        word.strip("(),.:'").removeprefix("self.") for word in inspect.getsource(imaplib.IMAP4).split()
    }

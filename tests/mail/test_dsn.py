from __future__ import annotations

import time
from pathlib import Path

import pytest
from hostile import PAYLOADS
from hypothesis import given
from hypothesis import strategies as st
from messages import a_message, a_multipart, a_part

from mail import dsn
from mail.dsn import Action, Bounce, bounce
from mail.text import is_safe

MAIL = Path(__file__).parents[2] / "../shared/mail"
RETURNED = "Message-ID: <mine@dealbox.example>\nSubject: Offer\n\nHello\n"
HUMAN = a_part("It did not work.\n")


def a_report(
    status: str, *, returned: str = RETURNED, returned_type: str = "message/rfc822", **fields: str
) -> bytes:
    parts = [HUMAN, a_part(status, "message/delivery-status"), a_part(returned, returned_type)]
    return a_multipart("report", *parts, **({"From": "MAILER-DAEMON@mx.example", "Subject": "x"} | fields))


def a_status(
    action: str = "failed", status: str = "5.1.1", said: str = "smtp; 550 5.1.1 User unknown"
) -> str:
    return (
        "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ana@acme.example\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: {said}\n"
    )


def found(message: bytes) -> Bounce:
    report = bounce(message)
    assert report is not None
    return report


def test_a_report_says_which_message_failed_for_whom_and_why() -> None:
    report = found(a_report(a_status()))
    assert (report.action, report.message_id) == (Action.FAILED, "mine@dealbox.example")
    (one,) = report.recipients
    assert (one.email, one.action, one.status) == ("ana@acme.example", Action.FAILED, "5.1.1")
    assert (one.sentence, one.said) == ("The mailbox does not exist (5.1.1)", "550 5.1.1 User unknown")


@pytest.mark.parametrize(
    ("action", "status", "said", "expected", "sentence"),
    [
        (
            "delayed",
            "4.4.1",
            "",
            Action.DELAYED,
            "The server of the recipient does not answer (4.4.1); it is tried again",
        ),
        (
            "delayed",
            "4.0.0",
            "",
            Action.DELAYED,
            "The message could not be delivered yet (4.0.0); it is tried again",
        ),
        ("delivered", "2.0.0", "", Action.DELIVERED, "The message was delivered (2.0.0)"),
        ("relayed", "", "", Action.DELIVERED, "The message was delivered"),
        ("failed (permanent)", "5.2.2 (full)", "", Action.FAILED, "The mailbox is full (5.2.2)"),
        ("failed", "5.0.0", "smtp; 552 5.2.2 over quota", Action.FAILED, "The mailbox is full (5.2.2)"),
        ("failed", "5.0.0", "x-unix; user unknown", Action.FAILED, "The mailbox does not exist (5.0.0)"),
        (
            "failed",
            "5.7.999",
            "blocked by policy",
            Action.FAILED,
            "The server refused the message by its rules (5.7.999)",
        ),
        (
            "failed",
            "5.3.9",
            "odd",
            Action.FAILED,
            "The server of the recipient could not take the message (5.3.9)",
        ),
        ("failed", "4.4.7", "", Action.FAILED, "The message could not be delivered in time (4.4.7)"),
        ("failed", "none", "odd", Action.FAILED, "The message could not be delivered"),
        ("", "4.2.0", "", Action.DELAYED, "The mailbox takes no mail now (4.2.0); it is tried again"),
        ("", "2.0.0", "", Action.DELIVERED, "The message was delivered (2.0.0)"),
        ("", "", "", Action.FAILED, "The message could not be delivered"),
    ],
)
def test_a_status_is_told_in_plain_words(
    action: str, status: str, said: str, expected: Action, sentence: str
) -> None:
    report = found(a_report(a_status(action, status, said)))
    assert (report.action, report.recipients[0].sentence) == (expected, sentence)


def test_the_worst_of_several_recipients_decides() -> None:
    groups = (
        "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@acme.example\nAction: delivered\n\n"
        "Original-Recipient: rfc822;b+2Bx@acme.example\nFinal-Recipient: rfc822; c@acme.example\nAction: delayed\n\n"
        "Final-Recipient: nonsense\nAction: failed\n"
    )
    report = found(a_report(groups))
    assert report.action is Action.DELAYED
    assert [one.email for one in report.recipients] == ["a@acme.example", "b+x@acme.example"]


@pytest.mark.parametrize(
    ("returned", "returned_type", "status", "message_id"),
    [
        (
            "Subject: x\nMessage-Id:\n <mine@dealbox.example>\n",
            "text/rfc822-headers",
            "",
            "mine@dealbox.example",
        ),
        ("Subject: x\n\nMessage-ID: <quoted@x>\n", "message/rfc822", "", None),
        (
            "Subject: x\n",
            "message/rfc822",
            "X-Original-Message-ID: <mine@dealbox.example>\n",
            "mine@dealbox.example",
        ),
        ("gone\n", "text/plain", "", None),
        ("> Message-ID: <mine@dealbox.example>\n", "text/plain", "", "mine@dealbox.example"),
    ],
)
def test_the_message_is_known_by_what_the_report_returns_of_it(
    returned: str, returned_type: str, status: str, message_id: str | None
) -> None:
    report = found(a_report(status + a_status(), returned=returned, returned_type=returned_type))
    assert report.message_id == message_id


@pytest.mark.parametrize(
    "fields", [{"In_Reply_To": "<mine@dealbox.example>"}, {"References": "<a@b> <mine@dealbox.example>"}]
)
def test_the_message_is_known_by_what_the_report_answers(fields: dict[str, str]) -> None:
    assert found(a_report(a_status(), returned="x: y\n", **fields)).message_id == "mine@dealbox.example"


QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ana@acme.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <me@dealbox.example>
Message-ID: <mine@dealbox.example>
To: other@acme.example
"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its recipients.

  ana@acme.example
    SMTP error from remote mail server after RCPT TO:<ana@acme.example>:
    552 mailbox full

------ This is a copy of the message, including all the headers. ------

Message-ID: <mine@dealbox.example>
"""
GMAIL = """Delivery to the following recipient has been delayed:

     ana@acme.example

Message will be retried for 2 more day(s)

Technical details of temporary failure:
The recipient server did not accept our requests to connect.

----- Original message -----

Message-ID: <mine@dealbox.example>
"""
EXCHANGE = """Your message did not reach some or all of the intended recipients.

      Subject:  Offer

The following recipient(s) cannot be reached:

      ana@acme.example on 22/11/2026 08:14
            The e-mail account does not exist. <mx.example #5.1.1>
"""


@pytest.mark.parametrize(
    ("text", "fields", "action", "sentence"),
    [
        (QMAIL, {"Subject": "failure notice"}, Action.FAILED, "The mailbox does not exist (5.1.1)"),
        (EXIM, {"X_Failed_Recipients": "ana@acme.example, ana@acme.example, nobody"}, Action.FAILED,
         "The mailbox is full (5.0.0)"),
        (GMAIL, {"Subject": "Delivery Status Notification (Delay)"}, Action.DELAYED,
         "The message could not be delivered yet; it is tried again"),
        (EXCHANGE, {"Subject": "Undeliverable: Offer", "In_Reply_To": "<mine@dealbox.example>"}, Action.FAILED,
         "The mailbox does not exist (5.1.1)"),
    ],
)  # fmt: skip
def test_reports_of_other_forms_are_understood(
    text: str, fields: dict[str, str], action: Action, sentence: str
) -> None:
    report = found(
        a_message(text, From="Mail System <MAILER-DAEMON@mx.example>", To="me@dealbox.example", **fields)
    )
    assert (report.action, report.message_id) == (action, "mine@dealbox.example")
    assert [(one.email, one.sentence) for one in report.recipients] == [("ana@acme.example", sentence)]


def test_recipients_that_only_a_header_names_are_told_what_the_text_says() -> None:
    report = found(a_message("550 user unknown\n", X_Failed_Recipients="ana@acme.example"))
    assert report.recipients[0].sentence == "The mailbox does not exist (5.0.0)"


def test_a_report_that_names_nobody_still_belongs_to_its_message() -> None:
    text = f"Delivery is delayed.\n\n{RETURNED}"
    report = found(a_message(text, From="postmaster@mx.example", Subject="Delivery delayed"))
    assert report == Bounce(Action.DELAYED, "mine@dealbox.example", ())


def test_a_message_from_nobody_that_returns_one_is_a_report() -> None:
    parts = [a_part("ana@acme.example: unknown\n"), a_part(RETURNED, "message/rfc822")]
    fields = {"Return_Path": "<>", "From": "System <desk@mx.example>", "Subject": "E"}
    assert found(a_multipart("mixed", *parts, **fields)).message_id == "mine@dealbox.example"
    assert bounce(a_multipart("mixed", *parts, Auto_Submitted="auto-replied", **fields)) is None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        a_message(
            "Delivery failed for bob@acme.example", From="Ana <ana@acme.example>", Subject="Delivery failed"
        ),
        a_message("I am away.", Return_Path="<>", Subject="Away", In_Reply_To="<mine@dealbox.example>"),
        a_message(
            "Hi", From="postmaster@acme.example", Subject="Lunch", In_Reply_To="<mine@dealbox.example>"
        ),
        a_message("It failed.", From="MAILER-DAEMON@mx.example", Subject="failure notice"),
        a_message("x").replace(b"text/plain", b'multipart/report; report-type="disposition-notification"'),
        a_multipart("mixed", HUMAN, a_part(RETURNED, "message/rfc822")),
    ],
)
def test_other_mail_is_no_report(message: bytes) -> None:
    assert bounce(message) is None


def test_a_receipt_is_no_report_of_a_delivery() -> None:
    message = a_report(a_status()).replace(
        b"multipart/report;", b"multipart/report; report-type=disposition-notification;"
    )
    assert bounce(message) is None


def test_what_is_too_large_or_cannot_be_read_is_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dsn, "_MAX_MESSAGE", 10)
    assert bounce(a_report(a_status())) is None


def test_a_fault_in_reading_is_not_the_end_of_a_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(message: bytes) -> Bounce:
        raise RecursionError

    monkeypatch.setattr(dsn, "_bounce", breaks)
    assert bounce(a_report(a_status())) is None


@given(st.binary(max_size=300), st.text(max_size=100))
def test_nothing_raises_and_nothing_unsafe_comes_out(octets: bytes, text: str) -> None:
    hostile = text.encode("utf-8", "replace")
    bounce(octets)
    report = bounce(
        a_report(a_status(said=f"smtp; {text}")).replace(b"ana@", hostile + b"@").replace(b"It did", octets)
    )
    for one in report.recipients if report else ():
        assert is_safe(one.email) and is_safe(one.sentence) and is_safe(one.said)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_reports_are_safe_to_show(payload: str) -> None:
    status = a_status(said=f"smtp; 550 {payload}").replace("ana@", f"ana{payload}@")
    report = bounce(a_report(status))
    for one in report.recipients if report else ():
        assert is_safe(one.email) and is_safe(one.sentence) and is_safe(one.said)


@pytest.mark.parametrize(
    "text",
    [
        "a@" + "b." * 100_000, "<" * 200_000, "a." * 100_000 + "@", "5.1." * 60_000, "-" * 250_000, "\n" * 250_000,
        "message-id:" * 20_000, "Final-Recipient: rfc822; a@b.c\n\n" * 8_000, "x@y.z " * 40_000, "received: " * 25_000,
        "user n" + "o" * 200_000 + "t", "does n" * 40_000, "exceeded " * 30_000,
    ],
)  # fmt: skip
def test_text_made_to_be_slow_is_not(text: str) -> None:
    started = time.process_time()
    for message in (
        a_message(text, From="MAILER-DAEMON@mx.example", Subject="failure notice"),
        a_report(text),
        a_report(a_status(said=text)),
        a_report(a_status(), returned=text),
        a_message(text, X_Failed_Recipients="ana@acme.example", Subject=text[:1_000]),
    ):
        report = bounce(message)
        assert report is None or len(report.recipients) <= 100
    assert time.process_time() - started < 5


@pytest.mark.skipif(not MAIL.exists(), reason="the shared test mail is not beside the project")
def test_most_real_reports_are_understood() -> None:
    reports = [bounce(path.read_bytes()) for path in (MAIL / "sisimai+set-of-emails").rglob("*.eml")]
    known = [report for report in reports if report is not None]
    assert len(known) >= 0.95 * len(reports)
    assert sum(bool(report.recipients) for report in known) >= 0.94 * len(reports)
    assert sum(report.message_id is not None for report in known) >= 0.85 * len(reports)


@pytest.mark.skipif(not MAIL.exists(), reason="the shared test mail is not beside the project")
def test_real_mail_is_hardly_ever_taken_for_a_report() -> None:
    mail = (path for path in (MAIL / "stdlib-js+datasets-spam-assassin").rglob("*") if path.is_file())
    assert sum(bounce(path.read_bytes()) is not None for path in mail) <= 3  # and those three are reports

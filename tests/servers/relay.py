"""What stands behind the submission port: mail to us goes into our mailboxes, other mail is caught."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser
from email.utils import formatdate, make_msgid
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from servers.dovecot import Dovecot
from servers.ports import LOOPBACK

OURS = "@example.com"
REFUSED_AT_ONCE = ".bounce.example"
RETURNED_LATER = ".late-bounce.example"


@dataclass(frozen=True, slots=True)
class Caught:
    """A message to somebody who has no mailbox with us."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes


class Relay:
    """Take what Dovecot's submission service was given.

    `x@example.com` is delivered by LMTP, and refused with 550 at RCPT when Dovecot does not know the name;
    `x@any.bounce.example` is refused at RCPT; mail to `x@any.late-bounce.example` is accepted, and a delivery
    status notification (RFC 3464) arrives in the sender's INBOX; everything else ends in `caught`.
    """

    def __init__(self, dovecot: Dovecot) -> None:
        self._dovecot = dovecot
        self._controller = Controller(self, hostname=LOOPBACK, port=dovecot.ports["relay"])
        self._changed = threading.Condition()
        self._caught: list[Caught] = []

    def __enter__(self) -> Relay:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    @property
    def caught(self) -> tuple[Caught, ...]:
        with self._changed:
            return tuple(self._caught)

    def wait_for(self, recipient: str, count: int = 1, timeout_s: float = 20) -> list[Caught]:
        """Return what was caught for `recipient`, once there are `count` messages."""

        def found() -> list[Caught]:
            return [mail for mail in self._caught if recipient in mail.recipients]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, timeout_s), (
                f"{len(found())} of {count}"
            )
            return found()

    async def handle_RCPT(  # noqa: N802 (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.endswith(REFUSED_AT_ONCE):
            return "550 5.1.2 no such domain"
        if address.endswith(OURS) and not await asyncio.to_thread(self._is_known, address):
            return f"550 5.1.1 <{address}> there is nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        sender, message = envelope.mail_from or "", envelope.content
        await asyncio.to_thread(self._distribute, sender, tuple(envelope.rcpt_tos), message)
        return "250 2.0.0 OK"

    def _distribute(self, sender: str, recipients: tuple[str, ...], message: bytes) -> None:
        ours = [address for address in recipients if address.endswith(OURS)]
        returned = [address for address in recipients if address.endswith(RETURNED_LATER)]
        others = tuple(address for address in recipients if address not in {*ours, *returned})
        if ours:
            self.deliver(sender, ours, message)
        for address in returned:
            self.deliver("", [sender], bounce(sender, address, message))
        if others:
            with self._changed:
                self._caught.append(Caught(sender, others, message))
                self._changed.notify_all()

    def deliver(self, sender: str, recipients: Iterable[str], message: bytes) -> None:
        """Put a message into the INBOX of each of `recipients` as mail from outside arrives."""
        with smtplib.LMTP(LOOPBACK, self._dovecot.ports["lmtp"], timeout=60) as lmtp:
            lmtp.sendmail(sender, list(recipients), message)

    def _is_known(self, address: str) -> bool:
        with smtplib.LMTP(LOOPBACK, self._dovecot.ports["lmtp"], timeout=60) as lmtp:
            lmtp.ehlo_or_helo_if_needed()
            lmtp.mail("")
            return lmtp.rcpt(address)[0] == 250


def bounce(sender: str, recipient: str, message: bytes, status: str = "5.1.1") -> bytes:
    """Write the notification that `message` did not reach `recipient` (RFC 3462, RFC 3464)."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = "Mail Delivery System <MAILER-DAEMON@mail.example.com>"
    report["To"] = sender
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = formatdate()
    report["Message-ID"] = make_msgid(domain="mail.example.com")
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"Your message to <{recipient}> could not be delivered.\n"))
    report.attach(_delivery_status(recipient, status))
    report.attach(MIMEMessage(BytesHeaderParser().parsebytes(message), "rfc822"))
    return report.as_bytes()


def _delivery_status(recipient: str, status: str) -> Message:
    whole, one = Message(), Message()
    whole["Reporting-MTA"] = "dns; mail.example.com"
    one["Final-Recipient"] = f"rfc822; {recipient}"
    one["Action"] = "failed"
    one["Status"] = status
    one["Diagnostic-Code"] = f"smtp; 550 {status} there is nobody of that name"
    facts = Message()
    facts["Content-Type"] = "message/delivery-status"
    facts.set_payload([whole, one])
    return facts

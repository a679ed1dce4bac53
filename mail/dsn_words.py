"""What delivery reports mean in plain words: status codes of RFC 3463, and what servers say without one. Data only."""

from __future__ import annotations

import re
from typing import Final

# By subject and detail of a status; the class only says whether it is for good.
STATUS: Final = {
    "1.0": "The address was refused",
    "1.1": "The mailbox does not exist",
    "1.2": "The domain of the address takes no mail",
    "1.3": "The address is written wrongly",
    "1.4": "The address belongs to more than one mailbox",
    "1.6": "The mailbox has moved and left no address",
    "1.7": "The sender's address is written wrongly",
    "1.8": "The domain of the sender's address was refused",
    "1.10": "The domain of the address takes no mail",
    "2.0": "The mailbox takes no mail now",
    "2.1": "The mailbox is switched off",
    "2.2": "The mailbox is full",
    "2.3": "The message is too large for the mailbox",
    "2.4": "The mailing list could not be reached",
    "3.1": "The server of the recipient is full",
    "3.2": "The server of the recipient takes no mail now",
    "3.4": "The message is too large for the server",
    "4.1": "The server of the recipient does not answer",
    "4.2": "The connection to the recipient's server was lost",
    "4.3": "The recipient's server could not be looked up",
    "4.4": "The recipient's server could not be found",
    "4.5": "The recipient's server is too busy",
    "4.6": "The message went round in circles",
    "4.7": "The message could not be delivered in time",
    "5.3": "The message has too many recipients",
    "6.1": "The server does not take this kind of content",
    "7.0": "The server refused the message by its rules",
    "7.1": "The recipient's server does not let you send there",
    "7.23": "The server of the sender may not send for its domain (SPF)",
    "7.20": "The signature of the message failed (DKIM)",
    "7.26": "The sender could not be verified (SPF, DKIM, DMARC)",
    "7.27": "The domain of the sender takes no mail",
}
SUBJECTS: Final = {
    "1": "The address was refused",
    "2": "The mailbox did not take the message",
    "3": "The server of the recipient could not take the message",
    "4": "The message could not be brought to the recipient's server",
    "5": "The servers did not understand each other",
    "6": "The content of the message was refused",
    "7": "The server refused the message by its rules",
}

# What a diagnostic says when its status says nothing; looked for in this order, in lower case.
SAID: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"quota|mailbox (?:is )?full|over ?quota|insufficient storage|exceeded.{0,20}storage", STATUS["2.2"]),
        (r"too (?:large|big)|size (?:limit|exceed)|exceeds.{0,30}size", STATUS["3.4"]),
        (
            r"user unknown|unknown user|no such (?:user|mailbox|recipient|person)|does ?n.?o?t exist|no mailbox|invalid (?:recipient|mailbox)|unknown (?:recipient|address|mailbox)|recipient unknown|user not found|not a valid (?:user|mailbox)|mailbox (?:not found|unavailable)|unrouteable address|address rejected",
            STATUS["1.1"],
        ),
        (r"disabled|inactive|suspended|deactivated|expired account", STATUS["2.1"]),
        (r"host (?:or domain )?(?:name )?(?:not found|unknown)|unknown host|domain not found|no such domain|nxdomain", STATUS["4.4"]),
        (r"spam|blocked|black ?list|blocklist|banned|reputation|policy|denied|not authori[sz]ed|dmarc|spf", STATUS["7.0"]),
        (r"timed? ?out|refused|no answer|unreachable|could ?n.?o?t connect", STATUS["4.1"]),
    )
)  # fmt: skip
FAILED: Final = "The message could not be delivered"
DELAYED_SO_FAR: Final = "The message could not be delivered yet"

# How the senders and the subjects of reports are written where they are not in the standard form.
SENDERS: Final = re.compile(
    r"mailer.?daemon|^postmaster$|^mail-?delivery|^mdaemon|^mail.?deliver|^bounce|^system$|^administrator$|^postoffice",
    re.IGNORECASE,
)
REPORTING_SUBJECT: Final = re.compile(
    r"undeliver|failure notice|delivery (?:status|fail|notif|report|problem)|returned (?:mail|to sender)|mail(?: delivery)? fail|delivery has failed"
    r"|could not (?:be )?(?:send|deliver)|delivery.{0,30}delayed|warning: (?:message|could)|non.?delivery|non remis|nicht zugestellt|unzustellbar"
    r"|no se pudo entregar|não entregue|mancato recapito|mail system error|failed mail|user unknown|bounce|delivery.{0,40}fail",
    re.IGNORECASE,
)
DELAYED: Final = re.compile(
    r"has been delayed|delivery.{0,30}delayed|warning: (?:message|could not send)|will (?:be retried|keep trying|continue trying)|not yet been delivered"
    r"|delivery is delayed|temporary (?:problem|error)|still trying",
    re.IGNORECASE,
)

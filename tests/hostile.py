"""Messages and CRM text made to drive a terminal, run markup, or lie about direction."""

from __future__ import annotations

import base64

PAYLOADS = (
    "\x1b]52;c;UFdORUQ=\x07",  # the clipboard
    "\x1b]0;PWNED\x07",  # the title
    "\x1b[2J\x1b[1337;1337H",  # the whole screen, far away
    "\x1b[5;105mBLINK",  # colours we never use
    "\x9b5;105mC1",  # the same in one character
    "\x1bP1$r0q\x1b\\",  # a device control string
    "\x1b_Gi=31,s=1,v=1,a=q;AAAA\x1b\\",  # kitty's pictures
    "\x1b[6n\x1b[c\x1b[21t",  # questions the terminal answers as if typed
    "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07",  # a link of its own
    "\x1b[?1049l\x1bc",  # leave the screen, reset
    "\u202egnp.exe\u202c\u2066x\u2069\u200f",  # direction
    "a\u200bb\u2060c\ufeffd\U000e0041",  # what is not seen
    "[@click=app.quit]click[/] [bold red]x[/bold red] [/foo] [link='x']",  # markup
    "\x08\x08\x08\x7f\x0e\x0f\x05",
    "e" + "\u0301" * 60,
)
EVERYTHING = " ".join(PAYLOADS)


def _word(text: str) -> bytes:
    return b"=?utf-8?b?" + base64.b64encode(text.encode()) + b"?="


def _raw_header(number: int, payload: str) -> bytes:
    """The payload in every header, as it is and encoded."""
    octets = payload.encode("utf-8", "surrogateescape")
    return b"".join(
        (
            b"From: "
            + _word(f"Evil {payload}")
            + b" <evil"
            + octets.replace(b"\n", b"")
            + b"@evil.example>\r\n",
            b"To: me@dealbox.example, " + _word(payload) + b" <x@evil.example>\r\n",
            b"Reply-To: " + octets + b" <reply@other.example>\r\n",
            b"Subject: Evil " + str(number).encode() + b" " + octets + b" " + _word(payload) + b"\r\n",
            b"Message-ID: <evil" + str(number).encode() + octets + b"@evil.example>\r\n",
            b"List-Id: " + octets + b" <list." + octets + b".example>\r\n",
            b"X-Evil: " + octets + b"\r\n",
            b"Date: Fri, 21 Nov 2025 10:00:00 +0000\r\n",
            b"MIME-Version: 1.0\r\n",
        )
    )


def message(number: int, payload: str) -> bytes:
    """Return one message whose headers, text, HTML, link and attachment all carry the payload."""
    octets = payload.encode("utf-8", "surrogateescape")
    name = b"".join(b"%%%02X" % octet for octet in octets + b"../../evil.sh")
    page = (
        f"<p>Page {payload}</p><a href='https://evil.example/{payload}'>https://bank.example/{payload}</a>"
        f"<a href='javascript:alert(1)'>js {payload}</a><img alt='{payload}'><pre>{payload}</pre>"
    )
    parts = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n',
        b'--b\r\nContent-Type: multipart/alternative; boundary="c"\r\n\r\n',
        b"--c\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlain " + octets + b"\r\n> quoted " + octets,
        b"\r\nhttps://evil.example/" + octets + b"\r\n-- \r\n" + octets + b"\r\n",
        b"--c\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        base64.encodebytes(page.encode("utf-8", "surrogateescape")),
        b"\r\n--c--\r\n--b\r\nContent-Type: application/x-" + octets + b"\r\n",
        b"Content-Disposition: attachment; filename*=utf-8''" + name + b"\r\n\r\nfile\r\n--b--\r\n",
    )
    return _raw_header(number, payload) + b"".join(parts)


def messages() -> list[bytes]:
    """Return one message for each payload and one with them all."""
    return [message(number, payload) for number, payload in enumerate((*PAYLOADS, EVERYTHING))]

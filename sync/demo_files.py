"""Small true files for the sample mailbox: PDF, CSV, PNG and iCalendar."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from datetime import datetime


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """Return a PDF of one page with a heading and lines of text."""
    text = ["BT /F1 16 Tf 60 780 Td", f"({_escaped(title)}) Tj", "/F1 10 Tf 0 -28 Td 14 TL"]
    text += [f"({_escaped(line)}) Tj T*" for line in lines]
    content = " ".join([*text, "ET"]).encode("cp1252", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    octets = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(octets))
        octets += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return octets + trailer % (table, len(octets))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def csv(rows: Sequence[Sequence[object]]) -> bytes:
    """Return rows as CSV, as a spreadsheet writes it."""
    return "".join(";".join(str(cell) for cell in row) + "\r\n" for row in rows).encode("utf-8")


def png(seed: int, width: int = 240, height: int = 160) -> bytes:
    """Return a picture of a shipping label with its barcode."""
    bars = [(seed >> (n % 31)) & 1 or n % 5 == 0 for n in range(width // 3)]
    white, black, card = b"\xff\xff\xff", b"\x22\x22\x22", b"\xc9\xa8\x7c"
    barcode = b"".join(
        (black if bars[x // 3] else white) if 40 <= x < width - 40 else white for x in range(width)
    )
    framed = card * 20 + barcode[60:-60] + card * 20
    blank = card * 20 + white * (width - 40) + card * 20
    lines = [
        card * width if y < 15 or y >= height - 15 else framed if 50 < y < 110 else blank
        for y in range(height)
    ]
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def calendar(
    *, uid: str, title: str, place: str, start: datetime, end: datetime, organizer: str, guest: str
) -> str:
    """Return a meeting request (RFC 5546 §3.2.2). `start` and `end` are in UTC."""
    lines = (
        "BEGIN:VCALENDAR",
        "PRODID:-//Hallam and Voss//Calendar//EN",
        "VERSION:2.0",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{start:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{end:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{title}",
        f"LOCATION:{place}",
        f"ORGANIZER:mailto:{organizer}",
        f"ATTENDEE;RSVP=TRUE:mailto:{guest}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    return "\r\n".join(lines)

"""Octets of messages for tests of how they are read."""

from __future__ import annotations

from mail.types import Document


def a_message(
    body: str = "Hello.\n", *, content_type: str = "text/plain; charset=utf-8", **fields: str
) -> bytes:
    """Return a message of fields written with underscores for dashes."""
    written = {"From": "Ann Lee <ann@example.com>", "Subject": "Offer", "Content_Type": content_type} | fields
    header = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in written.items())
    return f"{header}\n{body}".encode()


def a_part(text: str, content_type: str = "text/plain", **fields: str) -> str:
    header = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    return f"Content-Type: {content_type}\n{header}\n{text}"


def multipart(subtype: str, *parts: str, boundary: str = "b1") -> tuple[str, str]:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
    return f'multipart/{subtype}; boundary="{boundary}"', body


def a_multipart(subtype: str, *parts: str, **fields: str) -> bytes:
    content_type, body = multipart(subtype, *parts)
    return a_message(body, content_type=content_type, **fields)


def words(document: Document | None) -> str:
    assert document is not None
    return " ".join(" ".join(block.text for block in document.blocks).split())

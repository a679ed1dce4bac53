"""A message too large to hold, without its files: same header, same parts by number, texts only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from mail import headers, parameters
from providers.imap.session import Fetched, Session, UidSet
from providers.imap.tokens import Node

SIZE_FIELD: Final = b"X-Dealbox-Size-Octets"
_ENCODING: Final = "CONTENT-TRANSFER-ENCODING"
_TEXT_OCTETS: Final = 1024 * 1024
_MOST_PARTS: Final = 500
_BASE64_LINE: Final = 78
"""Octets of a line as most programs write it, which stand for 57."""


class Piece(NamedTuple):
    """A part as BODYSTRUCTURE names it; `size` is that of its encoded octets."""

    number: str
    media_type: str
    encoding: str
    size: int
    is_file: bool
    children: tuple[Piece, ...]


def read(structure: Node, number: str = "") -> Piece | None:
    """Read a BODYSTRUCTURE; None when it is none."""
    if not isinstance(structure, tuple) or not structure:
        return None
    if isinstance(structure[0], tuple):
        return _multipart(structure, number)
    words = [item.decode("latin-1").lower() if isinstance(item, bytes) else "" for item in structure[:6]]
    if len(structure) < 7:
        return None
    size = structure[6] if isinstance(structure[6], int) else 0
    media_type = f"{words[0]}/{words[1]}"
    return Piece(number or "1", media_type, words[5].strip(), size, _is_file(structure, media_type), ())


def _multipart(structure: tuple[Node, ...], number: str) -> Piece | None:
    children: list[Piece] = []
    subtype = ""
    for item in structure:
        if not isinstance(item, tuple):
            subtype = item.decode("latin-1").lower() if isinstance(item, bytes) else ""
            break
        place = f"{number}.{len(children) + 1}" if number else str(len(children) + 1)
        child = read(item, place)
        if child is None:
            return None
        children.append(child)
    return Piece(number, f"multipart/{subtype}", "", 0, False, tuple(children))


def _is_file(structure: tuple[Node, ...], media_type: str) -> bool:
    if not media_type.startswith("text/"):
        return True
    for item in structure[8:]:  # the disposition: ("attachment" (...)), after the lines of a text and its MD5
        if isinstance(item, tuple) and item and isinstance(item[0], bytes):
            return item[0].lower() == b"attachment"
    return False


def leaves(piece: Piece) -> Iterator[Piece]:
    """Yield a part and all parts in it."""
    yield piece
    for child in piece.children:
        yield from leaves(child)


def encoding_of(session: Session, uid: int, part: str) -> str | None:
    """Return the transfer encoding of a part, None when the server knows no such part. Raises RetryLater."""
    fetched = _one(session, uid, f"BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS ({_ENCODING})]")
    whole = read(fetched.others.get("BODYSTRUCTURE")) if fetched is not None else None
    if fetched is None or whole is None:
        return None
    if whole.number == part:  # servers leave out what a message without MIME-Version says of itself
        said = fetched.sections.get("HEADER.FIELDS", b"").partition(b":")[2]
        return said.strip(b" \t\r\n\"';").decode("latin-1").lower() or whole.encoding
    return next((one.encoding for one in leaves(whole) if one.number == part and not one.children), None)


def fetch(session: Session, uid: int) -> bytes | None:
    """Return the octets of a message without its files, None when they cannot be made out. Raises RetryLater."""
    fetched = _one(session, uid, "BODYSTRUCTURE BODY.PEEK[HEADER]")
    if fetched is None:
        return None
    header = fetched.sections.get("HEADER")
    whole = read(fetched.others.get("BODYSTRUCTURE"))
    if header is None or whole is None:
        return None
    pieces = list(leaves(whole))
    if len(pieces) > _MOST_PARTS:
        return None
    return _assemble(whole, _with_end(header), _sections(session, uid, pieces))


def _one(session: Session, uid: int, items: str) -> Fetched | None:
    found = [one for one in session.fetch(UidSet.from_uids([uid]), items) if one.uid == uid]
    return found[-1] if found else None


def _sections(session: Session, uid: int, pieces: list[Piece]) -> dict[str, bytes]:
    items = [f"BODY.PEEK[{piece.number}.MIME]" for piece in pieces if piece.number and len(pieces) > 1]
    left = _TEXT_OCTETS
    for piece in pieces:
        if not piece.children and not piece.is_file and left > 0:
            items.append(f"BODY.PEEK[{piece.number}]<0.{min(left, max(piece.size, 1))}>")
            left -= piece.size
    fetched = _one(session, uid, " ".join(items)) if items else None
    return dict(fetched.sections) if fetched is not None else {}


def _assemble(piece: Piece, header: bytes, sections: dict[str, bytes]) -> bytes | None:
    """Return a part with its header, which ends in an empty line."""
    if not piece.children:
        text = None if piece.is_file else sections.get(piece.number)
        if text is not None:
            return header + text
        return b"%b: %d\r\n%b" % (SIZE_FIELD, _decoded_size(piece), header)
    fields, _ = headers.split(header)
    written = next((value for name, value in fields if name.lower() == "content-type"), "")
    boundary = parameters.parse(written)[1].get("boundary", "").encode("utf-8", "replace").rstrip()
    if not boundary:
        return None
    octets = [header]
    for child in piece.children:
        made = _assemble(child, _with_end(sections.get(f"{child.number}.MIME", b"")), sections)
        if made is None:
            return None
        octets.append(b"--%b\r\n%b\r\n" % (boundary, made))
    octets.append(b"--%b--\r\n" % boundary)
    return b"".join(octets)


def _with_end(header: bytes) -> bytes:
    if header.endswith(b"\r\n\r\n") or header == b"\r\n":
        return header
    return header + (b"\r\n" if header.endswith(b"\r\n") or not header else b"\r\n\r\n")


def _decoded_size(piece: Piece) -> int:
    if piece.encoding != "base64":
        return piece.size
    lines = -(-piece.size // _BASE64_LINE)
    return max(0, (piece.size - 2 * lines) * 3 // 4)

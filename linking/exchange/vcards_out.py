"""Persons as vCards 3.0 (RFC 2426), which every address book reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_LINE_OCTETS: Final = 75


def card(person: Mapping[str, Any], organization: str) -> str:
    """Return a person as one card: as export names what a person has."""
    family, given = person["last_name"], person["first_name"]
    if not family and not given:
        given, _, family = person["name"].rpartition(" ")
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{_text(person['id'])}",
        f"FN:{_text(person['name'])}",
        f"N:{_text(family)};{_text(given)};;;",
        f"ORG:{_text(organization)}" if organization else "",
        f"TITLE:{_text(person['title'])}" if person["title"] else "",
        *(_way("EMAIL", n, email, person["email_labels"]) for n, email in enumerate(person["emails"])),
        *(_way("TEL", n, phone, person["phone_labels"]) for n, phone in enumerate(person["phone"])),
        f"ADR:;;{_text(person['custom']['Address'])};;;;" if person["custom"].get("Address") else "",
        f"URL:{_text(person['custom']['Website'])}" if person["custom"].get("Website") else "",
        f"NOTE:{_text(person['notes'])}" if person["notes"] else "",
        f"CATEGORIES:{','.join(map(_text, person['labels']))}" if person["labels"] else "",
        f"REV:{person['updated_at']}",
        "END:VCARD",
    ]
    return "".join(_folded(line) for line in lines if line)


def _way(name: str, place: int, value: str, labels: Mapping[str, str]) -> str:
    label = {"mobile": "CELL", "work": "WORK", "home": "HOME"}.get(labels.get(value, ""), "")
    kinds = [kind for kind in (label, "PREF" if place == 0 else "") if kind]
    return f"{name}{';TYPE=' + ','.join(kinds) if kinds else ''}:{_text(value)}"


def _text(value: str) -> str:
    return (
        value.replace("\\", "\\\\")
        .replace("\r", "")
        .replace("\n", "\\n")
        .replace(",", "\\,")
        .replace(";", "\\;")
    )


def _folded(line: str) -> str:
    """Return a line with its end, folded so that no piece has more octets than allowed."""
    pieces: list[str] = []
    piece = ""
    for character in line:
        limit = _LINE_OCTETS if not pieces else _LINE_OCTETS - 1
        if len((piece + character).encode()) > limit:
            pieces.append(piece)
            piece = ""
        piece += character
    return "\r\n ".join([*pieces, piece]) + "\r\n"

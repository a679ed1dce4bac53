"""Mail that nobody here wrote, real and deliberately broken: what must hold for every message there is."""

from __future__ import annotations

import email as stdlib_email
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shown import every_text

from mail import body_json, files, parse
from mail.folding import fold
from mail.text import is_safe
from mail.types import Email

MAIL = Path(__file__).parents[2] / "../shared/mail"
COLLECTIONS = sorted(path.name for path in MAIL.iterdir() if path.is_dir()) if MAIL.exists() else []
TEXT_ONLY_IN_EPILOGUE = "multipartemptypart.msg"
STALWART = MAIL / "stalwartlabs+mail-parser"

pytestmark = [
    pytest.mark.skipif(not COLLECTIONS, reason="the shared test mail is not beside the project"),
    pytest.mark.no_cover,  # what time each message takes is measured here
]
in_each_collection = pytest.mark.parametrize("collection", COLLECTIONS)

_parsed: dict[str, list[tuple[Path, bytes, Email, float]]] = {}


def parsed(collection: str) -> list[tuple[Path, bytes, Email, float]]:
    """Return every file of a collection, read once for all tests, with the seconds it took."""
    if collection not in _parsed:
        _parsed[collection] = list(_read(collection))
    return _parsed[collection]


def _read(collection: str) -> Iterator[tuple[Path, bytes, Email, float]]:
    for path in sorted((MAIL / collection).rglob("*")):
        if path.is_file():
            message = path.read_bytes()
            started = time.process_time()
            email = parse.parse(message)
            yield path, message, email, time.process_time() - started


def offenders(collection: str, breaks: Callable[[bytes, Email], object]) -> list[str]:
    return [path.name for path, message, email, _ in parsed(collection) if breaks(message, email)]


@in_each_collection
def test_every_message_is_read_within_two_seconds(collection: str) -> None:
    assert [(path.name, seconds) for path, _, _, seconds in parsed(collection) if seconds > 2] == []


@in_each_collection
def test_only_empty_files_give_placeholders(collection: str) -> None:
    assert offenders(collection, lambda message, email: email.problem and message.strip()) == []


@in_each_collection
def test_all_that_can_be_shown_is_safe(collection: str) -> None:
    assert offenders(collection, lambda _, email: not all(map(is_safe, every_text(email)))) == []


@in_each_collection
def test_lines_of_a_list_are_single_lines(collection: str) -> None:
    def has_line_break(_: bytes, email: Email) -> bool:
        lines = [email.subject, email.preview, *(file.name for file in email.attachments)]
        lines += [text for person in email.from_ for text in (person.name, person.email)]
        return any("\n" in line for line in lines) or len(email.preview) > 160

    assert offenders(collection, has_line_break) == []


@in_each_collection
def test_no_encoded_word_is_left_in_a_subject_or_a_name(collection: str) -> None:
    encoded = re.compile(r"=\?[\w-]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)

    def has_encoded_word(_: bytes, email: Email) -> object:
        return encoded.search(
            " ".join([email.subject, *(person.name for person in (*email.from_, *email.to))])
        )

    assert offenders(collection, has_encoded_word) == []


@in_each_collection
def test_every_attachment_can_be_saved_under_a_safe_name(collection: str) -> None:
    def is_unsafe(message: bytes, email: Email) -> bool:
        names = [files.safe_name(attachment.name) for attachment in email.attachments]
        for attachment in email.attachments:
            parse.part(message, attachment.part)
        return any("/" in name or name[0] in ".-" or len(name.encode()) > 200 for name in names)

    assert offenders(collection, is_unsafe) == []


@in_each_collection
def test_bodies_come_back_from_the_store_as_they_were(collection: str) -> None:
    assert (
        offenders(collection, lambda _, email: body_json.loads(body_json.dumps(email.body)) != email.body)
        == []
    )


@in_each_collection
def test_every_word_of_a_subject_is_in_the_index(collection: str) -> None:
    def is_lost(_: bytes, email: Email) -> bool:
        indexed = f" {email.search_text.subject} "
        return any(
            f" {fold(word)} " not in indexed
            for word in email.subject.split()
            if word.isalpha() and word.isascii()
        )

    assert offenders(collection, is_lost) == []


@pytest.mark.parametrize("collection", [name for name in COLLECTIONS if name != "icalendar"])
def test_a_message_with_plain_text_has_text_to_read(collection: str) -> None:
    found = offenders(collection, lambda message, email: not email.preview and _has_plain_text(message))
    assert [name for name in found if name != TEXT_ONLY_IN_EPILOGUE] == []


def _has_plain_text(message: bytes) -> bool:
    """Say what the standard library's parser thinks."""
    for part in stdlib_email.message_from_bytes(message).walk():
        if part.get_content_type() == "text/plain" and not part.is_multipart() and _is_read(part):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and re.search(rb"[A-Za-z]{2}", payload):
                return True
    return False


def _is_read(part: Any) -> bool:
    return "attachment" not in str(part.get("content-disposition", ""))


def expected() -> list[tuple[str, dict[str, Any], Email]]:
    found = []
    for path in sorted(STALWART.rglob("*.eml")) if STALWART.exists() else []:
        told = json.loads(path.with_suffix(".json").read_text())
        found.append((f"{path.parent.name}/{path.name}", told, parse.parse(path.read_bytes())))
    return found


def header(told: dict[str, Any], name: str) -> Any:
    values = [field["value"] for field in told["headers"] if field["name"] == name]
    return values[-1] if values else None


def test_subjects_are_read_as_another_parser_reads_them() -> None:
    for name, told, email in expected():
        value = header(told["parts"][0], "subject")
        text = value.get("Text", "") if isinstance(value, dict) else ""
        assert (name, email.subject) == (name, " ".join(text.split()))


@pytest.mark.parametrize("field", ["from", "to"])
def test_addresses_are_read_as_another_parser_reads_them(field: str) -> None:
    for name, told, email in expected():
        value = header(told["parts"][0], field)
        addresses = value.get("Address", {}) if isinstance(value, dict) else {}
        listed = addresses.get("List") or [
            a for group in addresses.get("Group", []) for a in group["addresses"]
        ]
        found = email.from_ if field == "from" else email.to
        assert (name, [a.email for a in found]) == (name, [a["address"] or "" for a in listed])


def test_attachments_are_named_as_another_parser_names_them() -> None:
    for name, told, email in expected():
        named = [_file_name(told["parts"][number]) for number in told["attachments"]]
        names = [attachment.name for attachment in email.attachments]
        assert (name, [one for one in named if one and one not in names]) == (name, [])


def _file_name(part: dict[str, Any]) -> str | None:
    for field, attribute in (("content_disposition", "filename"), ("content_type", "name")):
        value = header(part, field)
        attributes = (
            value["ContentType"].get("attributes")
            if isinstance(value, dict) and "ContentType" in value
            else None
        )
        for found in attributes or []:
            if found["name"] == attribute:
                return str(found["value"])
    return None

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import addresses
from mail.drafts import BadDraft, Draft, DraftFile, DraftKind, from_json, to_json, written
from mail.text import safe_line
from mail.types import Address, SafeText

LINES = st.text().map(safe_line)
PEOPLE = st.lists(st.builds(Address, LINES, LINES), max_size=3).map(tuple)
FILES = st.builds(DraftFile, st.text(), st.text(), st.integers(0, 2**50), st.just("0f" * 32))
DRAFTS = st.builds(
    Draft,
    sender=st.builds(Address, LINES, LINES),
    to=PEOPLE,
    cc=PEOPLE,
    bcc=PEOPLE,
    subject=st.text(),
    body=st.text(),
    is_markdown=st.booleans(),
    attachments=st.lists(FILES, max_size=2).map(tuple),
    in_reply_to=st.none() | st.text(),
    references=st.lists(st.text(), max_size=3).map(tuple),
    reply_to=PEOPLE,
    signature=st.text(),
    kind=st.sampled_from(DraftKind),
    forwards=st.none() | st.text(),
    cursor=st.integers(0, 2**40),
)
FIELDS = [*json.loads(to_json(Draft(Address(SafeText(""), SafeText("me@dealbox.example"))))), "else"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)
ME = ["Me", "me@dealbox.example"]


def an_address(email: str, name: str = "") -> Address:
    return Address(SafeText(name), SafeText(email))


@given(DRAFTS)
def test_a_draft_comes_back_from_the_journal_as_it_was(draft: Draft) -> None:
    assert from_json(to_json(draft)) == draft


def test_a_draft_of_another_version_is_read_as_far_as_it_is_known() -> None:
    draft = from_json(json.dumps({"sender": ME, "subject": "Offer", "priority": [1, 2]}))
    assert draft == Draft(an_address("me@dealbox.example", "Me"), subject="Offer")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        "{}",
        '{"sender":["Me"]}',
        *(
            json.dumps({"sender": ME} | {name: value})
            for name, value in {
                "to": "ana@acme.example",
                "cc": [1],
                "subject": 3,
                "body": None,
                "is_markdown": "yes",
                "attachments": [["a.pdf", "application/pdf", 1, "not a digest"]],
                "references": [5],
                "in_reply_to": 5,
                "kind": "telegram",
                "cursor": -1,
            }.items()
        ),
        json.dumps({"sender": ME, "attachments": [["a.pdf", "application/pdf", -1, "0" * 64]]}),
    ],
)
def test_nonsense_is_told_from_a_draft(text: str) -> None:
    with pytest.raises(BadDraft, match="could not be read"):
        from_json(text)


@given(JSON)
def test_json_that_is_no_draft_raises_nothing_else(value: object) -> None:
    with contextlib.suppress(BadDraft):
        from_json(json.dumps(value))


def test_addresses_are_written_as_people_read_them() -> None:
    people = (
        an_address("ana@acme.example", "Ana Lima"),
        an_address("bob@acme.example", 'Lee, Bob "the" \\'),
        an_address("eve@acme.example"),
        an_address("", "nobody yet"),
    )
    line = written(people)
    assert line == (
        'Ana Lima <ana@acme.example>, "Lee, Bob \\"the\\" \\\\" <bob@acme.example>, eve@acme.example, nobody yet'
    )
    assert addresses.parse(line) == people

from __future__ import annotations

from dataclasses import replace

import pytest

from mail import signatures
from mail.drafts import Draft, Identity
from mail.types import Address, SafeText

WORK = Identity(Address(SafeText("Me"), SafeText("me@work.example")), "Me\nCEO")
HOME = Identity(Address(SafeText("Me"), SafeText("me@home.example")), "Yours, me")
NOBODY = Identity(Address(SafeText(""), SafeText("info@work.example")))


def test_a_new_message_ends_with_the_signature_of_who_writes_it() -> None:
    draft = signatures.blank(WORK, to=(HOME.address,))
    assert draft == Draft(WORK.address, (HOME.address,), body="\n\n-- \nMe\nCEO\n", signature="Me\nCEO")
    assert signatures.blank(NOBODY).body == ""


def test_a_signature_that_brings_its_delimiter_gets_no_second_one() -> None:
    draft = signatures.blank(Identity(HOME.address, "-- \nMe\n"))
    assert (draft.body, draft.signature) == ("\n\n-- \nMe\n", "Me")


def test_another_identity_brings_its_own_signature() -> None:
    draft = replace(signatures.blank(WORK), body="Hello\n\n-- \nMe\nCEO\n")
    assert signatures.with_identity(draft, HOME) == Draft(
        HOME.address, body="Hello\n\n-- \nYours, me\n", signature="Yours, me"
    )


def test_an_identity_without_signature_leaves_no_delimiter() -> None:
    changed = signatures.with_identity(signatures.blank(WORK), NOBODY)
    assert (changed.body, changed.signature) == ("\n\n\n", "")


def test_identities_can_be_changed_there_and_back() -> None:
    draft = signatures.blank(WORK)
    for identity in (HOME, Identity(HOME.address, "-- \nDashed"), WORK):
        draft = signatures.with_identity(draft, identity)
        assert draft.body.count("-- \n") == 1
    assert draft == signatures.blank(WORK)


def test_a_signature_that_was_changed_by_hand_stays() -> None:
    draft = replace(signatures.blank(WORK), body="Hello\n\n-- \nMyself\n")
    changed = signatures.with_identity(draft, HOME)
    assert (changed.sender, changed.body, changed.signature) == (HOME.address, draft.body, "")


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        ("Hello\n", "Hello\n\n-- \nYours, me\n"),
        ("Hi\n\nOn 1 May, Ana wrote:\n> x\n", "Hi\n\nYours, me\n\nOn 1 May, Ana wrote:\n> x\n"),
        ("> x\n", "\n\nYours, me\n\n> x\n"),
        ("> x\nHello\n", "> x\nHello\n\n-- \nYours, me\n"),
        (
            "See:\n\n---------- Forwarded message ----------\nSubject: x\n",
            "See:\n\nYours, me\n\n---------- Forwarded message ----------\nSubject: x\n",
        ),
    ],
)
def test_a_first_signature_comes_below_what_is_written_and_above_what_is_quoted(
    body: str, signed: str
) -> None:
    assert signatures.with_identity(Draft(NOBODY.address, body=body), HOME).body == signed


def test_nothing_changes_but_the_sender_when_neither_has_a_signature() -> None:
    draft = Draft(NOBODY.address, body="Hello")
    other = replace(NOBODY, address=HOME.address)
    assert signatures.with_identity(draft, other) == replace(draft, sender=HOME.address)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Me\r\nCEO\r\n", "Me\nCEO"),
        ("\n-- \nMe", "Me"),
        ("  indented\n\nlast", "  indented\n\nlast"),
        (" \n\t\n", ""),
        ("a\u2028b\x1b[31mc\x00", "a\nb[31mc"),
        ("👍🏽 ☎️", "👍🏽 ☎️"),
    ],
)
def test_a_signature_is_kept_as_plain_lines(given: str, kept: str) -> None:
    assert signatures.kept(given) == kept

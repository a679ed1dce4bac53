from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import maildir_names
from mail.keywords import ANSWERED, FLAGGED, SEEN


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1700000000.M1P2.host:2,FS", ("1700000000.M1P2.host", "FS")),
        ("1700000000.M1P2.host,S=12:2,", ("1700000000.M1P2.host,S=12", "")),
        ("1700000000.M1P2.host", ("1700000000.M1P2.host", "")),
        ("1700000000.host;2,S", ("1700000000.host", "S")),
        ("1700000000.host:1,experimental", ("1700000000.host:1,experimental", "")),
    ],
)
def test_a_name_is_its_unique_part_and_its_flags(name: str, expected: tuple[str, str]) -> None:
    assert maildir_names.parse(name) == expected


def test_flags_are_written_in_order_and_once() -> None:
    assert maildir_names.build("1.host", "SFSa") == "1.host:2,FSa"
    assert maildir_names.build("1.host", "") == "1.host:2,"


def test_flags_stand_for_keywords() -> None:
    assert maildir_names.keywords("FRSTab") == {FLAGGED, ANSWERED, SEEN}


def test_flags_that_stand_for_no_keyword_of_ours_are_kept() -> None:
    assert maildir_names.with_keywords("STa", frozenset({FLAGGED, "custom"})) == "FTa"


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("Entwürfe", "Entw&APw-rfe"),
        ("R&D", "R&-D"),
        ("日本語", "&ZeVnLIqe-"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("plain", "plain"),
    ],
)
def test_mailbox_names_are_written_in_modified_utf7(name: str, encoded: str) -> None:
    assert maildir_names.encode_utf7(name) == encoded
    assert maildir_names.decode_utf7(encoded) == name


@pytest.mark.parametrize("broken", ["a&b", "&!!!-", "&AA-", "Entwürfe", "&2AA-"])
def test_a_name_that_is_not_modified_utf7_stays_as_it_is(broken: str) -> None:
    assert maildir_names.decode_utf7(broken) == broken


@given(st.text())
def test_every_mailbox_name_comes_back(name: str) -> None:
    encoded = maildir_names.encode_utf7(name)
    assert encoded.isascii() and encoded.isprintable()
    assert maildir_names.decode_utf7(encoded) == name or not name.isprintable()


@given(st.text())
def test_any_octets_of_a_name_are_tolerated(name: str) -> None:
    maildir_names.decode_utf7(name)
    unique, flags = maildir_names.parse(name)
    assert maildir_names.parse(maildir_names.build(unique, "S")) == (unique, "S") or "\n" in name or flags

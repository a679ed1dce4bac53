from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.secret import vault

LOCK, KEY = vault.new_lock("correct horse")
OCTETS = vault.close({"a:password": "s3cret ü", "b:token": "x" * 5000}, LOCK, KEY)


def test_a_vault_gives_back_what_was_put_into_it() -> None:
    assert vault.open_vault(OCTETS, KEY) == {"a:password": "s3cret ü", "b:token": "x" * 5000}


def test_the_passphrase_makes_the_key_again_from_the_file_alone() -> None:
    assert vault.read_lock(OCTETS).key("correct horse") == KEY


def test_a_wrong_passphrase_is_told_from_a_damaged_file() -> None:
    with pytest.raises(vault.WrongPassphrase):
        vault.read_lock(OCTETS).key("correct hose")
    with pytest.raises(vault.WrongPassphrase):
        vault.open_vault(OCTETS, b"k" * 32)


def test_no_secret_shows_in_the_file() -> None:
    assert b"s3cret" not in OCTETS and b"password" not in OCTETS


def test_two_files_of_the_same_secrets_differ() -> None:
    assert vault.close({"a": "b"}, LOCK, KEY) != vault.close({"a": "b"}, LOCK, KEY)


@given(st.integers(0, len(OCTETS) - 1))
def test_a_file_cut_short_anywhere_is_never_opened(length: int) -> None:
    """F43: the file is truncated."""
    with pytest.raises(vault.Damaged):
        vault.open_vault(OCTETS[:length], KEY)


@given(st.integers(0, len(OCTETS) * 8 - 1))
def test_a_file_with_one_bit_changed_is_never_opened(bit: int) -> None:
    changed = bytearray(OCTETS)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((vault.Damaged, vault.WrongPassphrase)):
        vault.open_vault(bytes(changed), KEY)


@given(st.binary(max_size=200))
def test_any_octets_are_no_vault(octets: bytes) -> None:
    with pytest.raises(vault.Damaged):
        vault.read_lock(octets)


def test_numbers_that_would_take_all_memory_are_not_believed() -> None:
    asks_for_more = OCTETS[:9] + bytes([40, 255, 255]) + OCTETS[12:]
    with pytest.raises(vault.Damaged, match="numbers"):
        vault.read_lock(asks_for_more)


def test_a_later_version_is_told_as_such() -> None:
    with pytest.raises(vault.Damaged, match="version 9"):
        vault.read_lock(OCTETS[:8] + b"\x09" + OCTETS[9:])


@pytest.mark.parametrize("text", [b"", b"[]", b'{"a": 1}', b"{"])
def test_what_is_no_object_of_texts_is_damaged(text: bytes) -> None:
    with pytest.raises(vault.Damaged):
        vault.read_object(text)

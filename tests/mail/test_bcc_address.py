"""Smart BCC addresses."""

from __future__ import annotations

import pytest

from mail import bcc_address

TOKEN = bcc_address.new_token(bytes(range(16)))


def test_a_token_is_sixteen_octets_in_lower_case_letters_and_digits() -> None:
    assert len(TOKEN) == 26
    assert TOKEN.lower() == TOKEN
    assert TOKEN.isalnum()


def test_a_token_of_fewer_octets_is_refused() -> None:
    with pytest.raises(ValueError, match="16 octets"):
        bcc_address.new_token(b"short")


@pytest.mark.parametrize("kind", ["deal", "lead", "project", None])
def test_an_address_below_the_owners_tells_its_token(kind: str | None) -> None:
    address = bcc_address.of_own("me@corp.example", TOKEN, kind)
    assert address.endswith("@corp.example")
    assert bcc_address.token_in(address) == TOKEN


def test_addresses_fit_what_servers_take_before_the_at_sign() -> None:
    """RFC 5321 §4.5.3.1.1: 64 octets."""
    local = bcc_address.of_own("a.rather.long.name.of.somebody@corp.example", TOKEN, None).partition("@")[0]
    assert len(local) <= 64


def test_an_alias_is_universal_by_itself_and_takes_tokens() -> None:
    assert bcc_address.of_alias("crm@corp.example", None) == "crm@corp.example"
    assert bcc_address.token_in(bcc_address.of_alias("crm@corp.example", TOKEN)) == TOKEN
    assert bcc_address.token_in("crm@corp.example") is None


@pytest.mark.parametrize(
    "address",
    ["me@corp.example", "me+news@corp.example", f"{TOKEN}@corp.example", f"me+d-{TOKEN}a@corp.example", ""],
)
def test_other_addresses_carry_no_token(address: str) -> None:
    assert bcc_address.token_in(address) is None


def test_only_an_address_below_an_own_one_is_nobodys() -> None:
    assert bcc_address.is_below(f"me+d-{TOKEN}@corp.example", {"me@corp.example"})
    assert not bcc_address.is_below(f"bounce+{TOKEN}@lists.example", {"me@corp.example"})
    assert not bcc_address.is_below("me+news@corp.example", {"me@corp.example"})

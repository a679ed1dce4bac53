from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import addresses
from mail.text import is_safe
from mail.types import Address, SafeText


def pairs(header: str) -> list[tuple[str, str]]:
    return [(address.name, address.email) for address in addresses.parse(header)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("ann@example.com", [("", "ann@example.com")]),
        ("Ann Lee <Ann@Example.com>", [("Ann Lee", "Ann@Example.com")]),
        (
            '"Lee, Ann" <ann@example.com>, bob@example.com',
            [("Lee, Ann", "ann@example.com"), ("", "bob@example.com")],
        ),
        (
            "Lee, Ann <ann@example.com>, Bob <b@example.com>",
            [("Lee, Ann", "ann@example.com"), ("Bob", "b@example.com")],
        ),
        ("ann@example.com (Ann (the) Lee)", [("Ann (the) Lee", "ann@example.com")]),
        ("Ann (sales) <ann@example.com>", [("Ann", "ann@example.com")]),
        ("=?utf-8?Q?Lee,_Ann=C3=A4?= <ann@example.com>", [("Lee, Annä", "ann@example.com")]),
        ("=?utf-8?Q?Ann_<ann@example.com>?=", [("Ann", "ann@example.com")]),
        ('"ann@bank.example" <thief@example.com>', [("ann@bank.example", "thief@example.com")]),
        ("ann@bank.example thief@example.com", [("ann@bank.example", "thief@example.com")]),
        ("undisclosed-recipients:;", []),
        (
            "Team: ann@example.com, Bob <b@example.com>; c@example.com",
            [("", "ann@example.com"), ("Bob", "b@example.com"), ("", "c@example.com")],
        ),
        ("a@example.com; b@example.com", [("", "a@example.com"), ("", "b@example.com")]),
        ("a@example.com, , b@example.com,", [("", "a@example.com"), ("", "b@example.com")]),
        ('"Joe \\"X\\" Q" <joe@example.com>', [('Joe "X" Q', "joe@example.com")]),
        ("\"'Ann'\" <ann@example.com>", [("Ann", "ann@example.com")]),
        ('"john doe"@example.com', [("", '"john doe"@example.com')]),
        ("<@relay.example:ann@example.com>", [("", "ann@example.com")]),
        ("<mailto:ann@example.com>", [("", "ann@example.com")]),
        ("Mail Delivery System <MAILER-DAEMON>", [("Mail Delivery System", "MAILER-DAEMON")]),
        ('"Ann <ann@example.com>', [("Ann", "ann@example.com")]),
        ("Ann <ann @ example.com>", [("Ann", "ann@example.com")]),
        ("<>", []),
        ("", []),
    ],
)
def test_addresses_are_read_as_people_write_them(header: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(header) == expected


def test_undeclared_octets_in_a_name_are_read() -> None:
    assert pairs("Jos\udce9 <jose@example.com>") == [("José", "jose@example.com")]


def test_what_a_terminal_acts_on_is_gone_from_names_and_addresses() -> None:
    (address,) = addresses.parse("A\x1b[31m\u202e <a\x1b@example.com>")
    assert (address.name, address.email) == ("A[31m", "a@example.com")


def test_comparison_ignores_case_and_writes_domains_in_ascii() -> None:
    assert addresses.normalise(" Ann@BÜCHER.example. ") == "ann@xn--bcher-kva.example"
    assert addresses.normalise("no address") == ""
    assert addresses.normalise("@example.com") == ""
    assert addresses.domain("Ann@Example.COM") == "example.com"
    assert addresses.domain("MAILER-DAEMON") == ""


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "hostile",
    [
        '"\\',
        "(",
        "()",
        "<",
        "a@b,",
        '"a b" <a@b.c>, ',
        '""',
        "=?a?q?",
        "a,",
        ", ",
        "a ",
        '"a",',
        "(a)",
        "=?",
        "\\",
        ":",
        ";",
        "<a@b",
        ")(",
        "(\\",
    ],
)
def test_lists_of_65_kilobytes_take_linear_time(hostile: str) -> None:
    header = hostile * (65_000 // len(hostile))
    started = time.process_time()
    addresses.parse(header)
    assert time.process_time() - started < 4


@given(st.text())
def test_any_header_gives_safe_addresses(header: str) -> None:
    for address in addresses.parse(header):
        assert is_safe(address.name) and is_safe(address.email)
        assert address.name or address.email
    addresses.normalise(header)


@given(
    st.lists(st.sampled_from([*'"\\<>(),;:@ .', "a", "b.c", "=?utf-8?q?x,y?=", "\udcff", "\x1b", "mailto"]))
)
def test_any_broken_list_gives_safe_addresses(pieces: list[str]) -> None:
    for address in addresses.parse("".join(pieces)):
        assert is_safe(address.name) and is_safe(address.email)
        assert " " not in address.email or address.email.startswith('"')


@pytest.mark.parametrize(
    ("header", "name", "email"),
    [
        ("=?utf-8?Q?a=40b.c?=", "", "a@b.c"),
        ('"Bob <b@x.example>"', "Bob", "b@x.example"),
        ("Bob <nobody>", "Bob", "nobody"),
        ('"a b"@x.example', "", '"a b"@x.example'),
        ("=?broken <a@x.example>", "=?broken", "a@x.example"),
    ],
)
def test_an_address_in_an_odd_place_is_found(header: str, name: str, email: str) -> None:
    assert addresses.parse(header) == (Address(SafeText(name), SafeText(email)),)


def test_more_addresses_than_anyone_writes_to_are_cut() -> None:
    assert len(addresses.parse("a@x.example," * (addresses.MAX_ADDRESSES + 5))) == addresses.MAX_ADDRESSES
    assert (
        len(addresses.parse("A (b) <a@x.example>;" * (addresses.MAX_ADDRESSES + 5)))
        == addresses.MAX_ADDRESSES
    )


def test_hosts_are_compared_in_ascii_where_they_have_such_a_form() -> None:
    assert addresses.normalise("Ana@BÜCHER.example.") == "ana@xn--bcher-kva.example"
    assert addresses.normalise(f"a@{'ü' * 70}.example") == f"a@{'ü' * 70}.example"
    assert addresses.domain("ana@acme.example") == "acme.example"
    assert addresses.domain("nobody") == ""

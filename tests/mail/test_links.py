from __future__ import annotations

import pytest

from mail.links import target


@pytest.mark.parametrize(
    ("written", "address", "host"),
    [
        ("https://a.example/x?y#z", "https://a.example/x?y#z", "a.example"),
        ("//a.example/x", "https://a.example/x", "a.example"),
        ("HTTP://A.Example:8080/", "http://a.example:8080/", "a.example"),
        ("http://a.example:/", "http://a.example/", "a.example"),
        ("https:\\\\good.example\\@evil.example", "https://good.example/@evil.example", "good.example"),
        ("https://good.example@evil.example/", "https://good.example@evil.example/", "evil.example"),
        ("https://bücher.example/ö", "https://xn--bcher-kva.example/%C3%B6", "xn--bcher-kva.example"),
        ("https://[::1]/", "https://[::1]/", "[::1]"),
        ("https://a.exam\u200bple/\n b c", "https://a.example/%20b%20c", "a.example"),
        ("mailto:ana@acme.example?subject=Hi", "mailto:ana@acme.example?subject=Hi", "ana@acme.example"),
        ("mailto:%C3%B6@acme.example", "mailto:%C3%B6@acme.example", "%C3%B6@acme.example"),
        ("mailto:a%0Ab@acme.example", "mailto:a%0Ab@acme.example", "a%0Ab@acme.example"),
        ("tel:+1-555-0100", "tel:+1-555-0100", "+1-555-0100"),
    ],
)
def test_an_address_is_read_as_browsers_read_it(written: str, address: str, host: str) -> None:
    assert target(written) == (address, host)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///?x",
        "https://a b.example/",
        "https://-.example/",
        "https://" + "ü" * 70 + ".example/",
        "mailto:",
        "mailto:?subject=x",
        "tel:",
        "https://a.example/" + "x" * 20_000,
    ],
)
def test_what_is_no_address_to_open_is_none(written: str) -> None:
    assert target(written) is None


def test_a_long_address_is_read_like_a_short_one() -> None:
    path = "x" * 300
    assert target(f"  https://a.example/{path} ") == (f"https://a.example/{path}", "a.example")

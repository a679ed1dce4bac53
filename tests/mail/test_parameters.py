from __future__ import annotations

import pytest

from mail import parameters


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [
        ("text/plain", "text/plain", {}),
        ("TEXT/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ("text/plain charset=utf-8; format=flowed", "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ('a/b; name="x \\"y\\" z"', "a/b", {"name": 'x "y" z'}),
        ('a/b; name="never closed; x=1', "a/b", {"name": "never closed", "x": "1"}),
        ("a/b; x=1; x=2", "a/b", {"x": "1"}),
    ],
)
def test_parameters_are_read_as_senders_write_them(value: str, kind: str, found: dict[str, str]) -> None:
    assert parameters.parse(value) == (kind, found)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"name": "a.pdf"}, "a.pdf"),
        ({"name*": "utf-8''%C3%A4.pdf"}, "ä.pdf"),
        ({"name*": "%C3%A4.pdf"}, "ä.pdf"),
        ({"name*": "''%C3%A4.pdf"}, "ä.pdf"),
        ({"name*": "=?utf-8?Q?=C3=A4?=.pdf"}, "ä.pdf"),
        ({"name*0*": "utf-8''%C3%A4", "name*1": "b.pdf"}, "äb.pdf"),
        ({"name*1": "b.pdf", "name*0": "a"}, "ab.pdf"),
        ({"name*": "utf-8''caf\udce9.pdf"}, "café.pdf"),
        ({"name*": "utf-8''\ud800.pdf"}, "?.pdf"),
        ({}, ""),
    ],
)
def test_a_name_is_put_together_from_its_pieces(written: dict[str, str], text: str) -> None:
    assert parameters.decoded(written, "name") == text


def test_what_is_no_media_type_is_text() -> None:
    assert parameters.media_type("", "message/rfc822") == "message/rfc822"
    assert parameters.media_type("text", "message/rfc822") == "text/plain"

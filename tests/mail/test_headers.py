from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import headers
from mail.text import is_safe


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Plain words", "Plain words"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?q?_K=C3=B6ln?= und mehr", "Grüße aus Köln und mehr"),
        ("=?ISO-8859-1?B?RnL2c2NoZQ==?=", "Frösche"),
        ("=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "日本語"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?utf-8*en?Q?language?=", "language"),
        ("=?UTF-8?Q?What??=", "What?"),
        ("=?utf-8?Q?spaces are here?=", "spaces are here"),
        ("=?no-such-charset?Q?caf=C3=A9?=", "café"),
        ("=?utf-8?B?PT91dGYtOD9RP3R3aWNlPz0=?=", "twice"),
        ("=?utf-8?B?SGVsbG8gV29ybGQ?=", "Hello World"),
        ("a =?b", "a =?b"),
    ],
)
def test_encoded_words_are_decoded(written: str, read: str) -> None:
    assert headers.decode(written) == read


def test_a_character_cut_in_two_by_encoded_words_is_whole_again() -> None:
    assert headers.decode("=?utf-8?B?w6TD?=\n =?utf-8?B?tg==?=") == "äö"


def test_undeclared_octets_are_read_as_utf8_or_western_european() -> None:
    assert headers.decode(b"Gr\xc3\xbc\xc3\x9fe".decode("ascii", "surrogateescape")) == "Grüße"
    assert headers.decode(b"Fr\xf6sche quaken".decode("ascii", "surrogateescape")) == "Frösche quaken"
    assert headers.decode("schon gelesen: Grüße") == "schon gelesen: Grüße"


def test_escape_sequences_hidden_in_encoded_words_do_not_come_out() -> None:
    assert headers.decode("=?utf-8?Q?=1B]0;owned=07?= =?utf-8?Q?=E2=80=AEgpj.exe?=") == "]0;ownedgpj.exe"


def test_fields_come_in_their_order_unfolded() -> None:
    message = b"Received: a\r\n\tby b\r\nSubject: =?utf-8?Q?=C3=A4?=\r\nX-Empty:\r\n\r\nbody: no field\r\n"
    assert headers.fields(message) == (
        ("Received", "a\tby b".replace("\t", " ")),
        ("Subject", "ä"),
        ("X-Empty", ""),
    )


def test_the_mbox_line_before_the_header_is_skipped() -> None:
    assert headers.fields(b"From a@b Mon Jan  1 00:00:00 2024\nSubject: x\n\n") == (("Subject", "x"),)


def test_a_field_whose_folding_lacks_the_space_is_still_whole() -> None:
    assert headers.fields(b"Subject: first\nsecond\nFrom: a@b\n\n") == (
        ("Subject", "first second"),
        ("From", "a@b"),
    )


def test_text_that_follows_the_header_without_a_blank_line_is_body() -> None:
    message = b"Subject: x\nThis is text.\nAnd more: of it.\n"
    fields, body = headers.split(message)
    assert fields == [("Subject", "x")]
    assert message[body:] == b"This is text.\nAnd more: of it.\n"


def test_a_message_of_body_only_has_no_fields() -> None:
    assert headers.split(b"Just text,\nno header: at all.\n\nMore.") == ([], 0)
    assert headers.split(b"\nJust text.") == ([], 1)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "hostile",
    [
        "=?" * 100_000,
        "=?x?Q?" * 40_000,
        "=?utf-8?Q?a?= " * 20_000,
        "?=" * 100_000 + "=?utf-8?q?",
        "=?utf-8?B?" + "A" * 200_000 + "?=",
    ],
)
def test_long_hostile_values_take_linear_time(hostile: str) -> None:
    started = time.process_time()
    headers.decode(hostile)
    assert time.process_time() - started < 4


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "block",
    [b" x\n" * 300_000, b"a\n" * 300_000, b"A:b\n" * 200_000, b"Subject: x\n" + b"y\nTo:\n" * 100_000],
)
def test_long_hostile_headers_take_linear_time(block: bytes) -> None:
    started = time.process_time()
    headers.split(b"Subject: x\n" + block + b"\nbody")
    assert time.process_time() - started < 4


@given(st.text())
def test_any_value_decodes_to_safe_text(value: str) -> None:
    decoded = headers.decode(value)
    assert is_safe(decoded) and "\n" not in decoded


@given(
    st.lists(
        st.sampled_from(
            [
                "=?",
                "?=",
                "utf-8",
                "?Q?",
                "?b?",
                "=C3",
                "\udcc3",
                "\x1b",
                " ",
                "hz",
                "iso-2022-jp",
                "utf-7",
                "+",
                "~{",
            ]
        )
    )
)
def test_any_broken_encoded_word_decodes_to_safe_text(pieces: list[str]) -> None:
    assert is_safe(headers.decode("".join(pieces)))


@given(st.binary())
def test_any_octets_have_fields(octets: bytes) -> None:
    found, body = headers.split(octets)
    assert 0 <= body <= len(octets) + 1
    assert all(is_safe(value) for _, value in headers.fields(octets))
    assert len(found) <= octets.count(b":")


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (b"  From: a\nSubject: b\n\nx", (("From", "a"), ("Subject", "b"))),
        (b"Subject: a\nand more\nTo: b\n\nx", (("Subject", "a and more"), ("To", "b"))),
        (
            b"From: a\n b\nSubject: c\nand more\nTo: d\n\n",
            (("From", "a b"), ("Subject", "c and more"), ("To", "d")),
        ),
        (b"From: a\n--b\nTo: c\n", (("From", "a"),)),
        (b"From: a\n\nto: b\n", (("From", "a"),)),
        (b"From a@b Mon Jan  1\nFrom: a\n>From b\nTo: b\n\n", (("From", "a"), ("To", "b"))),
        (b"From: a\r\nSubject: b\r\n c\r\n\r\nTo: no\r\n", (("From", "a"), ("Subject", "b c"))),
        (b"From: a\n \nSubject: b\n\n", (("From", "a"), ("Subject", "b"))),
        (b"Note: it only looks like fields\n", ()),
        (b"\nFrom: a\n", ()),
        (b"\r\nFrom: a\n", ()),
    ],
)
def test_fields_are_found_where_lines_are_broken(message: bytes, fields: tuple[tuple[str, str], ...]) -> None:
    assert headers.fields(message) == fields


def test_words_cut_between_charsets_are_read_each_in_its_own() -> None:
    assert headers.decode("=?utf-8?Q?=C3=A4?= =?iso-8859-1?Q?=E4?=") == "ää"


def test_half_a_surrogate_is_a_question_mark() -> None:
    assert headers.decode("caf\ud800") == "caf?"


@pytest.mark.parametrize("written", ["=?utf-8?B?a?=", "=?utf-8?B?!!!!?="])
def test_base64_of_nothing_is_nothing(written: str) -> None:
    assert headers.decode(written) == ""

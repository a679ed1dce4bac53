from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tui import format

NOON = 1_700_136_000  # 2023-11-16 12:00 UTC


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("ago_s", "shown"),
    [
        (0, "12:00"),
        (4 * 3600, "08:00"),
        (86_400, "15 Nov"),
        (14 * 86_400, " 2 Nov"),
        (400 * 86_400, "Oct'22"),
    ],
)
def test_a_date_fits_six_cells(ago_s: int, shown: str) -> None:
    assert format.short_date(NOON - ago_s, NOON) == shown
    assert len(shown) <= 6


@pytest.mark.parametrize(
    ("ago_s", "shown"),
    [
        (5, "now"),
        (480, "8 min"),
        (3 * 3600, "3 h"),
        (12 * 86_400, "12 d"),
        (100 * 86_400, "3 mo"),
        (800 * 86_400, "2 y"),
    ],
)
def test_a_date_can_be_told_by_its_distance(ago_s: int, shown: str) -> None:
    assert format.relative_date(NOON - ago_s, NOON) == shown
    assert len(shown) <= 5


def test_a_date_can_be_written_as_iso() -> None:
    assert format.iso_date(NOON, NOON) == "2023-11-16 12:00"
    assert format.full_date(NOON) == "Thu 16 Nov 2023 12:00"
    assert format.clock(NOON) == "12:00"


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (24_400, "24 KB"),
        (3_140_000, "3.1 MB"),
        (2_000_000_000_000, "2.0 TB"),
    ],
)
def test_sizes_are_short(octets: int, shown: str) -> None:
    assert format.size(octets) == shown


@pytest.mark.parametrize(
    ("done", "total", "elapsed", "shown"),
    [
        (0, 100, 50, ""),
        (10, 100, 1, ""),
        (50, 100, 12, "about 10 s left"),
        (10, 100, 20, "about 3 min left"),
        (1, 100, 200, "about 6 h left"),
        (100, 100, 200, ""),
    ],
)
def test_the_time_left_follows_from_the_speed_so_far(
    done: int, total: int, elapsed: float, shown: str
) -> None:
    assert format.time_left(done, total, elapsed) == shown


def test_a_bar_is_as_long_as_said_and_plain_when_ascii() -> None:
    assert format.bar(5, 10, 8, ascii_only=False) == "████░░░░"
    assert format.bar(20, 10, 8, ascii_only=True) == "########"
    assert format.bar(0, 0, 4, ascii_only=True) == "----"


@pytest.mark.parametrize(
    ("text", "cells", "shown"), [("abc", 5, "abc  "), ("abcdef", 3, "abc"), ("你好吗", 5, "你好 ")]
)
def test_text_is_cut_and_padded_by_cells(text: str, cells: int, shown: str) -> None:
    assert format.fit(text, cells) == shown


def test_a_shortened_text_says_so() -> None:
    assert format.shorten("abcdefgh", 6) == "abc..."
    assert format.shorten("abc", 6) == "abc"


def test_nouns_follow_their_number() -> None:
    assert format.plural(1, "conversation") == "1 conversation"
    assert format.plural(1200, "conversation") == "1,200 conversations"
    assert format.plural(1, "mailbox", "mailboxes") == "1 mailbox"
    assert format.plural(2, "mailbox", "mailboxes") == "2 mailboxes"

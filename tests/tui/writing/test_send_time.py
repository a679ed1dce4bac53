from __future__ import annotations

from datetime import datetime

import pytest

from tui.writing.send_time import parse, spelled

SUNDAY = datetime(2026, 11, 22, 13, 20).astimezone()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("tomorrow 9", "2026-11-23 09:00"),
        ("9 tomorrow", "2026-11-23 09:00"),
        ("mon 8:30", "2026-11-23 08:30"),
        ("next friday", "2026-11-27 08:00"),
        ("friday evening", "2026-11-27 18:00"),
        ("sun 10", "2026-11-29 10:00"),
        ("sun 15", "2026-11-22 15:00"),
        ("9", "2026-11-23 09:00"),
        ("5pm", "2026-11-22 17:00"),
        ("at 17.30", "2026-11-22 17:30"),
        ("in 2 h", "2026-11-22 15:20"),
        ("in 30 min", "2026-11-22 13:50"),
        ("an hour", "2026-11-22 14:20"),
        ("2 days", "2026-11-24 13:20"),
        ("24 dec 14:00", "2026-12-24 14:00"),
        ("1 jan", "2027-01-01 08:00"),
        ("2026-12-01 12am", "2026-12-01 00:00"),
    ],
)
def test_a_time_in_words_means_the_next_such_time(words: str, meant: str) -> None:
    at = parse(words, SUNDAY)
    assert at is not None
    assert f"{at:%Y-%m-%d %H:%M}" == meant


@pytest.mark.parametrize(
    "words", ["", "soon", "today 9", "31 feb", "25:00", "m", "tomorrow tomorrow", "2020-01-01"]
)
def test_what_is_no_time_to_come_means_nothing(words: str) -> None:
    assert parse(words, SUNDAY) is None


def test_a_time_is_shown_back_with_its_zone_and_how_far_off_it_is() -> None:
    at = parse("tomorrow 9", SUNDAY)
    assert at is not None
    assert spelled(at, SUNDAY) == f"Mon 23 Nov 2026 09:00 {at.tzname()}, in 20 h"

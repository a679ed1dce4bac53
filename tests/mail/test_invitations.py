from __future__ import annotations

import pytest

from mail.invitations import readable
from mail.text import is_safe


def an_event(*lines: str, method: str = "METHOD:REQUEST", around: str = "VCALENDAR") -> str:
    return "\r\n".join([f"BEGIN:{around}", method, "BEGIN:VEVENT", *lines, "END:VEVENT", f"END:{around}", ""])


@pytest.mark.parametrize("calendar", ["", "hello", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"])
def test_a_calendar_without_an_event_says_nothing(calendar: str) -> None:
    assert readable(calendar) == ""


@pytest.mark.parametrize(
    ("method", "title"),
    [
        ("METHOD:REQUEST", "Invitation"),
        ("METHOD:cancel", "Cancelled"),
        ("METHOD:REPLY", "Answer to an invitation"),
        ("METHOD:COUNTER", "Another time is proposed"),
        ("METHOD:X-NEW", "Event"),
        ("X-NOTHING", "Event"),
    ],
)
def test_the_method_says_what_is_asked(method: str, title: str) -> None:
    assert readable(an_event("SUMMARY:Talk", method=method)) == f"{title}: Talk"


@pytest.mark.parametrize(
    ("lines", "when"),
    [
        (["DTSTART:20260304T100000Z", "DTEND:20260304T113000Z"], "2026-03-04 10:00–11:30 (UTC)"),
        (["DTSTART:20260304T100000Z"], "2026-03-04 10:00 (UTC)"),
        (["DTSTART:20260304T100000", "DTEND:20260305T090000"], "2026-03-04 10:00–2026-03-05 09:00"),
        (["DTSTART;VALUE=DATE:20260304", "DTEND;VALUE=DATE:20260305"], "2026-03-04"),
        (
            ['DTSTART;TZID="Europe/Berlin":20260304T100000', "DTEND:20260304"],
            "2026-03-04 10:00 (Europe/Berlin)",
        ),
    ],
)
def test_times_are_told_as_far_as_the_sender_told_them(lines: list[str], when: str) -> None:
    assert readable(an_event("SUMMARY:Talk", *lines)).splitlines()[1] == f"When: {when}"


def test_a_time_that_is_none_is_left_out() -> None:
    assert readable(an_event("SUMMARY:Talk", "DTSTART:soon")) == "Invitation: Talk"


def test_an_event_without_a_title_says_so() -> None:
    assert readable(an_event("UID:1")) == "Invitation: (no title)"


@pytest.mark.parametrize(
    ("line", "organizer"),
    [
        ("ORGANIZER;CN=Ann Lee:mailto:ann@x.example", "Ann Lee <ann@x.example>"),
        ("ORGANIZER;CN=ann@x.example:MAILTO:ann@x.example", "ann@x.example"),
        ("ORGANIZER:mailto:ann@x.example", "ann@x.example"),
    ],
)
def test_the_organizer_is_named_once(line: str, organizer: str) -> None:
    assert readable(an_event("SUMMARY:Talk", line)).splitlines()[1] == f"Organizer: {organizer}"


def test_alarms_and_time_zones_are_not_the_event_and_only_the_first_event_is_read() -> None:
    calendar = (
        "METHOD:REQUEST\nBEGIN:VTIMEZONE\nSUMMARY:zone\nEND:VTIMEZONE\nBEGIN:VEVENT\nno property\nSUMMARY:One\n"
        "BEGIN:VALARM\nSUMMARY:alarm\nEND:VALARM\nLOCATION:Room 5\nSUMMARY:again\nEND:VEVENT\n"
        "BEGIN:VEVENT\nSUMMARY:Two\nEND:VEVENT\n"
    )
    assert readable(calendar) == "Invitation: One\nWhere: Room 5"


def test_an_event_that_never_ends_is_read() -> None:
    assert readable("METHOD:REQUEST\nBEGIN:VTODO\nSUMMARY:Buy\\nmilk\\, now\n") == "Invitation: Buy milk, now"


def test_nothing_in_it_reaches_the_terminal() -> None:
    told = readable(
        an_event("SUMMARY:a\x1b[2Jb", "LOCATION:\u202ec", "ORGANIZER;CN=\x07x:mailto:a@b\x1b.example")
    )
    assert all(is_safe(line) for line in told.splitlines())

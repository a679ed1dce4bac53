from __future__ import annotations

from typing import Any

import pytest

from store import summaries
from store.summaries import Line, Listed, Views

INBOX, SENT, TRASH, ALL, FLAGGED, UNREAD, UNLINKED = range(1, 8)
VIEWS = Views(frozenset({TRASH}), ALL, FLAGGED, UNREAD, UNLINKED)


def a_line(email_id: int, mailbox_id: int = INBOX, **changes: Any) -> Line:
    line = Line(
        thread_id=9, email_id=email_id, received_at=email_id * 10, seen=1, flagged=0, draft=0, is_outgoing=0,
        has_attachment=0, from_name="Ana Lima", from_email="ana@acme.example", subject=f"Subject {email_id}",
        preview=f"Preview {email_id}", mailbox_id=mailbox_id,
    )  # fmt: skip
    return line._replace(**changes)


def listed(*lines: Line) -> dict[int, tuple[int, int]]:
    return {row.mailbox_id: (row.at, row.is_unread) for row in summaries.lists(lines, VIEWS)}


def test_a_thread_stands_in_a_list_by_its_newest_email_there() -> None:
    found = listed(a_line(1), a_line(3, SENT), a_line(2))
    assert found == {INBOX: (20, 0), SENT: (30, 0), ALL: (30, 0)}


def test_an_unread_email_makes_the_thread_unread_in_every_list_in_sight() -> None:
    found = listed(a_line(1), a_line(2, SENT, seen=0))
    assert found == {INBOX: (10, 1), SENT: (20, 1), ALL: (20, 1), UNREAD: (20, 1)}


def test_a_draft_is_not_unread() -> None:
    assert listed(a_line(1, seen=0, draft=1)) == {INBOX: (10, 0), ALL: (10, 0)}


def test_what_is_starred_is_in_that_view_by_the_starred_email() -> None:
    assert listed(a_line(1, flagged=1), a_line(2))[FLAGGED] == (10, 0)


def test_what_lies_in_the_trash_is_in_no_view_and_unread_only_there() -> None:
    assert listed(a_line(1), a_line(2, TRASH, seen=0, flagged=1)) == {
        INBOX: (10, 0),
        ALL: (10, 0),
        TRASH: (20, 1),
    }


def test_the_trash_is_not_unread_because_something_elsewhere_is() -> None:
    found = listed(a_line(1, seen=0), a_line(2, TRASH))
    assert (found[INBOX], found[TRASH]) == ((10, 1), (20, 0))


def test_what_waits_to_be_linked_stands_in_that_view_as_in_all_mail() -> None:
    found = {
        row.mailbox_id: row for row in summaries.lists([a_line(1), a_line(2, seen=0)], VIEWS, is_to_file=True)
    }
    assert found[UNLINKED] == found[ALL]._replace(mailbox_id=UNLINKED)


def test_what_waits_to_be_linked_and_lies_in_the_trash_is_in_no_view() -> None:
    lines = [a_line(1, TRASH)]
    assert {row.mailbox_id for row in summaries.lists(lines, VIEWS, is_to_file=True)} == {TRASH}


def test_a_thread_is_called_by_its_first_subject_and_shown_by_its_newest_words() -> None:
    found = summaries.summary([a_line(2), a_line(1), a_line(3, seen=0, has_attachment=1)], VIEWS.hidden)
    assert (found.subject, found.preview) == ("Subject 1", "Preview 3")
    assert (found.started_at, found.last_at, found.last_in_at, found.last_out_at) == (10, 30, 30, None)
    assert (found.email_count, found.unread_count, found.has_attachment, found.is_flagged) == (3, 1, 1, 0)


def test_a_draft_is_not_the_newest_word_unless_there_is_no_other() -> None:
    draft = a_line(2, draft=1, seen=0, is_outgoing=1)
    found = summaries.summary([a_line(1), draft], VIEWS.hidden)
    assert (found.preview, found.last_at, found.last_out_at) == ("Preview 1", 10, None)
    assert (found.has_draft, found.unread_count) == (1, 0)
    assert summaries.summary([draft], VIEWS.hidden).preview == "Preview 2"


def test_what_is_out_of_sight_counts_only_where_all_of_it_is() -> None:
    trashed = a_line(2, TRASH, seen=0, flagged=1, is_outgoing=1)
    found = summaries.summary([a_line(1), trashed], VIEWS.hidden)
    assert (found.preview, found.email_count, found.unread_count, found.is_flagged) == ("Preview 1", 2, 0, 0)
    alone = summaries.summary([trashed], VIEWS.hidden)
    assert (alone.preview, alone.unread_count, alone.is_flagged, alone.last_out_at) == ("Preview 2", 1, 1, 20)


def test_an_email_in_two_mailboxes_counts_once() -> None:
    found = summaries.summary([a_line(1, seen=0), a_line(1, SENT, seen=0)], VIEWS.hidden)
    assert (found.email_count, found.unread_count) == (1, 1)


def by(*people: tuple[str, str]) -> list[Line]:
    return [
        a_line(n, from_name=name, from_email=email, is_outgoing=int(name == "Me"))
        for n, (name, email) in enumerate(people, 1)
    ]


@pytest.mark.parametrize(
    ("lines", "recipients", "names"),
    [
        (by(("Ana Lima", "a@x")), (), "Ana Lima"),
        (by(("", "a@x")), (), "a@x"),
        (by(("Ana Lima", "a@x"), ("Bob Ng", "b@x"), ("Me", "me@x"), ("Ana", "A@X")), (), "Ana, Bob, me"),
        (by(*((f"P{n} Q", f"{n}@x") for n in range(9))), (), "P0, …, P7, P8"),
        (by(("Me", "me@x")), ("Ana", "Bob"), "To: Ana, Bob"),
        (by(("Me", "me@x")), (), "me"),
    ],
)
def test_those_who_wrote_are_named_in_the_order_they_first_did(
    lines: list[Line], recipients: tuple[str, ...], names: str
) -> None:
    assert summaries.participants(lines, recipients) == names


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Ana Lima", "Ana"),
        ("Lima, Ana", "Ana"),
        ("ana@acme.example", "ana"),
        ("@acme", "@acme"),
        ("Acme Corp, Sales", "Acme"),
        ('"Ana"', "Ana"),
        ("Lima, ", "Lima"),
        ("", ""),
        ("'", "'"),
    ],
)
def test_people_are_called_by_one_word(name: str, short: str) -> None:
    assert summaries.short_name(name) == short


def test_only_the_owner_wrote_when_every_email_went_out() -> None:
    assert summaries.only_own(by(("Me", "me@x")))
    assert not summaries.only_own(by(("Me", "me@x"), ("Ana", "a@x")))


def test_differences_name_the_mailboxes_whose_counters_change() -> None:
    before = [Listed(INBOX, 10, 9, 1), Listed(SENT, 10, 9, 0), Listed(ALL, 10, 9, 1)]
    after = [Listed(INBOX, 20, 9, 0), Listed(SENT, 10, 9, 0), Listed(TRASH, 10, 9, 1)]
    assert summaries.differences(before, after) == {INBOX: (0, -1), ALL: (-1, -1), TRASH: (1, 1)}


def test_views_are_told_from_mailboxes_by_what_they_are() -> None:
    rows = [
        (1, "inbox", 0),
        (2, "trash", 0),
        (3, "junk", 0),
        (4, "all", 1),
        (5, "flagged", 1),
        (6, "unread", 1),
        (7, "unlinked", 1),
    ]
    assert summaries.views_of(rows) == Views(frozenset({2, 3}), 4, 5, 6, 7)

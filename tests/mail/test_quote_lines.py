from __future__ import annotations

import pytest

from mail import quote_lines


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("On 5/5/2020 10:00, Ana <a@b.c> wrote:", 1),
        ("On 5 May 2020, and\nAna wrote:", 2),
        ("On Tue, 5 May 2020 at 10:00, Ana Lima <\n\nana@b.c> wrote:", 3),
        ("On Tue, 5 May 2020 at 10:00, Ana Lima\n\n<ana@b.c> wrote:", 3),
        ("On Tue, 5 May 2020 at 10:00, Ana Lima\n\nana wrote:", None),
        ("2020-05-05 10:00 GMT+02:00 Ana Lima <a@b.c>:", 1),
        ("2020-05-05 10:00 GMT+2 Ana Lima", 1),
        ("2020-05-05 10:00 Ana Lima", None),
        ("2020-05-05 it began.", None),
        ("On 5 May 2020\nOn 6 May 2020, Ana wrote:", None),
        ("On Monday at 10:00 we met\n5 May 2020, Ana <a@b.c> wrote:", None),
        ("On Monday at 10:00, on\n5 May 2020 it was", None),
        ("On 5 May 2020 at 10:00,\nFrom: nobody", None),
        ("On 5 May 2020,\nwe met\nthe people\nof Acme\nand others\nthere\nand then\nsome", None),
        ("On 5 May 2020 10:00, " + "very " * 300 + "long wrote:", None),
        ("On page 5:", None),
        ("On page 5 Ana wrote:", 1),
        ("Ana, see the list:", None),
        ("On Monday,\nsee the list:", None),
        ("", None),
    ],
)
def test_an_attribution_ends_where_its_last_line_does(text: str, end: int | None) -> None:
    assert quote_lines.attribution(text.split("\n"), 0) == end


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("From: Ana\nTo: Bob\nSubject: x\n\nhi", 3),
        ("From: Ana <a@b.c>\nDate: today\nTo: Bob", 3),
        ("From: Lisbon\nTo: Porto\nDate: Monday", None),
        ("From: Ana\nTo: Bob", None),
        ("Cc: a@b.c\nFrom: Ana\nTo: Bob\nSubject: x", None),
        ("From: Ana\nTo: Bob\nFrom: Eve\nSubject: x", None),
        ("From: Ana\nTo: Bob,\n  Carol,\n  Dave\nCc: Eve\nCc: Fay\nSubject: x", 7),
        ("From: Ana\nTo: Bob\n" + "more\n" * 12 + "Subject: x", None),
    ],
)
def test_a_block_of_headers_needs_a_sender_two_more_roles_and_a_subject_or_an_address(
    text: str, end: int | None
) -> None:
    assert quote_lines.header_block(text.split("\n"), 0) == end

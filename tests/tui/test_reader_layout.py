from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from makers import NOW, an_address
from rich.cells import cell_len

from mail.dsn import Action, Bounce, Recipient
from mail.types import (
    AccountId,
    Attachment,
    Block,
    BlockKind,
    Document,
    EmailId,
    Link,
    LinkSpan,
    SafeText,
    ThreadId,
)
from store.rows import EmailRow
from tui.widgets.document_rows import Row, RowKind, document_rows, hides_host
from tui.widgets.reader_draw import in_ascii
from tui.widgets.reader_layout import Headers, MessageView, message_rows
from tui.widgets.reader_pages import FIRST_ROWS, Pages, Place


def a_row(**changes: Any) -> EmailRow:
    row = EmailRow(
        id=EmailId(1),
        thread_id=ThreadId(1),
        account_id=AccountId(1),
        message_id="m1@example.org",
        subject="Quote",
        from_=(an_address("ana@acme.example", "Ana Lima"),),
        reply_to=(),
        to=(an_address("me@dealbox.example", "Me"),),
        cc=(),
        bcc=(),
        received_at=NOW,
        sent_at=NOW,
        registered_at=NOW + 60,
        preview="We accept the terms",
        size_octets=900,
        keywords=frozenset(),
        is_outgoing=False,
        mailboxes=("Inbox",),
        attachments=(),
        problem=None,
    )
    return row._replace(**changes)


def a_document(*blocks: tuple[BlockKind, str]) -> Document:
    return Document(tuple(Block(kind, SafeText(text)) for kind, text in blocks))


def a_view(email: EmailRow, document: Document | None = None, **changes: Any) -> MessageView:
    view = MessageView(email, is_open=True, is_unread=False, is_loaded=True, document=document)
    return replace(view, **changes)


def texts(view: MessageView, width: int = 80) -> list[str]:
    return [row.text for row in message_rows(view, width, NOW)]


QUOTE = "\n".join(f"> line {number}" for number in range(12))
REPLY = a_document((BlockKind.TEXT, "Yes, please."), (BlockKind.QUOTE, QUOTE))


def test_a_long_quote_is_one_row_that_tells_its_lines() -> None:
    rows = list(document_rows(REPLY, 80, frozenset()))
    assert [row.text for row in rows] == ["Yes, please.", "▸ quoted, 12 lines"]
    assert rows[1].kind is RowKind.FOLD
    assert rows[1].block == 1


def test_a_quote_the_user_unfolded_shows_every_line() -> None:
    rows = list(document_rows(REPLY, 80, frozenset({1})))
    assert [row.text for row in rows][1:3] == ["▾ quoted, 12 lines", "> line 0"]
    assert len(rows) == 14


def test_a_short_quote_is_not_folded() -> None:
    document = a_document((BlockKind.TEXT, "Yes."), (BlockKind.QUOTE, "> May we?\n> Ana"))
    assert [row.text for row in document_rows(document, 80, frozenset())] == ["Yes.", "> May we?", "> Ana"]


def test_a_message_that_is_nothing_but_a_quote_is_not_blank() -> None:
    document = a_document((BlockKind.TEXT, "\n"), (BlockKind.QUOTE, QUOTE))
    assert "> line 0" in [row.text for row in document_rows(document, 80, frozenset())]


def test_a_long_quoted_line_keeps_its_mark_on_every_row() -> None:
    document = a_document((BlockKind.QUOTE, "> " + "word " * 30))
    assert all(row.text.startswith("> word") for row in document_rows(document, 40, frozenset()))


def linked(text: str, label: str, url: str, host: str) -> Document:
    start = text.index(label)
    block = Block(BlockKind.TEXT, SafeText(text), (LinkSpan(start, start + len(label), 1),))
    return Document((block,), (Link(1, url, host),))


def test_a_link_whose_label_hides_where_it_leads_shows_the_real_host() -> None:
    document = linked("Pay at paypal.com now", "paypal.com", "https://evil.example/x", "evil.example")
    (row,) = document_rows(document, 80, frozenset())
    assert row.text == "Pay at paypal.com [1 evil.example] now"
    assert [(row.text[start:end], url) for start, end, url in row.links] == [
        ("paypal.com", "https://evil.example/x")
    ]


@pytest.mark.parametrize(
    ("label", "url", "host", "hidden"),
    [
        ("https://acme.example/a?b=c", "https://acme.example/a?b=c", "acme.example", False),
        ("acme.example", "https://acme.example/", "acme.example", False),
        ("acme.example/pricing", "https://acme.example/pricing", "acme.example", False),
        ("www.acme.example", "https://www.acme.example/", "www.acme.example", False),
        ("ana@acme.example", "mailto:ana@acme.example", "acme.example", False),
        ("click here", "https://acme.example/", "acme.example", True),
        ("acme.example.evil.example", "https://acme.example/", "acme.example", True),
        ("paypal.com", "https://pal.com/", "pal.com", True),
        ("https://acme.example@evil.example/", "https://evil.example/", "evil.example", True),
    ],
)
def test_only_a_label_that_begins_with_the_real_host_is_believed(
    label: str, url: str, host: str, hidden: bool
) -> None:
    assert hides_host(label, Link(1, url, host)) is hidden


def test_a_link_wrapped_over_rows_leads_to_the_same_place_on_each() -> None:
    url = "https://acme.example/" + "a" * 90
    document = linked(f"See {url} please", url, url, "acme.example")
    rows = list(document_rows(document, 40, frozenset()))
    assert "".join(row.text[start:end] for row in rows for start, end, _ in row.links) == url
    assert {link.url for row in rows for link in row.links} == {url}


def test_the_link_under_a_cell_is_found_after_wide_letters() -> None:
    document = linked("日本 acme.example", "acme.example", "https://acme.example/", "acme.example")
    (row,) = document_rows(document, 80, frozenset())
    assert row.url_at(5) == "https://acme.example/"
    assert row.url_at(3) is None


def test_a_folded_message_is_one_row_as_wide_as_the_screen() -> None:
    (row,) = message_rows(a_view(a_row(), is_open=False), 60, NOW)
    assert row.kind is RowKind.FOLDED
    assert "Ana Lima" in row.text
    assert "We accept the terms" in row.text
    assert cell_len(row.text) == 60


def test_short_headers_show_people_and_the_time_received() -> None:
    shown = texts(a_view(a_row(cc=(an_address("bob@acme.example"),)), a_document((BlockKind.TEXT, "Hi"))))
    assert shown[0].startswith("▾ Ana Lima <ana@acme.example>")
    assert "Nov 2023" in shown[0]
    assert shown[1:3] == ["  to Me <me@dealbox.example>", "  cc bob@acme.example"]


def test_a_message_sent_long_before_it_came_shows_both_times() -> None:
    assert not any("sent" in text for text in texts(a_view(a_row())))
    assert any("sent" in text for text in texts(a_view(a_row(sent_at=NOW - 86_400))))


def test_full_headers_show_received_sent_and_registered_times_and_every_field() -> None:
    fields = (("Received", SafeText("from a by b")), ("X-Mailer", SafeText("m")))
    shown = texts(a_view(a_row(), headers=Headers.FULL, fields=fields))
    assert [text.split()[0] for text in shown[1:4]] == ["Received", "Sent", "Registered"]
    assert "X-Mailer: m" in shown


def test_answers_that_would_go_to_another_domain_are_announced() -> None:
    shown = texts(a_view(a_row(reply_to=(an_address("x@evil.example"),))))
    assert "  replies go to x@evil.example" in shown
    assert not any("replies go" in text for text in texts(a_view(a_row(reply_to=a_row().from_))))


def test_a_message_that_could_not_be_read_says_why_and_how_to_save_it() -> None:
    shown = " ".join(texts(a_view(a_row(problem="nested too deep"))))
    assert "nested too deep" in shown
    assert "S saves it as it came" in shown


def test_attachments_are_listed_and_pictures_of_the_text_only_counted() -> None:
    files = (
        Attachment("2", SafeText("quote.pdf"), "application/pdf", 120_000),
        Attachment("3", SafeText("logo.png"), "image/png", 900, is_inline=True, content_id="a@b"),
    )
    shown = texts(a_view(a_row(attachments=files), a_document((BlockKind.TEXT, "Hi"))))
    assert "  @ 1 quote.pdf  120 KB" in shown
    assert "  @ 1 picture in the text" in shown


@pytest.mark.parametrize("width", [20, 60, 100])
def test_no_row_is_wider_than_the_screen(width: int) -> None:
    people = tuple(an_address(f"somebody{number}@a-long-domain.example", "日本 太郎") for number in range(30))
    url = "https://acme.example/" + "a" * 90
    email = a_row(to=people, attachments=(Attachment("2", SafeText("x" * 90), "text/plain", 5),))
    rows = message_rows(
        a_view(email, linked(f"See {url} 日本語 please", url, url, "acme.example")), width, NOW
    )
    assert max(cell_len(row.text) for row in rows) <= width


def test_fold_marks_can_be_plain_ascii() -> None:
    assert in_ascii(Row(RowKind.FOLD, "▸ quoted, 12 lines")).text == "> quoted, 12 lines"
    assert in_ascii(Row(RowKind.TEXT, "▸ in the text")).text == "▸ in the text"


def lines(count: int) -> list[Row]:
    return [Row(RowKind.TEXT, str(number)) for number in range(count)]


def test_a_huge_message_is_laid_out_only_as_far_as_it_is_looked_at() -> None:
    pages = Pages()
    pages.fill([iter(lines(100_000))])
    assert pages.height == FIRST_ROWS
    pages.grow(1000)
    assert pages.height == FIRST_ROWS + 1000
    assert not pages.is_whole


def test_a_place_stays_true_when_a_message_above_it_grows() -> None:
    pages = Pages()
    pages.fill([iter(lines(3)), iter(lines(5))])
    place = pages.place(4)
    assert place == Place(1, 1)
    pages.put(0, iter(lines(10)))
    assert pages.y(place) == 11
    row = pages.row(11)
    assert row is not None
    assert row.text == "1"


def test_a_place_in_a_message_that_was_folded_is_its_one_row() -> None:
    pages = Pages()
    pages.fill([iter(lines(3)), iter(lines(50))])
    place = pages.place(40)
    pages.put(1, iter(lines(1)))
    assert pages.y(place) == 3


def test_there_is_no_row_outside_the_pages() -> None:
    pages = Pages()
    assert pages.row(0) is None
    pages.fill([iter(lines(2))])
    assert pages.row(2) is None
    assert pages.row(-1) is None


def test_what_became_of_a_message_stands_above_its_text() -> None:
    gone = Recipient(
        SafeText("bob@acme.example"),
        Action.FAILED,
        "5.1.1",
        SafeText("The mailbox does not exist (5.1.1)"),
        SafeText(""),
    )
    view = a_view(
        a_row(bounces=(Bounce(Action.FAILED, "m1@example.org", (gone,)),)),
        a_document((BlockKind.TEXT, "Hello")),
    )
    texts = [row.text for row in message_rows(view, 100, NOW)]
    assert "Not delivered to bob@acme.example: The mailbox does not exist (5.1.1)" in texts

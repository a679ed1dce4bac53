from __future__ import annotations

from mail import headers, structure
from mail.selection import Selection, select


def selected(body: str, content_type: str = "multipart/mixed; boundary=b") -> Selection:
    message = f"From: a@x.example\nContent-Type: {content_type}\n\n{body}".encode()
    root, _ = structure.read(message, *headers.split(message))
    return select(root)


def numbers(parts: list[structure.Part]) -> list[str]:
    return [part.number for part in parts]


def test_a_text_marked_as_attachment_is_read_when_there_is_nothing_else() -> None:
    found = selected("--b\nContent-Disposition: attachment\n\nhi\n--b--\n")
    assert numbers(found.plain) == numbers(found.html) == ["1"]


def test_an_empty_text_is_not_what_is_read_then() -> None:
    found = selected("--b\nContent-Disposition: attachment\n\n\n--b\nContent-Type: image/png\n\nx\n--b--\n")
    assert found.plain == found.html == []


def test_parts_of_an_alternative_that_are_neither_plain_nor_html_are_attached() -> None:
    body = "--b\n\nhi\n--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b\nContent-Type: image/png\n\nx\n--b--\n"
    found = selected(body, "multipart/alternative; boundary=b")
    assert numbers(found.plain) == numbers(found.html) == ["1"]
    assert "3" in numbers(found.attached)


def test_a_picture_in_the_text_is_attached_and_the_text_after_it_goes_on() -> None:
    found = selected("--b\n\nabove\n--b\nContent-Type: image/png\n\nx\n--b\n\nbelow\n--b--\n")
    assert numbers(found.plain) == ["1", "3"]
    assert numbers(found.attached) == ["2"]


def test_html_within_one_branch_of_an_alternative_belongs_to_the_html_rendering() -> None:
    related = (
        "Content-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>hi\n"
        "--c\nContent-Type: image/png\n\nx\n--c--\n"
    )
    found = selected(f"--b\n\nhi\n--b\n{related}\n--b--\n", "multipart/alternative; boundary=b")
    assert (numbers(found.plain), numbers(found.html)) == (["1"], ["2.1"])
    assert found.related == {"2.2"}


def test_a_mixed_branch_of_an_alternative_is_read_whole_in_the_rendering_it_begins() -> None:
    mixed = "Content-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--c\nContent-Type: text/html\n\n<p>two\n--c--\n"
    found = selected(f"--b\n{mixed}\n--b--\n", "multipart/alternative; boundary=b")
    assert numbers(found.plain) == ["1.1", "1.2"]


def test_the_footer_after_a_file_within_the_html_branch_is_read_with_it() -> None:
    mixed = (
        "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>hi\n"
        "--c\nContent-Type: application/pdf\n\nx\n--c\n\nfooter\n--c--\n"
    )
    found = selected(f"--b\n\nhi\n--b\n{mixed}\n--b--\n", "multipart/alternative; boundary=b")
    assert (numbers(found.plain), numbers(found.html)) == (["1"], ["2.1", "2.3"])


def test_an_alternative_of_html_alone_stands_for_the_plain_rendering_too() -> None:
    found = selected("--b\nContent-Type: text/html\n\n<p>hi\n--b--\n", "multipart/alternative; boundary=b")
    assert numbers(found.plain) == numbers(found.html) == ["1"]


def test_a_text_with_a_name_is_attached_and_one_without_is_read() -> None:
    found = selected("--b\n\nhi\n--b\nContent-Type: text/plain; name=a.txt\n\nfile\n--b\n\nmore\n--b--\n")
    assert (numbers(found.plain), numbers(found.attached)) == (["1", "3"], ["2"])

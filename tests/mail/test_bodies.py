from __future__ import annotations

from messages import a_message, a_multipart, a_part, words

from mail import parse


def test_html_is_read_in_the_charset_it_names_itself() -> None:
    header = b"From: a@x.example\nContent-Type: text/html\n\n"
    html = '<meta http-equiv=x content="text/html; charset=koi8-r"><p>Привет'.encode("koi8-r")
    assert words(parse.parse(header + html).body.html) == "Привет"


def test_an_encrypted_message_says_so() -> None:
    message = a_multipart(
        "encrypted",
        a_part("Version: 1", "application/pgp-encrypted"),
        a_part("x", "application/octet-stream"),
    )
    assert parse.parse(message).body.notice == "This message is encrypted."


def test_html_whose_style_hides_all_of_it_is_shown_and_it_is_told() -> None:
    email = parse.parse(a_message('<p style="display:none">offer</p>', content_type="text/html"))
    assert words(email.body.html) == "offer"
    assert email.body.notice is not None and "hides all of its text" in email.body.notice


def test_links_of_texts_put_together_are_numbered_on() -> None:
    message = a_multipart("mixed", a_part("see http://a.example/"), a_part("and http://b.example/ too"))
    document = parse.parse(message).body.plain
    assert document is not None
    assert [(link.number, link.host) for link in document.links] == [(1, "a.example"), (2, "b.example")]
    assert [span.number for block in document.blocks for span in block.links] == [1, 2]


def test_a_bounce_for_very_many_is_told_as_far_as_anyone_reads() -> None:
    status = "".join(f"Final-Recipient: rfc822; {n}@x.example\n\n" for n in range(300))
    email = parse.parse(a_multipart("report", a_part("Sorry."), a_part(status, "message/delivery-status")))
    assert words(email.body.plain).count("Final-recipient:") == 100


def test_words_without_room_are_the_preview_of_an_invitation_alone() -> None:
    calendar = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Talk\nEND:VEVENT\nEND:VCALENDAR\n"
    email = parse.parse(a_message(calendar, content_type="text/calendar"))
    assert email.preview == "Invitation: Talk"

from __future__ import annotations

import pytest

from mail import headers, structure


def read(message: bytes) -> tuple[structure.Part, bool]:
    return structure.read(message, *headers.split(message))


def leaves(message: bytes) -> list[tuple[str, str, bytes]]:
    root, _ = read(message)
    return [(part.number, part.media_type, structure.octets(message, part)) for part in root.leaves()]


def a_multipart(body: str, boundary: str = "b") -> bytes:
    return f'From: a@x.example\nContent-Type: multipart/mixed; boundary="{boundary}"\n\n{body}'.encode()


def an_encoded(encoding: str, body: bytes) -> tuple[bytes, structure.Part]:
    message = (
        b"From: a@x.example\nContent-Type: x/y\nContent-Transfer-Encoding: "
        + encoding.encode()
        + b"\n\n"
        + body
    )
    return message, read(message)[0]


def test_parts_are_numbered_and_end_before_the_line_break_of_their_delimiter() -> None:
    message = a_multipart("preamble\n--b\n\none\n--b\r\n\r\ntwo\r\n--b--\nepilogue\n--b\n\nnot a part")
    assert leaves(message) == [("1", "text/plain", b"one"), ("2", "text/plain", b"two")]


def test_a_multipart_without_a_boundary_or_delimiters_is_text() -> None:
    assert leaves(a_multipart("words", boundary="")) == [("1", "text/plain", b"words")]
    assert leaves(a_multipart("words")) == [("1", "text/plain", b"words")]


def test_lines_that_only_begin_like_a_delimiter_are_text() -> None:
    body = "--b\n\none --b\n--bulk\n--b" + " x" * 600 + "\ntwo\n--b"
    ((_, _, octets), *_) = leaves(a_multipart(body))
    assert octets.startswith(b"one --b\n--bulk\n--b x") and octets.endswith(b"two")


def test_the_parts_of_a_digest_are_messages() -> None:
    message = b"From: a@x.example\nContent-Type: multipart/digest; boundary=b\n\n--b\n\nFrom: c@x.example\n\nhi\n--b--\n"
    assert [(number, kind) for number, kind, _ in leaves(message)] == [("1", "message/rfc822")]


def test_too_deep_a_tree_ends_in_an_octet_stream() -> None:
    depth = structure.MAX_DEPTH + 5
    opened = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(depth))
    ((number, kind, _),) = leaves(a_multipart(opened, boundary="b0"))
    assert (kind, number.count(".")) == ("application/octet-stream", structure.MAX_DEPTH - 1)


def test_more_parts_than_anyone_sends_are_cut_and_it_is_told() -> None:
    root, is_cut = read(a_multipart("--b\n\nx\n" * (structure.MAX_PARTS + 10)))
    assert is_cut and len(root.parts) == structure.MAX_PARTS


def test_no_part_is_opened_once_there_are_too_many() -> None:
    inner = "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n"
    root, is_cut = read(a_multipart(inner * (structure.MAX_PARTS + 10)))
    assert is_cut
    assert {part.media_type for part in root.leaves()} == {"application/octet-stream"}


@pytest.mark.parametrize(
    ("encoding", "body", "octets"),
    [
        ("7bit", b"as it is", b"as it is"),
        ('"BASE64"', b"aGVs\r\nbG8=", b"hello"),
        (
            "base64",
            b"(this) was [never] encoded, as anyone sees!!",
            b"(this) was [never] encoded, as anyone sees!!",
        ),
        ("quoted-printable", b"a=3Db=\nc", b"a=bc"),
        ("x-uuencode", b"words before\nbegin 644 a.txt\n#0V%T\n`\nend\nafter", b"Cat"),
        ("uuencode", b"#0V%T\n", b"Cat"),
        ("x-uue", b"begin 644 a\n#0V%T  and more than needed\n\x7f\x7f\x7f\nend\n", b"Cat"),
    ],
)
def test_content_is_decoded_however_it_was_meant(encoding: str, body: bytes, octets: bytes) -> None:
    message, part = an_encoded(encoding, body)
    assert structure.octets(message, part) == octets


def test_a_limit_spares_the_rest() -> None:
    for encoding, body in (
        ("base64", b"QUFB" * 1_000),
        ("quoted-printable", b"=41" * 1_000),
        ("", b"A" * 3_000),
    ):
        message, part = an_encoded(encoding, body)
        assert structure.octets(message, part, 30).startswith(b"A" * 30)


@pytest.mark.parametrize(
    ("encoding", "body", "size"),
    [
        ("", b"12345", 5),
        ("base64", b"aGVs\r\nbG8=", 5),
        ("quoted-printable", b"a=3Db=\r\nc", 4),
        ("base64", b"", 0),
    ],
)
def test_the_decoded_size_is_reckoned_without_decoding(encoding: str, body: bytes, size: int) -> None:
    assert structure.size(*an_encoded(encoding, body)) == size

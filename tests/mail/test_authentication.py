"""What the receiving server says of a sender."""

from __future__ import annotations

import pytest

from mail import authentication, parse

GMAIL = (
    "mx.google.com; dkim=pass header.i=@corp.example header.s=20230601 header.b=ab; spf=pass (google.com: domain of"
    " me@corp.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=me@corp.example; dmarc={} (p=NONE sp=NONE"
    " dis=NONE) header.from=corp.example"
)
EXCHANGE = (
    "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=corp.example; dkim=none (message not signed) header.d=none;"
    "dmarc=fail action=oreject header.from=corp.example;compauth=fail reason=000"
)


def has_failed(*fields: str) -> bool:
    return authentication.has_failed(fields, "corp.example")


def test_nothing_said_is_no_failure() -> None:
    assert not has_failed()
    assert not has_failed("mx.corp.example; none")
    assert not has_failed("mx.corp.example; auth=pass smtp.auth=me")


def test_the_verdict_on_the_from_decides() -> None:
    assert not has_failed(GMAIL.format("pass"))
    assert has_failed(GMAIL.format("fail"))
    assert not has_failed(
        "mx.a.example; spf=fail smtp.mailfrom=x@y.example; dmarc=pass header.from=corp.example"
    )


def test_a_server_that_does_not_name_itself_is_understood() -> None:
    assert has_failed(EXCHANGE)


@pytest.mark.parametrize(
    "result", ["spf=fail", "spf=softfail", "dkim=fail (bad signature) header.d=corp.example"]
)
def test_a_failure_counts_where_nobody_looked_at_the_from(result: str) -> None:
    assert has_failed(f"mx.corp.example; {result}")


@pytest.mark.parametrize(
    "result", ["spf=none", "spf=neutral", "dkim=temperror", "dkim=none", "spf=permerror"]
)
def test_what_could_not_be_found_out_is_no_failure(result: str) -> None:
    assert not has_failed(f"mx.corp.example; {result}")


def test_a_signature_of_the_froms_domain_outweighs_a_forwarder_that_spf_does_not_know() -> None:
    assert not has_failed("mx.corp.example; spf=softfail; dkim=pass header.d=corp.example")
    assert has_failed("mx.corp.example; spf=softfail; dkim=pass header.d=evil.example")
    assert has_failed("mx.corp.example; spf=softfail; dkim=pass header.d=example")


def test_what_earlier_servers_say_counts_for_nothing() -> None:
    assert not has_failed("mx.corp.example; spf=pass", "relay.elsewhere.example; spf=fail")
    assert has_failed("mx.corp.example; spf=pass", "MX.corp.example; dkim=fail header.d=corp.example")


def test_a_sender_cannot_outvote_the_server_that_took_the_message_in() -> None:
    assert has_failed("mx.corp.example; dmarc=fail", "mx.evil.example; dmarc=pass header.from=corp.example")
    assert has_failed("mx.corp.example; dmarc=fail", "mx.corp.example; dmarc=pass header.from=corp.example")
    assert has_failed(
        "mx.corp.example; spf=fail; dkim=none", "mx.corp.example; dkim=pass header.d=corp.example; spf=pass"
    )


def test_a_comment_says_nothing() -> None:
    assert not has_failed("mx.corp.example; spf=pass (not; spf=fail (really))")


def test_garbage_is_no_failure() -> None:
    assert not has_failed("(((((", ";;;;", "=" * 9_000, "a b c; d; e=;")


MESSAGE = (
    b"Delivered-To: Me+d-abc@Corp.example\r\nX-Original-To: <copy@corp.example>\r\n"
    b"Authentication-Results: mx.corp.example; dmarc=fail header.from=corp.example\r\n"
    b"Delivered-To: me+d-abc@corp.example\r\nFrom: Me <me@corp.example>\r\nTo: ana@x.example\r\n"
    b"Subject: Quote\r\n\r\nHello\r\n"
)


def test_a_message_tells_where_it_was_delivered_each_address_once() -> None:
    assert parse.parse(MESSAGE).delivered_to == ("me+d-abc@corp.example", "copy@corp.example")


def test_a_header_tells_the_same() -> None:
    header = MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    told = parse.parse_header(header, 1_000)
    assert told.delivered_to == ("me+d-abc@corp.example", "copy@corp.example")
    assert told.fails_authentication


def test_a_message_of_a_server_that_says_nothing_fails_nothing() -> None:
    told = parse.parse(b"From: me@corp.example\r\nTo: ana@x.example\r\n\r\nHello\r\n")
    assert (told.delivered_to, told.fails_authentication) == ((), False)


def test_delivery_fields_full_of_rubbish_are_read_without_harm() -> None:
    told = parse.parse(
        b"Delivered-To: \xff\xfe@@@\r\n" * 50 + b"Delivered-To: a b\r\nFrom: a@b.example\r\n\r\nx"
    )
    assert len(told.delivered_to) <= 8
    " ".join(told.delivered_to).encode()

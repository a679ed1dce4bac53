"""What an account gives when asked for it: octets in groups, single parts, large messages without their files."""

from __future__ import annotations

import io

import pytest
from checking import (
    Cache,
    Check,
    OtherSide,
    connected,
    deliver,
    in_sync,
    octets,
    settle,
    sync,
    take_page,
)

from mail import parse
from mail.keywords import SEEN
from mail.operations import Applied, Destroy, Move, SetKeywords
from mail.types import RemoteKey
from providers.errors import Rejected

CHECKS: list[Check] = []
PHOTO = bytes(range(256)) * 40


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


def with_files(number: int = 1, file_octets: bytes = PHOTO) -> bytes:
    """Return a message with a text in two kinds, a photo and a note in quoted-printable."""
    import base64
    import quopri

    encoded = base64.encodebytes(file_octets).replace(b"\n", b"\r\n")
    note = quopri.encodestring("Größe: 50 %\n".encode() * 30).replace(b"\n", b"\r\n")
    return (
        b"Message-ID: <%d@example.com>\r\nSubject: Files\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="outer"\r\n\r\nPreamble\r\n'
        b'--outer\r\nContent-Type: multipart/alternative; boundary="inner"\r\n\r\n'
        b"--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello there\r\n"
        b"--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>there</b></p>\r\n--inner--\r\n"
        b"--outer\r\nContent-Type: image/png; name=photo.png\r\nContent-Disposition: attachment; filename=photo.png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n%b"
        b"--outer\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: attachment; filename=note.txt\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n%b\r\n--outer--\r\n"
    ) % (number, encoded, note)


@check
def several_messages_come_together_and_those_that_are_gone_are_left_out(other: OtherSide) -> None:
    places = deliver(other, 12)
    with in_sync(other) as (provider, cache):
        keys = [cache.place_of(octets(number))[1] for number in range(12)]
        other.remove(places[3])
        told = dict(provider.messages(other.inbox, keys))
        assert told == {key: octets(number) for number, key in enumerate(keys) if number != 3}


@check
def no_messages_of_a_mailbox_that_is_gone(other: OtherSide) -> None:
    with in_sync(other) as (provider, _):
        assert list(provider.messages(other.inbox, [])) == []
        assert list(provider.messages(other.inbox, [RemoteKey("1.99"), RemoteKey("nonsense")])) == []


@check
def a_part_is_written_decoded(other: OtherSide) -> None:
    message = with_files()
    other.deliver(other.inbox, message, 1_700_000_000)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(message)
        for number in ("1.1", "1.2", "2", "3"):
            file = io.BytesIO()
            provider.part(*place, number, file)
            assert file.getvalue() == parse.part(message, number)


@check
def the_part_without_a_name_is_the_message_as_it_came(other: OtherSide) -> None:
    message = with_files()
    other.deliver(other.inbox, message, 1_700_000_000)
    with in_sync(other) as (provider, cache):
        file = io.BytesIO()
        provider.part(*cache.place_of(message), "", file)
        assert file.getvalue() == message


@check
def the_only_part_of_a_simple_message_is_its_body(other: OtherSide) -> None:
    message = (
        octets()
        .replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
        .replace(b"Hello 1", b"SGk=")
    )
    other.deliver(other.inbox, message, 1_700_000_000)
    with in_sync(other) as (provider, cache):
        file = io.BytesIO()
        provider.part(*cache.place_of(message), "1", file)
        assert file.getvalue() == b"Hi"


@check
def asking_for_a_part_that_is_not_there_is_rejected(other: OtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets(0))
        for number in ("7", "1.1", "x"):
            with pytest.raises(Rejected):
                provider.part(*place, number, io.BytesIO())
        other.remove(place)
        with pytest.raises(Rejected):
            provider.part(*place, "", io.BytesIO())


@check
def a_message_too_large_to_hold_keeps_its_texts_and_its_parts_their_numbers(other: OtherSide) -> None:
    message = with_files(file_octets=PHOTO * 150)
    other.deliver(other.inbox, message, 1_700_000_000)
    with in_sync(other) as (provider, cache):
        (key,) = cache.known(other.inbox)
        ((_, told),) = provider.messages(other.inbox, [key])
        assert told is not None
        whole, here = parse.parse(message), parse.parse(told)
        assert [one.part for one in here.attachments] == [one.part for one in whole.attachments]
        assert here.preview == whole.preview
        assert here.message_id == whole.message_id


@check
def operations_of_one_kind_are_carried_out_together_and_answered_in_order(other: OtherSide) -> None:
    deliver(other, 40)
    with in_sync(other) as (provider, cache):
        places = [cache.place_of(octets(number)) for number in range(40)]
        other.remove(places[7])
        marks = [SetKeywords(*place, frozenset({SEEN}), frozenset()) for place in places]
        marked = list(provider.apply_all(marks))
        assert [isinstance(one, Applied) for one in marked] == [number != 7 for number in range(40)]
        moves = [Move(*place, other.archive, f"{number}@example.com") for number, place in enumerate(places)]
        moved = list(provider.apply_all(moves))
        assert [isinstance(one, Applied) for one in moved] == [number != 7 for number in range(40)]
        for number, one in enumerate(moved):
            if isinstance(one, Applied):
                assert one.key is not None
                assert provider.message(other.archive, one.key) == octets(number)
        again = list(provider.apply_all(moves))
        assert [one for one in again if isinstance(one, Applied)] == [
            one for one in moved if isinstance(one, Applied)
        ]
        gone = [
            Destroy(one.mailbox, one.key)
            for one in moved
            if isinstance(one, Applied) and one.mailbox and one.key
        ]
        assert {type(one) for one in provider.apply_all(gone)} == {Applied}
        settle(other, provider, cache)
        assert cache.messages == {}


@check
def copies_of_one_message_are_known_to_be_the_same(other: OtherSide) -> None:
    for mailbox in (other.inbox, other.archive):
        other.deliver(mailbox, octets(), 1_700_000_000)
    cache = Cache()
    told = []
    with connected(other, cache) as provider:
        batch = take_page(provider, cache)
        told += batch.upserted
        while batch.has_more_changes:
            batch = take_page(provider, cache)
            told += batch.upserted
    assert len(told) == 2
    assert len({remote.identity or remote.message for remote in told}) == 1


@check
def mail_is_told_by_its_header_or_whole(other: OtherSide) -> None:
    deliver(other, 3)
    cache = Cache()
    with connected(other, cache) as provider:
        batch = take_page(provider, cache)
    for remote in batch.upserted:
        assert remote.message is not None or remote.header is not None
        if remote.header is not None:
            assert b"Message-ID:" in remote.header
            assert remote.size_octets == len(octets(0))
            assert remote.identity is not None


@check
def news_noticed_in_the_middle_are_told_and_so_is_the_rest(other: OtherSide) -> None:
    deliver(other, 30)
    cache = Cache()
    with connected(other, cache) as provider:
        take_page(provider, cache, limit=5)
        other.deliver(other.inbox, octets(50), 1_790_000_000)
        provider.notice()
        sync(provider, cache, limit=5)
        settle(other, provider, cache)

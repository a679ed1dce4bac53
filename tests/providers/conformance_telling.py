"""What an account tells: everything, once, newest first, whatever happens between two pages."""

from __future__ import annotations

import pytest
from checking import (
    Cache,
    Check,
    OtherSide,
    agree,
    connected,
    deliver,
    in_sync,
    octets,
    settle,
    sync,
    take_page,
)

from mail.changes import State
from mail.keywords import ANSWERED, FLAGGED, SEEN
from mail.types import Role
from providers.errors import StateExpired

CHECKS: list[Check] = []


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


@check
def the_first_sync_tells_everything(other: OtherSide) -> None:
    deliver(other, 7)
    other.deliver(other.archive, octets(100), 1_600_000_000, frozenset({SEEN, FLAGGED}))
    with in_sync(other) as (_, cache):
        agree(other, cache)
        assert len(cache.messages) == 8


@check
def the_mailboxes_come_with_their_roles(other: OtherSide) -> None:
    with in_sync(other) as (_, cache):
        roles = {one.key: one.role for one in cache.mailboxes}
        assert roles[other.inbox] is Role.INBOX
        assert roles[other.archive] is Role.ARCHIVE
        assert roles[other.drafts] is Role.DRAFTS


@check
def the_octets_are_told_exactly(other: OtherSide) -> None:
    other.deliver(other.inbox, other.odd, 1_700_000_000)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(other.odd)
        assert provider.message(*place) == other.odd


@check
def the_time_received_is_told(other: OtherSide) -> None:
    other.deliver(other.inbox, octets(), 1_234_567_890)
    cache = Cache()
    with connected(other, cache) as provider:
        told = [remote.received_at for batch in sync(provider, cache) for remote in batch.upserted]
    assert told == [1_234_567_890]


@check
def a_page_holds_at_most_the_limit(other: OtherSide) -> None:
    deliver(other, 25)
    cache = Cache()
    with connected(other, cache) as provider:
        batches = sync(provider, cache, limit=4)
    assert max(len(batch.upserted) for batch in batches) <= 4
    agree(other, cache)


@check
def the_newest_mail_of_the_inbox_comes_first(other: OtherSide) -> None:
    deliver(other, 9)
    cache = Cache()
    with connected(other, cache) as provider:
        batches = sync(provider, cache, limit=3)
    times = [remote.received_at for batch in batches for remote in batch.upserted]
    assert times == sorted(times, reverse=True)


@check
def nothing_is_told_twice(other: OtherSide) -> None:
    deliver(other, 5)
    with in_sync(other) as (provider, cache):
        for _ in range(2):
            (batch,) = sync(provider, cache)
            assert (batch.upserted, batch.destroyed, batch.mailboxes) == ((), (), None)


@check
def mail_that_arrives_is_told_alone(other: OtherSide) -> None:
    deliver(other, 3)
    with in_sync(other) as (provider, cache):
        other.deliver(other.inbox, octets(50), 1_800_000_000)
        batches = sync(provider, cache)
        (told,) = [remote for batch in batches for remote in batch.upserted]
        assert told.message == octets(50) or (told.message is None and told.header is not None)
        agree(other, cache)


@check
def keywords_that_change_are_told_without_octets(other: OtherSide) -> None:
    deliver(other, 3)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets(1))
        other.mark(place, frozenset({SEEN, ANSWERED}))
        batches = sync(provider, cache)
        told = [(remote.message, remote.keywords) for batch in batches for remote in batch.upserted]
        assert told == [(None, frozenset({SEEN, ANSWERED}))]
        agree(other, cache)


@check
def mail_that_is_removed_is_told(other: OtherSide) -> None:
    deliver(other, 3)
    with in_sync(other) as (provider, cache):
        other.remove(cache.place_of(octets(1)))
        settle(other, provider, cache)
        assert len(cache.messages) == 2


@check
def mail_that_is_moved_is_told_in_its_new_place_only(other: OtherSide) -> None:
    deliver(other, 3)
    with in_sync(other) as (provider, cache):
        other.move(cache.place_of(octets(1)), other.archive)
        settle(other, provider, cache)
        assert cache.place_of(octets(1))[0] == other.archive


@check
def a_mailbox_that_appears_is_told_with_its_mail(other: OtherSide) -> None:
    with in_sync(other) as (provider, cache):
        mailbox = other.add_mailbox("Customers")
        other.deliver(mailbox, octets(), 1_700_000_000)
        settle(other, provider, cache)
        assert len(cache.messages) == 1


@check
def a_mailbox_that_disappears_is_told(other: OtherSide) -> None:
    mailbox = other.add_mailbox("Customers")
    deliver(other, 3, mailbox)
    with in_sync(other) as (provider, cache):
        other.remove_mailbox(mailbox)
        settle(other, provider, cache)
        assert cache.messages == {}


@check
def a_page_that_was_not_taken_is_told_again(other: OtherSide) -> None:
    deliver(other, 9)
    cache = Cache()
    with connected(other, cache) as provider:
        take_page(provider, cache, limit=3)
        provider.changes(cache.state, limit=3)
        sync(provider, cache, limit=3)
    agree(other, cache)


@check
def another_connection_goes_on_in_the_middle(other: OtherSide) -> None:
    deliver(other, 9)
    cache = Cache()
    batch = None
    while batch is None or batch.has_more_changes:
        with connected(other, cache) as provider:
            batch = take_page(provider, cache, limit=2)
            cache.fill(provider)
    agree(other, cache)


@check
def another_connection_tells_nothing_again(other: OtherSide) -> None:
    deliver(other, 5)
    with in_sync(other) as (_, cache):
        pass
    with connected(other, cache) as provider:
        assert [batch.upserted for batch in sync(provider, cache)] == [()]


@check
def changes_while_nobody_was_connected_are_told(other: OtherSide) -> None:
    deliver(other, 5)
    with in_sync(other) as (_, cache):
        pass
    other.remove(cache.place_of(octets(1)))
    other.mark(cache.place_of(octets(2)), frozenset({FLAGGED}))
    other.deliver(other.archive, octets(77), 1_700_000_077)
    with connected(other, cache) as provider:
        settle(other, provider, cache)


@check
def mail_that_arrives_between_two_pages_is_not_lost(other: OtherSide) -> None:
    deliver(other, 9)
    cache = Cache()
    with connected(other, cache) as provider:
        take_page(provider, cache, limit=3)
        other.deliver(other.inbox, octets(50), 1_900_000_000)
        other.deliver(other.archive, octets(51), 1_500_000_000)
        sync(provider, cache, limit=3)
        settle(other, provider, cache)


@check
def mail_that_changes_between_two_pages_is_told_as_it_is(other: OtherSide) -> None:
    places = deliver(other, 9)
    cache = Cache()
    with connected(other, cache) as provider:
        take_page(provider, cache, limit=3)
        other.mark(places[0], frozenset({SEEN}))
        other.remove(places[1])
        other.move(places[2], other.archive)
        other.mark(places[8], frozenset({FLAGGED}))
        sync(provider, cache, limit=3)
        settle(other, provider, cache)


@check
def a_state_that_is_not_its_own_has_expired(other: OtherSide) -> None:
    with in_sync(other) as (provider, _), pytest.raises(StateExpired):
        provider.changes(State("what somebody else remembers"))


@check
def without_a_state_everything_is_compared_anew(other: OtherSide) -> None:
    deliver(other, 5)
    with in_sync(other) as (provider, cache):
        other.remove(cache.place_of(octets(1)))
        other.deliver(other.inbox, octets(50), 1_900_000_000)
        cache.state = None
        settle(other, provider, cache)


@check
def a_mailbox_numbered_anew_is_told_under_its_new_keys(other: OtherSide) -> None:
    if other.renumber is None:  # most kinds of account never number anew
        return
    mailbox = other.add_mailbox("Customers")
    deliver(other, 9, mailbox)
    with in_sync(other) as (_, cache):
        before = set(cache.known(mailbox))
    other.renumber(mailbox)
    with connected(other, cache) as provider:
        batches = sync(provider, cache, limit=4)
        assert all(mailbox in batch.renumbered for batch in batches if batch.upserted)
        settle(other, provider, cache)
        assert not before & set(cache.known(mailbox))

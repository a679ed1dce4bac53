"""What an account does when asked, and how it waits: twice is harmless."""

from __future__ import annotations

import threading
import time

import pytest
from checking import (
    Check,
    OtherSide,
    connected,
    deliver,
    in_sync,
    name_of,
    octets,
    settle,
)

from mail.keywords import ANSWERED, DRAFT, FLAGGED, SEEN
from mail.operations import CreateMailbox, Destroy, Move, Save, SetKeywords
from providers.errors import Rejected

CHECKS: list[Check] = []


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


@check
def a_moved_message_lies_where_the_answer_says(other: OtherSide) -> None:
    other.deliver(other.inbox, octets(), 1_700_000_000, frozenset({SEEN, FLAGGED}))
    with in_sync(other) as (provider, cache):
        applied = provider.apply(Move(*cache.place_of(octets()), other.archive))
        assert applied.mailbox == other.archive
        assert applied.key is not None
        assert provider.message(other.archive, applied.key) == octets()
        settle(other, provider, cache)
        assert cache.contents()[name_of(cache, other.archive)] == [(octets(), frozenset({SEEN, FLAGGED}))]


@check
def moving_twice_is_moving_once(other: OtherSide) -> None:
    deliver(other, 2)
    with in_sync(other) as (provider, cache):
        operation = Move(*cache.place_of(octets(1)), other.archive, "1@example.com")
        assert provider.apply(operation) == provider.apply(operation)
        settle(other, provider, cache)
        assert len(cache.messages) == 2


@check
def another_connection_may_repeat_a_move(other: OtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        operation = Move(*cache.place_of(octets(0)), other.archive, "0@example.com")
        first = provider.apply(operation)
    with connected(other, cache) as provider:
        assert provider.apply(operation) == first


@check
def a_moved_message_can_be_moved_back(other: OtherSide) -> None:
    deliver(other, 2)
    before = other.contents()
    with in_sync(other) as (provider, cache):
        there = provider.apply(Move(*cache.place_of(octets(1)), other.archive))
        assert there.mailbox is not None
        assert there.key is not None
        back = provider.apply(Move(there.mailbox, there.key, other.inbox))
        assert back.mailbox == other.inbox
        settle(other, provider, cache)
    assert other.contents() == before


@check
def copies_of_one_message_can_be_moved_to_one_mailbox(other: OtherSide) -> None:
    customers = other.add_mailbox("Customers")
    for mailbox in (other.inbox, customers):
        other.deliver(mailbox, octets(), 1_700_000_000)
    with in_sync(other) as (provider, cache):
        applied = {provider.apply(Move(*place, other.archive)) for place in sorted(cache.messages)}
        assert len({one.key for one in applied}) == 2
        settle(other, provider, cache)
        assert len(cache.messages) == 2


@check
def moving_what_is_gone_is_rejected(other: OtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets(0))
        other.remove(place)
        with pytest.raises(Rejected):
            provider.apply(Move(*place, other.archive))


@check
def moving_to_a_mailbox_that_is_gone_is_rejected_and_loses_nothing(other: OtherSide) -> None:
    customers = other.add_mailbox("Customers")
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        other.remove_mailbox(customers)
        with pytest.raises(Rejected):
            provider.apply(Move(*cache.place_of(octets(0)), customers))
        settle(other, provider, cache)
        assert len(cache.messages) == 1


@check
def keywords_are_added_and_removed_and_others_kept(other: OtherSide) -> None:
    other.deliver(other.inbox, octets(), 1_700_000_000, frozenset({ANSWERED, FLAGGED}))
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets())
        applied = provider.apply(SetKeywords(*place, frozenset({SEEN}), frozenset({FLAGGED})))
        assert (applied.mailbox, applied.key) == place
        settle(other, provider, cache)
        assert cache.messages[place][1] == {SEEN, ANSWERED}


@check
def the_last_keyword_can_be_removed(other: OtherSide) -> None:
    other.deliver(other.inbox, octets(), 1_700_000_000, frozenset({SEEN}))
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets())
        provider.apply(SetKeywords(*place, frozenset(), frozenset({SEEN})))
        settle(other, provider, cache)
        assert cache.messages[place][1] == frozenset()


@check
def setting_keywords_twice_is_setting_them_once(other: OtherSide) -> None:
    deliver(other, 2)
    with in_sync(other) as (provider, cache):
        operation = SetKeywords(*cache.place_of(octets(1)), frozenset({FLAGGED, SEEN}), frozenset())
        assert provider.apply(operation) == provider.apply(operation)
        settle(other, provider, cache)


@check
def setting_keywords_of_what_is_gone_is_rejected(other: OtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets(0))
        other.remove(place)
        with pytest.raises(Rejected):
            provider.apply(SetKeywords(*place, frozenset({SEEN}), frozenset()))


@check
def a_message_just_moved_can_be_marked_in_its_new_place(other: OtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        applied = provider.apply(Move(*cache.place_of(octets(0)), other.archive))
        assert applied.mailbox is not None
        assert applied.key is not None
        provider.apply(SetKeywords(applied.mailbox, applied.key, frozenset({SEEN}), frozenset()))
        settle(other, provider, cache)
        assert cache.messages[cache.place_of(octets(0))][1] == {SEEN}


@check
def a_destroyed_message_is_gone_and_destroying_it_again_is_harmless(other: OtherSide) -> None:
    deliver(other, 2)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets(1))
        for _ in range(2):
            assert provider.apply(Destroy(*place)).key is None
        with pytest.raises(Rejected):
            provider.message(*place)
        settle(other, provider, cache)
        assert len(cache.messages) == 1


@check
def a_draft_saved_twice_is_one_draft(other: OtherSide) -> None:
    with in_sync(other) as (provider, cache):
        operation = Save(other.drafts, octets(), None)
        assert provider.apply(operation) == provider.apply(operation)
        settle(other, provider, cache)
        assert cache.contents()[name_of(cache, other.drafts)] == [(octets(), frozenset({DRAFT, SEEN}))]


@check
def a_draft_takes_the_place_of_the_one_it_replaces(other: OtherSide) -> None:
    with in_sync(other) as (provider, cache):
        first = provider.apply(Save(other.drafts, octets(1), None))
        operation = Save(other.drafts, octets(2), first.key)
        assert provider.apply(operation) == provider.apply(operation)
        settle(other, provider, cache)
        assert [told[0] for told in cache.messages.values()] == [octets(2)]


@check
def a_mailbox_created_twice_is_one_and_takes_mail(other: OtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        operation = CreateMailbox("Kunden/Größe & Co.")
        applied = provider.apply(operation)
        assert provider.apply(operation) == applied
        assert applied.mailbox is not None
        provider.apply(Move(*cache.place_of(octets(0)), applied.mailbox))
        settle(other, provider, cache)
        assert [one.name for one in cache.mailboxes if one.key == applied.mailbox] == ["Kunden/Größe & Co."]
        assert cache.place_of(octets(0))[0] == applied.mailbox


@check
def asking_for_a_message_that_is_gone_is_rejected(other: OtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        place = cache.place_of(octets(0))
        other.remove(place)
        with pytest.raises(Rejected):
            provider.message(*place)


@check
def waiting_ends_without_news_when_the_time_is_over(other: OtherSide) -> None:
    with in_sync(other) as (provider, _):
        began = time.monotonic()
        assert not provider.wait(0.1)
        assert time.monotonic() - began < 2


@check
def waiting_ends_within_two_seconds_of_a_change(other: OtherSide) -> None:
    with in_sync(other) as (provider, _):
        arrival = threading.Timer(0.1, lambda: other.deliver(other.inbox, octets(), 1_700_000_000))
        arrival.start()
        began = time.monotonic()
        assert provider.wait(30)
        assert time.monotonic() - began < 2
        arrival.join()


@check
def waiting_does_not_miss_what_came_before_it(other: OtherSide) -> None:
    with in_sync(other) as (provider, _):
        other.deliver(other.inbox, octets(), 1_700_000_000)
        assert provider.wait(2)


@check
def waiting_can_be_interrupted(other: OtherSide) -> None:
    with in_sync(other) as (provider, _):
        timer = threading.Timer(0.1, provider.interrupt)
        timer.start()
        began = time.monotonic()
        provider.wait(30)
        assert time.monotonic() - began < 2
        timer.join()


@check
def an_interruption_before_the_wait_is_not_lost(other: OtherSide) -> None:
    with in_sync(other) as (provider, _):
        provider.interrupt()
        began = time.monotonic()
        provider.wait(30)
        assert time.monotonic() - began < 2


@check
def closing_twice_is_harmless(other: OtherSide) -> None:
    with in_sync(other) as (provider, _):
        provider.close()

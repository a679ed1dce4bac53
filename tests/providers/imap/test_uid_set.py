from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.imap.uid_set import LARGEST, UidSet

uids = st.sets(st.one_of(st.integers(1, 60), st.integers(1, LARGEST)), max_size=60)


@given(uids)
def test_a_set_holds_what_it_was_made_of(some: set[int]) -> None:
    made = UidSet.from_uids(some)
    assert list(made) == sorted(some)
    assert list(reversed(made)) == sorted(some, reverse=True)
    assert len(made) == len(some)
    assert bool(made) == bool(some)
    assert all((uid in made) == (uid in some) for uid in range(65))
    assert (made.lowest, made.highest) == ((min(some), max(some)) if some else (0, 0))


@given(uids)
def test_what_is_written_reads_back_the_same(some: set[int]) -> None:
    made = UidSet.from_uids(some)
    if some:
        assert UidSet.parse(str(made).encode()) == made
    assert UidSet(made.ranges) == made
    assert hash(UidSet(made.ranges)) == hash(made)


@given(uids, uids)
def test_sets_add_up_as_sets_of_numbers_do(left: set[int], right: set[int]) -> None:
    one, other = UidSet.from_uids(left), UidSet.from_uids(right)
    assert set(one | other) == left | right
    assert set(one - other) == left - right
    assert set(one & other) == left & right
    assert one.among(sorted(right)) == sorted(left & right)


@given(uids, st.integers(1, 80))
def test_chunks_are_as_short_as_asked_and_leave_nothing_out(some: set[int], octets: int) -> None:
    made = UidSet.from_uids(some)
    chunks = list(made.chunks(octets))
    assert [uid for chunk in chunks for uid in chunk] == list(made)
    assert all(len(str(chunk)) <= octets or len(chunk.ranges) == 1 for chunk in chunks)


def test_a_hundred_thousand_messages_in_a_row_are_one_short_range() -> None:
    assert str(UidSet.from_uids(range(1, 100_001))) == "1:100000"


def test_sparse_and_large_uids_are_uids_like_others() -> None:
    """F28."""
    sparse = UidSet.from_uids([1, 4_000_000_000, 2**31 + 5])
    assert str(sparse) == "1,2147483653,4000000000"
    assert 4_000_000_000 in sparse and 4_000_000_001 not in sparse


def test_a_server_that_names_four_billion_messages_costs_nothing() -> None:
    """F17."""
    everything = UidSet.parse(b"1:4294967295")
    assert everything.among([5, 7]) == [5, 7]
    assert len(everything) == LARGEST


def test_open_ended_sets_are_written_with_a_star() -> None:
    assert str(UidSet.everything()) == "1:*"
    assert str(UidSet.everything(500)) == "500:*"


def test_ranges_in_any_order_and_overlapping_are_one_set() -> None:
    assert str(UidSet.parse(b"9:7,1:3,2:5,6")) == "1:9"
    assert repr(UidSet.parse(b"9:7")) == "UidSet(7:9)"


@pytest.mark.parametrize("text", [b"", b"a", b"1:", b":1", b"1,,2", b"1:2:3", b"-1", b"1 2", b"99999999999"])
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        UidSet.parse(text)

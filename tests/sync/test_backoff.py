from __future__ import annotations

import pytest

from sync.backoff import LONGEST_S, delay_s


def test_each_failure_doubles_the_wait_up_to_a_limit() -> None:
    assert [delay_s(attempts, 0) for attempts in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert delay_s(40, 0) == LONGEST_S
    assert delay_s(10**6, 0) == LONGEST_S


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.5, 1.0])
def test_chance_takes_off_up_to_a_half(chance: float) -> None:
    assert 4 <= delay_s(4, chance) <= 8


def test_the_accounts_own_wish_is_honoured_when_it_is_longer() -> None:
    assert delay_s(1, 0, wish_s=120) == 120
    assert delay_s(9, 0, wish_s=1) == 256


def test_no_failure_yet_waits_as_after_the_first() -> None:
    assert delay_s(0, 0) == 1

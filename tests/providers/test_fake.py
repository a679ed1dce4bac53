from __future__ import annotations

import pytest
from checking import Cache, Check, deliver, in_sync
from conformance import CHECKS
from other_sides import FakeOtherSide

from providers.errors import RetryLater, StateExpired


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("tells_headers", [False, True])
def test_the_account_in_memory_conforms(check: Check, tells_headers: bool) -> None:
    check(FakeOtherSide(tells_headers=tells_headers))


def test_a_state_the_server_forgot_has_expired() -> None:
    other = FakeOtherSide()
    deliver(other, 3)
    with in_sync(other) as (provider, cache):
        other.server.forget()
        with pytest.raises(StateExpired):
            provider.changes(cache.state)


def test_an_error_that_was_prepared_is_raised_once() -> None:
    other = FakeOtherSide()
    other.server.failures.append(RetryLater("busy"))
    provider = other.connect(Cache())
    with pytest.raises(RetryLater, match="busy"):
        provider.changes(None)
    assert provider.changes(None).mailboxes

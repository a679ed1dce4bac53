"""When to try again. Pure: attempts and a random number in, seconds out."""

from __future__ import annotations

from typing import Final

LONGEST_S: Final = 300.0
SIGN_IN_S: Final = 60.0


def delay_s(attempts: int, chance: float, wish_s: float | None = None, longest_s: float = LONGEST_S) -> float:
    """Return how long to wait after `attempts` failures in a row: 1, 2, 4 .. seconds, less up to a half by `chance`.

    `chance` is from 0 to 1, so that many who failed together do not come back together. The account's own wish
    is honoured when it is longer.
    """
    doubled = min(longest_s, 2.0 ** min(max(attempts - 1, 0), 30))
    return max(wish_s or 0.0, doubled * (1.0 - chance / 2.0))

"""How bulk writers leave room for whoever waits to write."""

from __future__ import annotations

import time
from typing import Final

from store.database import Database

SLICE: Final = 40
"""Messages between two looks at whether somebody waits to write."""
LONGEST_PAUSE_S: Final = 0.2
_GLANCE_S: Final = 0.002


def give_way(db: Database) -> None:
    """Wait, but not for long, until nobody waits to write."""
    until = time.monotonic() + LONGEST_PAUSE_S
    while db.is_wanted() and time.monotonic() < until:
        time.sleep(_GLANCE_S)

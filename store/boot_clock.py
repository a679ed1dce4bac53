"""A clock nobody sets, which all processes share until the machine starts again: for delays that outlive a process."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@functools.cache
def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def now_s() -> float:
    """Return the seconds since the machine started."""
    return time.clock_gettime(_CLOCK)


def after(delay_s: float) -> str | None:
    """Return the moment `delay_s` from now, to be kept; None where it would mean nothing to another process."""
    return f"{_boot()}:{now_s() + delay_s:.3f}" if _boot() else None


def seconds_to(moment: str | None) -> float | None:
    """Return how long until a moment that after() returned; None when the machine was started since."""
    boot, _, at = (moment or "").rpartition(":")
    return max(0.0, float(at) - now_s()) if boot and boot == _boot() else None

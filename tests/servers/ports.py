"""Free ports on the loopback address."""

from __future__ import annotations

import contextlib
import random
import socket

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on, below those the kernel hands to outgoing connections."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = random.SystemRandom().randrange(20_000, 32_000)
            taken = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                taken.bind((LOOPBACK, port))
                ports.append(port)
        return ports

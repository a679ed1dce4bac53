"""Counts the steps of a process that is to be killed at one of them."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any

from store.database import Database


class Steps:
    """Counts the steps of this process, and kills it at one of them; what is a step, `install` says."""

    kinds: tuple[str, ...] = ("BEGIN", "COMMIT")

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Make each statement of these kinds a step."""
        connect = Database._connect

        def traced(db: Database) -> sqlite3.Connection:
            connection = connect(db)
            connection.set_trace_callback(self.trace)
            return connection

        Database._connect = traced  # type: ignore[method-assign]

    def trace(self, statement: str) -> None:
        if statement.startswith(self.kinds):
            self.step()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what does the same with a step before and after it."""

        def stepping(*arguments: Any, **named: Any) -> Any:
            self.step()
            done = function(*arguments, **named)
            self.step()
            return done

        return stepping


def chosen(points: int, wanted: int) -> list[int]:
    """Return so many of the points from 1 on, evenly apart."""
    if wanted >= points:
        return list(range(1, points + 1))
    return sorted({1 + number * points // wanted for number in range(wanted)})

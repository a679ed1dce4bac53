"""Conversations judged by the rules of linking as soon as what they are judged by has changed, on a thread of its own.

What mail of strangers makes by itself is made with it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable

from linking import creating, deciding
from store.crm import import_runs
from store.database import Database
from store.links import auto_created, decisions

log = logging.getLogger(__name__)


def judge_due(db: Database, may_go_on: Callable[[], bool] = lambda: True) -> None:
    """Judge what is due, and make what is to be made of it: after what an account told, and whatever an end cut short.

    An import that was cut off is carried on first: nothing is judged by items that are there by half.
    """
    if not import_runs.carry_on(db, may_go_on):
        return
    deciding.decide_due(db, may_go_on=may_go_on)
    creating.create_due(db, may_go_on=may_go_on)
    # Of several conversations of a stranger the first makes the lead, and the others are linked to it.
    deciding.decide_due(db, may_go_on=may_go_on)


class Judging:
    """Judges what screens and companions of accounts change; what accounts tell is judged by their own threads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._is_stopping = False
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="judging")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def glance(self) -> None:
        """Look whether conversations wait to be judged, or to make something."""
        if decisions.is_due(self._db) or auto_created.due(self._db, 1) or import_runs.is_under_way(self._db):
            self._woken.set()

    def stop(self) -> None:
        """End after the transaction going on."""
        self._is_stopping = True
        self._woken.set()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                judge_due(self._db, lambda: not self._is_stopping)
            except sqlite3.Error as error:  # a full disk: what is due stays due
                log.error("conversations could not be judged: %s", error)
            except Exception:  # the outermost loop of this thread: what comes later is judged all the same
                log.exception("conversations could not be judged")
            self._woken.wait()
            self._woken.clear()

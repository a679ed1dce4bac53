"""Search: the first fifty, newest first, in the store and beside notmuch and mu."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator

from bench import peers, places
from bench.figures import Figure, median, milliseconds, percentile
from mail import query
from store import searches
from store.database import open_store

QUERIES = (
    ("common word", "offer"),
    ("rare word", "bramblewick"),
    ("two words", "offer meeting"),
    ("prefix", "pro*"),
)
RUNS = 60


def figures() -> Iterator[Figure]:
    data, maildir = places.synced(), places.corpus()
    if data is None or maildir is None:
        yield Figure("search", None, "ms", remark="../shared/corpus is not here")
        return
    rivals = _rivals()
    db = open_store(data, is_screen=False)
    try:
        for what, text in QUERIES:
            parsed = query.parse(text)
            ours = [_timed(lambda parsed=parsed: searches.search(db, parsed, limit=50)) for _ in range(RUNS)]
            yield Figure(f"{what}, p99", milliseconds(percentile(ours, 0.99)), "ms", "<= 15")
            for name, rival in rivals.items():
                theirs = [_timed(lambda rival=rival, text=text: rival(text)) for _ in range(9)]
                value, reference = milliseconds(median(ours)), milliseconds(median(theirs))
                yield Figure(f"{what}, p50", value, "ms", "ratio < 1", name, reference)
    finally:
        db.close()
    for name in ("notmuch", "mu"):
        if name not in rivals:
            yield Figure(f"beside {name}", None, "ms", remark=peers.why_not(name))


def _rivals() -> dict[str, Callable[[str], object]]:
    """Return the peers whose index is there; building one takes minutes, so it is done only when asked for."""
    if not os.environ.get("BENCH_PEERS"):
        return {}
    maildir = places.corpus()
    assert maildir is not None
    return {name: peers.searcher(name, maildir) for name in ("notmuch", "mu") if shutil.which(name)}


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started

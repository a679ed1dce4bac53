"""From a key to the first octet drawn, and how many octets a key costs, in a pty of 120x40."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from pty_terminal import PtyTerminal

from bench import places
from bench.figures import Figure, median, milliseconds, percentile

DOWNS = 300
OTHERS = 40
QUIET_S = 0.04


def figures() -> Iterator[Figure]:
    data = places.synced()
    if data is None:
        yield Figure("keys", None, "ms", remark="../shared/corpus is not here")
        return
    with _screen(data, places.settings("")) as terminal:
        yield from _latencies(terminal, "")
        yield from _octets(terminal, "true colour", 400)
        yield _idle(terminal)
    ansi = {**places.settings('theme = "ansi"\n'), "TERM": "xterm", "COLORTERM": ""}
    with _screen(data, ansi) as terminal:
        yield from _octets(terminal, "16 colours", 220)
    jumping = {**places.settings('theme = "ansi"\njump_scroll = true\n'), "TERM": "xterm", "COLORTERM": ""}
    with _screen(data, jumping) as terminal:
        yield _held(terminal)
    places.stop(data)
    yield from _while_syncing()


def _screen(data: Path, env: Mapping[str, str]) -> PtyTerminal:
    terminal = PtyTerminal([places.DEALBOX, "--data", str(data)], env=env)
    terminal.read(quiet_s=1.5, timeout_s=20)
    return terminal


def _times(terminal: PtyTerminal, keys: list[str]) -> list[float]:
    """Return seconds to the first octet after each key; a key that draws nothing counts for nothing."""
    times = []
    for key in keys:
        answer = terminal.press(key, quiet_s=QUIET_S, timeout_s=1)
        if answer.first_s is not None:
            times.append(answer.first_s)
    return times


def _latencies(terminal: PtyTerminal, when: str) -> Iterator[Figure]:
    down = _times(terminal, ["j"] * DOWNS)
    yield Figure(f"cursor down{when}, p50", milliseconds(median(down)), "ms", "<= 5" if not when else "")
    yield Figure(
        f"cursor down{when}, p99",
        milliseconds(percentile(down, 0.99)),
        "ms",
        "<= 20" if not when else "<= 60",
    )
    for what, keys in (
        ("page down", ["\x04"] * OTHERS),
        ("end and top", ["G", "gg"] * (OTHERS // 2)),
        ("open and back", ["\r", "q"] * (OTHERS // 2)),
        ("switch mailbox", ["gs", "gi"] * (OTHERS // 2)),
    ):
        times = _times(terminal, keys)
        yield Figure(f"{what}{when}, p99", milliseconds(percentile(times, 0.99)), "ms", "<= 60")


def _octets(terminal: PtyTerminal, colours: str, limit: int) -> Iterator[Figure]:
    terminal.press("gi")
    terminal.press("gg")
    moves, previews = [], []
    for _ in range(10):
        moves.append(len(terminal.press("j", quiet_s=0.06).octets))
        previews.append(len(terminal.read(quiet_s=0.3, timeout_s=0.6).octets))
    yield Figure(f"cursor move in {colours}", median(moves), "octets", f"<= {limit}")
    yield Figure(f"the preview after it in {colours}", median(previews), "octets")


def _idle(terminal: PtyTerminal) -> Figure:
    terminal.read(quiet_s=1.0, timeout_s=4)
    octets = b""
    end = time.monotonic() + 5
    while (left := end - time.monotonic()) > 0:
        octets += terminal.read(quiet_s=left, timeout_s=left).octets
    return Figure("idle for 5 s", float(len(octets)), "octets", "0")


def _held(terminal: PtyTerminal) -> Figure:
    octets, started = 0, time.monotonic()
    for _ in range(90):
        terminal.send("j")
        octets += len(terminal.read(quiet_s=0.03, timeout_s=1 / 30).octets)
    elapsed = time.monotonic() - started
    return Figure("held j, jump scroll, 16 colours", octets / elapsed / 1000, "kB/s", "<= 20")


def _while_syncing() -> Iterator[Figure]:
    maildir = places.corpus()
    if maildir is None:
        return
    data = places.fresh("syncing")
    places.add_account(data, maildir)
    terminal = PtyTerminal([places.DEALBOX, "--data", str(data)], env=places.settings(""))
    terminal.read(quiet_s=3, timeout_s=8)
    with terminal:
        yield from _latencies(terminal, " while syncing")
    places.stop(data)

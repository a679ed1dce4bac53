"""A program in a real pty: keys in, octets out. Used by tests of what reaches a terminal, and by bench."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self


class Answer(NamedTuple):
    """What came after a key: seconds to the first and to the last octet (None when nothing came), and the octets."""

    first_s: float | None
    last_s: float | None
    octets: bytes


class PtyTerminal:
    """A terminal of `columns` x `rows` with a program in it. It answers no query, as a slow link would not."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.octets = bytearray()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        for name in ("TMUX", "NO_COLOR", "COLUMNS", "LINES"):
            environment.pop(name, None)
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(1, termios.TIOCSWINSZ, size)
                if directory is not None:
                    os.chdir(directory)
                os.execvpe(argv[0], list(argv), environment)
            finally:
                os._exit(127)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, size)
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, keys: str | bytes) -> None:
        """Press keys."""
        os.write(self.descriptor, keys.encode() if isinstance(keys, str) else keys)

    def press(self, keys: str | bytes, *, quiet_s: float = 0.25, timeout_s: float = 10.0) -> Answer:
        """Press keys and return what was drawn until nothing came for `quiet_s`."""
        self.send(keys)
        return self.read(quiet_s=quiet_s, timeout_s=timeout_s)

    def read(self, *, quiet_s: float = 0.25, timeout_s: float = 10.0, until: bytes | None = None) -> Answer:
        """Return what is drawn until nothing came for `quiet_s`, or until `until` has come."""
        started = time.perf_counter()
        first: float | None = None
        last: float | None = None
        received = bytearray()
        while until is None or until not in received:
            now = time.perf_counter()
            is_waiting = first is None or until is not None
            limit = started + timeout_s if is_waiting else min(started + timeout_s, (last or now) + quiet_s)
            octets = self._receive(limit - now)
            if not octets:
                break
            last = time.perf_counter()
            first = first or last
            received += octets
        self.octets += received
        return Answer(first and first - started, last and last - started, bytes(received))

    def wait_for(self, words: str, timeout_s: float = 60.0) -> None:
        """Read on until the words are drawn, in one piece or in several; raises AssertionError when they never are."""
        begins, deadline = len(self.octets), time.monotonic() + timeout_s
        while words not in plain(bytes(self.octets[begins:])):
            assert time.monotonic() < deadline, f"{words!r} was never drawn"
            self.octets += self._receive(0.2)

    def settle(self, quiet_s: float = 0.5, timeout_s: float = 30.0) -> None:
        """Read on until nothing has come for `quiet_s`."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and (received := self._receive(quiet_s)):
            self.octets += received

    def _receive(self, timeout_s: float) -> bytes:
        if self.descriptor < 0:  # the line is gone, the program perhaps not yet
            time.sleep(max(0.0, timeout_s))
            return b""
        if timeout_s <= 0 or not select.select([self.descriptor], [], [], timeout_s)[0]:
            return b""
        try:
            return os.read(self.descriptor, 65_536)
        except OSError:  # Linux says EIO when the program has ended
            return b""

    def wait(self, timeout_s: float = 60.0) -> int | None:
        """Return the exit status of the program, None when it still runs after `timeout_s`; read on meanwhile."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self.octets += self._receive(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._is_over = True
                return os.waitstatus_to_exitcode(status)
        return None

    @property
    def resident_mb(self) -> float:
        """The memory the program has in RAM, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0

    @property
    def cpu_ms(self) -> float:
        """The CPU time of all its threads: steadier than the clock on a busy machine."""
        nanoseconds = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                nanoseconds += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue  # the thread has ended meanwhile
        return nanoseconds / 1e6

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal; the program gets SIGWINCH."""
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """End the program, if it still runs, and the terminal."""
        if not self._is_over:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self._is_over = True
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<newline>\r?\n|\r)"
    r"|\x1b\[(?P<csi>[0-9;:<=>?]*[ -/]*[@-~])"
    r"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(?P<escape>\x1b[ -/]*[0-~])"
    r"|(?P<control>[\x00-\x1f\x7f-\x9f])"
)
_INVISIBLE = re.compile(
    "[\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_MODES = "7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048"
_OURS = re.compile(
    r"(?:[0-9]+(?:;[0-9]+)*)?m"  # colours
    r"|(?:\d+;\d+)?H|2J|J|K"  # where to draw
    rf"|\?(?:{_MODES})[hl]"  # screen, mouse, paste, focus, synchronised output
    r"|\?(?:2026|2048)\$p"  # does the terminal know these
    r"|>25u|<u"  # kitty's keyboard
)
_OSC = re.compile(
    r"8;(?:id=[\w.-]+)?;(?:|(?:https?|mailto|tel):[\x21-\x7e]*)"  # a link, or its end
    r"|22;(?:default|pointer|text)"  # the shape of the mouse pointer
)


def foreign(octets: bytes, *, columns: int, rows: int, may_copy: bool = False) -> list[str]:
    """Return whatever in the output is neither plain text nor an escape Textual itself writes."""
    found: list[str] = []
    for match in _TOKEN.finditer(octets.decode("utf-8", "backslashreplace")):
        kind, value = match.lastgroup, match[match.lastgroup or 0]
        if kind == "text":
            found += [f"invisible {character!r}" for character in _INVISIBLE.findall(value)]
        elif kind == "csi" and (not _OURS.fullmatch(value) or _is_outside(value, columns, rows)):
            found.append(f"CSI {value!r}")
        elif kind == "osc" and not (_OSC.fullmatch(value) or (may_copy and value.startswith("52;c;"))):
            found.append(f"OSC {value!r}")
        elif kind in ("escape", "control"):
            found.append(f"{kind} {value!r}")
    return found


def _is_outside(csi: str, columns: int, rows: int) -> bool:
    """Tell whether a cursor move leaves the screen, as one forged by a message would."""
    if not csi.endswith("H") or csi == "H":
        return False
    row, column = (int(number) for number in csi[:-1].split(";"))
    return row > rows or column > columns


def plain(octets: bytes) -> str:
    """Return the text of an output without its escapes, in the order written."""
    return "".join(
        match["text"] or (match["newline"] and "\n") or ""
        for match in _TOKEN.finditer(octets.decode("utf-8", "replace"))
    )

"""A line between a client and a server: slow, narrow, silent or cut, while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType

from servers.ports import LOOPBACK

_CHUNK = 65_536
_SO_LINGER_0 = struct.pack("ii", 1, 0)


class Way(Enum):
    """Which of the two directions."""

    TO_SERVER = "to the server"
    TO_CLIENT = "to the client"


class End(Enum):
    """How a line fails."""

    FIN = "both sides hear that it is over"
    RST = "both sides hear that it broke"
    STALL = "nothing goes that way any more, and nobody hears of it"


@dataclass(slots=True)
class Fault:
    """Fail when `octets` more went `way` over one connection; `struck` is set when it happened."""

    way: Way
    octets: int
    end: End
    times: int = 1
    struck: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Forward a port of its own to `port`.

    `round_trip_s` and `octets_per_s` (of each connection and direction; 0: no limit) may change while it runs.
    """

    def __init__(self, port: int, *, round_trip_s: float = 0, octets_per_s: int = 0) -> None:
        self.round_trip_s = round_trip_s
        self.octets_per_s = octets_per_s
        self.octets = dict.fromkeys(Way, 0)  # forwarded since the start, or since somebody set them to 0
        self.connections = 0
        self._target = port
        self._faults: list[Fault] = []
        self._lines: set[_Line] = set()
        self._loop = asyncio.new_event_loop()
        self._plugged = asyncio.Event()
        self._plugged.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._do(self._listen())

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every connection and the proxy."""
        self._do(self._end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def fail(self, way: Way, octets: int, end: End = End.FIN, times: int = 1) -> Fault:
        """Let the first connection that carries `octets` more octets `way` fail after exactly so many."""
        fault = Fault(way, octets, end, times)
        self._do(self._arm(fault))
        return fault

    def pull_cable(self) -> None:
        """Carry nothing any more: connections go silent, new ones are never answered."""
        self._do(self._call(self._plugged.clear))

    def plug_in(self) -> None:
        """Carry on, with what was held back."""
        self._do(self._call(self._plugged.set))

    def cut_all(self, end: End = End.FIN) -> None:
        """End every connection there is; new ones work."""
        self._do(self._cut_all(end))

    def refuse(self) -> None:
        """Be a server that is down: end every connection, and refuse new ones."""
        self._do(self._stop_listening())
        self._do(self._cut_all(End.RST))

    def accept(self) -> None:
        """Be a server that is up again, on the same port."""
        self._do(self._listen())

    def _do(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _call(self, change: Callable[[], None]) -> None:
        change()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port, limit=_CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _end_all(self) -> None:
        await self._stop_listening()
        await self._cut_all(End.FIN)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut_all(self, end: End) -> None:
        for line in list(self._lines):
            line.cut(end)

    async def _arm(self, fault: Fault) -> None:
        self._faults.append(fault)
        for line in self._lines:
            line.carried[fault.way] = 0

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        # asyncio itself stumbles over a handler of streams that was cancelled.
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._plugged.wait()
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target, limit=_CHUNK)
            line = _Line({Way.TO_CLIENT: writer, Way.TO_SERVER: far_writer})
            self._lines.add(line)
            try:
                await asyncio.gather(
                    self._one_way(line, Way.TO_SERVER, reader), self._one_way(line, Way.TO_CLIENT, far_reader)
                )
            finally:
                self._lines.discard(line)
                line.cut(End.FIN)
        writer.close()

    async def _one_way(self, line: _Line, way: Way, reader: asyncio.StreamReader) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=64)
        deliver = asyncio.ensure_future(self._deliver(line, way, waiting))
        with contextlib.suppress(OSError):
            while octets := await reader.read(_CHUNK):
                await waiting.put((time.monotonic() + self.round_trip_s / 2, octets))
        await waiting.put((time.monotonic() + self.round_trip_s / 2, b""))
        await deliver

    async def _deliver(self, line: _Line, way: Way, waiting: asyncio.Queue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, octets = await waiting.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                await self._plugged.wait()
                if not octets:
                    break
                await self._forward(line, way, octets)
        line.finish(way)
        while (await waiting.get())[1]:
            pass  # the other side is gone: what still comes is lost

    async def _forward(self, line: _Line, way: Way, octets: bytes) -> None:
        fault = self._due(line, way, len(octets))
        if fault is not None:
            octets = octets[: fault.octets - line.carried[way]]
        line.carried[way] += len(octets)
        self.octets[way] += len(octets)
        await self._write(line.writers[way], octets)
        if fault is not None:
            fault.struck.set()
            if fault.end is End.STALL:
                await asyncio.Event().wait()
            line.cut(fault.end)
            raise ConnectionResetError

    async def _write(self, writer: asyncio.StreamWriter, octets: bytes) -> None:
        piece = max(1, self.octets_per_s // 50) if self.octets_per_s else len(octets)
        for start in range(0, len(octets), max(piece, 1)):
            part = octets[start : start + piece]
            if self.octets_per_s:
                await asyncio.sleep(len(part) / self.octets_per_s)
            writer.write(part)
            await writer.drain()

    def _due(self, line: _Line, way: Way, more: int) -> Fault | None:
        for fault in self._faults:
            if fault.way is way and fault.times > 0 and line.carried[way] + more >= fault.octets:
                fault.times -= 1
                return fault
        return None


class _Line:
    """One connection: where each direction is written to, and how much went."""

    def __init__(self, writers: dict[Way, asyncio.StreamWriter]) -> None:
        self.writers = writers
        self.carried = dict.fromkeys(Way, 0)  # since the connection, or the newest fault of this direction

    def finish(self, way: Way) -> None:
        """Tell one side that nothing more comes."""
        with contextlib.suppress(OSError, RuntimeError):
            if self.writers[way].can_write_eof():
                self.writers[way].write_eof()

    def cut(self, end: End) -> None:
        for writer in self.writers.values():
            if end is End.RST:
                sock = writer.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _SO_LINGER_0)
                writer.transport.abort()
            else:
                writer.close()

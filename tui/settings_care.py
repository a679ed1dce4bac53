"""Read the settings again when their file changes, in every screen that is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from store import settings
from store.settings import Settings, SettingsError
from tui.bridge import in_store

_LOOK_EVERY_S: Final = 1.0
Stamp = tuple[int, int, int] | None


class SettingsCare:
    """Looks at the file once a second. A file with mistakes changes nothing, and the user hears of them."""

    def __init__(self, path: Path, take: Callable[[Settings], None], warn: Callable[[str], None]) -> None:
        self._path = path
        self._take = take
        self._warn = warn
        self._seen = self._stamp()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Read the file if it is another than before."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            chosen = await in_store(settings.load, self._path)
        except SettingsError as error:
            self._warn(f"{error}. The settings stay as they were.")
            return
        self._take(chosen)

    def _stamp(self) -> Stamp:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

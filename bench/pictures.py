"""`make screenshots`: pictures of the real screen over the sample mailbox, for the docs."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len

from store.database import Database, open_store
from store.settings import Settings
from tui.app import DealboxApp

PIXELS = 1400
CELL = 12.2  # as Rich draws
_TEXT = re.compile(
    r'(<text class="[^"]*-r\d+" x=")([\d.]+)(" y="[\d.]+") textLength="[\d.]+"( clip-path="[^"]*">)([^<]*)</text>'
)
_WORD = re.compile(r"[^ \xa0]+")
# file, theme, size in cells, keys pressed before the picture is taken
PICTURES: tuple[tuple[str, str, tuple[int, int], Sequence[str]], ...] = (
    ("mail", "dark", (160, 46), ()),
    ("reader", "dark", (120, 40), ("j", "j", "j", "enter")),
    ("link", "dark", (120, 40), ("j", "j", "L")),
    ("compose", "dark", (120, 40), ("j", "j", "r", *"Tuesday at ten suits me.", "ctrl+x")),
    ("small", "dark", (80, 24), ()),
)


def main() -> int:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    target.mkdir(parents=True, exist_ok=True)
    scripts = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "demo"
        subprocess.run([str(scripts / "dealbox"), "--data", str(data), "demo", "--no-screen"], check=True)
        subprocess.run([str(scripts / "dealbox-sync"), "--data", str(data), "--once"], check=True)
        for name, theme, size, keys in PICTURES:
            svg = asyncio.run(_picture(data, theme, size, keys))
            print(_written(target / name, svg))
        subprocess.run([str(scripts / "dealbox"), "--data", str(data), "worker", "stop"], check=False)
    return 0


async def _picture(data: Path, theme: str, size: tuple[int, int], keys: Sequence[str]) -> str:
    db: Database = open_store(data, is_screen=True)
    app = DealboxApp(db, Settings(theme=theme))
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause(1.5)
            for key in keys:
                await pilot.press(key)
                await pilot.pause(0.4)
            await pilot.pause(1.0)
            return app.export_screenshot(title="dealbox")
    finally:
        db.close()


def _written(path: Path, svg: str) -> Path:
    """Write a PNG where rsvg-convert is at hand, else the SVG itself; return which."""
    text = _TEXT.sub(_word_by_word, svg)
    if not shutil.which("rsvg-convert"):
        path.with_suffix(".svg").write_text(text, "utf-8")
        return path.with_suffix(".svg")
    picture = path.with_suffix(".png")
    subprocess.run(
        ["rsvg-convert", "--width", str(PIXELS), "--keep-aspect-ratio", "-o", str(picture)],
        input=text.encode(),
        check=True,
    )
    return picture


def _word_by_word(found: re.Match[str]) -> str:
    """Give each word its own place: rsvg-convert leaves out textLength, and a line drifts by the width of its signs."""
    before, x, y, clip, text = found.groups()
    words = []
    for word in _WORD.finditer(html.unescape(text)):
        cells = cell_len(html.unescape(text)[: word.start()])
        words.append(f"{before}{float(x) + cells * CELL:.1f}{y}{clip}{html.escape(word[0])}</text>")
    return "".join(words)


if __name__ == "__main__":
    sys.exit(main())

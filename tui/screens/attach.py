"""Attach files: a path typed with Tab completing it, over what lies there; ~ and wildcards are understood."""

from __future__ import annotations

import glob
import os
import shlex
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.bridge import in_store
from tui.content import line
from tui.format import fit, plural, shorten, size
from tui.screens.dialog import Dialog

_LOOKED_AT: Final = 5_000
_SHOWN: Final = 200
_MOST_FILES: Final = 100
_SIZE_CELLS: Final = 9


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that lies where the path leads. A directory's `size_octets` is None."""

    path: str
    size_octets: int | None


def plain_path(typed: str) -> str:
    """Return the path that was typed or dropped onto the terminal: without quotes, escapes or file://."""
    text = typed.strip()
    if text.startswith("file://"):
        return unquote(urlsplit(text).path)
    if text[:1] in "'\"" or "\\" in text:
        try:
            words = shlex.split(text)
        except ValueError:
            return text
        return words[0] if len(words) == 1 else text
    return text


def entries(typed: str) -> list[Entry]:
    """Return what the path may go on to, directories first; hidden files only when a dot was typed."""
    path = Path(plain_path(typed) or "./").expanduser()
    text = plain_path(typed)
    directory, start = (path, "") if text.endswith("/") or not text else (path.parent, path.name)
    if glob.has_magic(start):
        return [_entry(each) for each in files(typed)]
    try:
        with os.scandir(directory) as found:
            names = [each.name for each in islice(found, _LOOKED_AT)]
    except OSError:
        return []
    fitting = [
        name
        for name in names
        if name.casefold().startswith(start.casefold())
        and (start.startswith(".") or not name.startswith("."))
    ]
    shown = [_entry(directory / name) for name in sorted(fitting, key=str.casefold)[:_LOOKED_AT]]
    return sorted(shown, key=lambda each: each.size_octets is not None)[:_SHOWN]


def files(typed: str) -> list[Path]:
    """Return the files a path means; more than one when it has wildcards."""
    text = plain_path(typed)
    if not text:
        return []
    path = Path(text).expanduser()
    if not glob.has_magic(text) or path.exists():
        return [path] if path.is_file() else []
    found = glob.iglob(str(path))  # noqa: PTH207 - Path.glob takes no absolute pattern
    return sorted(each for each in map(Path, islice(found, _LOOKED_AT)) if each.is_file())[:_MOST_FILES]


def _entry(path: Path) -> Entry:
    try:
        status = path.stat()
    except OSError:
        return Entry(str(path), 0)
    return Entry(f"{path}/" if path.is_dir() else str(path), None if path.is_dir() else status.st_size)


def is_directory(typed: str) -> bool:
    """Say whether a path leads to a directory."""
    return Path(plain_path(typed)).expanduser().is_dir()


def completed(typed: str, found: list[Entry]) -> str:
    """Return the path as far as everything that fits goes on alike."""
    if not found:
        return typed
    first, last = min(each.path for each in found), max(each.path for each in found)
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    common = "".join(letter for letter, _ in alike)
    path = str(Path(plain_path(typed)).expanduser())
    return common if len(common) > len(path) or common.endswith("/") else typed


class Attach(Dialog[list[Path]]):
    """Answers with files. Enter takes the path, or what is highlighted; a directory is gone into."""

    BINDINGS = [
        Binding("tab", "complete", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def __init__(self, start: str, attached: str) -> None:
        """`start` is the path to begin at, `attached` says how much is attached already."""
        super().__init__()
        self._start = start
        self._attached = attached
        self._found: list[Entry] = []
        self._asked = ""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.assemble(("Attach", "bold"), (f"  {self._attached}", "dim")))
            path = Input(self._start, placeholder="a path; ~ and * are understood", select_on_focus=False)
            path.cursor_blink = False
            yield path
            options = OptionList(markup=False)
            options.can_focus = False
            yield options
            yield Static(Content.styled("Tab completes   Enter attaches   Esc back", "dim"), id="attach-said")

    def on_mount(self) -> None:
        self._look()

    @on(Input.Changed)
    def _on_typed(self) -> None:
        self._look()

    def _look(self) -> None:
        self.run_worker(self._list(self.query_one(Input).value), group="list", exclusive=True)

    async def _list(self, typed: str) -> None:
        self._asked = typed
        options = self.query_one(OptionList)
        found = await in_store(entries, typed)
        if self._asked != typed or not self.is_attached:
            return
        self._found = found
        options.clear_options()
        options.add_options([Option(_label(each, self.row_cells)) for each in found])
        options.highlighted = None

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if self._found:
            at = -1 if options.highlighted is None and rows > 0 else (options.highlighted or 0)
            options.highlighted = max(0, min(at + rows, len(self._found) - 1))

    async def action_complete(self) -> None:
        field = self.query_one(Input)
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self._put(self._found[index].path)
            return
        found = await in_store(entries, field.value)
        self._put(completed(field.value, found))

    def _put(self, path: str) -> None:
        field = self.query_one(Input)
        field.value = path
        field.cursor_position = len(path)

    @on(OptionList.OptionSelected)
    async def _on_clicked(self, event: OptionList.OptionSelected) -> None:
        await self._take(self._found[event.option_index].path)

    @on(Input.Submitted)
    async def _on_submitted(self, event: Input.Submitted) -> None:
        index = self.query_one(OptionList).highlighted
        await self._take(event.value if index is None else self._found[index].path)

    async def _take(self, typed: str) -> None:
        found = await in_store(files, typed)
        if found:
            self.dismiss(found)
        elif await in_store(is_directory, typed):
            self._put(f"{plain_path(typed).rstrip('/')}/")
        else:
            said = f"There is no file {line(plain_path(typed)) or 'named yet'}"
            self.query_one("#attach-said", Static).update(Content.styled(said, "bold $error"))


def _label(entry: Entry, cells: int) -> Content:
    name = entry.path.rstrip("/").rpartition("/")[2] + ("/" if entry.size_octets is None else "")
    octets = "" if entry.size_octets is None else size(entry.size_octets)
    room = cells - _SIZE_CELLS
    return Content.assemble(fit(shorten(line(name), room), room), (f"{octets:>{_SIZE_CELLS}}", "dim"))


def total(sizes: list[int], most: int) -> str:
    """Return "2 files, 2.1 MB of 25 MB"."""
    return (
        f"{plural(len(sizes), 'file')}, {size(sum(sizes))} of {size(most)}"
        if sizes
        else f"at most {size(most)} in all"
    )

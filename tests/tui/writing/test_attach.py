from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Input

from tui.screens import attach
from tui.screens.attach import Attach


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in (("quote.pdf", "x" * 1200), ("quotes.txt", "y"), (".hidden", "z")):
        (tmp_path / name).write_text(text)
    (tmp_path / "queue").mkdir()
    return tmp_path


class DialogApp(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, dialog: Attach) -> None:
        super().__init__()
        self.dialog = dialog
        self.answers: list[list[Path] | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answers.append)


def test_directories_come_first_and_hidden_files_only_when_asked_for(place: Path) -> None:
    assert [each.path for each in attach.entries(f"{place}/")] == [
        f"{place}/queue/",
        f"{place}/quote.pdf",
        f"{place}/quotes.txt",
    ]
    assert [each.path for each in attach.entries(f"{place}/.h")] == [f"{place}/.hidden"]


def test_a_path_is_completed_as_far_as_it_is_clear(place: Path) -> None:
    assert attach.completed(f"{place}/quo", attach.entries(f"{place}/quo")) == f"{place}/quote"


def test_the_home_directory_and_wildcards_are_understood(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(place))
    assert attach.files("~/quote.pdf") == [place / "quote.pdf"]
    assert attach.files("~/*.*t*") == [place / "quotes.txt"]
    assert attach.files("~/quote*") == [place / "quote.pdf", place / "quotes.txt"]


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("'/a b/c.pdf'", "/a b/c.pdf"),
        ("/a\\ b/c.pdf", "/a b/c.pdf"),
        ("file:///a%20b/c.pdf", "/a b/c.pdf"),
        ("/it's/c.pdf", "/it's/c.pdf"),
    ],
)
def test_a_path_dropped_onto_the_terminal_is_read(typed: str, path: str) -> None:
    assert attach.plain_path(typed) == path


async def test_enter_gives_the_file_and_a_directory_is_gone_into(place: Path) -> None:
    app = DialogApp(Attach(f"{place}/queue", "at most 25 MB in all"))
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.dialog.query_one(Input).value == f"{place}/queue/"
        app.dialog.query_one(Input).value = f"{place}/quote.pdf"
        await pilot.press("enter")
        await pilot.pause()
    assert app.answers == [[place / "quote.pdf"]]


async def test_a_file_that_is_not_there_is_told_at_once(place: Path) -> None:
    app = DialogApp(Attach(f"{place}/nothing [/foo].pdf", ""))
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await pilot.pause()
        said = app.dialog.query_one("#attach-said")
        assert "There is no file" in str(said.render())
    assert app.answers == []

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pty_terminal import PtyTerminal
from screens import an_inbox, lines, text, the_screen

from store.database import Database
from store.settings import Settings
from tui.settings_care import SettingsCare


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "config.toml"
    found.write_text("")
    return found


def write(path: Path, text: str | None) -> None:
    path.unlink() if text is None else path.write_text(text)


async def test_a_changed_file_takes_effect_in_a_running_screen(db: Database, path: Path) -> None:
    an_inbox(db, 5, unread=2)
    async with the_screen(db, size=(120, 40)) as (app, pilot):
        care = SettingsCare(path, app.take, app.mail.warn)
        write(path, 'theme = "light"\nglyphs = "ascii"\ndate_style = "iso"\n[keys]\n"move.down" = "J"\n')
        await care.look()
        await pilot.pause()
        assert app.theme_name == "light"
        assert text(app).isascii()
        assert "2023-11-14" in lines(app)[1]
        await pilot.press("j")
        assert app.mail.thread_list.cursor == 0
        await pilot.press("J")
        assert app.mail.thread_list.cursor == 1


@pytest.mark.parametrize("theme", ["light", "ansi", "none", "dark"])
async def test_every_theme_can_be_changed_to(db: Database, path: Path, theme: str) -> None:
    an_inbox(db, 5)
    async with the_screen(db) as (app, pilot):
        care = SettingsCare(path, app.take, app.mail.warn)
        write(path, f'theme = "{theme}"\n')
        await care.look()
        await pilot.pause()
        assert app.theme_name == theme
        assert "Subject 4" in text(app)


async def test_a_file_with_a_mistake_changes_nothing_and_is_told(db: Database, path: Path) -> None:
    an_inbox(db, 3)
    async with the_screen(db) as (app, pilot):
        care = SettingsCare(path, app.take, app.mail.warn)
        write(path, 'glyphs = "ascii"\ntheme = "drak"\n')
        await care.look()
        await pilot.pause()
        assert app.mail.settings == Settings()
        told = " ".join(text(app).split())
        assert "line 2: theme: 'drak' is not allowed" in told
        assert '"none"' in told
        assert "The settings stay as they were." in told


async def test_a_file_that_did_not_change_is_not_read(db: Database, path: Path) -> None:
    taken: list[Settings] = []
    warned: list[str] = []
    care = SettingsCare(path, taken.append, warned.append)
    await care.look()
    write(path, None)
    await care.look()
    assert taken == [Settings()]
    assert not warned


def test_a_mistake_found_at_the_start_is_told_in_whole_words(path: Path, tmp_path: Path) -> None:
    write(path, 'theme = "a colour that nobody knows"\n')
    program = "import sys; sys.path.insert(0, sys.argv[1]); from tui.cli.main import main; sys.exit(main(sys.argv[2:]))"
    argv = [sys.executable, "-P", "-c", program, str(Path(__file__).parents[2])]
    with PtyTerminal(
        [*argv, "--data", str(tmp_path), "--config", str(path)], columns=40, rows=10
    ) as terminal:
        assert terminal.wait(60) == 1
        told = terminal.octets.decode().splitlines()
    words = ["dealbox:", "theme:", "is", "not", "allowed;", "write", '"dark",', '"light",']
    assert [word for word in words if not any(word in line.split() for line in told)] == []
    assert max(map(len, told)) <= 40

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.color import Color
from rich.segment import Segment
from screens import an_inbox, the_screen
from textual.app import App

from store.database import Database
from store.settings import Settings
from tui import glyphs, themes
from tui.glyphs import Glyphs

_SIGNS = set(" ─│┌┐└┘▁▂▃▄▅▆▇█")
_READABLE, _READABLE_THOUGH_DIM = 4.5, 3.0  # WCAG 2.2, 1.4.3: for text, and for what is no text to read


def luminance(color: Color) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = (value / 255 for value in color.get_truecolor())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(segment: Segment) -> float:
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.bgcolor is not None
    low, high = sorted((luminance(segment.style.color), luminance(segment.style.bgcolor)))
    return (high + 0.05) / (low + 0.05)


def painted(app: App[int]) -> list[Segment]:
    """Return what is on the screen and has a letter in it."""
    strips = app.screen._compositor.render_strips()  # there is no public way to what is painted
    return [segment for strip in strips for segment in strip if set(segment.text) - _SIGNS]


def ending_with(app: App[int], text: str) -> Segment:
    """Return what ends with a text, away from the cursor."""
    return next(
        segment for segment in painted(app) if segment.text.strip().endswith(text) and ">" not in segment.text
    )


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    "keys",
    [(), ("j", "enter", "H"), ("L",), ("g", "l"), ("question_mark",), ("c",), ("g", "j"), ("g", "I")],
    ids=" ".join,
)
async def test_everything_on_the_screen_can_be_read(db: Database, theme: str, keys: Sequence[str]) -> None:
    an_inbox(db, 5, unread=2)
    async with the_screen(db, size=(120, 40), settings=Settings(theme=theme)) as (app, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        faint = {each.text.strip(): contrast(each) for each in painted(app) if contrast(each) < _READABLE}
        assert faint == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_what_matters_less_is_dimmer_but_can_be_read(db: Database, theme: str) -> None:
    an_inbox(db, 5)
    async with the_screen(db, size=(120, 40), settings=Settings(theme=theme)) as (app, pilot):
        await pilot.pause()
        subject, date = contrast(ending_with(app, "Subject 3")), contrast(ending_with(app, "Nov'23"))
        assert _READABLE_THOUGH_DIM < date < subject * 0.6


@pytest.mark.parametrize("theme", ["ansi", "none"])
async def test_without_colours_of_its_own_the_screen_says_dim_to_the_terminal(
    db: Database, theme: str
) -> None:
    an_inbox(db, 5)
    async with the_screen(db, size=(120, 40), settings=Settings(theme=theme)) as (app, pilot):
        await pilot.pause()
        subject, date = ending_with(app, "Subject 3").style, ending_with(app, "Nov'23").style
        assert date is not None
        assert date.dim
        assert subject is None or not subject.dim


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "rxvt-256color", "COLORFGBG": "0;default;15"}, "light"),
        ({"TERM": "rxvt-256color", "COLORFGBG": "15;0"}, "dark"),
        ({"TERM": "xterm"}, "ansi"),
        ({"TERM": "linux", "COLORFGBG": "0;15"}, "ansi"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "none"),
    ],
)
def test_what_the_terminal_says_of_itself_chooses_the_theme(environment: dict[str, str], theme: str) -> None:
    assert themes.chosen("auto", environment) == theme


def test_a_theme_of_the_settings_holds_but_for_the_wish_to_have_no_colour() -> None:
    assert themes.chosen("light", {"TERM": "xterm"}) == "light"
    assert themes.chosen("light", {"TERM": "xterm", "NO_COLOR": "1"}) == "none"


@pytest.mark.parametrize(
    ("environment", "signs"),
    [
        ({}, glyphs.UNICODE),
        ({"LANG": "de_DE.UTF-8"}, glyphs.UNICODE),
        ({"LANG": "de_DE"}, glyphs.UNICODE),
        ({"LANG": "C.utf8@x"}, glyphs.UNICODE),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, glyphs.ASCII),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, glyphs.ASCII),
        ({"LANG": "POSIX", "LC_ALL": ""}, glyphs.ASCII),
    ],
)
def test_the_locale_chooses_the_signs(environment: dict[str, str], signs: Glyphs) -> None:
    assert glyphs.chosen("auto", environment) == signs


def test_signs_of_the_settings_hold_in_every_locale() -> None:
    assert glyphs.chosen("unicode", {"LC_ALL": "C"}) == glyphs.UNICODE
    assert glyphs.chosen("ascii", {}) == glyphs.ASCII

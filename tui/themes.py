"""How dealbox is coloured: dark, light, the terminal's own 16 colours, or none at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from textual.theme import Theme

NAMES: Final = ("dark", "light", "ansi", "none")

_DARK = Theme(
    name="dealbox-dark",
    primary="#6ea8fe",
    secondary="#8fb8a8",
    warning="#e5b567",
    error="#ef7b72",
    success="#7fbf7f",
    accent="#8ab4f8",
    foreground="#d6d6d6",
    background="#161719",
    surface="#161719",
    panel="#26282c",
    dark=True,
    variables={
        "block-cursor-background": "#2f4a6d",
        "block-cursor-foreground": "#ffffff",
        "text-disabled": "auto 60%",
    },
)
_LIGHT = Theme(
    name="dealbox-light",
    primary="#1a56b0",
    secondary="#2f6f5e",
    warning="#8a5a00",
    error="#b3261e",
    success="#2e7d32",
    accent="#1a56b0",
    foreground="#1f2328",
    background="#ffffff",
    surface="#ffffff",
    panel="#e9ecf0",
    dark=False,
    variables={
        "block-cursor-background": "#bcd3f5",
        "block-cursor-foreground": "#000000",
        "text-disabled": "auto 60%",
    },
)
_ANSI = Theme(
    name="dealbox-ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    accent="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_white",
    },
)
_LIGHT_GROUNDS: Final = ("7", "15")  # white and bright white of the 16 colours
THEMES: Final = (_DARK, _LIGHT, _ANSI)


def chosen(wanted: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the theme to use: `wanted`, but none when NO_COLOR is set.

    Of auto comes ansi where only 16 colours can be, light where the terminal names a light ground in COLORFGBG.
    """
    if "NO_COLOR" in environment:
        return "none"
    if wanted != "auto":
        return wanted
    terminal = environment.get("TERM", "")
    has_many = environment.get("COLORTERM", "") in ("truecolor", "24bit")
    if not has_many and not terminal.endswith(("-256color", "-direct")):
        return "ansi"
    return "light" if environment.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_GROUNDS else "dark"


def textual_name(name: str) -> str:
    """Return what Textual calls a theme of ours; without colour it is the 16-colour one, its colours filtered out."""
    return {"dark": _DARK, "light": _LIGHT}.get(name, _ANSI).name


def is_ansi(name: str) -> bool:
    """Say whether a theme leaves colours to the terminal."""
    return name in ("ansi", "none")

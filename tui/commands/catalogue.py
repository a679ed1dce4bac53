"""Load every module that declares commands. The order here is their order in help and docs/keys.md."""

from tui.commands import app, find, goto, motion, select, thread, view

__all__ = ["app", "find", "goto", "motion", "select", "thread", "view"]

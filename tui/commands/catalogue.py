"""Load every module that declares commands."""

from tui.commands import app, find, goto, motion, reader, select, thread, view, yank

__all__ = ["app", "find", "goto", "motion", "reader", "select", "thread", "view", "yank"]

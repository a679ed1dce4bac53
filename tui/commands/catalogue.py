"""Load every module that declares commands."""

from tui.commands import app, find, goto, link, motion, reader, select, thread, view, yank

__all__ = ["app", "find", "goto", "link", "motion", "reader", "select", "thread", "view", "yank"]

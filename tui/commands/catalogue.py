"""Load every module that declares commands."""

from tui.commands import app, find, goto, jobs, link, motion, reader, select, thread, view, yank

__all__ = ["app", "find", "goto", "jobs", "link", "motion", "reader", "select", "thread", "view", "yank"]

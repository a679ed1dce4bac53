"""Load every module that declares commands."""

from tui.commands import app, compose, find, goto, jobs, link, motion, reader, select, thread, view, yank

__all__ = [
    "app",
    "compose",
    "find",
    "goto",
    "jobs",
    "link",
    "motion",
    "reader",
    "select",
    "thread",
    "view",
    "yank",
]

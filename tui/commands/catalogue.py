"""Load every module that declares commands."""

from tui.commands import (
    account,
    app,
    compose,
    crm_lists,
    find,
    goto,
    identities,
    jobs,
    link,
    mailboxes,
    motion,
    reader,
    select,
    thread,
    view,
    yank,
)

__all__ = [
    "account",
    "app",
    "compose",
    "crm_lists",
    "find",
    "goto",
    "identities",
    "jobs",
    "link",
    "mailboxes",
    "motion",
    "reader",
    "select",
    "thread",
    "view",
    "yank",
]

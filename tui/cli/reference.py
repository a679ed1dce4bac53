"""dealbox keys and dealbox settings: reference printed from what the program itself goes by."""

from __future__ import annotations

import argparse

from tui.cli.main import say


def keys(options: argparse.Namespace) -> int:
    """Print every key and what it does."""
    from tui.commands.reference import keys_document

    say(keys_document().rstrip())
    return 0


def settings(options: argparse.Namespace) -> int:
    """Print a settings file with every setting, its default and what it allows."""
    from store.settings import example

    say(example().rstrip())
    return 0

"""Asking the person at the terminal: questions go to stderr, answers come from the terminal."""

from __future__ import annotations

import getpass
import sys
from typing import Final

from tui.cli.main import BadUse, note

_TRIES: Final = 3


def is_somebody_there() -> bool:
    """Say whether a person can be asked."""
    return sys.stdin.isatty()


def line(question: str, default: str = "") -> str:
    """Ask for a line; `default` is what Enter means. Raises BadUse where nobody can be asked."""
    if not is_somebody_there():
        raise BadUse(f"{question}? Nobody is here to ask: say it on the command line (--help)")
    sys.stderr.write(f"{question} [{default}]: " if default else f"{question}: ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise KeyboardInterrupt
    return answer.strip() or default


def yes(question: str) -> bool:
    """Ask a question; only "yes" or "y" is a yes, and nobody there is a no."""
    return is_somebody_there() and line(f"{question} [y/N]").lower() in {"y", "yes"}


def agreed(question: str) -> bool:
    """Ask a question that Enter agrees to; what is neither yes nor no is asked again. Raises BadUse where nobody can be asked."""
    while True:
        answer = line(question, "y").lower()
        if answer in {"y", "yes", "n", "no"}:
            return answer[0] == "y"


def secret(question: str) -> str:
    """Ask for something that must not show. Raises BadUse where nobody can be asked."""
    if not is_somebody_there():
        raise BadUse(f"{question}? Nobody is here to ask: use --password-stdin or DEALBOX_KEY_FILE")
    return getpass.getpass(f"{question}: ", stream=sys.stderr)


def new_secret(question: str, shortest: int) -> str:
    """Ask twice for something new; "" when the person wants none. Raises BadUse."""
    for _ in range(_TRIES):
        first = secret(question)
        if not first:
            return ""
        if len(first) < shortest:
            note(f"At least {shortest} characters.")
        elif secret("Once more") == first:
            return first
        else:
            note("These were not the same.")
    raise BadUse("no passphrase was chosen")

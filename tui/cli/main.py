"""The program dealbox: no argument opens the screen, the rest is for scripts. Textual is imported only for the screen."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

USAGE_ERROR: Final = 2
FAILURE: Final = 1

# command -> module and function that carry it out
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "account add": ("tui.cli.accounts", "add"),
    "account list": ("tui.cli.accounts", "show"),
    "account mailboxes": ("tui.cli.mailboxes", "mailboxes"),
    "account identities": ("tui.cli.identities", "show"),
    "account identity": ("tui.cli.identities", "change"),
    "account remove": ("tui.cli.removal", "remove"),
    "account sign-in": ("tui.cli.sign_in", "sign_in"),
    "account crm": ("tui.cli.account_crm", "settings"),
    "unlock": ("tui.cli.sign_in", "unlock"),
    "sync": ("tui.cli.worker", "sync"),
    "worker install": ("tui.cli.worker", "install"),
    "worker status": ("tui.cli.worker", "status"),
    "worker stop": ("tui.cli.worker", "stop"),
    "search": ("tui.cli.mail", "search"),
    "show": ("tui.cli.mail", "show"),
    "import crm": ("tui.cli.imports", "import_crm"),
    "import csv": ("tui.cli.imports", "import_csv"),
    "import vcard": ("tui.cli.imports", "import_vcard"),
    "import json": ("tui.cli.imports", "import_json"),
    "import undo": ("tui.cli.imports", "undo"),
    "export": ("tui.cli.export", "export"),
    "duplicates": ("tui.cli.export", "duplicates"),
    "link": ("tui.cli.crm", "link"),
    "unlink": ("tui.cli.crm", "unlink"),
    "bcc": ("tui.cli.account_crm", "bcc"),
    "copy": ("tui.cli.account_crm", "copy"),
    "exceptions list": ("tui.cli.account_crm", "list_exceptions"),
    "exceptions add": ("tui.cli.account_crm", "add_exception"),
    "exceptions remove": ("tui.cli.account_crm", "remove_exception"),
    "why": ("tui.cli.linking", "why"),
    "relink": ("tui.cli.linking", "relink"),
    "stage list": ("tui.cli.fields", "stages"),
    "stage pipeline": ("tui.cli.fields", "add_pipeline"),
    "stage rename-pipeline": ("tui.cli.fields", "rename_pipeline"),
    "stage add": ("tui.cli.fields", "add_stage"),
    "stage set": ("tui.cli.fields", "change_stage"),
    "stage remove": ("tui.cli.fields", "remove_stage"),
    "field list": ("tui.cli.fields", "fields"),
    "field add": ("tui.cli.fields", "add_field"),
    "field rename": ("tui.cli.fields", "rename_field"),
    "field remove": ("tui.cli.fields", "remove_field"),
    "share": ("tui.cli.sharing", "share"),
    "user list": ("tui.cli.users", "show"),
    "user add": ("tui.cli.users", "add"),
    "user set": ("tui.cli.users", "change"),
    "item new": ("tui.cli.items", "new"),
    "item set": ("tui.cli.items", "change"),
    "item show": ("tui.cli.items", "show"),
    "item won": ("tui.cli.item_states", "won"),
    "item lost": ("tui.cli.item_states", "lost"),
    "item stage": ("tui.cli.item_states", "stage"),
    "item reopen": ("tui.cli.item_states", "reopen"),
    "item convert": ("tui.cli.item_states", "convert"),
    "item archive": ("tui.cli.item_states", "archive"),
    "item delete": ("tui.cli.item_states", "delete"),
    "item restore": ("tui.cli.item_states", "restore"),
    "item merge": ("tui.cli.item_states", "merge"),
    "note": ("tui.cli.item_states", "write_note"),
    "activity": ("tui.cli.item_states", "plan"),
    "doctor": ("tui.cli.doctor", "doctor"),
    "demo": ("tui.cli.demo", "demo"),
    "keys": ("tui.cli.reference", "keys"),
    "settings": ("tui.cli.reference", "settings"),
}


class Failed(Exception):
    """The command could not do what was asked. The text is one sentence for the user."""


class BadUse(Exception):
    """The command was asked for something that does not exist. The text says what does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run dealbox and return its exit status: 0, 1 for a failure, 2 for bad use."""
    options = _options(sys.argv[1:] if arguments is None else arguments)
    from store.database import StoreTooNew, StoreUnusable
    from store.paths import Unsafe
    from store.settings import SettingsError

    os.umask(0o077)
    try:
        status = _run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read our output has left; Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BadUse as error:
        return _complain(error, USAGE_ERROR)
    except (Failed, OSError, SettingsError, StoreTooNew, StoreUnusable, Unsafe) as error:
        return _complain(error, FAILURE)


def _options(arguments: Sequence[str]) -> argparse.Namespace | SimpleNamespace:
    """Return what was asked for. To open the screen takes no argparse, which would cost its first frame 20 ms."""
    found: dict[str, str | None] = {"--data": None, "--config": None}
    names, values = arguments[::2], arguments[1::2]
    if (
        len(names) == len(values)
        and all(name in found for name in names)
        and not any(value.startswith("-") for value in values)
    ):
        found.update(zip(names, values, strict=True))
        return SimpleNamespace(command=None, data=found["--data"], config=found["--config"])
    from tui.cli.grammar import parser

    return parser().parse_args(arguments)


def _complain(error: Exception, status: int) -> int:
    told = f"dealbox: {error}"
    if sys.stderr.isatty():  # a script reads one line, a person whole words
        from tui.wrap import wrap

        columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        lines = [line[start:end] for line in told.split("\n") for start, end in wrap(line, columns)]
        told = "\n".join(lines)
    sys.stderr.write(f"{told}\n")
    return status


def _run(options: argparse.Namespace | SimpleNamespace) -> int:
    if options.command is None:
        return _screen(options)
    module, function = COMMANDS[options.command]
    status: int = getattr(importlib.import_module(module), function)(options)
    return status


def _screen(options: argparse.Namespace | SimpleNamespace) -> int:
    from store import paths, settings

    directory = paths.data_directory(options.data)
    return open_screen(directory, settings.default_path(options.config))


def open_screen(directory: Path, settings_path: Path) -> int:
    """Show the screen over `directory`. Raises BadUse where there is no terminal to show it on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadUse("the screen needs a terminal; for scripts there are the commands of dealbox --help")
    from store import settings

    chosen = settings.load(settings_path)
    gc.disable()  # until the first frame: what is imported and made up to there stays
    from tui.app import run_screen

    return run_screen(directory, chosen, settings_path=settings_path)


def say(text: str) -> None:
    """Write a line for whoever or whatever reads the command's output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write a line for the person at the terminal, apart from the output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()

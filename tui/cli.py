"""The program dealbox: no argument opens the screen, the rest is for scripts. Textual is imported only for the screen."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

USAGE_ERROR: Final = 2
FAILURE: Final = 1

# command -> module and function that carry it out
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "account add": ("tui.cli_accounts", "add"),
    "account list": ("tui.cli_accounts", "show"),
    "account remove": ("tui.cli_accounts", "remove"),
    "sync": ("tui.cli_worker", "sync"),
    "worker install": ("tui.cli_worker", "install"),
    "worker status": ("tui.cli_worker", "status"),
    "worker stop": ("tui.cli_worker", "stop"),
    "search": ("tui.cli_mail", "search"),
    "show": ("tui.cli_mail", "show"),
    "import crm": ("tui.cli_crm", "import_crm"),
    "import vcard": ("tui.cli_crm", "import_vcard"),
    "link": ("tui.cli_crm", "link"),
    "unlink": ("tui.cli_crm", "unlink"),
    "doctor": ("tui.cli_doctor", "doctor"),
    "demo": ("tui.cli_demo", "demo"),
    "keys": ("tui.cli_reference", "keys"),
    "settings": ("tui.cli_reference", "settings"),
}


class Failed(Exception):
    """The command could not do what was asked. The text is one sentence for the user."""


class BadUse(Exception):
    """The command was asked for something that does not exist. The text says what does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run dealbox and return its exit status: 0, 1 for a failure, 2 for bad use."""
    options = parser().parse_args(arguments)
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


def _complain(error: Exception, status: int) -> int:
    sys.stderr.write(f"dealbox: {error}\n")
    return status


def _run(options: argparse.Namespace) -> int:
    if options.command is None:
        return _screen(options)
    module, function = COMMANDS[options.command]
    status: int = getattr(importlib.import_module(module), function)(options)
    return status


def _screen(options: argparse.Namespace) -> int:
    from store import paths, settings

    directory = paths.data_directory(options.data)
    chosen = settings.load(settings.default_path(options.config))
    return open_screen(directory, chosen)


def open_screen(directory: Path, chosen: Any) -> int:
    """Show the screen over `directory`. Raises BadUse where there is no terminal to show it on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadUse("the screen needs a terminal; for scripts there are the commands of dealbox --help")
    gc.disable()  # until the first frame: what is imported and made up to there stays
    from tui.app import run_screen

    return run_screen(directory, chosen)


def say(text: str) -> None:
    """Write a line for whoever or whatever reads the command's output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write a line for the person at the terminal, apart from the output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class _Version(argparse.Action):
    """Print the version; read from the installed package only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        say(f"dealbox {version('dealbox')}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Return the command line as argparse knows it."""
    top = argparse.ArgumentParser(
        prog="dealbox",
        description="A terminal mail client with a CRM panel. Without a command, it opens the screen.",
        epilog="Every command: dealbox COMMAND --help. Exit status: 0 done, 1 failed, 2 bad use.",
        allow_abbrev=False,
    )
    top.set_defaults(command=None)
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    top.add_argument(
        "--data", metavar="DIR", help="data directory, instead of DEALBOX_DATA or the usual place"
    )
    top.add_argument(
        "--config", metavar="FILE", help="settings, instead of DEALBOX_CONFIG or the usual place"
    )
    commands = top.add_subparsers(metavar="COMMAND", title="commands")
    _account_commands(commands)
    _mail_commands(commands)
    _crm_commands(commands)
    _worker_commands(commands)
    _other_commands(commands)
    return top


# The type argparse returns from add_subparsers is private to it.
Subparsers = Any


def _command(commands: Subparsers, words: str, text: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        words.split(" ")[-1], help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False
    )
    made.set_defaults(command=words)
    return made


def _group(commands: Subparsers, word: str, text: str) -> Subparsers:
    group = commands.add_parser(
        word, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False
    )
    return group.add_subparsers(metavar="COMMAND", required=True)


def _account_commands(commands: Subparsers) -> None:
    group = _group(commands, "account", "add, list and remove mail accounts")
    add = _command(group, "account add", "add an account")
    add.add_argument("kind", choices=("maildir",), help="the kind of account")
    add.add_argument("path", metavar="PATH", type=Path, help="the Maildir")
    add.add_argument("--address", help="your own address, when it is not the one your sent mail shows")
    add.add_argument(
        "--alias", action="append", default=[], help="a further address of yours; may be repeated"
    )
    add.add_argument("--name", help="what to call the account")
    listed = _command(group, "account list", "list the accounts and how they are doing")
    listed.add_argument("--json", action="store_true", help="as JSON")
    remove = _command(group, "account remove", "remove an account from dealbox; its mail stays where it is")
    remove.add_argument("account", metavar="ACCOUNT", help="number, name or address")
    remove.add_argument("--yes", action="store_true", help="do not ask")


def _mail_commands(commands: Subparsers) -> None:
    search = _command(commands, "search", "search all mail, newest first")
    search.add_argument(
        "query", metavar="QUERY", nargs="+", help="words, from:ana, has:attachment, ... as in the screen"
    )
    search.add_argument(
        "--limit", type=_positive, default=50, metavar="N", help="at most N conversations (50)"
    )
    search.add_argument("--json", action="store_true", help="one JSON list of conversations")
    show = _command(commands, "show", "show a conversation as the reader does")
    show.add_argument("id", metavar="ID", help="a conversation's id, from search")
    form = show.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--raw", action="store_true", help="the octets of its newest message, byte for byte")


def _crm_commands(commands: Subparsers) -> None:
    group = _group(commands, "import", "import CRM items and contacts")
    crm = _command(group, "import crm", "import a directory of CSV files")
    crm.add_argument("path", metavar="DIR", type=Path, help="with persons.csv, deals.csv, ...")
    vcard = _command(group, "import vcard", "import contacts")
    vcard.add_argument("path", metavar="FILE", type=Path, help="a vCard file")
    for command in (crm, vcard):
        command.add_argument("--dry-run", action="store_true", help="only say what would happen")
    link = _command(commands, "link", "link a conversation to a deal, lead or project")
    link.add_argument("id", metavar="ID", help="a conversation's id, from search")
    link.add_argument("item", metavar="ITEM", help="deal:12 (number of the import) or the item's own id")
    unlink = _command(commands, "unlink", "unlink a conversation from its deal, lead or project")
    unlink.add_argument("id", metavar="ID", help="a conversation's id, from search")


def _worker_commands(commands: Subparsers) -> None:
    sync = _command(commands, "sync", "bring the cache in step with the accounts")
    sync.add_argument(
        "--wait", action="store_true", help="return when everything is in sync, with progress on stderr"
    )
    group = _group(commands, "worker", "the background worker, dealbox-sync")
    install = _command(
        group, "worker install", "write a systemd user unit, so that mail comes without a screen"
    )
    install.add_argument("--remove", action="store_true", help="remove the unit")
    _command(group, "worker status", "say whether the worker runs and how the accounts are doing")
    _command(group, "worker stop", "stop the worker; a screen that is open starts it again")


def _other_commands(commands: Subparsers) -> None:
    doctor = _command(commands, "doctor", "look for what is wrong, and say what to do")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    demo = _command(commands, "demo", "open a made-up sales mailbox, apart from your own mail")
    demo.add_argument("--rebuild", action="store_true", help="make it anew, as of today")
    demo.add_argument("--no-screen", action="store_true", help="only make it")
    _command(commands, "keys", "print every key")
    _command(commands, "settings", "print a commented settings file")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number

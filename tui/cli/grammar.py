"""The grammar of the command line, as argparse knows it; loaded only when there is more to read than where things lie."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from tui.cli import grammar_bcc as cli_grammar_bcc
from tui.cli import grammar_exchange as cli_grammar_exchange
from tui.cli import grammar_fields as cli_grammar_fields
from tui.cli import grammar_items as cli_grammar_items
from tui.cli.main import say


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
    cli_grammar_items.add(commands, _command, _group)
    cli_grammar_bcc.add(commands, _command, _group)
    cli_grammar_fields.add(commands, _command, _group)
    _user_commands(commands)
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
    group = _group(commands, "account", "add, list and remove mail accounts, and sign in again")
    add = _command(group, "account add", "add an account")
    add.add_argument(
        "what", metavar="ADDRESS", nargs="?", help='your e-mail address, or "maildir" and the PATH of one'
    )
    add.add_argument("path", metavar="PATH", nargs="?", type=Path, help="the Maildir")
    add.add_argument("--address", help="your own address, when it is not the one a Maildir's sent mail shows")
    add.add_argument(
        "--alias", action="append", default=[], help="a further address of yours; may be repeated"
    )
    add.add_argument("--name", help="what to call the account")
    add.add_argument("--imap", metavar="HOST:PORT", help="the server mail is read from")
    add.add_argument("--smtp", metavar="HOST:PORT", help="the server mail is sent through")
    add.add_argument("--security", choices=("tls", "starttls", "none"), help="of --imap and --smtp")
    add.add_argument("--username", help="the name to sign in with, when it is not the address")
    add.add_argument(
        "--plain-secrets", action="store_true", help="keep the password in a file that nothing protects"
    )
    again = _command(group, "account sign-in", "give an account another password, or sign in again")
    again.add_argument("account", metavar="ACCOUNT", help="number, name or address")
    for command in (add, again):
        _sign_in_options(command)
    listed = _command(group, "account list", "list the accounts and how they are doing")
    listed.add_argument("--json", action="store_true", help="as JSON")
    _mailboxes_command(group)
    _identity_commands(group)
    cli_grammar_bcc.add_account(group, _command)
    remove = _command(group, "account remove", "remove an account from dealbox; its mail stays where it is")
    remove.add_argument("account", metavar="ACCOUNT", help="number, name or address")
    remove.add_argument("--yes", action="store_true", help="do not ask")


def _mailboxes_command(group: Subparsers) -> None:
    made = _command(group, "account mailboxes", "list an account's mailboxes, and choose what is synced")
    made.add_argument("account", metavar="ACCOUNT", help="number, name or address")
    made.add_argument(
        "--skip", action="append", default=[], metavar="NAME", help="do not sync it; may be repeated, as all"
    )
    made.add_argument("--sync", action="append", default=[], metavar="NAME", help="sync it again")
    made.add_argument(
        "--since",
        action="append",
        nargs=2,
        default=[],
        metavar=("DAYS", "NAME"),
        help="mail of so many days (0: all)",
    )
    made.add_argument(
        "--role",
        action="append",
        nargs=2,
        default=[],
        metavar=("ROLE", "NAME"),
        help="what it is for: drafts, sent, archive, junk, trash, none, or default: what the server says",
    )
    made.add_argument("--json", action="store_true", help="as JSON")


def _identity_commands(group: Subparsers) -> None:
    listed = _command(group, "account identities", "list who you can write as, with signatures")
    listed.add_argument("account", metavar="ACCOUNT", nargs="?", help="number, name or address")
    listed.add_argument("--json", action="store_true", help="as JSON")
    made = _command(group, "account identity", "write as another name or address, with a signature")
    made.add_argument("account", metavar="ACCOUNT", help="number, name or address")
    made.add_argument("email", metavar="EMAIL", help="an address of yours; a new one is added")
    made.add_argument("--name", help="the name beside it")
    signature = made.add_mutually_exclusive_group()
    signature.add_argument("--signature", metavar="TEXT", help="what goes below a message")
    signature.add_argument(
        "--signature-file", metavar="FILE", help="the same from a file; - is standard input"
    )
    signature.add_argument("--no-signature", action="store_true", help="nothing goes below a message")
    made.add_argument("--first", action="store_true", help="write as it unless another is chosen")
    made.add_argument(
        "--remove", action="store_true", help="write as it no more, and count it as yours no more"
    )


def _sign_in_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    command.add_argument("--oauth", choices=("google", "microsoft"), help="sign in with a browser")
    command.add_argument(
        "--client-id", metavar="ID", help="your own client for --oauth: see docs/accounts.md"
    )
    command.add_argument(
        "--authority", metavar="URL", help="where that client is, when not at the usual place"
    )
    command.add_argument("--ca-file", metavar="FILE", type=Path, help="certificate authorities to trust")
    command.add_argument("--pin", metavar="SHA256", help="the fingerprint of the one certificate to trust")
    command.add_argument("--smtp-pin", metavar="SHA256", help="the same for SMTP, when it has another")


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
    cli_grammar_exchange.add(commands, _command, _group)
    link = _command(commands, "link", "link a conversation to a deal, lead or project")
    link.add_argument("id", metavar="ID", help="a conversation's id, from search")
    link.add_argument(
        "item",
        metavar="ITEM",
        help="deal:12 (number of the import), deal: and its own id, or the title of just one",
    )
    link.add_argument("--plan", action="store_true", help="plan the answer too, as the account has it")
    unlink = _command(commands, "unlink", "unlink a conversation from its deal, lead or project")
    unlink.add_argument("id", metavar="ID", help="a conversation's id, from search")
    why = _command(commands, "why", "say why a conversation is linked or not, message by message")
    why.add_argument("id", metavar="ID", help="a conversation's id, from search")
    why.add_argument("--json", action="store_true", help="as JSON")
    relink = _command(commands, "relink", "let the rules look at mail that was here before its items were")
    how = relink.add_mutually_exclusive_group(required=True)
    how.add_argument("--dry-run", action="store_true", help="only list what they would link")
    how.add_argument("--apply", action="store_true", help="link it; undo on the screen takes it back")


def _user_commands(commands: Subparsers) -> None:
    group = _group(commands, "user", "list colleagues and say what they may do")
    listed = _command(group, "user list", "list the users of the workspace and their rights")
    listed.add_argument("--json", action="store_true", help="as JSON")
    made = _command(group, "user add", "add a colleague")
    made.add_argument("name", metavar="NAME", help="as others see it")
    made.add_argument("email", metavar="EMAIL", help="mail to and from it counts as internal")
    changed = _command(group, "user set", "change a colleague's name, team or rights")
    changed.add_argument("email", metavar="EMAIL", help="the user's address")
    changed.add_argument("--name", help="as others see it")
    changed.add_argument("--team", help="items for a team are seen by the team of their owner")
    changed.add_argument(
        "--edits", choices=("own", "seen"), help="change only their own items, or all they see"
    )
    for name, text in (
        ("--admin", "sees and changes all items"),
        ("--active", "sees anything at all"),
        ("--can-manage", "changes CRM settings and rights"),
    ):
        changed.add_argument(name, choices=("on", "off"), help=text)


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
    doctor.add_argument("--offline", action="store_true", help="ask no server: only look at what is here")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    demo = _command(commands, "demo", "open a made-up sales mailbox, apart from your own mail")
    demo.add_argument("--rebuild", action="store_true", help="make it anew, as of today")
    demo.add_argument("--no-screen", action="store_true", help="only make it")
    unlock = _command(commands, "unlock", "unlock the passwords for the background worker")
    unlock.add_argument("--passphrase-stdin", action="store_true", help="read it from standard input")
    unlock.add_argument("--restore", action="store_true", help="first take the copy before of a damaged file")
    _command(commands, "keys", "print every key")
    _command(commands, "settings", "print a commented settings file")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number

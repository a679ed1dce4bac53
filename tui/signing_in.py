"""Setting up an account on the screen: the same steps as dealbox account add, with dialogs."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mail import addresses
from store import accounts
from store.rows import AccountRow
from store.secret import secrets, unlocking, vault
from store.secret.files import HeldKey, SecretsError, VaultSecrets
from store.secret.secrets import AccountSecrets, Secrets, Whose
from tui import account_plan, secret_places
from tui.account_plan import Plan
from tui.bridge import in_store
from tui.screens.sign_in import AskLine, Browser, Choose, Waiting
from tui.sign_in_child import Event, SignInChild

if TYPE_CHECKING:
    from tui.screens.mail import MailScreen

_TRIES: Final = 3


class GivenUp(Exception):
    """The user left. The text is for the status line, and may be empty."""


async def add_account(screen: MailScreen) -> str:
    """Ask for an address, set the account up, and return what to say. Raises GivenUp."""
    typed = await _line(screen, ["Add an account", "Your e-mail address:"], placeholder="you@example.com")
    address = addresses.normalise(typed)
    if not address:
        raise GivenUp(f"{typed} is not an address")
    if any(each.address == address and each.kind == account_plan.KIND for each in accounts.all(screen.db)):
        raise GivenUp(f"{address} is an account already")
    async with _child() as child:
        plan = await _agreed(
            screen, child, await _discovered(screen, child, {"do": "discover", "address": address})
        )
        place = await _place(screen)
        plan, secret, client_secret = await _tried(screen, child, plan, place)
        try:
            await in_store(account_plan.add, screen.db, plan, place, secret, client_secret)
        except SecretsError as error:
            raise GivenUp(str(error)) from error
    return f"Added {address}. Its password is {secret_places.told(place)}."


async def sign_in_again(screen: MailScreen, account: AccountRow) -> str:
    """Ask for an account's password, or sign in with the browser, again. Raises GivenUp."""
    async with _child() as child:
        place = await _place(screen)
        plan, secret, client_secret = await _tried(
            screen, child, account_plan.from_account(account), place, account=account
        )
        try:
            await in_store(account_plan.change, screen.db, account, plan, place, secret, client_secret)
        except SecretsError as error:
            raise GivenUp(str(error)) from error
    return f"Signed in to {account.name}"


async def unlock(screen: MailScreen) -> str:
    """Ask for the passphrase and hand the key to the worker; return what to say. Raises GivenUp."""
    try:
        kept = secrets.open_secrets(screen.db.directory, HeldKey())
    except SecretsError as error:
        raise GivenUp(str(error)) from error
    if not isinstance(kept, VaultSecrets):
        return f"There is nothing to unlock: passwords are {secret_places.told(kept)}"
    await _unlocked(screen, kept.held)
    if kept.held.key is None or not await in_store(unlocking.hand_over, screen.db.directory, kept.held.key):
        raise GivenUp("The worker does not take the key: is it running?")
    await in_store(accounts.request_sync, screen.db)
    return "Unlocked"


@contextlib.asynccontextmanager
async def _child() -> AsyncIterator[SignInChild]:
    child = await in_store(SignInChild)
    try:
        yield child
    finally:
        await in_store(child.close)


async def _line(screen: MailScreen, lines: list[str], **how: Any) -> str:
    answer = await screen.ask(AskLine(lines, **how))
    if answer is None:
        raise GivenUp("")
    return answer


async def _key(screen: MailScreen, lines: list[str], keys: dict[str, str]) -> str:
    answer = await screen.ask(Choose(lines, keys))
    if answer is None:
        raise GivenUp("")
    return answer


async def _event(screen: MailScreen, child: SignInChild, request: dict[str, Any], text: str) -> Event:
    event = await screen.ask(Waiting(child, request, text))
    if event is None:
        raise GivenUp("")
    return event


async def _discovered(screen: MailScreen, child: SignInChild, request: dict[str, Any]) -> Plan:
    event = await _event(screen, child, request, f"Looking for the servers of {request['address']} ...")
    while event["event"] != "servers":
        if event.get("is_final"):
            raise GivenUp(event["text"])
        imap = await _line(
            screen, [event["text"], "IMAP server, HOST or HOST:PORT:"], text=request.get("imap", "")
        )
        smtp = await _line(screen, ["And SMTP, to send:"], text=request.get("smtp", imap.partition(":")[0]))
        request = {**request, "imap": imap, "smtp": smtp}
        event = await _event(screen, child, request, "Looking ...")
    return account_plan.from_event(request["address"], event)


async def _agreed(screen: MailScreen, child: SignInChild, plan: Plan) -> Plan:
    """Show the servers until the user takes them or changed them."""
    while True:
        keys = {"enter": "use these", "e": "change"}
        if plan.oauth and not plan.is_browser:
            keys["b"] = "sign in with a browser"
        lines = [plan.address, *plan.lines(), *([plan.hint] if plan.hint else [])]
        match await _key(screen, lines, keys):
            case "enter":
                return plan
            case "b":
                return replace(plan, sign_in=plan.oauth)
        plan = await _changed(screen, child, plan)


async def _changed(screen: MailScreen, child: SignInChild, plan: Plan) -> Plan:
    request = {
        "do": "discover",
        "address": plan.address,
        "imap": await _line(screen, ["IMAP server, HOST:PORT:"], text=_shown(plan.imap)),
        "smtp": await _line(screen, ["SMTP server, HOST:PORT:"], text=_shown(plan.smtp)),
        "username": await _line(screen, ["User name:"], text=plan.username),
    }
    return await _discovered(screen, child, request)


def _shown(endpoint: Any) -> str:
    return f"{endpoint['host']}:{endpoint['port']}"


async def _place(screen: MailScreen) -> Secrets:
    """Return where the password is to live, unlocked. Raises GivenUp."""
    held = HeldKey()
    try:
        kept = await in_store(secret_places.found, screen.db.directory, screen.settings, held)
        if kept is not None and not secret_places.needs_passphrase(kept):
            return kept
    except SecretsError as error:
        raise GivenUp(str(error)) from error
    if kept is not None:
        return await _unlocked(screen, held)
    return await _new_place(screen, held)


async def _unlocked(screen: MailScreen, held: HeldKey) -> Secrets:
    lines = ["Your passwords are locked", "Passphrase:"]
    for _ in range(_TRIES):
        passphrase = await _line(screen, lines, secret=True)
        try:
            return await in_store(secret_places.with_passphrase, screen.db.directory, passphrase, held)
        except vault.WrongPassphrase:
            lines = ["That is not the passphrase", "Passphrase:"]
        except SecretsError as error:
            raise GivenUp(str(error)) from error
    raise GivenUp("That is not the passphrase")


async def _new_place(screen: MailScreen, held: HeldKey) -> Secrets:
    lines = [
        "No keyring answers here, so passwords go into a file under a passphrase",
        "It is asked when the worker starts. Passphrase, at least 8 characters:",
    ]
    first = await _line(screen, lines, secret=True)
    while len(first) < secret_places.SHORTEST_PASSPHRASE or first != await _line(
        screen, ["Once more:"], secret=True
    ):
        first = await _line(screen, ["That was too short, or not the same twice", *lines[1:]], secret=True)
    try:
        return await in_store(secret_places.with_passphrase, screen.db.directory, first, held)
    except SecretsError as error:
        raise GivenUp(str(error)) from error


async def _tried(
    screen: MailScreen, child: SignInChild, plan: Plan, place: Secrets, *, account: AccountRow | None = None
) -> tuple[Plan, str, str]:
    """Ask for what signs in until the servers take it. Raises GivenUp."""
    secret, client_secret, said = "", "", ""
    if plan.is_browser:
        plan, client_secret = await _client(screen, plan)
        secret = await _browser(screen, child, plan, client_secret)
    elif place.kind == "command":
        known = AccountSecrets(place, account or Whose("", plan.address))
        with contextlib.suppress(SecretsError):
            found: str | None = await in_store(known.get, plan.secret_name)
            secret = found or ""
    while True:
        secret = secret or await _line(screen, _password_lines(plan, said), secret=True)
        event = await _event(
            screen,
            child,
            account_plan.trial(plan, secret, client_secret),
            f"Signing in to {plan.imap['host']} ...",
        )
        if event["event"] == "tested":
            return plan, str(event["secret"]), client_secret
        if event["kind"] == "certificate" and event["certificate"]:
            plan = await _trusted(screen, plan, event)
        elif event["kind"] in ("password", "app_password") and not plan.is_browser:
            said, secret = event["text"], ""
        elif event.get("protocol") == "smtp":
            await _key(
                screen, [event["text"], "Reading works, sending does not."], {"y": "go on all the same"}
            )
            return plan, secret, client_secret
        else:
            await _key(screen, [event["text"]], {"enter": "try again"})


def _password_lines(plan: Plan, said: str) -> list[str]:
    what = "App password" if plan.sign_in == "app_password" else "Password"
    lines = [said or f"Sign in as {plan.username}"]
    if plan.hint and plan.sign_in == "app_password":
        lines.append(plan.hint)
    return [*lines, f"{what}:"]


async def _trusted(screen: MailScreen, plan: Plan, event: Event) -> Plan:
    certificate = event["certificate"]
    if account_plan.is_pinned_already(plan, certificate["sha256"]):
        return account_plan.pinned(plan, event["protocol"], certificate["sha256"])
    lines = [
        event["text"],
        *(f"{name:8} {certificate[name]}" for name in ("subject", "issuer", "starts", "ends")),
    ]
    lines += [f"hosts    {', '.join(certificate['hosts'])}", f"SHA-256  {certificate['shown']}"]
    lines.append("Is this the server's certificate? Trust it, and no other, from now on?")
    await _key(screen, lines, {"y": "trust it"})
    return account_plan.pinned(plan, event["protocol"], certificate["sha256"])


async def _client(screen: MailScreen, plan: Plan) -> tuple[Plan, str]:
    who = plan.sign_in.capitalize()
    lines = [f"A client of your own with {who}", "docs/accounts.md shows how to make one. Client id:"]
    client_id = plan.oauth_client_id or await _line(screen, lines)
    secret = ""
    if plan.sign_in == "google":
        secret = await _line(screen, [f"Its client secret with {who}:"], secret=True)
    return account_plan.with_browser(plan, plan.sign_in, client_id, plan.oauth_authority), secret


async def _browser(screen: MailScreen, child: SignInChild, plan: Plan, client_secret: str) -> str:
    in_browser = False
    while True:
        request = account_plan.oauth_request(plan, client_secret, in_browser=in_browser)
        event = await screen.ask(Browser(child, request, "Asking for a sign-in ..."))
        if event is None:
            raise GivenUp("")
        if event["event"] == "signed_in":
            return str(event["secret"])
        if not event.get("suggests_browser") or in_browser:
            raise GivenUp(event["text"])
        in_browser = True

"""An account that is being set up: what was found, what the user said, and how it is kept in the end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mail.ids import AccountId
from store import accounts
from store.database import Database
from store.rows import AccountRow
from store.secret.secrets import AccountSecrets, Secrets, Whose
from tui.sign_in_child import Event

KIND: Final = "imap"
BROWSER: Final = ("google", "microsoft")


@dataclass(frozen=True, slots=True)
class Plan:
    """How an account is to be reached. Endpoints are "host", "port" and "security" as the sign-in child knows them."""

    address: str
    imap: Mapping[str, Any]
    smtp: Mapping[str, Any]
    username: str
    sign_in: str = "password"
    hint: str = ""
    oauth: str = ""
    ca_file: str = ""
    imap_pin: str = ""
    smtp_pin: str = ""
    oauth_client_id: str = ""
    oauth_authority: str = ""

    @property
    def is_browser(self) -> bool:
        """Say whether one signs in with a browser rather than with a password."""
        return self.sign_in in BROWSER

    @property
    def secret_name(self) -> str:
        """Return the name of the secret that signs in."""
        return "token" if self.is_browser else "password"

    def lines(self) -> tuple[str, ...]:
        """Return the servers for the user to see."""
        return (
            f"IMAP       {shown(self.imap)}",
            f"SMTP       {shown(self.smtp)}",
            f"User name  {self.username}",
        )


def shown(endpoint: Mapping[str, Any]) -> str:
    """Return an endpoint for the user."""
    words = {"tls": "TLS", "starttls": "STARTTLS", "none": "not encrypted"}
    return f"{endpoint['host']}:{endpoint['port']} ({words[endpoint['security']]})"


def from_event(address: str, event: Event) -> Plan:
    """Return the plan the event "servers" makes."""
    found = event["servers"]
    names = ("imap", "smtp", "username", "sign_in", "hint", "oauth")
    return Plan(address=address, **{name: found[name] for name in names})


def from_account(account: AccountRow) -> Plan:
    """Return the plan of an account there is."""
    config = account.config
    names = ("username", "sign_in", "ca_file", "imap_pin", "smtp_pin", "oauth_client_id", "oauth_authority")
    return Plan(
        address=account.address,
        imap=_endpoint(config, "imap"),
        smtp=_endpoint(config, "smtp"),
        **{name: config[name] for name in names if name in config},
    )


def _endpoint(config: Mapping[str, str], protocol: str) -> dict[str, Any]:
    return {
        "host": config[f"{protocol}_host"],
        "port": int(config[f"{protocol}_port"]),
        "security": config[f"{protocol}_security"],
    }


def with_browser(plan: Plan, who: str, client_id: str, authority: str = "") -> Plan:
    """Return the plan with a browser sign-in of the user's own client."""
    return replace(plan, sign_in=who, oauth_client_id=client_id, oauth_authority=authority)


def pinned(plan: Plan, protocol: str, fingerprint: str) -> Plan:
    """Return the plan with a certificate the user trusts."""
    if protocol == "imap":
        return replace(plan, imap_pin=fingerprint)
    return replace(plan, smtp_pin=fingerprint)


def is_pinned_already(plan: Plan, fingerprint: str) -> bool:
    """Say whether the user trusts this very certificate for the same host's other port: no need to ask again."""
    is_one_host = plan.imap.get("host") == plan.smtp.get("host")
    return is_one_host and fingerprint in (plan.imap_pin, plan.smtp_pin)


def trial(plan: Plan, secret: str, client_secret: str = "") -> dict[str, Any]:
    """Return the request that tries the plan."""
    fields = config(plan) | {"imap": dict(plan.imap), "smtp": dict(plan.smtp)}
    return {"do": "test", **fields, "secret": secret, "client_secret": client_secret}


def oauth_request(plan: Plan, client_secret: str, *, in_browser: bool) -> dict[str, Any]:
    """Return the request that signs in with a browser, or with a code where Microsoft has one."""
    way = "browser" if in_browser else "device"
    return {"do": "oauth", **config(plan), "client_secret": client_secret, "way": way}


def config(plan: Plan) -> dict[str, str]:
    """Return what is kept of the plan with the account; no secret is in it."""
    kept = {"username": plan.username, "sign_in": plan.sign_in}
    for protocol, endpoint in (("imap", plan.imap), ("smtp", plan.smtp)):
        kept |= {f"{protocol}_{name}": str(endpoint[name]) for name in ("host", "port", "security")}
    for name in ("ca_file", "imap_pin", "smtp_pin", "oauth_client_id", "oauth_authority"):
        if value := getattr(plan, name):
            kept[name] = value
    return kept


def add(
    db: Database,
    plan: Plan,
    secrets: Secrets,
    secret: str,
    client_secret: str = "",
    *,
    name: str = "",
    aliases: tuple[str, ...] = (),
) -> AccountId:
    """Keep the secrets, then the account. Raises SecretsError, and then there is no account."""
    account_uuid = str(uuid.uuid4())
    keep(AccountSecrets(secrets, Whose(account_uuid, plan.address)), plan, secret, client_secret)
    return accounts.add(
        db, KIND, name or plan.address, plan.address, config(plan), aliases, account_uuid=account_uuid
    )


def keep(secrets: AccountSecrets, plan: Plan, secret: str, client_secret: str) -> None:
    """Keep the secrets of a plan. Raises SecretsError."""
    secrets.put(plan.secret_name, secret)
    if client_secret:
        secrets.put("client_secret", client_secret)


def change(
    db: Database, account: AccountRow, plan: Plan, secrets: Secrets, secret: str, client_secret: str = ""
) -> None:
    """Keep new secrets and servers of an account there is, and let the worker try them. Raises SecretsError."""
    keep(AccountSecrets(secrets, account), plan, secret, client_secret)
    accounts.set_config(db, account.id, {**account.config, **config(plan)})
    accounts.request_sync(db)

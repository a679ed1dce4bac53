"""Smart BCC addresses: what is sent to one, from wherever, is kept as a conversation of its own and linked (M108, M112)."""

from __future__ import annotations

from mail import bcc_address
from mail.types import AccountId
from store import accounts
from store.crm import items
from store.crm.items import ItemRef
from store.database import Database
from store.links import account_crm, bcc_tokens


class NoAddress(Exception):
    """There is no Smart BCC address for that; the text says why."""


def address(db: Database, account_id: AccountId, item: ItemRef | None) -> str:
    """Return the address of an item, or with None the universal one, made when it is first wanted. Raises NoAddress."""
    base, alias = _checked(db, account_id, item)
    if item is None and alias:
        bcc_tokens.token(db, account_id, None)  # by which the copies are known
        return bcc_address.of_alias(alias, None)
    return _written(base, alias, bcc_tokens.token(db, account_id, item), item)


def rotate(db: Database, account_id: AccountId, item: ItemRef | None) -> str:
    """Return a new address in place of the one there was, which from now on is like any other. Raises NoAddress.

    An alias stays the universal address as long as it is set: set another one instead.
    """
    base, alias = _checked(db, account_id, item)
    if item is None and alias:
        raise NoAddress(f"{alias} is the universal address as long as it is set: set another alias, or none")
    return _written(base, alias, bcc_tokens.rotate(db, account_id, item), item)


def _checked(db: Database, account_id: AccountId, item: ItemRef | None) -> tuple[str, str]:
    account = accounts.get(db, account_id)
    if account is None:
        raise NoAddress("there is no such account")
    if "@" not in account.address:
        raise NoAddress(f"{account.name} has no address of its own that copies could be sent to")
    if item is not None and not item.kind.fills_the_slot:
        raise NoAddress(f"deals, leads and projects have Smart BCC addresses, a {item.kind.value} has none")
    if item is not None and (card := items.get(db, item)) is None:
        raise NoAddress(f"there is no {item.kind.value} {item.id}")
    elif item is not None and card is not None and card.status == "deleted":
        raise NoAddress(f"{card.title} is deleted")
    return account.address, account_crm.get(db, account_id).bcc_address


def _written(base: str, alias: str, token: str, item: ItemRef | None) -> str:
    if alias:
        return bcc_address.of_alias(alias, token)
    return bcc_address.of_own(base, token, item.kind.value if item else None)

"""Who takes part in a conversation, and what is known of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from store.links.contacts import Ours
from store.links.facts import Item, Person


@dataclass(frozen=True, slots=True)
class Blocked:
    """Addresses, and domains with all below them, that are not judged (D20)."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Blocked:
        """Return what exceptions name: addresses, and domains after an "@"."""
        some = frozenset(patterns)
        return cls(some, frozenset(pattern[1:] for pattern in some if pattern.startswith("@")))

    def include(self, email: str) -> bool:
        """Say whether the address is among them."""
        if email in self.addresses:
            return True
        domain = email.rpartition("@")[2]
        while domain:
            if domain in self.domains:
                return True
            domain = domain.partition(".")[2]
        return False


@dataclass(frozen=True, slots=True)
class _Who:
    """What an address is: one of us, blocked, or somebody who may be one or several persons."""

    is_ours: bool = False
    is_blocked: bool = False
    persons: tuple[Person, ...] = ()


_OURS: Final = _Who(is_ours=True)


@dataclass(frozen=True, slots=True)
class Party:
    """Who takes part apart from us: `theirs` are the persons of each address that is not blocked, `items` what is about each.

    `are_blocked`: there are others, and all of them are blocked.
    """

    theirs: Mapping[str, tuple[Person, ...]]
    items: Mapping[str, tuple[Item, ...]]
    are_blocked: bool = False

    @property
    def every_item(self) -> list[Item]:
        """Return the items about any of them; one about two persons comes twice."""
        return [item for items in self.items.values() for item in items]


class Known:
    """What is known of people and items. Looks each address up once; nothing else about it changes."""

    def __init__(
        self,
        us: Ours,
        persons: Mapping[str, tuple[Person, ...]],
        items: Mapping[str, tuple[Item, ...]],
        blocked: Blocked | None = None,
    ) -> None:
        """`persons` are by address, `items` by the id of each person they are about."""
        self._us = us
        self._persons = persons
        self._items = items
        self._blocked = blocked or Blocked()
        self._found: dict[str, _Who] = {}

    def who(self, email: str) -> _Who:
        """Return what an address is; one of ours with something after "+" is ours."""
        found = self._found.get(email)
        if found is None:
            found = self._found[email] = self._who(email)
        return found

    def _who(self, email: str) -> _Who:
        local, _, host = email.rpartition("@")
        if host in self._us.domains or email in self._us.addresses:
            return _OURS
        if "+" in local and f"{local.partition('+')[0]}@{host}" in self._us.addresses:
            return _OURS
        return _Who(is_blocked=self._blocked.include(email), persons=self._persons.get(email, ()))

    def party(self, addresses: Iterable[str], overrides: Mapping[str, Person | None] | None = None) -> Party:
        """Return who takes part; `overrides` are addresses that are another person, or nobody, by hand."""
        outsiders = [(email, who) for email in addresses if not (who := self.who(email)).is_ours]
        theirs = {email: who.persons for email, who in outsiders if not who.is_blocked}
        for email, person in (overrides or {}).items():
            if email in theirs:
                theirs[email] = (person,) if person else ()
        items = {
            person.id: self._items.get(person.id, ()) for persons in theirs.values() for person in persons
        }
        return Party(theirs, items, bool(outsiders) and not theirs)

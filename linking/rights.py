"""Who may see a conversation, and who may link, share or change what: the visibility table V01-V31 as pure functions.

The same rules hold for whatever is taken from a conversation: its subject, preview, people, counts, search hits and files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

AccountScope = Literal["personal", "team"]
Visibility = Literal["private", "shared", "team"]
VisibleTo = Literal["owner", "team", "company"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user of the workspace. `accounts` are the team accounts they are a member of; `edits` is own or seen."""

    id: str
    is_admin: bool = False
    is_active: bool = True
    team: str = ""
    accounts: frozenset[int] = frozenset()
    edits: Literal["own", "seen"] = "seen"
    can_manage: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """What matters here of a deal, lead, project, person or organization; `team` is its owner's."""

    title: str
    owner_id: str
    visible_to: VisibleTo = "company"
    team: str = ""
    followers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation and everything it is linked to: the item in its slot, its persons, their organizations."""

    account_id: int
    owner_id: str
    scope: AccountScope = "personal"
    visibility: Visibility = "private"
    items: tuple[Item, ...] = field(default=())


def can_see_item(viewer: Viewer, item: Item) -> bool:
    """Say whether a user sees an item: its owner, followers and admins always."""
    if not viewer.is_active:
        return False
    if viewer.is_admin or viewer.id == item.owner_id or viewer.id in item.followers:
        return True
    if item.visible_to == "team":
        return bool(item.team) and viewer.team == item.team
    return item.visible_to == "company"


def is_one_of_its_own(viewer: Viewer, conversation: Conversation) -> bool:
    """Say whether the conversation is the user's: of their own mailbox, or of a team account they work in."""
    if not viewer.is_active:
        return False
    if conversation.scope == "team":
        return conversation.account_id in viewer.accounts
    return viewer.id == conversation.owner_id


def can_see(viewer: Viewer, conversation: Conversation) -> bool:
    """Say whether a user sees a conversation: one of their own, else one shared whose links they see without exception."""
    if is_one_of_its_own(viewer, conversation):
        return True
    if not viewer.is_active or conversation.visibility != "shared" or not conversation.items:
        return False
    return all(can_see_item(viewer, item) for item in conversation.items)


def can_see_draft(viewer: Viewer, conversation: Conversation) -> bool:
    """Say whether a user sees what is being written or waits to be sent in a conversation."""
    return is_one_of_its_own(viewer, conversation)


def audience(viewers: Iterable[Viewer], conversation: Conversation) -> frozenset[str]:
    """Return the ids of those who see a conversation."""
    return frozenset(viewer.id for viewer in viewers if can_see(viewer, conversation))


def first_visibility(default: Visibility, *, is_automated: bool, is_never_shared: bool) -> Visibility:
    """Return the visibility a new conversation begins with: what machines write is not shared by itself."""
    return "private" if default == "shared" and (is_automated or is_never_shared) else default


def refusal_to_edit(viewer: Viewer, item: Item) -> str | None:
    """Return why a user may not change an item, None when they may."""
    if not can_see_item(viewer, item):
        return "there is no such item, or you may not see it"
    if viewer.is_admin or viewer.id == item.owner_id or viewer.edits == "seen":
        return None
    return (
        f"you may see {item.title} but not change it: that needs the permission to change the items of others, "
        "which an administrator gives"
    )


def refusal_to_change(viewer: Viewer, conversation: Conversation) -> str | None:
    """Return why a user may not link or unlink a conversation, None when they may."""
    if not can_see(viewer, conversation):
        return "there is no such conversation, or you may not see it"
    if viewer.is_admin or is_one_of_its_own(viewer, conversation):
        return None
    return "only the owner of a conversation or an administrator links and unlinks it"


def refusal_to_link(viewer: Viewer, conversation: Conversation, item: Item) -> str | None:
    """Return why a user may not link a conversation to an item, None when they may (M03-M07)."""
    return refusal_to_change(viewer, conversation) or refusal_to_edit(viewer, item)


def refusal_to_share(viewer: Viewer, conversation: Conversation, visibility: Visibility) -> str | None:
    """Return why a user may not set the visibility of a conversation, None when they may."""
    if not can_see(viewer, conversation):
        return "there is no such conversation, or you may not see it"
    if not is_one_of_its_own(viewer, conversation):
        return "only the owner of a conversation says who sees it"
    if visibility == "team" and conversation.scope == "personal":
        return (
            "only a conversation of a team account can be for the team only: this one is of your own mailbox"
        )
    if visibility == "private" and conversation.scope == "team":
        return "a conversation of a team account is seen by its members: make it team only instead"
    return None


def refusal_to_answer(
    viewer: Viewer, conversation: Conversation, own_addresses: Collection[str], participants: Collection[str]
) -> str | None:
    """Return why a user may not reply to or forward a conversation, None when they may: always as themselves (V23)."""
    if not can_see(viewer, conversation):
        return "there is no such conversation, or you may not see it"
    if is_one_of_its_own(viewer, conversation) or not set(own_addresses).isdisjoint(participants):
        return None
    return "you may read this conversation; those who take part in it answer it"


def refusal_to_set_up(viewer: Viewer, *, has_connected: bool) -> str | None:
    """Return why a user may not change how a mailbox takes part in the CRM, None when they may (M93, M100)."""
    if viewer.is_active and (has_connected or viewer.is_admin or viewer.can_manage):
        return None
    return "only who connected the mailbox, or an administrator, changes its CRM settings"

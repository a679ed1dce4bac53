"""Who sees a conversation and who may link it: the rows of the visibility table that need no server."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linking import rights
from linking.rights import Conversation, Item, Viewer, audience, can_see, can_see_item

ANA = Viewer("ana", team="1")
BO = Viewer("bo", team="1")
CY = Viewer("cy", team="2")
ADMIN = Viewer("root", is_admin=True)
MEMBER = Viewer("mia", accounts=frozenset({9}))
EVERYBODY = (ANA, BO, CY, ADMIN, MEMBER)

DEAL = Item("Falcon", "dan")
PERSON = Item("Ann", "dan")
ORGANIZATION = Item("Acme", "dan")
ALL_SEEN = (DEAL, PERSON, ORGANIZATION)
HIDDEN = Item("Secret", "dan", "owner")
OF_TEAM_1 = replace(DEAL, visible_to="team", team="1")
FOLLOWED = Item("Secret", "dan", "owner", followers=frozenset({"bo"}))

PRIVATE = Conversation(1, "ana")
SHARED = Conversation(1, "ana", visibility="shared", items=ALL_SEEN)
TEAM_ONLY = Conversation(9, "", "team", "team", ALL_SEEN)
TEAM_SHARED = Conversation(9, "", "team", "shared", ALL_SEEN)


def linked(conversation: Conversation, *items: Item) -> Conversation:
    return replace(conversation, items=items)


ROWS = [
    ("V01", PRIVATE, ANA, True),
    ("V02", PRIVATE, BO, False),
    ("V02 admin", PRIVATE, ADMIN, False),
    ("V03", linked(PRIVATE, DEAL), BO, False),
    ("V04", linked(SHARED), BO, False),
    ("V04 admin", linked(SHARED), ADMIN, False),
    ("V05", SHARED, BO, True),
    ("V05 other team", SHARED, CY, True),
    ("V06", linked(SHARED, DEAL, replace(PERSON, visible_to="owner"), ORGANIZATION), BO, False),
    ("V07", linked(SHARED, DEAL, PERSON, replace(ORGANIZATION, visible_to="owner")), BO, False),
    ("V08", linked(SHARED, OF_TEAM_1), BO, True),
    ("V09", linked(SHARED, OF_TEAM_1), CY, False),
    ("V09 nobody's team", linked(SHARED, replace(OF_TEAM_1, team="")), Viewer("di", team=""), False),
    ("V10", linked(SHARED, FOLLOWED), BO, True),
    ("V10 not a follower", linked(SHARED, FOLLOWED), CY, False),
    ("V11", linked(SHARED, HIDDEN), ADMIN, True),
    ("V12", TEAM_ONLY, MEMBER, True),
    ("V13", TEAM_ONLY, BO, False),
    ("V13 admin", TEAM_ONLY, ADMIN, False),
    ("V14", TEAM_SHARED, BO, True),
    ("V15", linked(TEAM_SHARED), BO, False),
    ("V16", linked(TEAM_SHARED, HIDDEN), MEMBER, True),
    ("V17", linked(TEAM_SHARED, HIDDEN), BO, False),
    ("V20", SHARED, replace(BO, is_active=False), False),
    ("V20 owner", PRIVATE, replace(ANA, is_active=False), False),
    ("V20 admin", SHARED, replace(ADMIN, is_active=False), False),
    ("V21", replace(SHARED, visibility="private"), BO, False),
    ("V30", TEAM_ONLY, replace(MEMBER, accounts=frozenset()), False),
]


@pytest.mark.parametrize(
    ("conversation", "viewer", "sees"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_row_of_the_visibility_table_holds(conversation: Conversation, viewer: Viewer, sees: bool) -> None:
    assert can_see(viewer, conversation) is sees


def test_v18_v19_of_two_copies_of_a_message_each_is_seen_by_its_own_rules() -> None:
    of_ana, of_bo = SHARED, Conversation(2, "bo", items=ALL_SEEN)
    assert [can_see(BO, one) for one in (replace(of_ana, visibility="private"), of_bo)] == [False, True]
    assert [can_see(CY, one) for one in (of_ana, of_bo)] == [True, False]


def test_v22_the_owner_of_a_deal_has_no_right_over_the_mail_of_others() -> None:
    dan = Viewer("dan")
    assert rights.refusal_to_link(dan, SHARED, DEAL) == (
        "only the owner of a conversation or an administrator links and unlinks it"
    )
    assert rights.refusal_to_share(dan, SHARED, "private") == (
        "only the owner of a conversation says who sees it"
    )


def test_v23_who_only_reads_answers_as_themselves_and_only_when_they_take_part() -> None:
    assert rights.refusal_to_answer(ANA, SHARED, ["ana@corp.example"], []) is None
    assert rights.refusal_to_answer(BO, SHARED, ["bo@corp.example"], ["bo@corp.example"]) is None
    assert "those who take part" in str(rights.refusal_to_answer(BO, SHARED, ["bo@corp.example"], []))
    assert "no such conversation" in str(rights.refusal_to_answer(BO, PRIVATE, [], []))


def test_v26_v27_what_machines_write_begins_private_whatever_the_default() -> None:
    first = rights.first_visibility
    assert first("shared", is_automated=False, is_never_shared=False) == "shared"
    assert first("shared", is_automated=True, is_never_shared=False) == "private"
    assert first("shared", is_automated=False, is_never_shared=True) == "private"
    assert first("team", is_automated=True, is_never_shared=False) == "team"


def test_v28_drafts_are_seen_by_the_owner_and_by_the_members_of_a_team_account() -> None:
    assert [rights.can_see_draft(viewer, SHARED) for viewer in (ANA, BO, ADMIN)] == [True, False, False]
    assert [rights.can_see_draft(viewer, TEAM_SHARED) for viewer in (MEMBER, BO)] == [True, False]


def test_m03_linking_needs_the_right_to_change_the_item() -> None:
    careful = replace(ANA, edits="own")
    assert "permission to change the items of others" in str(rights.refusal_to_link(careful, PRIVATE, DEAL))
    assert rights.refusal_to_link(careful, PRIVATE, replace(DEAL, owner_id="ana")) is None
    assert rights.refusal_to_link(ANA, PRIVATE, DEAL) is None
    assert "no such item" in str(rights.refusal_to_link(ANA, PRIVATE, HIDDEN))


def test_m04_m05_a_shared_conversation_is_linked_by_its_owner_or_an_administrator() -> None:
    assert "only the owner" in str(rights.refusal_to_link(BO, SHARED, DEAL))
    assert rights.refusal_to_link(ADMIN, SHARED, DEAL) is None


def test_m06_an_administrator_learns_nothing_of_a_private_conversation() -> None:
    assert rights.refusal_to_link(ADMIN, linked(PRIVATE, DEAL), DEAL) == (
        "there is no such conversation, or you may not see it"
    )
    assert "no such conversation" in str(rights.refusal_to_share(ADMIN, PRIVATE, "shared"))


def test_m07_a_member_links_the_conversations_of_a_team_account() -> None:
    assert rights.refusal_to_link(MEMBER, linked(TEAM_ONLY), DEAL) is None


def test_who_sees_a_conversation_is_said_as_its_account_allows() -> None:
    assert rights.refusal_to_share(ANA, PRIVATE, "shared") is None
    assert "of your own mailbox" in str(rights.refusal_to_share(ANA, PRIVATE, "team"))
    assert rights.refusal_to_share(MEMBER, TEAM_SHARED, "team") is None
    assert "seen by its members" in str(rights.refusal_to_share(MEMBER, TEAM_SHARED, "private"))


def test_the_crm_settings_of_a_mailbox_are_changed_by_who_connected_it_or_may_manage() -> None:
    assert rights.refusal_to_set_up(BO, has_connected=True) is None
    assert rights.refusal_to_set_up(ADMIN, has_connected=False) is None
    assert rights.refusal_to_set_up(replace(BO, can_manage=True), has_connected=False) is None
    assert "only who connected" in str(rights.refusal_to_set_up(BO, has_connected=False))
    assert rights.refusal_to_set_up(replace(BO, is_active=False), has_connected=True)


ITEMS = st.builds(
    Item,
    st.just("x"),
    st.sampled_from(["ana", "bo", "dan"]),
    st.sampled_from(["owner", "team", "company"]),
    st.sampled_from(["", "1", "2"]),
    st.frozensets(st.sampled_from(["bo", "cy"])),
)
LINKS = st.lists(ITEMS, max_size=4).map(tuple)


@given(LINKS)
def test_a_private_conversation_is_seen_by_its_owner_alone(items: tuple[Item, ...]) -> None:
    assert audience(EVERYBODY, linked(PRIVATE, *items)) == {"ana"}


@given(LINKS.filter(bool), ITEMS, st.sampled_from([SHARED, TEAM_SHARED]))
def test_one_more_link_shows_a_shared_conversation_to_nobody_more(
    items: tuple[Item, ...], another: Item, conversation: Conversation
) -> None:
    before, after = (audience(EVERYBODY, linked(conversation, *some)) for some in (items, (*items, another)))
    assert after <= before


@given(LINKS)
def test_the_order_of_links_says_nothing(items: tuple[Item, ...]) -> None:
    seen = {audience(EVERYBODY, linked(SHARED, *some)) for some in itertools.permutations(items)}
    assert len(seen) == 1


def test_nobody_without_an_account_here_sees_an_item() -> None:
    assert not can_see_item(replace(ADMIN, is_active=False), DEAL)

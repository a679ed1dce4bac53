from __future__ import annotations

import pytest

from linking import words
from linking.rules import Decision, Reason
from mail.types import EmailId
from store.crm.items import ItemKind, ItemRef

DEALS = tuple(ItemRef(ItemKind.DEAL, str(number)) for number in range(6))
NAMES = {deal: f"Deal {deal.id}" for deal in DEALS}


def said(reason: Reason, *candidates: ItemRef) -> str:
    return words.sentence(Decision(reason, EmailId(1), None, candidates), NAMES)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_one_line(reason: Reason) -> None:
    for candidates in ((), DEALS[:1], DEALS):
        line = said(reason, *candidates)
        assert line and "\n" not in line and "{" not in line
        assert not line.endswith(".")


@pytest.mark.parametrize("reason", Reason)
def test_what_is_left_to_the_user_comes_with_what_to_do(reason: Reason) -> None:
    is_linked = reason in (
        Reason.LINKED,
        Reason.BCC_DIRECT,
        Reason.ALREADY_LINKED,
        Reason.ALREADY_LINKED_CLOSED,
    )
    assert bool(words.advice(reason.value)) != (is_linked or reason is Reason.INTERNAL_ONLY)


def test_candidates_are_named_as_long_as_they_are_few() -> None:
    assert said(Reason.AMBIGUOUS, *DEALS[:2]) == "2 open items: Deal 0 or Deal 1"
    assert said(Reason.AMBIGUOUS, *DEALS[:3]) == "3 open items: Deal 0, Deal 1 or Deal 2"
    assert said(Reason.AMBIGUOUS, *DEALS) == "6 open items: Deal 0, Deal 1 or 4 more"
    assert said(Reason.ITEM_NEWER_THAN_CONVERSATION, *DEALS[:2]).startswith("Deal 0 and Deal 1 came after")


def test_an_item_is_named_by_its_kind_when_it_is_gone() -> None:
    lead = ItemRef(ItemKind.LEAD, "x")
    assert said(Reason.LINKED, lead) == "the one open lead of these people: a lead that is gone"
    assert said(Reason.BCC_DIRECT) == "sent to the Smart BCC address of an item that is gone"


def test_braces_in_a_title_are_only_braces() -> None:
    names = {DEALS[0]: "{count} {0}"}
    found = words.sentence(Decision(Reason.LINKED, EmailId(1), None, DEALS[:1]), names)
    assert found == "the one open deal of these people: {count} {0}"


def test_what_was_never_judged_waits_or_is_from_before() -> None:
    assert words.unjudged(is_due=True) == "the rules have not looked at it yet"
    assert "dealbox relink" in words.unjudged(is_due=False)

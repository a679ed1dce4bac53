"""What must hold of the rules whatever the mail, the people and the items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from linking_facts import (
    ANN,
    ANN2,
    BOB,
    CY,
    DUP,
    ME,
    P1,
    P2,
    P3,
    P4,
    P5,
    STRANGER,
    Case,
    a_conversation,
    known,
    ref,
)

from linking import rules
from linking.rules import LINKING, Decision, Reason, decide
from mail.types import EmailId
from store.crm.items import ItemKind
from store.links.facts import Before, Conversation, Filled, Item, Message, Person

TIMES = st.integers(10, 30)
PERSONS = st.sampled_from([P1, P2, P3, P4, P5])
ADDRESSES = st.lists(st.sampled_from([ANN, ANN2, BOB, CY, DUP, ME, STRANGER]), min_size=1, max_size=5)
ITEMS = st.builds(
    lambda number, kind, created_at, length: Item(
        ref(number, kind), created_at, None if length is None else created_at + length
    ),
    st.integers(1, 6),
    st.sampled_from([ItemKind.DEAL, ItemKind.LEAD, ItemKind.PROJECT]),
    TIMES,
    st.none() | st.integers(0, 15),
)
OWNED = st.dictionaries(PERSONS, st.lists(ITEMS, max_size=3, unique_by=lambda item: item.ref), max_size=4)


@st.composite
def messages(draw: st.DrawFn) -> list[Message]:
    """Draw the messages of a conversation, oldest first."""
    times = sorted(draw(st.lists(TIMES, min_size=1, max_size=6)))
    return [
        Message(
            EmailId(at << 8 | n),
            at,
            (draw(st.sampled_from([ANN, BOB, ME, STRANGER])),),
            tuple(draw(ADDRESSES)),
            is_bulk=draw(st.booleans()) and draw(st.booleans()),
            is_out_of_sight=draw(st.booleans()) and draw(st.booleans()),
        )
        for n, at in enumerate(times)
    ]


def consistent(owned: Mapping[Person, list[Item]]) -> dict[Person, list[Item]]:
    """Return the same items, each with the same times whoever it is about."""
    first: dict[object, Item] = {}
    return {person: [first.setdefault(item.ref, item) for item in items] for person, items in owned.items()}


@given(messages(), OWNED.map(consistent))
def test_the_one_item_was_open_then_and_older_than_the_conversation(
    mail: list[Message], owned: dict[Person, list[Item]]
) -> None:
    decision = rules.fold(a_conversation(*mail), known(owned))
    assert decision is not None
    assert (decision.item is not None) == (decision.reason in LINKING)
    if decision.item is not None:
        assert decision.candidates == (decision.item,)
        item = next(item for items in owned.values() for item in items if item.ref == decision.item)
        assert item.was_open(decision.email_id >> 8)
        assert item.created_at <= mail[0].at


@given(messages(), OWNED.map(consistent), st.randoms(use_true_random=False))
def test_the_order_of_recipients_and_of_items_says_nothing(
    mail: list[Message], owned: dict[Person, list[Item]], random: object
) -> None:
    shuffled = [replace(message, others=tuple(_shuffled(message.others, random))) for message in mail]
    other = {person: _shuffled(owned[person], random) for person in _shuffled(list(owned), random)}
    assert rules.fold(a_conversation(*shuffled), known(other)) == rules.fold(
        a_conversation(*mail), known(owned)
    )


def _shuffled(values: object, random: object) -> list[object]:
    found = list(values)  # type: ignore[call-overload] # any sequence
    random.shuffle(found)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    return found


@given(messages(), OWNED.map(consistent), PERSONS, ITEMS)
def test_another_item_makes_a_link_ambiguous_or_leaves_it(
    mail: list[Message], owned: dict[Person, list[Item]], person: Person, item: Item
) -> None:
    case = Case(mail[-1], owned, started_at=mail[0].at)
    before = decide(case.facts)
    another = replace(item, ref=ref(99))
    after = decide(replace(case, items={**owned, person: [*owned.get(person, []), another]}).facts)
    if before.reason is Reason.LINKED:
        assert after.reason is Reason.AMBIGUOUS or after.item == before.item
        assert set(before.candidates) <= set(after.candidates)


@given(messages(), OWNED.map(consistent), st.data())
def test_mail_that_comes_in_any_order_is_linked_to_the_same(
    mail: list[Message], owned: dict[Person, list[Item]], data: st.DataObject
) -> None:
    whole = rules.fold(a_conversation(*mail), known(owned))
    here: list[Message] = []
    conversation = a_conversation(mail[0])
    for message in data.draw(st.permutations(mail)):
        here = sorted([*here, message], key=lambda one: one.email_id)
        conversation = replace(conversation, messages=tuple(here), judge_from=message.email_id)
        decision = rules.fold(conversation, known(owned))
        assert decision is not None
        conversation = carried_out(conversation, decision, owned)
    assert conversation.before is not None and whole is not None
    assert (conversation.slot and conversation.slot.item and conversation.slot.item.ref) == whole.item
    assert conversation.before.reason == whole.reason


def carried_out(
    conversation: Conversation, decision: Decision, owned: dict[Person, list[Item]]
) -> Conversation:
    """Return the conversation as it is once the decision was kept."""
    items = {item.ref: item for some in owned.values() for item in some}
    slot = Filled(items[decision.item], "auto") if decision.item else None
    said = Before(decision.reason, decision.email_id, decision.candidates)
    return replace(conversation, slot=slot, before=said)

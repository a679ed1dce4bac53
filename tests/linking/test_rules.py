"""The decision table of linking.md 2.2, row by row, and what a conversation's messages make together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from linking_facts import (
    ANN,
    ANN2,
    BOB,
    COLLEAGUE,
    CY,
    DUP,
    FREELANCER,
    ME,
    P1,
    P2,
    P3,
    P4,
    P5,
    START,
    STRANGER,
    Case,
    a_conversation,
    a_copy,
    a_deal,
    a_lead,
    a_message,
    a_project,
    known,
    ref,
)

from linking import rules
from linking.rules import Blocked, Decision, Known, Reason, decide
from mail.addresses import normalise
from mail.types import EmailId
from store.crm.items import ItemKind, ItemRef
from store.links.facts import Account, Before, Conversation, Filled

D6, D7, L8, R9 = ref(6), ref(7), ref(8, ItemKind.LEAD), ref(9, ItemKind.PROJECT)
WON = a_deal(5, closed_at=90)
ONE = {P1: [a_deal()]}
TO_THREE = a_message(ANN, BOB, CY, sender=ME)
BLOCKED_ANN = Blocked(frozenset({ANN}))
Row = tuple[str, Case, ItemRef | None, str, str, Reason]

ROWS: tuple[Row, ...] = (
    ("L01", Case(a_message(), ONE), D7, "p1", "o10", Reason.LINKED),
    ("L02", Case(a_message(ANN, sender=ME), ONE), D7, "p1", "o10", Reason.LINKED),
    ("L03", Case(a_message(), {P1: [a_lead()]}), L8, "p1", "o10", Reason.LINKED),
    ("L04", Case(a_message(), {P1: [a_project()]}), R9, "p1", "o10", Reason.LINKED),
    ("L05", Case(a_message(), {P1: [a_deal(6), a_deal(7)]}), None, "p1", "o10", Reason.AMBIGUOUS),
    ("L06", Case(a_message(), {P1: [a_deal(), a_lead()]}), None, "p1", "o10", Reason.AMBIGUOUS),
    ("L07", Case(a_message(), {P1: [a_deal(), a_project()]}), None, "p1", "o10", Reason.AMBIGUOUS),
    ("L08", Case(a_message(), {P1: [a_deal(), WON]}), D7, "p1", "o10", Reason.LINKED),
    ("L09", Case(a_message(), {P1: [WON, a_deal()]}), D7, "p1", "o10", Reason.LINKED),
    ("L10", Case(a_message(), {P1: [WON]}), None, "p1", "o10", Reason.NO_OPEN_ITEM),
    ("L11", Case(a_message(), {P1: [a_deal(closed_at=60)]}), None, "p1", "o10", Reason.NO_OPEN_ITEM),
    ("L12", Case(a_message(), {P1: [a_deal(closed_at=99), a_lead(closed_at=99)]}), None, "p1", "o10", Reason.NO_OPEN_ITEM),
    ("L13", Case(a_message(), {P1: [a_project(closed_at=START)]}), None, "p1", "o10", Reason.NO_OPEN_ITEM),
    ("L14", Case(a_message(), {P1: [a_lead(closed_at=70), a_deal(created_at=70)]}), D7, "p1", "o10", Reason.LINKED),
    ("L15", Case(a_message(), {P1: [a_deal(created_at=150)]}), None, "p1", "o10", Reason.ITEM_NEWER_THAN_CONVERSATION),
    ("L16", Case(a_message(), {P1: [a_deal(created_at=START)]}), D7, "p1", "o10", Reason.LINKED),
    ("L17", Case(a_message(at=200), {P1: [a_deal(created_at=150)]}), None, "p1", "o10", Reason.ITEM_NEWER_THAN_CONVERSATION),
    ("L18", Case(a_message(at=200), {P1: [a_deal(6), a_deal(7, created_at=150)]}), None, "p1", "o10", Reason.AMBIGUOUS),
    ("L19", Case(a_message(sender=STRANGER), ONE), None, "", "", Reason.UNKNOWN_CONTACT),
    ("L20", Case(a_message(sender=ANN2), ONE), D7, "p1", "o10", Reason.LINKED),
    ("L21", Case(a_message(sender=normalise("Ann@X.COM")), ONE), D7, "p1", "o10", Reason.LINKED),
    ("L22", Case(a_message(sender="ann+tag@x.com"), ONE), None, "", "", Reason.UNKNOWN_CONTACT),
    ("L23", Case(TO_THREE), None, "p1 p2 p3", "o10 o20", Reason.MANY_RECIPIENTS_NO_OPEN_ITEM),
    ("L24", Case(TO_THREE, {P2: [a_deal()]}), D7, "p1 p2 p3", "o10 o20", Reason.LINKED),
    ("L25", Case(TO_THREE, {P1: [a_deal()], P2: [a_deal()]}), D7, "p1 p2 p3", "o10 o20", Reason.LINKED),
    ("L26", Case(a_message(ANN, BOB, sender=ME), {P1: [a_deal(6)], P2: [a_deal(7)]}), None, "p1 p2", "o10 o20", Reason.AMBIGUOUS),
    ("L27", Case(a_message(ANN, BOB, sender=ME), {P1: [a_deal(5)], P2: [a_deal(6), a_deal(7)]}), None, "p1 p2", "o10 o20", Reason.AMBIGUOUS),
    ("L28", Case(a_message(ANN, BOB, sender=ME)), None, "p1 p2", "o10 o20", Reason.NO_OPEN_ITEM),
    ("L29", Case(a_message(ME, BOB, sender=STRANGER), {P2: [a_deal()]}), D7, "p2", "o20", Reason.LINKED),
    ("L30", Case(a_message(STRANGER, BOB, sender=ME), {P2: [a_deal()]}), D7, "p2", "o20", Reason.LINKED),
    ("L31", Case(a_message(), {P2: [a_deal()]}), None, "p1", "o10", Reason.NO_OPEN_ITEM),
    ("L32", Case(a_message(sender=CY), {P3: [a_deal()]}), D7, "p3", "", Reason.LINKED),
    ("L33", Case(a_message(), ONE, slot=Filled(a_deal(), "auto")), D7, "p1", "o10", Reason.ALREADY_LINKED),
    ("L34", Case(a_message(at=200), {P1: [a_deal(closed_at=150)]}, slot=Filled(a_deal(closed_at=150), "auto")), D7, "p1", "o10", Reason.ALREADY_LINKED_CLOSED),
    ("L35", Case(a_message(at=200), {P1: [a_deal(closed_at=150)]}, started_at=200), None, "p1", "o10", Reason.NO_OPEN_ITEM),
    ("L36", Case(a_message(at=200), {P1: [a_deal(closed=((60, 150),))]}), D7, "p1", "o10", Reason.LINKED),
    ("L37", Case(a_message(), ONE, slot=Filled(None, "manual")), None, "p1", "o10", Reason.MANUALLY_UNLINKED),
    ("L38", Case(a_message(), ONE, account=Account(auto_link=False)), None, "", "", Reason.AUTO_LINK_OFF),
    ("L39", Case(a_message(is_out_of_sight=True), ONE), None, "", "", Reason.EXCLUDED_FOLDER),
    ("L40", Case(a_message(), ONE, account=Account(is_spam_the_inbox=True)), None, "", "", Reason.SPAM_FOLDER_IS_INBOX),
    ("L41", Case(a_message(ANN, sender=ME, is_out_of_sight=True), ONE), None, "", "", Reason.EXCLUDED_FOLDER),
    ("L42", Case(a_message(ME, sender=COLLEAGUE), ONE), None, "", "", Reason.INTERNAL_ONLY),
    ("L43", Case(a_message(ME, COLLEAGUE, "b@corp.com", "c@corp.com")), None, "p1", "o10", Reason.NO_OPEN_ITEM),
    ("L44", Case(a_message(ME, sender=FREELANCER), ONE), None, "", "", Reason.INTERNAL_ONLY),
    ("L45", Case(a_message(ME, sender=ME), ONE), None, "", "", Reason.INTERNAL_ONLY),
    ("L46", Case(a_message(), ONE, blocked=BLOCKED_ANN), None, "", "", Reason.BLOCKED),
    ("L47", Case(a_message(ME, BOB), {P1: [a_deal(6)], P2: [a_deal()]}, blocked=BLOCKED_ANN), D7, "p2", "o20", Reason.LINKED),
    ("L48", Case(a_message(sender="z@mail.x.com"), ONE, blocked=Blocked(domains=frozenset({"x.com"}))), None, "", "", Reason.BLOCKED),
    ("L49", Case(a_message(is_bulk=True), ONE), None, "p1", "o10", Reason.BULK),
    ("L50", Case(a_message(sender=DUP)), None, "", "", Reason.NO_OPEN_ITEM),
    ("L51", Case(a_message(sender=DUP), {P5: [a_deal()]}), D7, "p5", "o11", Reason.LINKED),
    ("L52", Case(a_message(sender=DUP), {P4: [a_deal(6)], P5: [a_deal(7)]}), None, "", "", Reason.AMBIGUOUS),
    ("L53", Case(a_copy(), ONE), D7, "p1", "o10", Reason.LINKED),
    ("L54", Case(a_copy(of=a_deal(6)), {P1: [a_deal(6), a_deal(7)]}), D6, "p1", "o10", Reason.BCC_DIRECT),
    ("L55", Case(a_copy(of=a_deal(6, closed_at=60)), {P1: [a_deal(6, closed_at=60)]}), D6, "p1", "o10", Reason.BCC_DIRECT),
    ("L56", Case(a_copy(is_gone=True), ONE), None, "p1", "o10", Reason.BCC_ITEM_GONE),
    ("L57", Case(a_copy(of=a_deal(6), is_verified=False), ONE), None, "", "", Reason.BCC_SENDER_NOT_VERIFIED),
    ("L58", Case(a_copy(of=a_deal(6)), {P1: [a_deal(6), a_deal(7)]}), D6, "p1", "o10", Reason.BCC_DIRECT),
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "case", "item", "persons", "organizations", "reason"), ROWS, ids=[row[0] for row in ROWS]
)
def test_rows_of_the_decision_table(
    row: str, case: Case, item: ItemRef | None, persons: str, organizations: str, reason: Reason
) -> None:
    decision = decide(case.facts)
    assert (decision.reason, decision.item) == (reason, item)
    people = rules.people(case.facts, decision)
    assert {person.id for person in people} == set(persons.split())
    assert {person.org_id for person in people if person.org_id} == set(organizations.split())


def test_what_is_ambiguous_names_every_candidate_and_the_message() -> None:
    decision = decide(Case(a_message(), {P1: [a_deal(7), a_lead(8), a_deal(6)]}).facts)
    assert decision == rules.Decision(Reason.AMBIGUOUS, EmailId(START * 256), None, (D6, D7, L8))


def test_items_that_all_came_later_are_not_a_choice() -> None:
    case = Case(a_message(at=200), {P1: [a_deal(6, created_at=150), a_deal(7, created_at=160)]})
    assert decide(case.facts).reason is Reason.ITEM_NEWER_THAN_CONVERSATION


def test_two_addresses_of_one_person_are_one_recipient() -> None:
    assert decide(Case(a_message(ANN, ANN2, BOB, sender=ME)).facts).reason is Reason.NO_OPEN_ITEM
    assert (
        decide(Case(a_message(ANN, STRANGER, "other@q.com", sender=ME)).facts).reason
        is Reason.MANY_RECIPIENTS_NO_OPEN_ITEM
    )


def test_an_own_address_with_a_tag_is_own() -> None:
    assert decide(Case(a_message("me+deal7@corp.com", sender=ME), ONE).facts).reason is Reason.INTERNAL_ONLY
    assert decide(Case(a_message("lee+x@elsewhere.net", sender=ME), ONE).facts).reason is Reason.INTERNAL_ONLY


def test_a_copy_to_an_items_own_address_needs_nobody_else() -> None:
    assert decide(Case(a_copy(of=a_deal(6), to=ME)).facts).item == D6
    assert decide(Case(a_copy(to=ME)).facts).reason is Reason.INTERNAL_ONLY


def test_a_copy_to_an_items_own_address_links_what_was_unlinked_by_hand() -> None:
    assert decide(Case(a_copy(of=a_deal(6)), slot=Filled(None, "manual")).facts).item == D6


def test_an_address_taken_for_another_person_by_hand_counts_as_that_person() -> None:
    assert decide(Case(a_message(sender=STRANGER), ONE, overrides={STRANGER: P1}).facts).item == D7
    assert decide(Case(a_message(), ONE, overrides={ANN: None}).facts).reason is Reason.UNKNOWN_CONTACT
    blocked = Case(a_message(), ONE, overrides={ANN: P1}, blocked=BLOCKED_ANN)
    assert decide(blocked.facts).reason is Reason.BLOCKED


def test_exceptions_are_addresses_and_domains_after_an_at_sign() -> None:
    blocked = Blocked.of(["ann@x.com", "@z.com"])
    assert [email for email in (ANN, "b@x.com", BOB, "c@in.z.com", "c@xz.com") if blocked.include(email)] == [
        ANN,
        BOB,
        "c@in.z.com",
    ]


def test_mail_older_than_automatic_linking_is_not_judged() -> None:
    case = Case(a_message(), ONE, account=Account(since=START + 1))
    assert decide(case.facts).reason is Reason.AUTO_LINK_OFF
    assert decide(replace(case, account=Account(since=START)).facts).reason is Reason.LINKED


# -- conversations


def fold(conversation: Conversation, known: Known) -> Decision:
    decision = rules.fold(conversation, known)
    assert decision is not None
    return decision


def test_the_first_message_that_finds_one_item_decides() -> None:
    conversation = a_conversation(
        a_message(sender=STRANGER), a_message(ME, STRANGER, at=110), a_message(ME, BOB, at=120)
    )
    found = fold(conversation, known({P1: [a_deal(7)], P2: [a_deal(6)]}))
    assert (found.reason, found.item, found.email_id) == (Reason.LINKED, D7, 110 * 256)


def test_a_private_answer_in_an_ambiguous_conversation_is_no_way_around() -> None:
    conversation = a_conversation(a_message(ME, BOB), a_message(ANN, sender=ME, at=110))
    items = {P1: [a_deal(7)], P2: [a_deal(6)]}
    assert fold(conversation, known(items)).reason is Reason.AMBIGUOUS
    assert fold(a_conversation(a_message(ANN, sender=ME, at=110)), known(items)).item == D7


def test_after_the_link_every_message_is_linked_already() -> None:
    conversation = a_conversation(a_message(), a_message(at=110), a_message(at=200))
    reasons = [each.reason for each in rules.judgements(conversation, known({P1: [a_deal(closed_at=150)]}))]
    assert reasons == [Reason.LINKED, Reason.ALREADY_LINKED, Reason.ALREADY_LINKED_CLOSED]


def test_a_copy_in_a_conversation_holds_for_what_comes_after_it() -> None:
    conversation = a_conversation(a_copy(of=a_deal(6)), a_message(at=110))
    reasons = [each.reason for each in rules.judgements(conversation, known(ONE))]
    assert reasons == [Reason.BCC_DIRECT, Reason.ALREADY_LINKED]


def test_what_a_person_chose_is_never_judged_anew() -> None:
    conversation = a_conversation(a_message(), slot=Filled(a_deal(6), "manual"))
    assert fold(conversation, known(ONE)).reason is Reason.ALREADY_LINKED
    unlinked = a_conversation(a_message(), slot=Filled(None, "manual"))
    assert fold(unlinked, known(ONE)).reason is Reason.MANUALLY_UNLINKED


def test_a_link_of_the_rules_gives_way_when_older_mail_decides_otherwise() -> None:
    linked = Filled(a_deal(6), "auto")
    conversation = a_conversation(
        a_message(at=110), a_message(ME, sender=BOB, at=120), slot=linked,
        before=Before("linked", EmailId(120 * 256), (D6,)), judge_from=110 * 256,
    )  # fmt: skip
    found = fold(conversation, known({P1: [a_deal(7)], P2: [a_deal(6)]}))
    assert (found.reason, found.item) == (Reason.LINKED, D7)
    assert fold(conversation, known({P2: [a_deal(6, created_at=115)]})).item is None


def test_a_link_of_the_rules_stays_when_only_newer_mail_came() -> None:
    conversation = a_conversation(
        a_message(), a_message(at=120), slot=Filled(a_deal(6), "auto"),
        before=Before("linked", EmailId(START * 256), (D6,)), judge_from=120 * 256,
    )  # fmt: skip
    assert fold(conversation, known({})) == rules.Decision(Reason.LINKED, EmailId(START * 256), D6, (D6,))
    assert [each.reason for each in rules.judgements(conversation, known({}))] == [Reason.ALREADY_LINKED]


def test_a_link_made_on_purpose_in_old_mail_stays_when_newer_mail_comes() -> None:
    conversation = a_conversation(
        a_message(), a_message(at=120), slot=Filled(a_deal(6), "auto"), judge_from=120 * 256
    )
    assert fold(conversation, known({})).item == D6
    said = Before("no_open_item", EmailId(START * 256))
    assert fold(replace(conversation, before=said), known({})).item == D6


def test_only_messages_that_came_are_judged_while_all_take_part() -> None:
    old, new = a_message(), a_message(ME, sender=BOB, at=120)
    conversation = a_conversation(old, new, judge_from=new.email_id)
    assert fold(conversation, known({P1: [a_deal(6, closed_at=110)]})).item is None
    assert fold(conversation, known({P1: [a_deal(7)]})).email_id == new.email_id


def test_of_an_unlinked_conversation_the_newest_message_that_says_something_counts() -> None:
    two = {P1: [a_deal(6), a_deal(7)]}
    list_mail = a_message(at=120, is_bulk=True)
    trashed = a_message(at=130, is_out_of_sight=True)
    found = fold(a_conversation(a_message(), list_mail, trashed), known(two))
    assert (found.reason, found.email_id) == (Reason.AMBIGUOUS, START * 256)
    assert fold(a_conversation(list_mail, trashed), known(two)).reason is Reason.BULK
    assert fold(a_conversation(trashed), known(two)).reason is Reason.EXCLUDED_FOLDER


def test_what_was_said_before_holds_until_something_more_is_said() -> None:
    said = Before("ambiguous", EmailId(START * 256), (D6, D7))
    later = a_message(at=120, is_bulk=True)
    conversation = a_conversation(a_message(), later, before=said, judge_from=later.email_id)
    assert fold(conversation, known({})).reason is Reason.AMBIGUOUS
    gone = replace(conversation, before=replace(said, reason="linked"))
    assert fold(gone, known({})).reason is Reason.BULK


def test_a_conversation_with_nothing_left_to_judge_is_left_alone() -> None:
    message = a_message()
    conversation = a_conversation(message, judge_from=message.email_id + 1)
    assert rules.fold(conversation, known(ONE)) is None


def test_a_draft_in_a_conversation_from_before_the_rules_says_nothing_of_it() -> None:
    draft = a_message(ANN, sender=ME, at=120, is_out_of_sight=True)
    conversation = a_conversation(a_message(), draft, judge_from=draft.email_id)
    assert rules.fold(conversation, known(ONE)) is None


def test_without_the_message_that_decided_the_others_are_asked_again() -> None:
    trashed = a_message(ME, BOB, at=120, is_out_of_sight=True)
    conversation = a_conversation(
        a_message(), trashed, slot=Filled(a_deal(6), "auto"), judge_from=trashed.email_id,
        before=Before("linked", trashed.email_id, (D6,)),
    )  # fmt: skip
    assert fold(conversation, known({P1: [WON], P2: [a_deal(6)]})).reason is Reason.NO_OPEN_ITEM


def test_who_is_only_in_a_draft_or_in_trash_takes_no_part() -> None:
    conversation = a_conversation(
        a_message(ANN, sender=ME, is_out_of_sight=True), a_message(sender=STRANGER, at=120)
    )
    assert fold(conversation, known(ONE)).reason is Reason.UNKNOWN_CONTACT


def test_an_answer_goes_to_another_address_only_where_nobody_known_wrote() -> None:
    form = a_message(sender="form@shop.net", reply_to=(ANN,))
    assert fold(a_conversation(form), known(ONE)).item == D7
    bob = a_message(sender=BOB, reply_to=(ANN,))
    assert fold(a_conversation(bob), known(ONE)).reason is Reason.NO_OPEN_ITEM


def test_a_conversation_began_with_its_oldest_message() -> None:
    conversation = a_conversation(a_message(sender=STRANGER), a_message(ME, STRANGER, at=200))
    assert (
        fold(conversation, known({P1: [a_deal(created_at=150)]})).reason
        is Reason.ITEM_NEWER_THAN_CONVERSATION
    )

import csv
import email
import email.header
import email.utils
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.threading import ThreadFacts, base_subject, is_reused, join, order, partition, ref, refs_of

SHARED = Path(__file__).parents[2] / "../shared"


def facts(
    id: int, message_id: str | None = None, *references: str, subject: str = "s", at: int | None = 0
) -> ThreadFacts:
    return ThreadFacts(id, message_id, references, subject, at)


def in_order_of_arrival(emails: Sequence[ThreadFacts]) -> list[frozenset[int]]:
    """Do what the store does, message by message: join, merge, and take apart what a reused id had joined."""
    thread_of_ref: dict[int, int] = {}
    members: dict[int, list[ThreadFacts]] = {}
    newest = 0

    def put(thread: int, these: Sequence[ThreadFacts]) -> None:
        members.setdefault(thread, []).extend(these)
        for one in (one for mail in these for one in refs_of(mail)):
            if thread_of_ref.get(one) != 0:
                thread_of_ref[one] = thread

    for mail in emails:
        copies = [
            known for thread in members.values() for known in thread if known.message_id == mail.message_id
        ]
        if mail.message_id is not None and is_reused(copies, mail):
            own = ref(mail.message_id)
            was_in = thread_of_ref.get(own, 0)
            thread_of_ref[own] = 0
            if was_in:
                reused = [one for one, thread in thread_of_ref.items() if thread == 0]
                old = {known.id: known for known in members.pop(was_in)}
                for part in partition(list(old.values()), reused):
                    newest += 1
                    put(newest, [old[id] for id in part])
        chosen = join(thread_of_ref, refs_of(mail), {thread: len(those) for thread, those in members.items()})
        if chosen.thread_id is None:
            newest += 1
        thread_id = chosen.thread_id or newest
        for merged in chosen.merge:
            put(thread_id, members.pop(merged))
            thread_of_ref.update(
                {one: thread_id for one, thread in thread_of_ref.items() if thread == merged}
            )
        put(thread_id, [mail])
    return sorted((frozenset(mail.id for mail in those) for those in members.values()), key=min)


IDS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
EMAILS = st.lists(
    st.tuples(st.none() | IDS, st.lists(IDS, max_size=3), st.sampled_from("xy"), st.sampled_from([None, 1])),
    max_size=9,
).map(
    lambda rows: [
        ThreadFacts(number, own, tuple(references), subject, at)
        for number, (own, references, subject, at) in enumerate(rows)
    ]
)


@given(EMAILS, st.randoms(use_true_random=False))
def test_messages_arriving_in_any_order_end_in_the_same_threads(
    emails: list[ThreadFacts], shuffle: random.Random
) -> None:
    shuffled = shuffle.sample(emails, len(emails))

    assert partition(shuffled) == partition(emails)
    assert in_order_of_arrival(shuffled) == partition(emails)


@given(EMAILS)
def test_every_message_is_in_one_thread_and_once_in_its_tree(emails: list[ThreadFacts]) -> None:
    threads = partition(emails)

    assert sorted(id for thread in threads for id in thread) == [mail.id for mail in emails]
    tree = order(emails)
    assert sorted(id for id, _ in tree) == [mail.id for mail in emails]
    assert all(depth <= before + 1 for (_, before), (_, depth) in pairwise(tree))


def test_answers_to_a_message_nobody_has_are_one_thread() -> None:
    assert partition([facts(1, "b", "a"), facts(2, "c", "a"), facts(3, "d")]) == [{1, 2}, {3}]


def test_a_list_copy_and_a_direct_copy_are_one_thread() -> None:
    copies = [
        facts(1, "a", subject=base_subject("[dev] Re: Plan")),
        facts(2, "a", subject=base_subject("Re: plan")),
    ]

    assert partition(copies) == [{1, 2}]


def test_a_message_id_on_different_messages_joins_nothing() -> None:
    status = [facts(number, "status@shop", subject=f"Order {number}", at=number) for number in range(3)]

    assert partition([*status, facts(3, "x", "status@shop"), facts(4, "y", "status@shop")]) == [
        {0},
        {1},
        {2},
        {3},
        {4},
    ]


def test_messages_without_any_id_stay_alone() -> None:
    assert partition([facts(1), facts(2), facts(3, "<>"), facts(4, "", "<>")]) == [{1}, {2}, {3}, {4}]


def test_the_largest_thread_stays_when_threads_merge() -> None:
    chosen = join({1: 10, 2: 11, 3: 12, 4: 0}, (1, 2, 3, 4, 5), {11: 7, 10: 1})

    assert (chosen.thread_id, chosen.merge) == (11, (10, 12))
    assert join({4: 0}, (4, 5)).thread_id is None


def test_thousands_of_references_cost_no_more_than_fifty() -> None:
    many = facts(1, "own", *(f"r{number}" for number in range(9000)))

    refs = refs_of(many)
    assert len(refs) == 51
    assert {ref("own"), ref("r0"), ref("r1"), ref("r8999")} <= set(refs)
    assert all(-(2**63) <= one < 2**63 for one in refs)


def test_a_tree_puts_answers_below_what_they_answer_even_when_clocks_are_wrong() -> None:
    emails = [
        facts(1, "a", at=100),
        facts(2, "b", "a", at=50),
        facts(3, "c", "a", "b", at=60),
        facts(4, "d", "a", at=10),
    ]

    assert order(emails) == [(1, 0), (4, 1), (2, 1), (3, 2)]


def test_a_loop_of_references_is_cut_at_its_oldest_message() -> None:
    assert order([facts(1, "a", "b", at=2), facts(2, "b", "a", at=1), facts(3, "c", "c")]) == [
        (3, 0),
        (2, 0),
        (1, 1),
    ]


def test_a_chain_of_ten_thousand_is_ordered_at_once() -> None:
    chain = [facts(number, f"m{number}", f"m{number - 1}", at=-number) for number in range(10_000)]

    assert order(chain)[-1] == (9_999, 9_999)
    assert len(partition(chain)) == 1


def test_a_message_that_refers_to_itself_stands_below_the_ancestor_before() -> None:
    assert order([facts(1, "a", at=1), facts(2, "b", "a", "b", at=2)]) == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    "subject",
    [
        "Quote Q-118", "Re: Quote Q-118", "RE:re: Fwd: quote q-118", "Re[2]: Quote Q-118", "Re (3): Quote Q-118", "Re^2: Quote Q-118",
        "AW: WG: Quote Q-118", "Odp: PD: Quote Q-118", "RV: Quote Q-118", "Rif: R: I: Quote Q-118", "Res: ENC: Quote Q-118",
        "TR: Réf : Quote Q-118", "SV: VS: Quote Q-118", "回复：Quote Q-118", "转发: Re: Quote Q-118", "Ответ: Quote Q-118",
        "[dev] Quote Q-118", "Re: [dev] Quote Q-118", "[dev] Re: [sales-eu] Quote  Q-118", "Quote Q-118 (fwd)", "[Fwd: Re: Quote Q-118]",
        "  Re :  Quote\tQ-118 ",
    ],
)  # fmt: skip
def test_reply_marks_and_list_tags_are_not_the_subject(subject: str) -> None:
    assert base_subject(subject) == "quote q-118"


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("", ""),
        ("Re:", ""),
        ("[dev]", "[dev]"),
        ("Re: [dev]", "[dev]"),
        ("Report: May", "report: may"),
        ("Red: x", "red: x"),
        ("Re: 2: x", "2: x"),
    ],
)
def test_what_is_not_a_mark_stays(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@given(st.text(alphabet="Re[]: fwd(12)：a", max_size=40))
def test_a_base_subject_is_its_own_base(subject: str) -> None:
    assert base_subject(base_subject(subject)) == base_subject(subject)


def test_a_subject_of_a_hundred_thousand_marks_is_read_at_once() -> None:
    assert base_subject("Re: " * 100_000 + "[" * 100_000) == ""
    base_subject("[" * 100_000)
    base_subject("[]" * 100_000)


@pytest.mark.no_cover
@pytest.mark.skipif(not SHARED.exists(), reason="the shared test mail is not beside the project")
def test_the_threads_of_mailkit_come_out_the_same() -> None:
    by_references = json.loads((SHARED / "mail/threading/mailkit_threads.json").read_text())[1]
    emails = [
        facts(number, mail["id"], *mail["refs"], subject=base_subject(mail["subject"]))
        for number, mail in enumerate(by_references["messages"])
    ]
    subjects = [mail["subject"] for mail in by_references["messages"]]

    threads = [[subjects[id] for id in sorted(thread)] for thread in partition(emails)]

    assert ["A", "B", "C", "D", "E", "F"] in threads
    assert ["G", "H"] in threads
    assert ["Loop1", "Loop2", "Loop3"] in threads
    assert ["Loop4", "Loop5"] in threads
    assert ["Loop7", "Loop8", "Loop8", "Loop10"] in threads
    assert ["Ambig1", "Ambig2", "Ambig3", "Ambig4", "Ambig5a", "Ambig5b"] in threads
    assert ["dup", "dup-kid", "dup-kid", "dup-kid-2", "dup-kid-2", "dup-kid-2"] in threads
    assert ["missingmessage", "missingmessage"] in threads
    assert ["liar 1", "liar 2"] in threads
    assert ["liar2 1", "liar2 2"] in threads
    assert ["Welcome to Netscape", "Re: Welcome to Netscape"] in threads
    assert sum(len(thread) > 1 for thread in threads) == 11  # "same subject 1" needs subjects: never merged
    tree = [(subjects[id], depth) for id, depth in order(emails[:6])]
    assert tree == [("A", 0), ("B", 1), ("C", 2), ("E", 3), ("F", 2), ("D", 1)]


def corpus_facts(number: int, octets: bytes) -> ThreadFacts:
    message = email.message_from_bytes(octets.partition(b"\n\n")[0])
    references = f"{message.get('In-Reply-To', '')} {message.get('References', '')}".split()
    date = email.utils.parsedate_tz(str(message.get("Date", "")))
    subject = str(email.header.make_header(email.header.decode_header(str(message.get("Subject", "")))))
    return ThreadFacts(
        number,
        message.get("Message-ID"),
        tuple(references),
        base_subject(subject),
        email.utils.mktime_tz(date) if date else None,
    )


@pytest.mark.skipif(not SHARED.exists(), reason="the shared corpus maker is not beside the project")
def test_the_corpus_falls_into_its_conversations_but_for_what_no_header_tells(tmp_path: Path) -> None:
    maker = (SHARED / "corpus/make_corpus.py", tmp_path, "--messages", "3000", "--seed", "7", "--crm")
    subprocess.run([sys.executable, "-P", *map(str, maker)], check=True, capture_output=True)
    rows = list(csv.DictReader((tmp_path / "expected_threads.csv").read_text().splitlines()))
    emails = [
        corpus_facts(number, (tmp_path / "maildir" / row["file"]).read_bytes())
        for number, row in enumerate(rows)
    ]

    threads = partition(emails)

    conversation_of = [row["conversation"] for row in rows]
    mixed = [thread for thread in threads if len({conversation_of[id] for id in thread}) > 1]
    assert mixed == []
    pieces = Counter(conversation_of[min(thread)] for thread in threads)
    broken = {conversation for conversation, count in pieces.items() if count > 1}
    assert broken <= {row["conversation"] for row in rows if row["fault"] == "no_reply_headers"}
    assert (len(threads), len(pieces), len(broken)) == (1253, 1249, 4)
    assert in_order_of_arrival(emails[:600]) == partition(emails[:600])

"""Mail told by its header, and its bodies later, makes the same store as mail told whole."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import makers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from makers import ARCHIVE, INBOX, MAILBOXES, NOW, SENT
from told_by_header import Server, contents, take

from mail.changes import RemoteEmail
from store import fetching, ingest, invariants

OWN = "me@dealbox.example"


def a_letter(
    number: int, answers: int | None, text: str, *, is_own: bool, has_file: bool, keeps_id: bool
) -> bytes:
    """Return a message; one that does not keep its id has that of every other such one."""
    message_id = f"{number}@example.com" if keeps_id else "status@shop.example"
    lines = [
        f"From: {OWN if is_own else 'Ana Lima <ana@acme.example>'}",
        f"To: {'ana@acme.example' if is_own else OWN}",
        f"Message-ID: <{message_id}>",
        f"Subject: {'Offer' if answers is None else 'Re: Offer'} {number if answers is None else answers}",
        f"Date: Tue, 14 Nov 2023 22:13:{number % 60:02} +0000",
    ]
    if answers is not None:
        lines.append(f"In-Reply-To: <{answers}@example.com>")
    if not has_file:
        return ("\r\n".join([*lines, "Content-Type: text/plain", "", text]) + "\r\n").encode()
    lines.append('Content-Type: multipart/mixed; boundary="b"')
    parts = ["", "--b", "", text, "--b", "Content-Type: application/pdf", ""]
    named = "Content-Disposition: attachment; filename=offer.pdf"
    return "\r\n".join([*lines, *parts[:-1], named, "", "octets", "--b--", ""]).encode()


@st.composite
def mail(draw: st.DrawFn) -> list[dict[str, object]]:
    return [_told(draw, number) for number in range(draw(st.integers(1, 12)))]


def _told(draw: st.DrawFn, number: int) -> dict[str, object]:
    text = draw(st.sampled_from(["Hello", "the quick fox", "Grüße", ""])) * draw(st.integers(1, 3))
    return {
        "message": a_letter(
            number,
            draw(st.one_of(st.none(), st.integers(0, 12))),
            text,
            is_own=draw(st.booleans()),
            has_file=draw(st.booleans()),
            keeps_id=draw(st.integers(0, 5)) > 0,
        ),
        "mailbox": draw(st.sampled_from([INBOX, INBOX, ARCHIVE, SENT])),
        "keywords": draw(st.sets(st.sampled_from(["$seen", "$flagged", "$draft"]))),
        "received_at": NOW + number,
        "thread_key": draw(st.sampled_from([None, None, None, "t1", "t2"])),
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    letters=mail(), order=st.randoms(use_true_random=False), size=st.integers(1, 12), is_late=st.booleans()
)
def test_header_and_body_one_after_the_other_are_the_message_whole(
    tmp_path_factory: pytest.TempPathFactory,
    letters: list[dict[str, object]],
    order: random.Random,
    size: int,
    is_late: bool,
) -> None:
    directory = tmp_path_factory.mktemp("stores")
    server = Server()
    remotes = [server.remote(f"1.{number}", **letter) for number, letter in enumerate(letters)]  # type: ignore[arg-type]  # of mail()
    expected = told_whole(directory / "whole", server, remotes)
    shuffled = list(remotes)
    order.shuffle(shuffled)
    for name, told in (("newest", remotes[::-1]), ("oldest", remotes), ("any", shuffled)):
        db = makers.a_store(directory / name)
        account_id = makers.an_account(db)
        for start in range(0, len(told), size):
            take(db, account_id, told[start : start + size], mailboxes=MAILBOXES)
            assert invariants.check(db) == []
            if not is_late:
                server.fill(db, account_id, most=size)
        server.fill(db, account_id, most=size)
        assert invariants.check(db) == []
        assert contents(db) == expected
        db.close()


def told_whole(directory: Path, server: Server, remotes: list[RemoteEmail]) -> dict[str, list[object]]:
    db = makers.a_store(directory)
    take(db, makers.an_account(db), [server.whole(remote) for remote in remotes], mailboxes=MAILBOXES)
    assert invariants.check(db) == []
    found = contents(db)
    db.close()
    return found


TEXTS = [
    a_letter(n, n - 1 if n % 3 else None, f"text {n}", is_own=n == 2, has_file=n == 4, keeps_id=n != 5)
    for n in range(8)
]
PLACES = st.tuples(st.sampled_from([INBOX, ARCHIVE]), st.sampled_from("78"), st.integers(1, 4))
steps = st.one_of(
    st.tuples(
        st.just("tell"), st.lists(st.tuples(st.integers(0, 7), PLACES), min_size=1, max_size=6), st.booleans()
    ),
    st.tuples(st.just("destroy"), st.lists(PLACES, min_size=1, max_size=4), st.just(False)),
    st.tuples(st.just("fill"), st.lists(PLACES, min_size=1, max_size=4), st.just(False)),
    st.tuples(st.just("fail"), st.lists(PLACES, min_size=1, max_size=5), st.just(False)),
    st.tuples(st.just("update"), st.just([]), st.just(False)),
    st.tuples(st.just("purge"), st.just([]), st.just(False)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(done=st.lists(steps, min_size=1, max_size=8))
def test_whatever_is_told_fetched_and_lost_the_store_is_as_a_recount_says(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, list[Any], bool]]
) -> None:
    db = makers.a_store(tmp_path_factory.mktemp("store"))
    server, account_id = Server(), makers.an_account(db)
    for number, (what, some, is_renumbered) in enumerate(done):
        if what == "tell":
            remotes = [
                server.remote(f"{epoch}.{uid}", TEXTS[text], mailbox, received_at=NOW + text)
                for text, (mailbox, epoch, uid) in some
            ]
            take(db, account_id, remotes, renumbered=[INBOX.key] if is_renumbered else ())
        elif what == "destroy":
            take(db, account_id, [], destroyed=[(mailbox, f"{epoch}.{uid}") for mailbox, epoch, uid in some])
        elif what == "fill":
            server.fill(db, account_id, most=len(some), times=1)
        elif what == "fail":
            for body in fetching.next_bodies(db, account_id, 1 << 40, limit=1) * len(some):
                fetching.failed(db, account_id, [(body._replace(attempts=len(some)), "It is broken.")], NOW)
        elif what == "update":
            fetching.retry_unread(db, number)
        else:
            ingest.purge_orphans(db, account_id, 1 << 40)
        assert invariants.check(db) == []
    fetching.retry_unread(db, 1_000)
    db.read().execute("UPDATE body_wish SET not_before = 0")
    server.fill(db, account_id)
    assert invariants.check(db) == []
    assert fetching.remaining(db, account_id) == 0
    db.close()

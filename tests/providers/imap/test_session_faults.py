"""A session with servers that fail, stop in the middle, or say more than can be held."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from imap_sessions import at_script, selected
from servers.scripted_imap import Act, Close, Expect, Reset, Send, Stall, answer

from providers.errors import RetryLater
from providers.imap.session import Fetched, Oversized, Refused, Session, UidSet

ENTRY = b"* %d FETCH (UID %d FLAGS (\\Seen) BODY[] {40}\r\n" + b"x" * 40 + b")\r\n"
EVERYTHING = UidSet.everything()


def until_lost(session: Session) -> list[int]:
    uids = []
    with pytest.raises(RetryLater):
        for told in session.fetch(EVERYTHING, "FLAGS BODY.PEEK[]"):
            assert told.sections == {"": b"x" * 40}
            uids.append(told.uid)
    return uids


@pytest.mark.parametrize("end", [Close(), Reset()])
@pytest.mark.parametrize("cut", [*range(0, 100, 9), 150, 300])
def test_of_a_message_cut_off_anywhere_nothing_is_told(end: Act, cut: int) -> None:
    """F1, F3."""
    said = b"".join(ENTRY % (number, number) for number in range(1, 6))
    with at_script(Expect(b"UID FETCH"), Send(said[:cut]), end) as session:
        uids = until_lost(session)
        # RST may overtake octets that were sent before it.
        assert uids == list(range(1, len(uids) + 1))
        assert len(uids) <= cut // len(ENTRY % (1, 1))
        assert not session.is_open


def test_a_stall_in_a_literal_ends_in_time() -> None:
    """F2."""
    said = ENTRY % (1, 1) + (ENTRY % (2, 2))[:60]
    with at_script(Expect(b"UID FETCH"), Send(said), Stall(), read_s=0.3) as session:
        assert until_lost(session) == [1]
        assert not session.is_open
        with pytest.raises(RetryLater):
            session.noop()


@pytest.mark.parametrize("end", [Close(), Reset()])
def test_a_lost_answer_to_a_store_is_an_operation_to_repeat(end: Act) -> None:
    """F3."""
    with at_script(Expect(b"UID STORE"), Send(b"* 1 FETCH (UID 1 "), end) as session:
        with pytest.raises(RetryLater):
            session.store(UidSet.parse(b"1:5"), "+", ["\\Seen"])
        assert not session.is_open


def test_answers_in_segments_of_one_octet_are_read() -> None:
    """F6."""
    with at_script(Expect(b"UID FETCH"), Send(ENTRY % (1, 7) + b"{tag} OK done\r\n", piece=1)) as session:
        (told,) = session.fetch(UidSet.parse(b"7"), "FLAGS BODY.PEEK[]")
        assert told == Fetched(7, flags=frozenset({"\\Seen"}), sections={"": b"x" * 40})


def test_news_between_answers_is_kept_for_whoever_asks() -> None:
    """F7."""
    said = (
        b"* 3 EXPUNGE\r\n* 9 EXISTS\r\n* 1 RECENT\r\n* VANISHED 30:31\r\n"
        b"* 1 FETCH (UID 4 FLAGS (\\Answered))\r\n"
        + ENTRY % (1, 7)
        + b"* 1 FETCH (FLAGS (\\Seen) UID 7)\r\n* 2 FETCH (FLAGS (\\Flagged))\r\n* NO be careful\r\n* X-NEWS 5\r\n"
    )
    with at_script(*answer(b"UID FETCH", said + b"{tag} OK done\r\n")) as session:
        assert [told.uid for told in session.fetch(UidSet.parse(b"7"), "BODY.PEEK[]")] == [7]
        news = session.unsolicited()
        assert (news.exists, news.expunged, news.vanished) == (9, 1, UidSet.parse(b"30:31"))
        assert {told.uid: told.flags for told in news.changed} == {4: {"\\Answered"}, 7: {"\\Seen"}}
        assert news.is_incomplete  # flags of a message without its UID
        assert not session.unsolicited()


def test_a_message_that_goes_while_it_is_fetched_is_only_missing() -> None:
    """F8, F9: a server may return less than it promised."""
    said = (
        ENTRY % (1, 1) + b"* 2 EXPUNGE\r\n* 2 FETCH (UID 3 BODY[] NIL)\r\n{tag} OK [EXPUNGEISSUED] done\r\n"
    )
    with at_script(*selected(b"* 1000 EXISTS"), *answer(b"UID FETCH", said)) as session:
        assert session.select("INBOX").exists == 1000
        told = list(session.fetch(UidSet.parse(b"1:3"), "BODY.PEEK[]"))
        assert [(one.uid, bool(one.sections)) for one in told] == [(1, True), (3, False)]


def test_a_mailbox_that_shrinks_without_a_word_is_told_so() -> None:
    """F10."""
    with at_script(*selected(b"* 5 EXISTS"), *answer(b"NOOP", b"* 3 EXISTS\r\n{tag} OK\r\n")) as session:
        session.select("INBOX")
        session.noop()
        assert session.unsolicited().exists == 3


def test_throttling_in_the_middle_says_how_long() -> None:
    """F21."""
    throttled = b"{tag} BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n"
    with at_script(*answer(b"UID FETCH", throttled), *answer(b"NOOP", b"{tag} OK\r\n")) as session:
        with pytest.raises(RetryLater) as later:
            list(session.fetch(EVERYTHING, "FLAGS"))
        assert later.value.after_s == pytest.approx(92.415)
        session.noop()


@pytest.mark.parametrize("capability", [b"IMAP4rev1", b"IMAP4rev1 LITERAL+", b"IMAP4rev1 LITERAL-"])
def test_a_full_mailbox_refuses_a_message(capability: bytes) -> None:
    """F21."""
    said = b"{tag} NO [OVERQUOTA] Quota exceeded (mailbox for user is full)\r\n"
    with at_script(*answer(b"APPEND", said), capability=capability) as session:
        with pytest.raises(Refused) as refused:
            session.append("INBOX", b"Subject: a\r\n\r\n")
        assert refused.value.code == "OVERQUOTA"


def test_a_goodbye_in_the_middle_ends_the_connection() -> None:
    """F22."""
    with at_script(*answer(b"NOOP", b"* BYE Too many connections\r\n")) as session:
        with pytest.raises(RetryLater):
            session.noop()
        assert not session.is_open


def test_a_literal_too_large_to_hold_is_refused_before_it_comes() -> None:
    """F24."""
    said = b"* 1 FETCH (UID 7 BODY[] {2147483648}\r\n" + b"x" * 1000
    with at_script(Expect(b"UID FETCH"), Send(said), Stall()) as session:
        with pytest.raises(Oversized) as oversized:
            list(session.fetch(UidSet.parse(b"7"), "BODY.PEEK[]"))
        assert oversized.value.uid == 7
        assert not session.is_open


def test_many_small_literals_in_one_answer_are_too_much_as_well() -> None:
    """F24."""
    said = (
        b"* 1 FETCH (UID 7" + b" BODY[1] {1000000}\r\n" + (b"x" * 1_000_000 + b" BODY[1] {1000000}\r\n") * 20
    )
    with at_script(Expect(b"UID FETCH"), Send(said), Stall()) as session, pytest.raises(Oversized):
        list(session.fetch(UidSet.parse(b"7"), "BODY.PEEK[]"))


@pytest.mark.parametrize("command", [b"UID FETCH", b"LIST", b"NOOP"])
def test_a_line_of_a_million_characters_ends_the_connection(command: bytes) -> None:
    """F24."""
    with at_script(Expect(command), Send(b"* 1 FETCH (" + b"x" * 1_200_000), Stall()) as session:
        tracemalloc.start()
        try:
            with pytest.raises(RetryLater):
                if command == b"LIST":
                    session.list_mailboxes()
                elif command == b"NOOP":
                    session.noop()
                else:
                    list(session.fetch(EVERYTHING, "FLAGS"))
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()
        assert not session.is_open


def test_sets_are_written_shorter_for_a_server_that_cannot_read_long_ones() -> None:
    uids = UidSet.from_uids(range(1, 1500, 2))
    chunks = list(uids.chunks(1000))
    script: list[Act] = list(answer(b"UID FETCH", b"{tag} BAD Too long argument\r\n"))
    for chunk in chunks:
        lines = b"".join(b"* 1 FETCH (UID %d FLAGS ())\r\n" % uid for uid in chunk)
        script += answer(b"UID FETCH " + str(chunk).encode() + b" ", lines + b"{tag} OK\r\n")
    with at_script(*script) as session:
        assert [told.uid for told in session.fetch(uids, "FLAGS")] == list(uids)


def test_pieces_may_come_in_any_order_and_the_answers_are_told_apart() -> None:
    script = (
        *answer(
            rb"UID FETCH 7 \(BODY.PEEK\[\]<0.4>\)", b"* 1 FETCH (UID 7 BODY[]<0> {4}\r\nabcd)\r\n{tag} OK\r\n"
        ),
        Expect(rb".*<4.4>"),
        Expect(rb".*<8.4>"),
        Expect(rb".*<12.4>"),
        Expect(rb".*<16.4>"),
        Send(b'* 1 FETCH (UID 7 BODY[]<8> "ij")\r\n* 1 FETCH (BODY[]<4> "efgh" UID 7)\r\n* 2 EXISTS\r\n'),
        Send(b'* 1 FETCH (UID 7 BODY[]<12> "" FLAGS (\\Seen))\r\nd5 OK\r\nd3 OK\r\nd4 OK\r\nd6 OK\r\n'),
        *answer(rb".*<20.4>", b"{tag} OK\r\n"),
        *answer(b"UID FETCH", b"* 1 FETCH (UID 7 BODY[] {1}\r\nx)\r\n{tag} OK\r\n"),
    )
    with at_script(*script) as session:
        file = io.BytesIO()
        assert session.fetch_to(7, "", file, piece_octets=4) == 10
        assert file.getvalue() == b"abcdefghij"
        (told,) = session.fetch(UidSet.parse(b"7"), "BODY.PEEK[]")
        assert told.sections == {"": b"x"}
        assert session.unsolicited().exists == 2


@pytest.mark.parametrize("last", [b"{tag} OK done\r\n", b"{tag} NO [EXPUNGEISSUED] gone\r\n"])
def test_a_message_that_goes_between_two_pieces_is_not_written_half(last: bytes) -> None:
    """F8."""
    script = (
        *answer(b"UID FETCH", b"* 1 FETCH (UID 7 BODY[]<0> {4}\r\nabcd)\r\n{tag} OK\r\n"),
        *(Expect(b"UID FETCH") for _ in range(4)),
        Send(b"* 1 EXPUNGE\r\nd3 " + last.removeprefix(b"{tag} ") + b"d4 OK\r\nd5 OK\r\nd6 OK\r\n"),
        *answer(b"NOOP", b"{tag} OK\r\n"),
    )
    with at_script(*script) as session:
        with pytest.raises((Refused, RetryLater)):
            session.fetch_to(7, "", io.BytesIO(), piece_octets=4)
        session.noop()


def test_what_happened_by_itself_is_kept_within_bounds() -> None:
    news = b"".join(b"* 1 FETCH (UID %d FLAGS ())\r\n" % uid for uid in range(1, 12_000))
    with at_script(*answer(b"NOOP", news + b"{tag} OK\r\n")) as session:
        session.noop()
        kept = session.unsolicited()
        assert len(kept.changed) == 10_000
        assert kept.is_incomplete


def test_goodbyes_are_said_and_nothing_is_asked_of_what_is_closed() -> None:
    with at_script(*answer(b"LOGOUT", b"* BYE bye\r\n{tag} OK done\r\n")) as session:
        session.logout()
        assert not session.is_open
        session.logout()
        session.close()


def test_a_server_that_never_stops_listing_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """F24."""
    monkeypatch.setattr("providers.imap.conversation.HELD_OCTETS", 1_000_000)
    with at_script(Expect(b"LIST"), Send(b'* LIST () "/" "box"\r\n' * 80_000), Stall()) as session:
        with pytest.raises(RetryLater):
            session.list_mailboxes()
        assert not session.is_open


def test_ends_of_commands_nobody_gave_mean_nothing() -> None:
    with at_script(
        *answer(b"NOOP", b"d9 OK\r\nx1 OK\r\n+ what\r\n\r\nd3 OK\r\n{tag} OK\r\n"),
        Expect(b"NOOP"),
        Stall(),
        read_s=0.3,
    ) as session:
        session.noop()
        with pytest.raises(RetryLater):
            session.noop()

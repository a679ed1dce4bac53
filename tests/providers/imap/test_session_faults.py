"""A session with servers that fail, lie, or write what they should not."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from imap_sessions import at_script, not_signed_in, selected
from servers.scripted_imap import Act, Close, Expect, Reset, ScriptedImap, Send, Stall, answer, signed_in

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


@pytest.mark.parametrize("line", [b"* 2 EXISTS", b"* OK [UIDNEXT 0] zero", b"* OK [UIDNEXT x] none"])
def test_what_select_does_not_tell_is_not_made_up(line: bytes) -> None:
    """F12, F15."""
    with at_script(*selected(line, b"* OK [NOMODSEQ] no", uidvalidity=0)) as session:
        told = session.select("INBOX")
        assert (told.uidnext, told.uidvalidity, told.highestmodseq) == (None, None, None)


def test_a_modseq_counts_only_where_condstore_is_offered() -> None:
    lines = (b"* OK [HIGHESTMODSEQ 77]", b"* OK [UIDNEXT 4294967295] next")
    for capability, modseq in ((b"IMAP4rev1 XYMHIGHESTMODSEQ", None), (b"IMAP4rev1 CONDSTORE", 77)):
        with at_script(*selected(*lines), capability=capability) as session:
            told = session.select("INBOX")
            assert (told.highestmodseq, told.uidnext) == (modseq, 4_294_967_295)


def test_a_server_that_offers_condstore_may_leave_modseq_out() -> None:
    """F18."""
    said = b"* 1 FETCH (UID 1 FLAGS ())\r\n{tag} OK done\r\n"
    with at_script(*answer(b"UID FETCH", said), capability=b"IMAP4rev1 CONDSTORE") as session:
        (told,) = session.fetch(EVERYTHING, "FLAGS MODSEQ", changed_since=5)
        assert told.modseq is None


@pytest.mark.parametrize("vanished", [b"1,", b"*", b"12:*", b"", b"(EARLIER)", b"abc", b"1:5 6"])
def test_a_vanished_that_cannot_be_read_means_that_more_went_than_is_known(vanished: bytes) -> None:
    """F17."""
    line = b"* VANISHED " + vanished + b"\r\n{tag} OK done\r\n"
    with at_script(*answer(b"NOOP", line)) as session:
        session.noop()
        news = session.unsolicited()
        assert news.is_incomplete and not news.vanished


def test_what_was_said_of_the_mailbox_before_is_not_said_of_this_one() -> None:
    qresync = b"IMAP4rev1 ENABLE QRESYNC CONDSTORE"
    script = (
        *answer(b"ENABLE QRESYNC", b"* ENABLED QRESYNC\r\n{tag} OK\r\n"),
        *selected(
            b"* VANISHED 1:3",
            b"* 8 EXISTS",
            b"* OK [CLOSED] other",
            b"* 5 EXISTS",
            b"* VANISHED (EARLIER) 9,11:12",
            b"* 2 FETCH (UID 4 FLAGS (\\Seen) MODSEQ (9))",
            b"* OK [HIGHESTMODSEQ 9]",
        ),
    )
    with at_script(*script, capability=qresync) as session:
        told = session.select("INBOX", qresync=(1, 5))
        assert (told.exists, told.vanished, told.highestmodseq) == (5, UidSet.parse(b"9,11:12"), 9)
        assert [(one.uid, one.modseq) for one in told.changed] == [(4, 9)]


def test_a_server_that_does_not_say_that_it_enabled_is_not_asked_what_changed() -> None:
    capability = b"IMAP4rev1 ENABLE QRESYNC CONDSTORE"
    script = (*answer(b"ENABLE", b"{tag} OK done\r\n"), *selected())
    with ScriptedImap((*signed_in(capability), *script)) as server, not_signed_in(server) as session:
        session.connect()
        session.select("INBOX", qresync=(1, 5))
        assert server.commands[-1] == b'SELECT "INBOX" (CONDSTORE)'


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


def test_a_message_larger_than_the_server_says_it_takes_is_not_sent() -> None:
    with at_script(capability=b"IMAP4rev1 APPENDLIMIT=10") as session:
        with pytest.raises(Refused) as refused:
            session.append("INBOX", b"x" * 11)
        assert refused.value.code == "TOOBIG"


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


def test_a_search_may_find_more_than_a_line_usually_holds() -> None:
    found = b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(1, 300_000, 2)) + b" \r\n{tag} OK done\r\n"
    with at_script(*answer(b"UID SEARCH ALL", found)) as session:
        assert len(session.search("ALL ")) == 150_000


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b'* ESEARCH (TAG "x") UID ALL 9:7,1\r\n', b"1,7:9"),
        (b"* ESEARCH UID COUNT 0\r\n", b""),
        (b"* SEARCH 3 1 2 (MODSEQ 9)\r\n", b"1:3"),
        (b"* SEARCH\r\n", b""),
        (b"* SEARCH 1\r\n* SEARCH 3\r\n", b"1,3"),
        (b"", b""),
    ],
)
def test_searches_are_answered_in_many_ways(said: bytes, found: bytes) -> None:
    script = answer(rb"UID SEARCH RETURN \(ALL\) ALL", said + b"{tag} OK done\r\n")
    with at_script(*script, capability=b"IMAP4rev1 ESEARCH") as session:
        assert str(session.search(b"ALL")).encode() == found


def test_a_search_nobody_can_read_is_asked_again() -> None:
    script = answer(b"UID SEARCH", b"* SEARCH one two\r\n{tag} OK\r\n")
    with at_script(*script) as session, pytest.raises(RetryLater):
        session.search("ALL")


def test_sparse_and_large_uids_are_fetched_and_copied() -> None:
    """F28."""
    copied = b"{tag} OK [COPYUID 38505 1,4000000000 3956:3957] done\r\n"
    with at_script(*answer(rb'UID COPY 1,4000000000 "Archive"', copied)) as session:
        gone_to = session.copy(UidSet.from_uids([4_000_000_000, 1]), "Archive")
        assert gone_to == {1: (38505, 3956), 4_000_000_000: (38505, 3957)}


@pytest.mark.parametrize(
    "code", [b"COPYUID 1 1:4294967295 1:4294967295", b"COPYUID 1 1:2 5", b"COPYUID x", b"COPYUID 1 a b"]
)
def test_a_server_that_does_not_say_where_copies_went_is_believed_nothing(code: bytes) -> None:
    with at_script(*answer(b"UID COPY", b"{tag} OK [" + code + b"] done\r\n")) as session:
        assert session.copy(UidSet.parse(b"1:2"), "Archive") == {}


def test_the_last_message_is_not_taken_for_a_new_one() -> None:
    said = b"* 5 FETCH (UID 5 FLAGS ())\r\n{tag} OK done\r\n"  # what "9:*" means when the last UID is 5
    with at_script(*answer(rb"UID FETCH 9:\* ", said)) as session:
        assert list(session.fetch(UidSet.everything(9), "FLAGS")) == []
        assert not session.unsolicited()


def test_sets_are_written_shorter_for_a_server_that_cannot_read_long_ones() -> None:
    uids = UidSet.from_uids(range(1, 1500, 2))
    chunks = list(uids.chunks(1000))
    script: list[Act] = list(answer(b"UID FETCH", b"{tag} BAD Too long argument\r\n"))
    for chunk in chunks:
        lines = b"".join(b"* 1 FETCH (UID %d FLAGS ())\r\n" % uid for uid in chunk)
        script += answer(b"UID FETCH " + str(chunk).encode() + b" ", lines + b"{tag} OK\r\n")
    with at_script(*script) as session:
        assert [told.uid for told in session.fetch(uids, "FLAGS")] == list(uids)


LISTED = (
    b'* LIST (\\HasNoChildren \\SENT) "/" "Sent \\"x\\" \\\\ y"\r\n'
    b"* LIST () NIL inbox\r\n"
    b'* LIST (\\drafts) "." {7}\r\na b {3}\r\n'
    b'* LIST () "/" "unescaped "quotes" here"\r\n'
    b'* LIST () "/" not quoted\r\n'
    b'* LIST () "/" "&broken-utf7 &AGD-\xe4\x01"\r\n'
    b'* LIST () "/" 2024\r\n'
    b'* LIST () "/" NIL\r\n'
    b"* LIST nothing\r\n"
    b'* LIST (\\Noselect) "/" "[Gmail]"\r\n'
    b'* LIST () "/" "[Gmail]/All Mail"\r\n'
    b"{tag} OK done\r\n"
)


def test_odd_names_are_listed_as_they_are_and_lists_without_a_name_left_out() -> None:
    """F25."""
    with at_script(*answer(b'LIST "" "\\*"\r', LISTED)) as session:
        listed = {mailbox.name: mailbox for mailbox in session.list_mailboxes(with_status=True)}
        assert list(listed) == [
            'Sent "x" \\ y',
            "INBOX",
            "a b {3}",
            'unescaped "quotes" here',
            "not quoted",
            "&broken-utf7 &AGD-\xe4\x01",
            "2024",
            "[Gmail]",
            "[Gmail]/All Mail",
        ]
        assert listed['Sent "x" \\ y'].attributes == {"\\hasnochildren", "\\sent"}
        assert listed["INBOX"].delimiter is None
        assert listed["a b {3}"].delimiter == "."
        assert not listed["[Gmail]"].is_selectable


def test_ten_thousand_mailboxes_are_listed() -> None:
    """F25."""
    lines = b"".join(
        b'* LIST () "/" "box %d"\r\n* STATUS "box %d" (MESSAGES %d UIDNEXT 0)\r\n' % (n, n, n)
        for n in range(10_000)
    )
    capability = b"IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE"
    pattern = rb'LIST "" "\*" RETURN \(SPECIAL-USE STATUS \(MESSAGES UIDNEXT UIDVALIDITY UNSEEN\)\)'
    with at_script(*answer(pattern, lines + b"{tag} OK\r\n"), capability=capability) as session:
        listed = session.list_mailboxes(with_status=True)
        assert [mailbox.status.messages for mailbox in listed if mailbox.status] == list(range(10_000))
        assert listed[0].status and listed[0].status.uidnext is None


def test_a_server_that_cannot_do_what_it_offers_is_asked_plainly() -> None:
    script = (*answer(rb"LIST .* RETURN", b"{tag} BAD what?\r\n"), *answer(b'LIST "" "\\*"\r', LISTED))
    with at_script(*script, capability=b"IMAP4rev1 LIST-STATUS") as session:
        assert len(session.list_mailboxes(with_status=True)) == 9


def test_a_keyword_no_server_could_keep_is_not_sent() -> None:
    with at_script() as session:
        for keyword in ("two words", "a\r\nd9 LOGOUT", "(", "ü", ""):
            with pytest.raises(Refused):
                session.store(UidSet.parse(b"1"), "+", [keyword])


def test_labels_of_gmail_are_written_as_it_reads_them() -> None:
    expected = rb'UID STORE 1 \+X-GM-LABELS.SILENT \(\\Inbox "a b" "&AOQ-"\)\r'
    with at_script(*answer(expected, b"{tag} OK\r\n")) as session:
        session.store(UidSet.parse(b"1"), "+", ["\\Inbox", "a b", "&AOQ-"], item="X-GM-LABELS")


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

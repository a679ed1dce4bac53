"""A session with servers that leave out, add, and write differently."""

from __future__ import annotations

import pytest
from imap_sessions import at_script, not_signed_in, selected
from servers.scripted_imap import ScriptedImap, answer, signed_in

from providers.errors import RetryLater, Unsupported
from providers.imap.session import Refused, Status, UidSet

EVERYTHING = UidSet.everything()


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


def test_a_message_larger_than_the_server_says_it_takes_is_not_sent() -> None:
    with at_script(capability=b"IMAP4rev1 APPENDLIMIT=10") as session:
        with pytest.raises(Refused) as refused:
            session.append("INBOX", b"x" * 11)
        assert refused.value.code == "TOOBIG"


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
    pattern = rb'LIST "" "\*" RETURN \(SPECIAL-USE STATUS \(MESSAGES UIDNEXT UIDVALIDITY\)\)'
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
        left = session.store(UidSet.parse(b"1"), "+", ["\\Inbox", "a b", "&AOQ-"], item="X-GM-LABELS")
        assert not left


def test_what_a_server_does_not_offer_is_not_asked_of_it() -> None:
    with at_script() as session:
        with pytest.raises(Unsupported):
            session.move(UidSet.parse(b"1"), "Archive")
        with pytest.raises(Unsupported):
            session.expunge(UidSet.parse(b"1"))


def test_counts_that_cannot_be_read_are_none() -> None:
    said = b"* STATUS x\r\n* STATUS box 5\r\n{tag} OK\r\n"
    with at_script(*answer(b"STATUS", said)) as session:
        assert session.status("box") == Status()


def test_answers_about_nobody_knows_which_message_mean_that_more_happened() -> None:
    script = answer(b"UID FETCH", b"* 1 FETCH (BODY[] ?\r\n* 2 FETCH\r\n{tag} OK\r\n")
    with at_script(*script) as session:
        assert list(session.fetch(EVERYTHING, "BODY.PEEK[]")) == []
        assert session.unsolicited().is_incomplete


@pytest.mark.parametrize("code", [b"MODIFIED a", b"APPENDUID x 1", b"APPENDUID 1", b"UIDNEXT"])
def test_codes_that_cannot_be_read_say_nothing(code: bytes) -> None:
    said = b"{tag} OK [" + code + b"] done\r\n"
    with at_script(*answer(b"UID STORE", said), *answer(b"APPEND", said)) as session:
        assert not session.store(UidSet.parse(b"1"), "+", ["\\Seen"], unchanged_since=1)
        assert session.append("INBOX", b"\r\n") is None


def test_a_mailbox_that_cannot_be_made_is_refused_and_one_that_is_there_is_not() -> None:
    script = (
        *answer(b"CREATE", b"{tag} NO [ALREADYEXISTS] there\r\n"),
        *answer(b"CREATE", b"{tag} NO Mailbox already exists\r\n"),
        *answer(b"CREATE", b"{tag} NO [NOPERM] not here\r\n"),
    )
    with at_script(*script) as session:
        session.create("box")
        session.create("box")
        with pytest.raises(Refused) as refused:
            session.create("box")
        assert refused.value.code == "NOPERM"
        with pytest.raises(Refused):
            session.create("報告")

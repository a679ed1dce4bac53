"""Servers that lie, forget and break off: what is told of them is what is there, and nothing is called gone in haste."""

from __future__ import annotations

from contextlib import suppress

import pytest
from checking import octets
from imap_accounts import ARCHIVE, INBOX, account, fill
from servers.fake_imap import BARE, EXCHANGE_ONLINE, FULL, FakeImap
from servers.imap_faults import When, change, cut, meanwhile, without

from mail.keywords import FLAGGED, SEEN
from mail.operations import Applied, Destroy, Move, Save, SetKeywords
from mail.types import MailboxKey, Role
from providers.errors import Rejected, RetryLater
from providers.imap import convert

NO_QRESYNC = FULL.replace(" QRESYNC", "")
NO_MOVE = FULL.replace(" MOVE", "")
PLAIN = BARE + " UIDPLUS"
KINDS = {"qresync": FULL, "condstore": NO_QRESYNC, "bare": BARE, "exchange": EXCHANGE_ONLINE}


@pytest.mark.parametrize("capability", KINDS.values(), ids=KINDS)
def test_changes_of_every_kind_are_told_whatever_the_server_offers(capability: str) -> None:
    with account(FakeImap(capability=capability)) as at:
        fill(at.server.inbox, 60)
        at.sync()
        at.server.inbox.set_flags(7, ["\\Seen"])
        at.server.inbox.expunge(3)
        fill(at.server.inbox, 2, 60)
        at.sync()
        assert at.agrees()
        assert at.told()[7] == {SEEN}


@pytest.mark.parametrize("capability", [FULL, PLAIN, NO_MOVE], ids=["move", "plain", "no_move"])
def test_an_operation_cut_between_copy_and_expunge_neither_doubles_nor_loses(capability: str) -> None:
    """F4: cut after the COPY was carried out, before its answer; and after it, before the expunge."""
    for pattern in (rb"UID (COPY|MOVE)", rb"UID STORE", rb"UID EXPUNGE"):
        with account(FakeImap(capability=capability)) as at:
            fill(at.server.inbox, 3)
            at.sync()
            at.server.fault(pattern, cut())
            operation = Move(INBOX, _key(at.server, 2), ARCHIVE, "1@example.com")
            with suppress(RetryLater):  # MOVE has neither a STORE nor an EXPUNGE
                at.provider.apply(operation)
            applied = at.provider.apply(operation)
            assert applied.mailbox == ARCHIVE
            assert [one.octets for one in at.server.mailboxes["Archive"].messages.values()] == [octets(1)]
            at.sync()
            assert at.agrees() and at.agrees(ARCHIVE)


@pytest.mark.parametrize("capability", [FULL, NO_MOVE], ids=["move", "no_move"])
def test_a_move_asked_again_finds_its_own_revision_among_others_of_its_message_id(capability: str) -> None:
    """F4, F29: the one moved before the program was killed, not another that lies there too."""
    with account(FakeImap(capability=capability)) as at:
        own, other = octets(1, "One"), octets(1, "Another revision")
        at.server.mailboxes["Archive"].add(own)
        at.server.mailboxes["Archive"].add(other)
        at.sync()
        size_at = {len(octets): told for told, octets in ((1, own), (2, other))}
        for size, uid in size_at.items():
            operation = Move(INBOX, _key(at.server, 9), ARCHIVE, "1@example.com", size)
            applied = at.provider.apply(operation)
            assert applied.key is not None and convert.numbers_of(applied.key)[1] == uid
            at.provider._hand._moved.clear()
        with pytest.raises(Rejected, match="no longer there"):
            at.provider.apply(Move(INBOX, _key(at.server, 8), ARCHIVE, "1@example.com", 7))


def test_an_append_whose_answer_was_lost_is_not_repeated() -> None:
    """F5: cut before the literal, after it, and before the tagged OK: exactly one copy."""
    for when in (When.ARRIVED, When.BEFORE, When.AFTER):
        with account(FakeImap()) as at:
            at.sync()
            at.server.fault(rb"APPEND", cut(), when=when)
            operation = Save(MailboxKey("Drafts"), octets(1), None)
            with pytest.raises(RetryLater):
                at.provider.apply(operation)
            assert at.provider.apply(operation).key is not None
            assert len(at.server.mailboxes["Drafts"].messages) == 1


@pytest.mark.parametrize("capability", KINDS.values(), ids=KINDS)
def test_news_of_other_messages_inside_an_answer_are_told(capability: str) -> None:
    """F7: marked, expunged and new between a command and its tagged OK, none of them asked for."""
    with account(FakeImap(capability=capability)) as at:
        fill(at.server.inbox, 10)
        at.sync()
        fill(at.server.inbox, 1, 10)

        def news() -> None:
            at.server.inbox.set_flags(7, ["\\Seen"])
            at.server.inbox.expunge(3)
            fill(at.server.inbox, 1, 11)

        at.server.fault(rb"UID FETCH", meanwhile(news), when=When.BEFORE)
        at.sync()
        at.sync()
        assert at.agrees()
        assert at.told()[7] == {SEEN}
        assert 3 not in at.told() and {11, 12} <= at.told().keys()


def test_a_message_that_vanishes_while_it_is_fetched_is_left_out() -> None:
    """F8: expunged by another program, and missing in the answer."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 10)
        at.server.fault(rb"UID FETCH", meanwhile(lambda: at.server.inbox.expunge(4)), when=When.BEFORE)
        at.server.fault(rb"UID FETCH", without(rb"\* 4 FETCH .*?(?=\* 5 FETCH)"))
        at.sync()
        at.sync()
        assert at.agrees()


def test_a_message_left_out_of_an_answer_is_told_after_the_next_look() -> None:
    """F8, F9: there all the time, and missing in one answer."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 10)
        at.server.fault(rb"UID FETCH", without(rb"\* 4 FETCH .*?(?=\* 5 FETCH)"))
        at.sync()
        assert 4 not in at.told()
        at.sync()
        assert at.agrees()


def test_fewer_messages_than_announced_are_taken_and_looked_for_once_more() -> None:
    """F9: EXISTS 1000, 990 are answered: no storm of deletions, and no question without end."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 90)
        at.server.inbox.habits.exists = 100
        at.sync()
        assert len(at.told()) == 90
        for _ in range(3):
            at.sync()
        assert at.destroyed() == set()
        assert at.agrees()


def test_a_mailbox_that_shrinks_without_a_word_is_compared() -> None:
    """F10: EXISTS decreases without EXPUNGE."""
    with account(FakeImap(capability=NO_QRESYNC)) as at:
        fill(at.server.inbox, 20)
        at.sync()
        at.server.inbox.lose(5, 6)
        at.sync()
        assert at.agrees()


@pytest.mark.parametrize("capability", KINDS.values(), ids=KINDS)
def test_a_mailbox_found_empty_is_looked_at_twice_before_its_mail_is_gone(capability: str) -> None:
    """F11: an empty SELECT of a mailbox that had many."""
    with account(FakeImap(capability=capability)) as at:
        fill(at.server.inbox, 80)
        at.sync()
        kept = dict(at.server.inbox.messages)
        at.server.inbox.messages.clear()  # without a trace: neither VANISHED nor another epoch
        at.sync()
        assert at.destroyed() == set()
        at.server.inbox.messages.update(kept)
        at.sync()
        assert at.destroyed() == set()
        at.server.inbox.messages.clear()
        at.sync()
        at.sync()
        assert len(at.destroyed()) == 80
        assert at.agrees()


def test_a_modseq_that_went_back_means_all_flags_are_compared() -> None:
    """F15: HIGHESTMODSEQ lower than the one remembered."""
    for capability in (FULL, NO_QRESYNC):
        with account(FakeImap(capability=capability)) as at:
            fill(at.server.inbox, 20)
            at.sync()
            at.server.inbox.messages[3].flags.add("\\Seen")
            at.server.inbox.habits.highestmodseq = 2
            at.sync()
            assert at.told()[3] == {SEEN}


def test_a_mailbox_without_modseq_is_compared_as_on_a_poor_server() -> None:
    """F15: NOMODSEQ."""
    with account(FakeImap()) as at:
        at.server.inbox.habits.keeps_modseq = False
        fill(at.server.inbox, 20)
        at.sync()
        at.server.inbox.set_flags(4, ["\\Flagged"])
        at.server.inbox.expunge(5)
        at.sync()
        assert at.agrees()


def test_vanished_with_a_star_takes_only_what_is_not_there() -> None:
    """F17: VANISHED 12:* although most of it is still there."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 40)
        at.sync()
        at.server.inbox.expunge(12)
        at.server.fault(
            rb"SELECT .*QRESYNC",
            change(lambda answer: answer.replace(b"(EARLIER) 12\r\n", b"(EARLIER) 12:*\r\n")),
        )
        at.sync()
        assert at.agrees()
        assert at.destroyed() == {_key(at.server, 12)}


def test_condstore_without_modseqs_still_tells_changes() -> None:
    """F18: CONDSTORE is announced, MODSEQ is missing from what is fetched."""
    with account(FakeImap(capability=NO_QRESYNC)) as at:
        at.server.inbox.habits.fetches_modseq = False
        fill(at.server.inbox, 20)
        at.sync()
        at.server.inbox.set_flags(4, ["\\Seen"])
        at.sync()
        assert at.agrees()


def test_ten_thousand_mailboxes_with_odd_names_are_told() -> None:
    """F25: many mailboxes, quotes, backslashes, broken UTF-7, INBOX in any case."""
    odd = ['A "quoted" name', "back\\slash", "&broken-", "R&AOk-sum&AOk-", "a/b/c", "percent%"]
    with account(
        FakeImap({"Inbox": (), **dict.fromkeys(odd, ()), **{f"f{n}": () for n in range(10_000)}})
    ) as at:
        at.server.mailboxes["Inbox"].add(octets(1))
        at.server.mailboxes["back\\slash"].add(octets(2))
        at.sync()
        names = {one.key: one.name for one in at.cache.mailboxes}
        assert len(names) == 10_007
        assert names[MailboxKey("R&AOk-sum&AOk-")] == "Résumé"
        assert [one.role for one in at.cache.mailboxes if one.key.upper() == "INBOX"] == [Role.INBOX]
        assert len(at.told(MailboxKey("back\\slash"))) == 1
        assert at.sync()[0].mailboxes is None


def test_levels_are_parted_by_whatever_the_server_parts_them_by() -> None:
    """F25: the delimiter "." and none at all."""
    with account(FakeImap({"INBOX": (), "INBOX.Sent": (), "INBOX.Work.2026": ()}, delimiter=".")) as at:
        at.sync()
        assert {one.name for one in at.cache.mailboxes} == {"INBOX", "INBOX/Sent", "INBOX/Work/2026"}
        assert [one.role for one in at.cache.mailboxes if one.name == "INBOX/Sent"] == [Role.SENT]
    with account(FakeImap({"INBOX": (), "a.b": ()}, delimiter=None)) as at:
        at.sync()
        assert {one.name for one in at.cache.mailboxes} == {"INBOX", "a.b"}


def test_a_mailbox_renamed_while_old_mail_comes_is_told_under_its_new_name() -> None:
    """F26: renamed in the middle of the backlog."""
    with account(FakeImap()) as at:
        fill(at.server.mailboxes["Archive"], 30)
        at.cache.take(at.provider.changes(None, limit=10))
        at.server.rename("Archive", "Older")
        at.sync(limit=10)
        at.sync()
        assert at.agrees(MailboxKey("Older"))
        assert ARCHIVE not in {one.key for one in at.cache.mailboxes}


def test_a_mailbox_deleted_and_made_again_has_only_its_new_mail() -> None:
    """F26: the same name, another mailbox; and one deleted while it is open."""
    with account(FakeImap()) as at:
        fill(at.server.mailboxes["Archive"], 5)
        at.sync()
        at.server.delete("Archive")
        fill(at.server.create("Archive"), 2, 50)
        at.sync()
        assert at.agrees(ARCHIVE)
        at.server.delete("Archive")
        at.sync()
        assert ARCHIVE not in {one.key for one in at.cache.mailboxes}


def test_of_two_mailboxes_for_sent_mail_one_has_the_role_and_without_one_the_name_decides() -> None:
    """F27: two mailboxes with \\Sent; none."""
    with account(FakeImap({"INBOX": (), "Sent": ("\\Sent",), "Gesendet": ("\\Sent",)})) as at:
        at.sync()
        assert [one.name for one in at.cache.mailboxes if one.role is Role.SENT] == ["Gesendet"]
    with account(FakeImap({"INBOX": (), "Gesendete Elemente": ()})) as at:
        at.sync()
        assert [one.name for one in at.cache.mailboxes if one.role is Role.SENT] == ["Gesendete Elemente"]


@pytest.mark.parametrize("capability", KINDS.values(), ids=KINDS)
def test_numbers_far_apart_cost_no_more_pages_than_messages(capability: str) -> None:
    """F28: uids 1 and 4,000,000,000."""
    with account(FakeImap(capability=capability)) as at:
        for uid in (1, 2**31 + 5, 4_000_000_000):
            at.server.inbox.add(octets(uid), uid=uid)
        assert len(at.sync(limit=2)) <= 4
        at.server.inbox.set_flags(4_000_000_000, ["\\Flagged"])
        at.sync()
        assert at.agrees()
        assert at.told()[4_000_000_000] == {FLAGGED}


def test_two_messages_with_one_message_id_are_two() -> None:
    """F29: a copy from a list and one sent directly, with different bodies."""
    with account(FakeImap()) as at:
        at.server.inbox.add(octets(1, "direct"))
        at.server.inbox.add(octets(1, "by the list, with a footer"))
        (batch, *_) = at.sync()
        assert len({remote.identity for remote in batch.upserted}) == 2


def test_a_message_without_a_message_id_is_told_and_moved() -> None:
    """F30: none, and an empty one."""
    for capability in (FULL, BARE):
        with account(FakeImap(capability=capability)) as at:
            at.server.inbox.add(b"Subject: none\r\n\r\nx\r\n")
            at.server.inbox.add(b"Message-ID: \r\nSubject: empty\r\n\r\nx\r\n")
            at.sync()
            for uid in (1, 2):
                applied = at.provider.apply(Move(INBOX, _key(at.server, uid), ARCHIVE))
                assert applied.mailbox == ARCHIVE
            at.sync()
            assert len(at.told(ARCHIVE)) == 2


def test_an_operation_on_a_message_that_is_gone_is_rejected() -> None:
    """F63: expunged by another program."""
    with account(FakeImap()) as at:
        fill(at.server.inbox, 3)
        at.sync()
        at.server.inbox.expunge(2)
        key = _key(at.server, 2)
        with pytest.raises(Rejected, match="no longer there"):
            at.provider.apply(Move(INBOX, key, ARCHIVE, "1@example.com"))
        with pytest.raises(Rejected, match="no longer there"):
            at.provider.apply(SetKeywords(INBOX, key, frozenset({SEEN}), frozenset()))
        assert at.provider.apply(Destroy(INBOX, key)) == Applied()


@pytest.mark.parametrize("capability", [FULL, NO_MOVE, BARE], ids=["move", "no_move", "bare"])
def test_a_move_to_a_mailbox_that_is_gone_is_a_question(capability: str) -> None:
    """F64: TRYCREATE."""
    with account(FakeImap(capability=capability)) as at:
        fill(at.server.inbox, 3)
        at.sync()
        at.server.delete("Archive")
        with pytest.raises(Rejected, match=r"Archive.*made again\?"):
            at.provider.apply(Move(INBOX, _key(at.server, 2), ARCHIVE, "1@example.com"))
        assert len(at.server.inbox.messages) == 3


def _key(server: FakeImap, uid: int) -> convert.RemoteKey:
    return convert.key_of(server.inbox.uidvalidity, uid)

from __future__ import annotations

from datetime import datetime
from typing import Any

import makers
import pytest
from makers import ARCHIVE, INBOX, JUNK, NOW, TRASH, a_batch, a_remote, an_address, an_email

from mail.query import parse
from mail.types import AccountId, Attachment, SafeText
from store import ingest, searches, threads
from store.database import Database
from store.ingest import Arrival
from store.searches import SearchList


class Mail:
    """An account that mail comes in to, one message a call, a second apart."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.account_id: AccountId = makers.an_account(db)
        self.number = 0

    def comes(
        self, text: str = "Hello there", *, mailbox: Any = INBOX, keywords: Any = (), **changes: Any
    ) -> int:
        self.number += 1
        email = an_email(text, **changes)
        remote = a_remote(f"k{self.number}", mailbox, keywords, NOW + self.number)
        (thread_id,) = ingest.apply(self.db, self.account_id, a_batch([remote]), [Arrival(remote, email)])
        return thread_id

    def found(self, query: str) -> list[int]:
        return [hit.row.thread_id for hit in searches.search(self.db, parse(query))]


@pytest.fixture
def mail(db: Database) -> Mail:
    return Mail(db)


def test_words_are_found_newest_first_however_they_are_spelled(mail: Mail) -> None:
    older = mail.comes("The Łódź offer")
    newer = mail.comes("an OFFER for lodz")
    mail.comes("something else")
    assert mail.found("łódź offer") == [newer, older]
    assert mail.found("LODZ") == [newer, older]
    assert mail.found("lod") == []
    assert mail.found("lod*") == [newer, older]


def test_a_two_character_word_of_chinese_is_found(mail: Mail) -> None:
    contract = mail.comes("请看附件里的合同，谢谢")
    mail.comes("没有")
    assert mail.found("合同") == [contract]
    assert mail.found("同") == [contract]
    assert mail.found("合谢") == []


def test_a_phrase_is_its_words_side_by_side(mail: Mail) -> None:
    side_by_side = mail.comes("the price list is here")
    mail.comes("list the price")
    assert mail.found('"price list"') == [side_by_side]


def test_alternatives_and_what_is_not_wanted(mail: Mail) -> None:
    apple = mail.comes("apple pie")
    pear = mail.comes("pear pie")
    both = mail.comes("apple pear")
    assert mail.found("apple OR pear") == [both, pear, apple]
    assert mail.found("apple -pear") == [apple]
    assert mail.found("-apple") == [pear]
    assert mail.found("(apple OR pear) -pie") == [both]
    assert mail.found("-(apple pear) pie") == [pear, apple]
    assert mail.found("is:unread OR apple") == [both, pear, apple]
    assert mail.found("pie (apple OR is:starred)") == [apple]


def test_each_conversation_is_found_once_by_its_newest_match(mail: Mail) -> None:
    thread = mail.comes("the offer", message_id="a@x")
    assert mail.comes("about the offer", references=("a@x",)) == thread
    (hit,) = searches.search(mail.db, parse("offer"))
    assert hit.row.thread_id == thread
    assert hit.row.at == NOW + 2
    assert hit.snippet == "about the offer"


def test_a_page_continues_after_the_last_hit_of_the_one_before(mail: Mail) -> None:
    all_found = [mail.comes("offer") for _ in range(5)][::-1]
    first = searches.search(mail.db, parse("offer"), limit=2)
    rest = searches.search(mail.db, parse("offer"), limit=9, before=first[-1].email_id)
    assert [hit.row.thread_id for hit in (*first, *rest)] == all_found


def test_people_are_found_by_part_of_name_or_address_and_by_what_they_were(mail: Mail) -> None:
    from_ana = mail.comes(
        from_=(an_address("ana@acme.example", "Ana Lima"),), to=(an_address("bob@x.example"),)
    )
    to_ana = mail.comes(from_=(an_address("bob@x.example", "Bob"),), to=(an_address("ana@acme.example"),))
    assert mail.found("from:acme") == [from_ana]
    assert mail.found("to:ana") == [to_ana]
    assert mail.found("with:acme") == [to_ana, from_ana]
    assert mail.found("from:lim") == [from_ana]
    assert mail.found("-from:ana") == [to_ana]
    assert mail.found("from:(acme OR bob)") == [to_ana, from_ana]
    assert mail.found("cc:ana") == []


def test_me_is_the_owner_under_any_address(mail: Mail) -> None:
    to_me = mail.comes(to=(an_address("ME@dealbox.example"),))
    from_me = mail.comes(from_=(an_address("me@dealbox.example"),), to=(an_address("bob@x.example"),))
    assert mail.found("to:me") == [to_me]
    assert mail.found("from:me") == [from_me]
    assert mail.found("is:sent") == [from_me]


def test_subjects_bodies_and_file_names_are_searched_apart(mail: Mail) -> None:
    attached = (Attachment("2", SafeText("budget.pdf"), "application/pdf", 10),)
    thread = mail.comes("see below", subject=SafeText("Invoice 7"), attachments=attached)
    assert mail.found("subject:invoice") == [thread]
    assert mail.found("body:invoice") == []
    assert mail.found("filename:budget") == [thread]
    assert mail.found("has:attachment") == [thread]
    assert mail.found("budget below invoice") == [thread]


def test_trash_and_junk_are_found_only_when_a_mailbox_is_named(mail: Mail) -> None:
    kept = mail.comes("offer", mailbox=ARCHIVE)
    thrown = mail.comes("offer", mailbox=TRASH)
    junk = mail.comes("offer", mailbox=JUNK)
    assert mail.found("offer") == [kept]
    assert mail.found("offer in:trash") == [thrown]
    assert mail.found("offer in:spam") == [junk]
    assert mail.found("offer in:anywhere") == [junk, thrown, kept]
    assert mail.found("in:archive") == [kept]
    assert mail.found("in:nowhere") == []


def test_marks_sizes_and_ids(mail: Mail) -> None:
    read = mail.comes(keywords=["$seen", "$flagged"], message_id="read@x")
    unread = mail.comes(size_octets=5_000_000, is_bulk=True)
    assert mail.found("is:read") == [read]
    assert mail.found("is:unread") == [unread]
    assert mail.found("is:starred") == [read]
    assert mail.found("larger:1M") == [unread]
    assert mail.found("smaller:1M") == [read]
    assert mail.found("id:<read@x>") == [read]
    assert mail.found("is:list") == [unread]
    assert mail.found("is:linked") == []


def test_days_and_ages(mail: Mail) -> None:
    thread = mail.comes()
    day = datetime.fromtimestamp(NOW).astimezone().date()
    assert mail.found(f"on:{day}") == [thread]
    assert mail.found(f"after:{day}") == [thread]
    assert mail.found(f"before:{day}") == []
    assert mail.found("older:1d") == [thread]
    assert mail.found("newer:1d") == []


def test_conversations_that_wait_for_an_answer(mail: Mail) -> None:
    asked = mail.comes(from_=(an_address("me@dealbox.example"),), message_id="q@x")
    answered = mail.comes(from_=(an_address("me@dealbox.example"),), message_id="r@x")
    mail.comes(references=("r@x",))
    assert mail.found("waiting:yes") == [asked]
    assert mail.found("waiting:>2d") == [asked]
    assert mail.found("waiting:<2d") == []
    assert mail.found("waiting:no") == [answered]


def test_what_is_known_of_the_linked_item_is_searched(mail: Mail) -> None:
    thread, other = mail.comes(), mail.comes()
    with mail.db.write() as connection:
        connection.execute("INSERT INTO pipeline VALUES ('p', 'Sales', 1, 0, 0, '', 1, NULL)")
        connection.execute(
            "INSERT INTO stage VALUES ('s', 'p', 'Proposal', 1, NULL, NULL, 0, 0, '', 1, NULL)"
        )
        connection.execute(
            "INSERT INTO deal (id, title, stage_id, value, created_at, updated_at) VALUES ('d', 'Big', 's', '12000.50', 0, 0)"
        )
        connection.execute("UPDATE thread SET item_kind = 'deal', item_id = 'd' WHERE id = ?", (thread,))
    for query in (
        "deal.stage:proposal",
        "stage:PROPOSAL",
        "deal.value:>10k",
        "value:<=12000.5",
        "has:deal",
        "is:linked",
    ):
        assert mail.found(query) == [thread], query
    for query in (
        "deal.value:>13k",
        "project.phase:x",
        "lead.title:big",
        "opened:yes",
        "value:much",
        "label:hot",
    ):
        assert mail.found(query) == [], query
    assert mail.found("-has:deal") == [other]


def test_nothing_asked_finds_everything_newest_first(mail: Mail) -> None:
    older, newer = mail.comes(), mail.comes()
    assert mail.found("") == [newer, older]


def test_words_without_letters_ask_for_nothing(mail: Mail) -> None:
    thread = mail.comes("offer")
    assert mail.found("offer !!!") == [thread]
    assert mail.found('"---" OR offer') == [thread]


@pytest.mark.parametrize(
    "query", ['a"b', "NEAR", "offer AND", "x*y", "col:on*", "'", '""', "^x", "{a}", "a+b"]
)
def test_what_means_something_to_the_index_is_only_words(mail: Mail, query: str) -> None:
    mail.comes("offer")
    try:
        tree = parse(query)
    except ValueError:
        return
    searches.search(mail.db, tree)


def test_an_email_that_is_gone_is_not_found(mail: Mail) -> None:
    mail.comes("offer")
    ingest.apply(mail.db, mail.account_id, a_batch([], [(INBOX, "k1")]), [])
    assert mail.found("offer") == []


def test_the_list_of_results_has_the_shape_of_a_thread_list(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SearchList, "STEP", 70)
    found = [mail.comes("an offer") for _ in range(150)][::-1]
    results = SearchList(mail.db, parse("offer"))
    assert results.count == 70 and not results.is_complete
    rows = [row for index in range(150) if (row := results.row(index))]
    assert [row.thread_id for row in rows] == found
    assert results.count == 150 and results.is_complete
    assert rows[3].preview == "an offer"
    assert results.rank(rows[140].key) == 140
    assert results.find(rows[99].thread_id) == rows[99].key
    assert results.row(150) is None and results.row(-1) is None
    newest = mail.comes("one more offer")
    results.refresh()
    first = results.row(0)
    assert first is not None and first.thread_id == newest
    assert results.rank(rows[0].key) == 1
    gone = rows[5].key._replace(thread_id=threads.ThreadId(999_999))
    assert results.find(gone.thread_id) is None
    assert results.rank(gone) == 6

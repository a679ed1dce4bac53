"""Addresses that are treated apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import makers
import pytest

from store import ingest, undo
from store.database import Database
from store.links import exceptions
from store.links.exceptions import BadPattern


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    store = makers.a_store(tmp_path)
    yield store
    store.close()


def listed(db: Database) -> list[tuple[str, str]]:
    return [(one.pattern, one.effect) for one in exceptions.all(db)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ana@X.example", "ana@x.example"),
        (" <ana@x.example> ", "ana@x.example"),
        ("@X.example", "@x.example"),
        ("x.example", "@x.example"),
        ("*@x.example", "@x.example"),
        ("@bücher.example", "@xn--bcher-kva.example"),
    ],
)
def test_a_pattern_is_kept_as_an_address_or_as_a_domain(typed: str, kept: str) -> None:
    assert exceptions.normalised(typed) == kept


@pytest.mark.parametrize("typed", ["", "  ", "@", "localhost", "two words@x.example", "@.", "ana"])
def test_what_is_neither_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(BadPattern, match=r"is (neither|no)"):
        exceptions.normalised(typed)


def test_a_domain_covers_those_below_it_and_no_other() -> None:
    """L48."""
    assert exceptions.covers("@x.example", "ana@x.example")
    assert exceptions.covers("@x.example", "ana@mail.x.example")
    assert not exceptions.covers("@x.example", "ana@notx.example")
    assert not exceptions.covers("@mail.x.example", "ana@x.example")
    assert exceptions.covers("ana@x.example", "ana@x.example")
    assert not exceptions.covers("ana@x.example", "bob@x.example")


def test_what_is_added_is_listed_once_domains_first(db: Database) -> None:
    exceptions.add(db, "ana@x.example", "block")
    exceptions.add(db, "@y.example", "no_create")
    again = exceptions.add(db, "ANA@x.example", "block")
    assert again.state == "nothing"
    assert listed(db) == [("@y.example", "no_create"), ("ana@x.example", "block")]


def test_an_unknown_effect_is_refused(db: Database) -> None:
    with pytest.raises(BadPattern, match="an exception is one of"):
        exceptions.add(db, "@y.example", "shout")


def test_adding_and_removing_are_undone(db: Database) -> None:
    action = exceptions.add(db, "@y.example", "no_create")
    assert action.title == "@y.example makes no lead or deal"
    undo.undo(db)
    assert listed(db) == []
    undo.redo(db)
    assert listed(db) == [("@y.example", "no_create")]
    exceptions.remove(db, exceptions.all(db)[0].id)
    assert listed(db) == []
    undo.undo(db)
    assert listed(db) == [("@y.example", "no_create")]


def test_one_that_was_removed_can_be_added_again(db: Database) -> None:
    exceptions.add(db, "@y.example", "no_create")
    exceptions.remove(db, exceptions.all(db)[0].id)
    exceptions.add(db, "@y.example", "no_create")
    assert listed(db) == [("@y.example", "no_create")]
    assert exceptions.remove(db, "nowhere").state == "nothing"


def test_an_address_is_covered_by_itself_or_by_a_domain_above_it(db: Database) -> None:
    exceptions.add(db, "@x.example", "no_create")
    exceptions.add(db, "bob@y.example", "block")
    connection = db.read()
    assert exceptions.is_covered(connection, ["a@b.c.example", "ana@mail.x.example"], "no_create")
    assert not exceptions.is_covered(connection, ["ana@mail.x.example"], "block")
    assert exceptions.is_covered(connection, ["bob@y.example"], "block")
    assert not exceptions.is_covered(connection, [], "block")


@pytest.mark.parametrize("pattern", ["ana@acme.example", "@acme.example"])
def test_what_is_not_linked_of_a_blocked_address_is_judged_anew(db: Database, pattern: str) -> None:
    account = makers.an_account(db)
    remote = makers.a_remote("1")
    ingest.apply(db, account, makers.a_batch([remote]), [ingest.Arrival(remote, makers.an_email())])
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    exceptions.add(db, pattern, "block")
    assert db.read().execute("SELECT count(*) FROM link_due").fetchone() == (1,)
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    undo.undo(db)
    assert db.read().execute("SELECT count(*) FROM link_due").fetchone() == (1,)


def test_other_exceptions_judge_nothing_anew(db: Database) -> None:
    account = makers.an_account(db)
    remote = makers.a_remote("1")
    ingest.apply(db, account, makers.a_batch([remote]), [ingest.Arrival(remote, makers.an_email())])
    with db.write() as connection:
        connection.execute("DELETE FROM link_due")
    exceptions.add(db, "@acme.example", "no_create")
    exceptions.add(db, "@other.example", "block")
    assert db.read().execute("SELECT count(*) FROM link_due").fetchone() == (0,)

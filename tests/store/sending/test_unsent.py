from __future__ import annotations

from dataclasses import replace

import makers

from mail.drafts import Draft
from store.database import Database
from store.sending import drafts, unsent


def test_a_draft_nothing_was_written_in_goes_without_a_trace(db: Database) -> None:
    draft = Draft(makers.an_address("me@dealbox.example"))
    row = drafts.begin(db, makers.an_account(db), draft)
    assert unsent.count(db) == 1
    assert unsent.forget(db, row.id)
    assert unsent.count(db) == 0
    assert drafts.get(db, row.id) is None


def test_a_draft_with_words_in_it_stays(db: Database) -> None:
    draft = Draft(makers.an_address("me@dealbox.example"))
    row = drafts.begin(db, makers.an_account(db), draft)
    drafts.write(db, row.id, replace(draft, body="words"))
    assert not unsent.forget(db, row.id)
    assert unsent.count(db) == 1

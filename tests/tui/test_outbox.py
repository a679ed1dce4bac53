from __future__ import annotations

import makers
import pytest
from textual.app import App

from mail.drafts import Draft
from store.database import Database
from store.rows import SubmissionRow
from store.sending import attached, drafts, submissions
from tui.screens.outbox import Outbox, explanation, state_of


class DialogApp(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, dialog: Outbox) -> None:
        super().__init__()
        self.dialog = dialog
        self.answers: list[int | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answers.append)

    @property
    def told(self) -> str:
        return str(self.dialog.query_one("#outbox-told").render())


@pytest.fixture
def queued(db: Database) -> SubmissionRow:
    person = makers.an_address("ana@acme.example")
    draft = Draft(makers.an_address("me@dealbox.example"), to=(person,), subject="[/foo] Hi", body="Hello")
    row = drafts.begin(db, makers.an_account(db), draft)
    return submissions.queue(db, row.id, not_before=2_000_000_000)


def let(db: Database, row: SubmissionRow, state: str, error: str = "", refused: str = "{}") -> None:
    with db.write() as connection:
        connection.execute(
            "UPDATE submission SET state = ?, error = ?, refused = ?, finished_at = unixepoch() WHERE id = ?",
            (state, error, refused, row.id),
        )


def state(db: Database, row: SubmissionRow) -> str:
    now = submissions.get(db, row.id)
    assert now is not None
    return now.state


async def press(app: DialogApp, db: Database, *keys: str) -> None:
    async with app.run_test() as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()


async def test_a_message_that_waits_is_taken_back_to_be_edited(db: Database, queued: SubmissionRow) -> None:
    app = DialogApp(Outbox(db))
    await press(app, db, "e")
    assert app.answers == [queued.draft_id]
    assert state(db, queued) == "cancelled"


async def test_a_message_that_waits_is_taken_back_and_stays_a_draft(
    db: Database, queued: SubmissionRow
) -> None:
    await press(DialogApp(Outbox(db)), db, "z")
    assert state(db, queued) == "cancelled"
    assert [row.id for row in drafts.open_drafts(db)] == [queued.draft_id]


async def test_a_message_for_later_is_sent_now(db: Database, queued: SubmissionRow) -> None:
    await press(DialogApp(Outbox(db)), db, "n")
    (row,) = submissions.waiting(db)
    assert row.not_before < 2_000_000_000


async def test_a_message_for_later_whose_file_is_gone_says_so_and_waits(db: Database) -> None:
    person = makers.an_address("ana@acme.example")
    file = attached.keep(db, b"Forty seats", "offer.pdf")
    draft = Draft(makers.an_address("me@dealbox.example"), to=(person,), subject="Hi", attachments=(file,))
    row = drafts.begin(db, makers.an_account(db), draft)
    later = submissions.queue(db, row.id, not_before=2_000_000_000)
    attached.path(db, file).unlink()
    app = DialogApp(Outbox(db))
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("n")
        await pilot.pause()
        assert "Not sent now, it waits for its time:" in app.told
    assert state(db, later) == "queued"


@pytest.mark.parametrize(("key", "recipients"), [("s", ()), ("a", ("ana@acme.example",))])
async def test_the_user_says_what_became_of_a_message_nobody_knows_of(
    db: Database, queued: SubmissionRow, key: str, recipients: tuple[str, ...]
) -> None:
    let(db, queued, "unknown", "The line broke.")
    await press(DialogApp(Outbox(db)), db, key)
    now = submissions.get(db, queued.id)
    assert now is not None
    assert now.recipients == recipients


async def test_keys_that_do_not_fit_a_message_do_nothing_to_it(db: Database, queued: SubmissionRow) -> None:
    await press(DialogApp(Outbox(db)), db, "s", "a")
    assert state(db, queued) == "queued"


async def test_an_empty_outbox_says_so(db: Database) -> None:
    app = DialogApp(Outbox(db))
    async with app.run_test() as pilot:
        await pilot.press("n", "z", "e", "s", "j", "k")
        assert "Nothing waits to be sent." in app.told


def test_a_refusal_is_told_in_the_servers_words_for_each_address(db: Database, queued: SubmissionRow) -> None:
    row = queued._replace(state="rejected", refused={"x@acme.example": "550 no such user"})
    assert explanation(row, 0) == "x@acme.example: 550 no such user"
    assert state_of(row) == "refused"


def test_a_message_some_have_got_is_sent_in_part(db: Database, queued: SubmissionRow) -> None:
    assert state_of(queued._replace(state="filed", refused={"x@acme.example": "550"})) == "in part"


def test_what_is_tried_again_says_why_and_when(db: Database, queued: SubmissionRow) -> None:
    told = explanation(queued._replace(attempts=2, error="The server is busy."), 0)
    assert told.startswith("Tried 2 times; again at ")
    assert told.endswith("The server is busy.")

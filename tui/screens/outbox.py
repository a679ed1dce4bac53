"""The outbox: what waits to be sent, what was refused, and what nobody knows of, with what can be done about each."""

from __future__ import annotations

import time
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mail.build import Unbuildable
from store.database import Database
from store.rows import SubmissionRow
from store.sending import submissions
from store.sending.attached import AttachmentGone
from store.sending.drafts import NotOpen
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, full_date, plural, shorten
from tui.screens.dialog import Dialog

_LOOK_EVERY_S: Final = 1.0
_STATE_CELLS: Final = 11
_SHORT_S: Final = 120
_KEYS: Final = {
    "queued": "e edit   z take back   n send now",
    "rejected": "e edit   n send again",
    "unknown": "s it was sent   a send it again",
}
_STATES: Final = {
    "queued": "waits",
    "submitting": "going out",
    "accepted": "sent",
    "filed": "sent",
    "unknown": "unknown",
    "rejected": "refused",
}


class Outbox(Dialog[int]):
    """Answers with the id of a draft to be written on, when one was taken back to be edited."""

    BINDINGS = [
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
        Binding("q", "cancel", show=False),
        Binding("n", "send_now", show=False),
        Binding("z", "take_back", show=False),
        Binding("e", "edit", show=False),
        Binding("s", "answer(True)", show=False),
        Binding("a", "answer(False)", show=False),
    ]

    def __init__(self, db: Database) -> None:
        super().__init__()
        self._db = db
        self._rows: tuple[SubmissionRow, ...] = ()
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled("Outbox", "bold"))
            yield OptionList(markup=False)
            yield Static(id="outbox-told")
            yield Static(id="outbox-keys")

    async def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        await self._read()
        self.set_interval(_LOOK_EVERY_S, self._read)

    async def _read(self) -> None:
        options = self.query_one(OptionList)
        rows = await in_store(submissions.waiting, self._db)
        if not self.is_attached:
            return
        at = options.highlighted
        if rows != self._rows or not options.option_count:
            chosen = self._rows[at].id if at is not None and at < len(self._rows) else None
            self._rows, self._said = rows, ""
            options.clear_options()
            options.add_options([Option(self._label(row)) for row in rows])
            known = [row.id for row in rows]
            if rows:
                options.highlighted = known.index(chosen) if chosen in known else min(at or 0, len(rows) - 1)
        self._tell(self._said)

    def _label(self, row: SubmissionRow) -> Content:
        whom = ", ".join((*row.recipients, *row.refused)) or ", ".join(row.taken)
        room = self.row_cells - _STATE_CELLS
        text = f"{line(row.subject) or '(no subject)'}  {line(whom)}"
        style = "bold $warning" if row.state in ("unknown", "rejected") else "dim"
        return Content.assemble((fit(state_of(row), _STATE_CELLS), style), fit(shorten(text, room), room))

    @property
    def _row(self) -> SubmissionRow | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def on_option_list_option_highlighted(self) -> None:
        self._tell()

    def _tell(self, said: str = "") -> None:
        row, self._said = self._row, said
        told = said or (explanation(row, int(time.time())) if row else "Nothing waits to be sent.")
        self.query_one("#outbox-told", Static).update(Content(line(told)))
        keys = _KEYS.get(row.state, "") if row else ""
        self.query_one("#outbox-keys", Static).update(Content.styled(f"{keys}   q closes".strip(), "dim"))

    # -- what is done to one

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if self._rows:
            options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._rows) - 1))

    async def action_send_now(self) -> None:
        row = self._row
        if row is not None and row.state in ("queued", "rejected"):
            try:
                is_done = await in_store(submissions.send_now, self._db, row.id)
            except (AttachmentGone, Unbuildable, NotOpen) as error:
                self._tell(f"Not sent now, it waits for its time: {error}")
                return
            await self._read()
            if not is_done:
                self._tell("There is nothing to send any more.")

    async def action_take_back(self) -> None:
        if await self._cancel() is not None:
            await self._read()
            self._tell("Taken back: it is a draft again.")

    async def action_edit(self) -> None:
        draft_id = await self._cancel()
        if draft_id is not None:
            self.dismiss(draft_id)

    async def _cancel(self) -> int | None:
        row = self._row
        if row is None or row.state not in ("queued", "rejected"):
            return None
        draft = await in_store(submissions.cancel, self._db, row.id)
        if draft is None:
            await self._read()
            self._tell("Too late: it is on its way.")
            return None
        return draft.id

    async def action_answer(self, was_sent: bool) -> None:
        row = self._row
        if row is not None and row.state == "unknown":
            await in_store(submissions.answer, self._db, row.id, was_sent=was_sent)
            await self._read()


def state_of(row: SubmissionRow) -> str:
    """Return how a message stands, in a word or two."""
    if row.state in ("accepted", "filed") and row.refused:
        return "in part"
    return _STATES.get(row.state, row.state)


def explanation(row: SubmissionRow, now: int) -> str:
    """Return where a message stands and why, in a sentence."""
    if row.state == "queued" and row.attempts:
        return f"Tried {plural(row.attempts, 'time')}; again at {full_date(row.not_before)}. {row.error}"
    if row.state == "queued":
        wait_s = row.not_before - now
        if wait_s > _SHORT_S:
            return f"Goes out {full_date(row.not_before)}."
        return f"Goes out in {wait_s} s." if wait_s > 0 else f"It is about to go out. {row.error}".strip()
    if row.state == "unknown":
        return f"The connection broke at the very end: nobody knows whether it was sent. {row.error}"
    if row.refused:
        return "; ".join(f"{email}: {said}" for email, said in row.refused.items())
    return row.error or "It is going out now."

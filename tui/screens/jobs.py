"""The jobs page: how each account is doing, what waits to be done there, why, and when it is tried again."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mail.keywords import ANSWERED, DRAFT, FLAGGED, FORWARDED, SEEN
from store import accounts, jobs
from store.database import Database
from store.jobs import Job
from store.rows import AccountRow
from tui.bridge import in_store
from tui.content import line
from tui.format import clock, count, plural
from tui.screens.dialog import Dialog

_EVERY_S = 1.0
_MARKS = {SEEN: "read", FLAGGED: "starred", ANSWERED: "answered", FORWARDED: "forwarded", DRAFT: "draft"}
_STATUS = {
    "connecting": "connecting",
    "backfilling": "fetching",
    "live": "in sync",
    "waiting": "waiting",
    "sign_in": "needs you",
    "error": "failed",
}


def account_line(account: AccountRow, now: int) -> str:
    """Return how an account is doing: "Work: in sync, looked at 08:14"."""
    words = [f"{account.name}: {_STATUS.get(account.status, account.status)}"]
    if account.progress_total:
        words.append(f"{count(account.progress_done)} of {count(account.progress_total)} messages")
    if account.synced_at is not None:
        words.append(f"last in step {_ago(now - account.synced_at)}")
    if account.status_text:
        words.append(account.status_text)
    return ", ".join(words)


def job_line(job: Job, now: int) -> str:
    """Return what is to be done: "Move 1,000 messages to Archive"."""
    messages = plural(job.messages, "message")
    match job.kind:
        case "move":
            text = f"Move {messages} to {job.mailbox}"
        case "set_keywords":
            marks = [_MARKS.get(each, each) for each in job.add]
            marks += [f"not {_MARKS.get(each, each)}" for each in job.remove]
            text = f"Mark {messages} {', '.join(marks)}"
        case "destroy":
            text = f"Delete {messages} for good"
        case "save":
            text = f"Save {messages} at the account"
        case _:
            text = f"Make the mailbox {job.mailbox}"
    return f"{text}  {'stuck: ' if jobs.is_stuck(job, now) else ''}{_state(job, now)}"


def _state(job: Job, now: int) -> str:
    if job.state == "rejected":
        return f"refused: {job.error}"
    if job.state == "running":
        return "under way"
    why = f": {job.error}" if job.error else ""
    tried = f"tried {plural(job.attempts, 'time')}, " if job.attempts else ""
    when = f"again in {_span(job.not_before - now)}" if job.not_before > now else "next"
    return (
        f"{tried}{when}{why}" if job.attempts or job.not_before > now else f"waits since {clock(job.since)}"
    )


def _span(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _ago(seconds: int) -> str:
    return (
        "just now"
        if seconds < 5
        else f"{_span(seconds)} ago"
        if seconds < 7200
        else f"{seconds // 3600} h ago"
    )


class Jobs(Dialog[None]):
    """A list that follows what happens; r tries again, d gives up."""

    BINDINGS = [
        Binding("q", "cancel", show=False),
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("r", "retry", show=False),
        Binding("d", "give_up", show=False),
    ]

    def __init__(self, db: Database) -> None:
        super().__init__()
        self._db = db
        self._jobs: tuple[Job, ...] = ()
        self._shown: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled("Jobs", "bold"))
            yield Static(id="accounts")
            options = OptionList(markup=False)
            options.can_focus = False
            yield options
            yield Static(
                Content.styled("r try again now   d give up, or forget what was refused   q close", "dim")
            )

    async def on_mount(self) -> None:
        await self._read()
        self.set_interval(_EVERY_S, self._read)

    async def _read(self) -> None:
        rows = await in_store(accounts.all, self._db)
        self._jobs = await in_store(jobs.all, self._db)
        now = int(time.time())
        said = [account_line(row, now) for row in rows] or ["There is no account yet."]
        self.query_one("#accounts", Static).update(Content("\n").join(line(each) for each in said))
        self._show(
            [job_line(job, now) for job in self._jobs] or ["Nothing waits: every account has everything."]
        )

    def _show(self, lines: Sequence[str]) -> None:
        if lines == self._shown:
            return
        self._shown = list(lines)
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        options.clear_options()
        options.add_options([Option(line(each)) for each in lines])
        options.highlighted = min(at, len(lines) - 1)

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        options.highlighted = max(0, min((options.highlighted or 0) + rows, options.option_count - 1))

    async def action_retry(self) -> None:
        await in_store(jobs.try_now, self._db, self._jobs)
        await in_store(accounts.request_sync, self._db)
        await self._read()

    async def action_give_up(self) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._jobs):
            job = self._jobs[index]
            await in_store(jobs.forget if job.state == "rejected" else jobs.give_up, self._db, job)
            await self._read()

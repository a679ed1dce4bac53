"""How an account takes part in the CRM: what is linked and made by itself, whose it is, Smart BCC, exceptions."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from linking import account_settings, smart_bcc
from linking.account_settings import Refused
from linking.smart_bcc import NoAddress
from mail.types import AccountId
from store.database import Database
from store.links import account_crm_names, exceptions
from store.links.account_crm import BadSetting
from store.links.account_crm_names import Named
from store.links.exceptions import BadPattern, ExceptionRow
from store.rows import AccountRow
from tui import account_crm_asking, account_crm_words
from tui.account_crm_words import Setting
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, shorten
from tui.screens.confirm import Confirm
from tui.screens.dialog import Dialog

_LABEL_CELLS: Final = 24
_KEYS: Final = "enter change  n exception  d remove  y copy  R replace  q closes"
_MOST_EXCEPTIONS: Final = 500


class AccountCrmSettings(Dialog[None]):
    """Changes the store itself, so there is nothing to answer."""

    BINDINGS = [
        Binding("q", "cancel", show=False),
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("enter,space", "change", show=False, priority=True),
        Binding("n", "add", show=False),
        Binding("d", "remove", show=False),
        Binding("y", "copy", show=False),
        Binding("R", "replace", show=False),
    ]

    def __init__(self, db: Database, account: AccountRow) -> None:
        super().__init__()
        self._db = db
        self._account = account
        self._named: Named | None = None
        self._settings: tuple[Setting, ...] = ()
        self._exceptions: tuple[ExceptionRow, ...] = ()
        self._address = ""
        self._is_busy = False

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(f"{line(self._account.name)} and the CRM", "bold"))
            options = OptionList(markup=False)
            options.can_focus = False
            yield options
            yield Static(id="account-crm-told")
            yield Static(Content.styled(_KEYS, "dim"))

    async def on_mount(self) -> None:
        await self._read()
        refusal = await in_store(account_settings.refusal, self._db, self._account.id)
        named = account_crm_words.connected(self._named) if self._named else ""
        self._tell(f"{named} {f'You may look: {refusal}.' if refusal else ''}".strip())

    # -- what is shown

    async def _read(self) -> None:
        """Read and draw everything; the cursor stays."""
        self._named = await in_store(account_crm_names.named, self._db, self._account.id)
        self._address, shown = await in_store(_universal, self._db, self._account.id)
        self._exceptions = (await in_store(exceptions.all, self._db))[:_MOST_EXCEPTIONS]
        self._settings = account_crm_words.settings(self._named, shown)
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        options.clear_options()
        options.add_options([Option(label) for label in self._labels()])
        options.highlighted = min(at, options.option_count - 1)

    def _labels(self) -> list[Content]:
        return [
            Content.assemble((fit(label, _LABEL_CELLS), "dim"), shorten(value, self._value_cells))
            for label, value in self._lines
        ]

    @property
    def _lines(self) -> list[tuple[str, str]]:
        lines = [(each.label, each.value) for each in self._settings]
        return lines + [("Exception", account_crm_words.exception(row)) for row in self._exceptions]

    @property
    def _value_cells(self) -> int:
        return max(self.row_cells - _LABEL_CELLS, 8)

    def on_resize(self) -> None:
        options = self.query_one(OptionList)
        for at, label in enumerate(self._labels()):
            if at < options.option_count:
                options.replace_option_prompt_at_index(at, label)

    def _tell(self, text: str) -> None:
        told = self.query_one("#account-crm-told", Static)
        told.display = bool(text)
        told.update(Content(line(text)))

    @property
    def _at(self) -> Setting | ExceptionRow | None:
        at = self.query_one(OptionList).highlighted
        rows: tuple[Setting | ExceptionRow, ...] = (*self._settings, *self._exceptions)
        return rows[at] if at is not None and at < len(rows) else None

    # -- keys

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        if options.option_count:
            at = options.highlighted = max(
                0, min((options.highlighted or 0) + rows, options.option_count - 1)
            )
            value = self._lines[at][1]
            self._tell(value if cell_len(value) > self._value_cells else "")

    @on(OptionList.OptionSelected)
    def _on_clicked(self) -> None:
        self.action_change()

    def action_change(self) -> None:
        row = self._at
        if isinstance(row, Setting):
            self._begin(self._ask(row))
        elif row is not None:
            self._tell("d removes the exception, n adds another one.")

    def action_add(self) -> None:
        self._begin(self._ask_exception())

    def action_remove(self) -> None:
        row = self._at
        if isinstance(row, ExceptionRow):
            self._begin(self._carry_out(partial(exceptions.remove, self._db, row.id)))
        else:
            self._tell("A setting stays: enter changes it. d removes exceptions.")

    def action_copy(self) -> None:
        if self._address:
            self.app.copy_to_clipboard(self._address)
            self._tell(f"Copied {self._address}")
        else:
            self._tell("There is no Smart BCC address to copy.")

    def action_replace(self) -> None:
        self._begin(self._ask_replacement())

    def _begin(self, doing: Coroutine[None, None, None]) -> None:
        """Do what asks on the way: one such thing at a time."""
        if self._is_busy:
            doing.close()
            return
        self._is_busy = True
        self.run_worker(self._finish(doing), group="account-crm")

    async def _finish(self, doing: Coroutine[None, None, None]) -> None:
        try:
            await doing
        finally:
            self._is_busy = False

    # -- what they do

    async def _ask(self, setting: Setting) -> None:
        if self._named is None:
            return
        refusal = await in_store(account_settings.refusal, self._db, self._account.id)
        if refusal is not None:
            self._tell(f"Not changed: {refusal}.")
            return
        changes = await account_crm_asking.ask(self.app, self._named, setting.name)
        if changes and await self._may(changes):
            await self._carry_out(
                partial(account_settings.change, self._db, self._account.id, **changes),
                account_crm_asking.said(changes),
            )

    async def _may(self, changes: dict[str, Any]) -> bool:
        """Ask before the mail of an account is shown to members who do not see it yet."""
        question = await in_store(account_settings.team_question, self._db, self._account.id, changes)
        if question is None:
            return True
        answer = await self.app.push_screen_wait(Confirm(Content(f"{line(question)}\n\nMake it so?")))
        return answer is True

    async def _ask_exception(self) -> None:
        asked = await account_crm_asking.ask_exception(self.app)
        if asked is not None:
            await self._carry_out(partial(exceptions.add, self._db, *asked))

    async def _ask_replacement(self) -> None:
        question = Content(
            "Replace the universal Smart BCC address? What is sent to the one before is ordinary mail from then on."
        )
        if await self.app.push_screen_wait(Confirm(question)):
            await self._carry_out(
                partial(account_settings.rotate, self._db, self._account.id, None), "This is the new address."
            )

    async def _carry_out(self, doing: Callable[[], Any], said: str = "") -> None:
        """Change the store and show what it says then."""
        try:
            done = await in_store(doing)
            said = said or getattr(done, "title", "")
        except (BadSetting, BadPattern, NoAddress, Refused, sqlite3.Error) as error:
            said = f"Not done: {error}"
        await self._read()
        self._tell(said)


def _universal(db: Database, account_id: AccountId) -> tuple[str, str]:
    """Return the universal Smart BCC address, and what is shown in its place when there is none."""
    try:
        address = smart_bcc.address(db, account_id, None)
    except NoAddress as error:
        return "", str(error)
    return address, address

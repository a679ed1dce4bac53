"""Who the user writes as: names, addresses and signatures in a list, each change kept at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mail.addresses import normalise
from mail.drafts import written
from mail.ids import AccountId
from mail.text import safe_block
from store.database import Database
from store.rows import AccountRow, IdentityRow
from store.sending import identities
from store.sending.identities import BadIdentity
from tui.bridge import in_store
from tui.content import line
from tui.format import fit, plural, shorten
from tui.screens.confirm import Confirm
from tui.screens.dialog import Dialog
from tui.screens.sign_in import AskLine
from tui.screens.signature import Signature

_FIRST_CELLS: Final = 7
_ACCOUNT_CELLS: Final = 16
_PREVIEW_LINES: Final = 5
_KEYS: Final = "enter name  e signature  n new  d remove  K first  J down  q closes"


class Identities(Dialog[None]):
    """Changes the store itself, so there is nothing to answer."""

    BINDINGS = [
        Binding("q", "cancel", show=False),
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("enter", "name", show=False, priority=True),
        Binding("e", "signature", show=False),
        Binding("n", "add", show=False),
        Binding("d", "remove", show=False),
        Binding("K", "place(-1000)", show=False),
        Binding("J", "place(1)", show=False),
    ]

    def __init__(self, db: Database, accounts: Sequence[AccountRow], editor: str) -> None:
        """`accounts` are all there are, at least one; `editor` is that of the settings."""
        super().__init__()
        self._db = db
        self._accounts = {each.id: each for each in accounts}
        self._editor = editor
        self._rows: tuple[IdentityRow, ...] = ()
        self._is_busy = False
        self._said = ""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled("Who you write as", "bold"))
            options = OptionList(markup=False)
            options.can_focus = False
            yield options
            yield Static(id="identity-preview")
            yield Static(id="identity-told")
            yield Static(Content.styled(_KEYS, "dim"))

    async def on_mount(self) -> None:
        await self._read()

    # -- what is shown

    async def _read(self, chosen: tuple[AccountId, str] | None = None) -> None:
        """Read and draw all of them; the cursor goes to the `chosen`, else it stays."""
        rows = await in_store(identities.all, self._db)
        self._rows = tuple(row for row in rows if row.account_id in self._accounts)
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        options.clear_options()
        options.add_options([Option(self._label(index)) for index in range(len(self._rows))])
        keys = [(row.account_id, row.identity.address.email) for row in self._rows]
        if keys:
            options.highlighted = keys.index(chosen) if chosen in keys else min(at, len(keys) - 1)
        self._show_signature()

    def on_resize(self) -> None:
        options = self.query_one(OptionList)
        for at in range(options.option_count):
            options.replace_option_prompt_at_index(at, self._label(at))
        self._show_signature()

    def _label(self, at: int) -> Content:
        row = self._rows[at]
        is_one_of_many = sum(each.account_id == row.account_id for each in self._rows) > 1
        is_first = at == 0 or self._rows[at - 1].account_id != row.account_id
        account = line(self._accounts[row.account_id].name) if len(self._accounts) > 1 else ""
        cells = _FIRST_CELLS + (_ACCOUNT_CELLS if account else 0)
        return Content.assemble(
            fit(line(written((row.identity.address,))), max(self.row_cells - cells, 8)),
            (fit("  first" if is_first and is_one_of_many else "", _FIRST_CELLS), "dim"),
            (fit(f"  {account}", _ACCOUNT_CELLS) if account else "", "dim"),
        )

    @on(OptionList.OptionHighlighted)
    def _show_signature(self) -> None:
        row = self._row
        lines = safe_block(row.identity.signature).split("\n") if row and row.identity.signature else []
        shown = "\n".join(shorten(text, self.row_cells) for text in lines[:_PREVIEW_LINES])
        more = len(lines) - _PREVIEW_LINES
        preview = Content.assemble(
            ("\n-- \n" if lines else "\nNo signature: e writes one.", "dim"),
            shown,
            (f"\n... {plural(more, 'more line')}" if more > 0 else "", "dim"),
            "\n",
        )
        self.query_one("#identity-preview", Static).update(preview)
        self._tell(self._said)

    def _tell(self, text: str) -> None:
        """Say something until the next move, or else what the signature does not show."""
        self._said = text
        others = ", ".join(self._row.identity.aliases) if self._row else ""
        shown = text or (f"Answers mail to {others} too." if others else "")
        told = self.query_one("#identity-told", Static)
        told.display = bool(shown)
        told.update(Content(line(shown)))

    @property
    def _row(self) -> IdentityRow | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    # -- keys

    def action_move(self, rows: int) -> None:
        options = self.query_one(OptionList)
        self._tell("")
        if self._rows:
            options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._rows) - 1))

    def action_name(self) -> None:
        if (row := self._row) is not None:
            self._begin(self._ask_name(row))

    def action_signature(self) -> None:
        if (row := self._row) is not None:
            self._begin(self._ask_signature(row))

    def action_add(self) -> None:
        row = self._row
        account = self._accounts[row.account_id] if row else next(iter(self._accounts.values()))
        self._begin(self._ask_new(account))

    def action_remove(self) -> None:
        if (row := self._row) is not None:
            self._begin(self._ask_removal(row))

    async def action_place(self, steps: int) -> None:
        row = self._row
        if row is None or self._is_busy:
            return
        of_account = [each for each in self._rows if each.account_id == row.account_id]
        email = row.identity.address.email
        place = max(of_account.index(row) + steps, 0)
        doing = partial(identities.move, self._db, row.account_id, email, place)
        await self._carry_out(row.account_id, email, doing)

    def _begin(self, doing: Coroutine[None, None, None]) -> None:
        """Do what asks on the way: one such thing at a time."""
        if self._is_busy:
            doing.close()
            return
        self._is_busy = True
        self.run_worker(self._finish(doing), group="identities")

    async def _finish(self, doing: Coroutine[None, None, None]) -> None:
        try:
            await doing
        finally:
            self._is_busy = False

    # -- what they do

    async def _ask_name(self, row: IdentityRow) -> None:
        email, name = row.identity.address.email, row.identity.address.name
        question = AskLine([f"Name beside {email}"], text=name, may_be_empty=True)
        answer = await self.app.push_screen_wait(question)
        if answer is not None:
            await self._keep(row.account_id, email, name=answer)

    async def _ask_signature(self, row: IdentityRow) -> None:
        email = row.identity.address.email
        dialog = Signature(self._db.directory, self._editor, email, row.identity.signature)
        answer = await self.app.push_screen_wait(dialog)
        if answer is not None:
            await self._keep(row.account_id, email, signature=answer)

    async def _keep(
        self, account_id: AccountId, email: str, *, name: str | None = None, signature: str | None = None
    ) -> None:
        doing = partial(identities.set, self._db, account_id, email, name=name, signature=signature)
        await self._carry_out(account_id, email, doing)

    async def _ask_new(self, account: AccountRow) -> None:
        email = await self._new_address(account)
        if email is None:
            return
        known = [row for row in self._rows if row.account_id == account.id]
        if email in [row.identity.address.email for row in known]:
            await self._read((account.id, email))
            self._tell("You write as this one already.")
            return
        name = known[0].identity.address.name if known else ""
        question = AskLine([f"Name beside {email}"], text=name, may_be_empty=True)
        answer = await self.app.push_screen_wait(question)
        if answer is not None:
            said = f"Mail to {email} is yours from now on. Your server has to let you send from it."
            doing = partial(identities.set, self._db, account.id, email, name=answer)
            await self._carry_out(account.id, email, doing, said)

    async def _new_address(self, account: AccountRow) -> str | None:
        problem, typed = "", ""
        while True:
            lines = [f"Which other address of yours? {account.name} sends for it."]
            typed = (
                await self.app.push_screen_wait(AskLine([*lines, *filter(None, [problem])], text=typed)) or ""
            )
            if not typed:
                return None
            try:
                return identities.checked(typed)
            except BadIdentity as error:
                problem = str(error)

    async def _ask_removal(self, row: IdentityRow) -> None:
        email = row.identity.address.email
        if normalise(email) == normalise(self._accounts[row.account_id].address):
            self._tell("This is the address of the account: it stays. Its name and signature can be emptied.")
            return
        question = Content(f"Write as {line(email)} no more? Mail to it counts as yours no longer.")
        if await self.app.push_screen_wait(Confirm(question)):
            await self._carry_out(
                row.account_id, email, partial(identities.remove, self._db, row.account_id, email)
            )

    async def _carry_out(
        self, account_id: AccountId, email: str, doing: Callable[[], None], said: str = ""
    ) -> None:
        """Change the store and show what it says then."""
        try:
            await in_store(doing)
        except (BadIdentity, sqlite3.Error) as error:
            said = f"Not done: {error}"
        await self._read((account_id, email))
        self._tell(said)

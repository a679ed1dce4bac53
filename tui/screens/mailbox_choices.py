"""Which mailboxes of an account are synced, how far back, and what each is for: chosen in a list, kept with Enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mail.ids import MailboxId, MailboxKey, Role
from store.mailbox_choices import Choice, ChosenMailbox
from tui import mailbox_words
from tui.content import line
from tui.format import count, fit, plural
from tui.screens.dialog import Dialog
from tui.screens.pick import Choice as Line
from tui.screens.pick import Picker

Choices = dict[MailboxKey, Choice]
MOST_DAYS: Final = 36_500
_REACH_CELLS: Final = 16
_ROLE_CELLS: Final = 18
_NUMBER_CELLS: Final = 9
_PROMISE: Final = (
    "What is not synced leaves dealbox at the worker's next look. Nothing is deleted at the server."
)
_KEYS: Final = "space sync or not   d days   r role   enter keep   esc leave"


class MailboxChoices(Dialog[Choices]):
    """Answers with what is to be chosen anew; None when nothing is."""

    BINDINGS = [
        Binding("q", "cancel", show=False),
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("space", "toggle_synced", show=False, priority=True),
        Binding("d", "days", show=False),
        Binding("r", "role", show=False),
        Binding("enter", "keep", show=False, priority=True),
    ]

    def __init__(
        self, title: str, rows: Sequence[ChosenMailbox], chosen: MailboxId | None, *, is_read_whole: bool
    ) -> None:
        """`chosen` is the mailbox to begin at. One whose account `is_read_whole` can only get another role."""
        super().__init__()
        self._title = title
        self._rows = rows
        self._first = next((at for at, row in enumerate(rows) if row.id == chosen), 0)
        self._is_read_whole = is_read_whole
        self._choices: Choices = {}

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(f"Mailboxes of {line(self._title)}", "bold"))
            options = OptionList(markup=False)
            options.can_focus = False
            yield options
            yield Static(id="mailboxes-told")
            yield Static(Content.styled(_KEYS, "dim"))

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.add_options([Option(self._label(row)) for row in self._rows])
        options.highlighted = self._first if self._rows else None
        self._tell(
            _PROMISE if self._rows else "No mailbox is known yet: the worker asks the server for them."
        )

    def on_resize(self) -> None:
        for at in range(self.query_one(OptionList).option_count):
            self._draw(at)

    def _tell(self, text: str) -> None:
        self.query_one("#mailboxes-told", Static).update(Content(line(text)))

    def _label(self, row: ChosenMailbox) -> Content:
        choice = self._choice(row)
        room = max(self.row_cells - 4 - _REACH_CELLS - _ROLE_CELLS - _NUMBER_CELLS, 8)
        mark = "[x] " if choice.is_synced else "[ ] "
        shown = row._replace(choice=choice, role=self._role(row, choice))
        return Content.assemble(
            mark + fit(line(row.name), room),
            (fit(mailbox_words.reach(choice), _REACH_CELLS), "" if choice == row.choice else "bold"),
            fit(mailbox_words.role_word(shown), _ROLE_CELLS),
            (f"{count(row.messages):>{_NUMBER_CELLS}}", "dim"),
        )

    def _role(self, row: ChosenMailbox, choice: Choice) -> Role | None:
        """Return the role a mailbox will have; what the account says is known only where nothing was chosen."""
        if choice.is_plain:
            return None
        return choice.role or (row.role if row.choice.role is None else None)

    def _choice(self, row: ChosenMailbox) -> Choice:
        return self._choices.get(row.key, row.choice)

    def _draw(self, at: int) -> None:
        self.query_one(OptionList).replace_option_prompt_at_index(at, self._label(self._rows[at]))

    @property
    def _at(self) -> int | None:
        at = self.query_one(OptionList).highlighted
        return at if at is not None and at < len(self._rows) else None

    def _set(self, at: int, choice: Choice) -> None:
        row = self._rows[at]
        self._choices.pop(row.key, None)
        if choice != row.choice:
            self._choices[row.key] = choice
        self._draw(at)
        changed = plural(len(self._choices), "change")
        self._tell(f"{changed}: enter keeps, esc leaves. {_PROMISE}" if self._choices else _PROMISE)

    # -- keys

    def action_move(self, rows: int) -> None:
        if self._rows:
            options = self.query_one(OptionList)
            options.highlighted = max(0, min((options.highlighted or 0) + rows, len(self._rows) - 1))

    @on(OptionList.OptionSelected)
    def _on_clicked(self) -> None:
        self.action_toggle_synced()

    def action_toggle_synced(self) -> None:
        at = self._at
        if at is None or self._is_whole():
            return
        row = self._rows[at]
        if row.is_inbox:
            self._tell("The inbox is always synced; d says how far back.")
            return
        choice = self._choice(row)
        self._set(at, choice._replace(is_synced=not choice.is_synced))

    def _is_whole(self) -> bool:
        if self._is_read_whole:
            self._tell("A Maildir is read whole: only what a mailbox is for can be chosen.")
        return self._is_read_whole

    def action_days(self) -> None:
        at = self._at
        if at is None or self._is_whole():
            return
        row = self._rows[at]

        def take(days: int | None) -> None:
            if days is not None:
                self._set(at, self._choice(row)._replace(since_days=days, is_synced=True))

        self.app.push_screen(Days(row.name, self._choice(row).since_days), take)

    def action_role(self) -> None:
        at = self._at
        if at is None:
            return
        row = self._rows[at]

        def take(word: str | None) -> None:
            if word is not None:
                self._set(at, mailbox_words.with_role(self._choice(row), word))

        words = [*mailbox_words.ROLES, mailbox_words.PLAIN, mailbox_words.AS_TOLD]
        if row.is_inbox:  # which it stays
            words = [mailbox_words.OF_INBOX, mailbox_words.AS_TOLD]
        lines = [
            Line(word, Content(mailbox_words.explained(word, is_inbox=row.is_inbox)), word) for word in words
        ]
        self.app.push_screen(Picker(f"What is {line(row.name)} for?", lines), take)

    def action_keep(self) -> None:
        self.dismiss(self._choices or None)


class Days(Dialog[int]):
    """Asks how many days of mail are wanted: 0 is all of it."""

    def __init__(self, name: str, days: int) -> None:
        super().__init__()
        self._mailbox = name
        self._days = days

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(f"How many days of {line(self._mailbox)}? 0 is all mail", "bold"))
            typed = Input(str(self._days), type="integer", max_length=5)
            typed.cursor_blink = False
            yield typed
            yield Static(
                Content.styled("Mail that is here already stays. enter keep   esc leave", "dim"),
                id="days-told",
            )

    @on(Input.Submitted)
    def _on_submitted(self, event: Input.Submitted) -> None:
        days = int(event.value) if event.value.isdecimal() else -1
        if 0 <= days <= MOST_DAYS:
            self.dismiss(days)
        else:
            self.query_one("#days-told", Static).update(Content(f"A number from 0 to {count(MOST_DAYS)}."))

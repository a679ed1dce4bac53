"""One form for all that is created and changed: labelled lines, completed as they are typed, kept only when they mean something."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mail.folding import fold
from store.crm.item_edits import BadItem
from store.crm.unsaved_forms import Typed
from tui.content import line
from tui.screens.dialog import Dialog
from tui.screens.form_journal import FormJournal, left_unsaved
from tui.screens.item_form_fields import (
    BadField,
    Field,
    How,
    Value,
    completions,
    last_of,
    meaning,
    read,
)
from tui.screens.item_form_kinds import CUSTOM, Filled, Somebody
from tui.widgets.compose_field import after_keys
from tui.widgets.form_field import FormInput, Offer, Offers

T = TypeVar("T")
_KEYS = "ctrl+x save   tab next   shift+tab back   esc leave"
_LISTED = {
    How.CHOICE: "down lists them",
    How.LABELS: "down lists them",
    How.LINES: "ctrl+o writes several lines",
}
_MOST_ALIKE = 3
_UNSAVED = "It was changed: ctrl+x saves that, esc once more discards it."


Look = Callable[[Field, str], Awaitable[Sequence[Offer]]]
Save = Callable[[Filled], Awaitable[T]]
Write = Callable[[str, str], Awaitable[str | None]]


def _now() -> datetime:
    return datetime.now().astimezone()


async def _nothing_written(label: str, text: str) -> str | None:
    return None


async def _nobody(field: Field, text: str) -> Sequence[Offer]:
    return ()


class ItemForm(Dialog[T], Generic[T]):
    """Answers with what `save` returned. A refusal is shown, and everything typed stays."""

    BINDINGS = [
        Binding("ctrl+x", "save", show=False, priority=True),
        Binding("escape", "cancel", show=False, priority=True),
        Binding("ctrl+o", "write", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        save: Save[T],
        *,
        look: Look = _nobody,
        now: Callable[[], datetime] = _now,
        about: str = "",
        write: Write = _nothing_written,
        is_edit: bool = False,
        journal: FormJournal | None = None,
    ) -> None:
        """`look` finds persons and organizations by what was typed; `about` is said under the title.

        `write` lets the user write several lines. With `is_edit` only what was changed is saved. `journal` keeps what is
        typed until then.
        """
        super().__init__()
        self._title = title
        self._fields = tuple(fields)
        self._save = save
        self._look = look
        self._now = now
        self._about = about
        self._write = write
        self._is_edit = is_edit
        self._journal = journal
        self._was_asked = False
        self._is_saving = False
        self._problem = ""
        self._answered: tuple[str, ...] | None = None
        self._surely_new: set[str] = set()
        self._offers = Offers()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content.styled(line(self._title), "bold"), classes="heading")
            if self._about:
                yield Static(Content(line(self._about)))
            with VerticalScroll(can_focus=False):
                for field in self._fields:
                    with Horizontal(classes="form-line"):
                        yield Static(Content(f"{line(field.label)}{'*' if field.is_required else ''}"))
                        yield FormInput(field, self._offers, is_last=field is self._fields[-1])
            yield Static(id="form-told")
            yield Static(Content.styled(_KEYS, "dim"))
        yield self._offers

    def on_mount(self) -> None:
        self._restore()
        first_empty = next((each for each in self._inputs if each.field.is_required and not each.value), None)
        (first_empty or self._inputs[0]).focus()

    # -- what was typed before the terminal went

    def _restore(self) -> None:
        found = self._journal.found if self._journal is not None else None
        if found is not None:
            for input in self._inputs:
                if typed := found.fields.get(input.field.name):
                    input.restore(typed)
            self._problem = left_unsaved(found)
            self._tell(self._problem, is_wrong=True)

    def _typed(self) -> dict[str, Typed]:
        return {each.field.name: each.typed for each in self._inputs if each.is_changed}

    def keep_now(self) -> None:
        """Keep what is typed before this returns: the program or the terminal is going."""
        if self._journal is not None:
            self._journal.keep_now(self._typed)

    @on(FormInput.Changed)
    def _on_changed(self) -> None:
        if self._journal is not None:
            self._journal.changed(self, self._typed)

    async def _close(self, answer: T | None) -> None:
        if self._journal is not None:
            await self._journal.close()
        self.dismiss(answer)

    @property
    def _inputs(self) -> list[FormInput]:
        return list(self.query(FormInput))

    @property
    def _current(self) -> FormInput | None:
        return self.focused if isinstance(self.focused, FormInput) else None

    def _says(self) -> tuple[str, ...]:
        return tuple(each.value for each in self._inputs)

    def _tell(self, text: str, *, is_wrong: bool = False) -> None:
        told = self.query_one("#form-told", Static)
        told.update(Content.styled(line(text), "$warning" if is_wrong else "dim"))

    # -- what is offered, and what the text means

    @on(FormInput.Entered)
    def _on_entered(self, event: FormInput.Entered) -> None:
        if (
            event.is_typed and self._says() != self._answered
        ):  # it may come after the answer to what was typed
            self._was_asked, self._problem = False, ""
        if event.input is not self._current:
            return
        self._tell_of(event.input)
        if event.is_typed:
            self._offer(event.input, is_typed=True)

    @on(FormInput.Opened)
    def _on_opened(self, event: FormInput.Opened) -> None:
        self._offer(event.input, is_typed=False)

    @on(FormInput.Last)
    def _on_last(self) -> None:
        self.action_save()

    def _tell_of(self, input: FormInput) -> None:
        if self._problem:
            return  # it stays until something is typed
        field = input.field
        means = meaning(field, input.value, self._now()) if input.value.strip() else ""
        self._tell(means or "   ".join(filter(None, (field.hint, _LISTED.get(field.how, "")))))

    def _offer(self, input: FormInput, *, is_typed: bool) -> None:
        field = input.field
        if field.is_looked_up or field.how is How.PEOPLE:
            self.run_worker(self._look_up(input, is_typed=is_typed), group="look", exclusive=True)
        elif field.how in (How.CHOICE, How.LABELS):
            found = completions(field, input.value if is_typed else "")
            names = [each.name for each in found]
            at = names.index(input.value) if input.value in names else 0 if is_typed or found else None
            self._offers.show([Offer(name) for name in names], below=input, at=at)

    async def _look_up(self, input: FormInput, *, is_typed: bool) -> None:
        typed, field = input.value, input.field
        wanted = last_of(field, typed) if is_typed else ""
        found = await self._look(field, wanted) if wanted or not is_typed else ()
        if input is not self._current or typed != input.value:
            return
        # A name that is only begun is not taken for another: nothing is highlighted until it surely is meant.
        is_meant = bool(found) and fold(found[0].name).startswith(fold(wanted))
        self._offers.show(found, below=input, at=0 if is_meant or not is_typed else None)
        is_new = bool(is_typed and wanted and field.is_looked_up and not input.chosen)
        noun = "person" if field.how is How.PERSON else "organization"
        self._tell(f"a new {noun}, unless one of those listed is meant" if is_new else field.hint)

    # -- saving and leaving

    def action_save(self) -> None:
        after_keys(self.focused or self, self._begin_saving)

    def _begin_saving(self) -> None:
        if not self._is_saving:
            self._is_saving = True
            self._offers.close()
            self.run_worker(self._finish(), group="save")

    async def _finish(self) -> None:
        try:
            done = await self._save(await self._filled())
        except BadField as error:
            self._refuse(str(error))
        except BadItem as error:
            self._refuse(str(error), error.field)
        except sqlite3.Error as error:
            self._refuse(f"Not kept: {error}")
        else:
            await self._close(done)
        finally:
            self._is_saving = False

    async def _filled(self) -> Filled:
        """Return what the fields mean, the cursor going to the first that means nothing. Raises BadField."""
        filled: dict[str, Value | Somebody] = {}
        for input in self._inputs:
            if self._is_edit and not input.is_changed:
                continue
            try:
                filled[input.field.name] = await self._value(input)
            except BadField:
                input.focus()
                raise
        return filled

    async def _value(self, input: FormInput) -> Value | Somebody:
        value = read(input.field, input.text, self._now())
        if input.field.how is How.PEOPLE and isinstance(value, tuple):
            return tuple([await self._id_of(input, str(name)) for name in value])
        return await self._named(input) if input.field.is_looked_up else value

    async def _id_of(self, input: FormInput, name: str) -> str:
        """Return which of the people is meant: one of those taken, else the only one who is called so."""
        if name in input.known:
            return input.known[name]
        called = [each for each in await self._look(input.field, name) if fold(each.name) == fold(name)]
        if len(called) == 1:
            return called[0].id
        what = f"{len(called)} are called {name}" if called else f"{name} is nobody yet"
        raise BadField(f"{input.field.label}: {what}: take one from the list")

    async def _named(self, input: FormInput) -> Somebody | None:
        """Return whom the text names: whoever was taken, else the only one who is called so, else somebody new."""
        text = line(input.value).strip()
        if not text or input.chosen:
            return Somebody(input.chosen, text) if text else None
        found = await self._look(input.field, text)
        called = [offer for offer in found if fold(offer.name) == fold(text)]
        is_newcomer = (
            not input.is_changed
        )  # whom the mail names, and who is not in the CRM under that address
        if len(called) == 1 and not is_newcomer:
            return Somebody(called[0].id, called[0].name)
        if len(called) > 1 and not is_newcomer:
            raise BadField(f"{input.field.label}: {len(called)} are called {text}: take one from the list")
        alike = called if is_newcomer else found
        if alike and text not in self._surely_new:
            self._surely_new.add(text)
            names = ", ".join(offer.name for offer in alike[:_MOST_ALIKE])
            raise BadField(
                f"{input.field.label}: {text} is new, but there is {names}. ctrl+x again makes a new one"
            )
        return Somebody("", text)

    def _refuse(self, text: str, field: str = "") -> None:
        for input in self._inputs:
            is_meant = field in (input.field.name, input.field.name.removeprefix(CUSTOM))
            if field and (is_meant or (field == "currency" and input.field.how is How.MONEY)):
                input.focus()
        self._problem, self._answered = text, self._says()
        self._tell(text, is_wrong=True)

    def action_write(self) -> None:
        input = self._current
        if input is not None and input.field.how is How.LINES:
            input.after_keys(partial(self._begin_writing, input))

    def _begin_writing(self, input: FormInput) -> None:
        self.run_worker(self._write_lines(input), group="write", exclusive=True)

    async def _write_lines(self, input: FormInput) -> None:
        text = await self._write(input.field.label, input.text)
        if text is not None:
            input.take_lines(text)

    def action_cancel(self) -> None:
        after_keys(self.focused or self, self._leave)

    def _leave(self) -> None:
        if self._offers.is_open:
            self._offers.close()
            return
        if any(each.is_changed for each in self._inputs) and not self._was_asked:
            self._was_asked, self._answered = True, self._says()
            self._problem = _UNSAVED
            self._tell(_UNSAVED, is_wrong=True)
            return
        if not self._is_saving:
            self._is_saving = True
            self.run_worker(self._close(None), group="save")

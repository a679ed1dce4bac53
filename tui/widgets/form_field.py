"""A line of a form, and what is offered below it while it is typed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from store.crm.unsaved_forms import Typed
from tui.content import line
from tui.format import fit, shorten
from tui.screens.item_form_fields import Field, How, completed
from tui.widgets.compose_field import FieldInput

_MOST = 8
_CELLS = 60
_REPLACED = (
    How.CHOICE,
    How.PERSON,
    How.ORGANIZATION,
    How.MONEY,
    How.DATE,
    How.MOMENT,
    How.MINUTES,
    How.NUMBER,
)
"""What is rather typed anew than changed: coming to such a field selects its text."""
_OFFERING = (How.CHOICE, How.LABELS, How.PERSON, How.ORGANIZATION, How.PEOPLE)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a field could say: its text, what is known of it, and the id it stands for."""

    name: str
    about: str = ""
    id: str = ""


class Offers(Static):
    """A few lines over what is below the field; it never takes the keys."""

    def __init__(self) -> None:
        super().__init__(id="offers", markup=False)
        self.display = False
        self._found: tuple[Offer, ...] = ()
        self._at: int | None = None
        self._first = 0

    @property
    def is_open(self) -> bool:
        """Whether anything is offered."""
        return bool(self.display)

    @property
    def chosen(self) -> Offer | None:
        """What is highlighted; nothing is until the user types or moves."""
        return self._found[self._at] if self._found and self._at is not None else None

    def show(self, found: Sequence[Offer], *, below: Widget, at: int | None = 0) -> None:
        """Offer these under a field, or above it at the foot of the screen; nothing takes the list away."""
        self._found, self._at, self._first = tuple(found), at, 0
        if not self._found:
            self.close()
            return
        rows = min(_MOST, len(self._found))
        width = min(_CELLS, self.screen.size.width - below.region.x)
        is_below = below.region.bottom + rows <= self.screen.size.height
        y = below.region.bottom if is_below else max(below.region.y - rows, 0)
        self.styles.offset = (below.region.x, y)
        self.styles.width, self.styles.height = width, rows
        self._draw()
        self.display = True

    def close(self) -> None:
        """Offer nothing."""
        self.display = False
        self._found, self._at = (), None

    def move(self, rows: int) -> None:
        """Highlight another."""
        at = -1 if self._at is None and rows > 0 else self._at or 0
        self._at = max(0, min(at + rows, len(self._found) - 1))
        self._draw()

    def _draw(self) -> None:
        at = self._at or 0
        self._first = max(min(self._first, at), at - _MOST + 1)
        shown = self._found[self._first : self._first + _MOST]
        cells = min(_CELLS, self.screen.size.width)
        self.update(
            Content("\n").join(
                _offered(offer, cells, is_chosen=self._first + number == self._at)
                for number, offer in enumerate(shown)
            )
        )


def _offered(offer: Offer, cells: int, *, is_chosen: bool) -> Content:
    marker = "> " if is_chosen else "  "
    about = f"  {line(offer.about)}" if offer.about else ""
    room = cells - 2
    name_cells = max(room * 3 // 5, room - len(about)) if about else room
    style = "reverse" if is_chosen else ""
    return Content.assemble(
        (marker + fit(shorten(line(offer.name), name_cells), name_cells), style),
        (fit(shorten(about, room - name_cells), room - name_cells), f"dim {style}".strip()),
    )


class FormInput(FieldInput):
    """One field of a form. Down goes through what is offered, Tab or Enter takes it and goes on."""

    BINDINGS = [
        Binding("down,ctrl+n", "below(1)", show=False),
        Binding("up,ctrl+p", "below(-1)", show=False),
        Binding("tab", "take_or_next", show=False),
    ]

    class Entered(Message):
        """The user came to this field, or typed in it."""

        def __init__(self, input: FormInput, *, is_typed: bool) -> None:
            super().__init__()
            self.input = input
            self.is_typed = is_typed

    class Opened(Message):
        """The user wants to see what the field could say."""

        def __init__(self, input: FormInput) -> None:
            super().__init__()
            self.input = input

    class Last(Message):
        """Enter was pressed in the last field."""

    def __init__(self, field: Field, offers: Offers, *, is_last: bool = False) -> None:
        super().__init__(line(field.text), id=f"field-{field.name}")
        self.field = field
        self.stands_for = (self.value, field.chosen)
        self.select_on_focus = field.how in _REPLACED
        self._offers = offers
        self._is_last = is_last
        self._is_taking = False
        self.known = {each.name: each.value for each in field.choices}
        self._begun = (self.value, field.chosen)
        self._lines = (self.value, field.text)

    def take(self, text: str, id: str = "") -> None:
        """Put in a text that stands for the thing with this id."""
        self._is_taking = text != self.value
        self.value = text
        self.cursor_position = len(text)
        self.stands_for = (text, id)

    def take_lines(self, text: str) -> None:
        """Put in several lines, of which the field shows one."""
        self.take(line(text))
        self._lines = (self.value, text)

    def restore(self, typed: Typed) -> None:
        """Say again what was typed here before."""
        self.take_lines(typed.text) if self.field.how is How.LINES else self.take(typed.text, typed.chosen)
        self.known.update(typed.known)

    @property
    def typed(self) -> Typed:
        """What is to be kept of it until it is saved."""
        names = self.known if self.field.how is How.PEOPLE else {}
        return Typed(self.text, self.chosen, {name: id for name, id in names.items() if name in self.value})

    @property
    def text(self) -> str:
        """What was typed or written, with the lines that one line cannot show."""
        shown, lines = self._lines
        return lines if shown == self.value else self.value

    @property
    def is_changed(self) -> bool:
        """Whether it says something else than at first."""
        return (self.value, self.chosen) != self._begun or self.text != self.field.text

    @property
    def chosen(self) -> str:
        """The id that the text stands for, "" when it was only typed."""
        text, id = self.stands_for
        return id if text == self.value else ""

    def on_input_changed(self) -> None:
        if self._is_taking:
            self._is_taking = False
        else:
            self.post_message(self.Entered(self, is_typed=self.has_focus))

    def _on_focus(self, event: events.Focus) -> None:
        super()._on_focus(event)
        self.post_message(self.Entered(self, is_typed=False))

    def _on_blur(self, event: events.Blur) -> None:
        super()._on_blur(event)
        self._offers.close()

    def action_below(self, rows: int) -> None:
        if self._offers.is_open:
            self._offers.move(rows)
        elif rows > 0 and self.field.how in _OFFERING:
            self.post_message(self.Opened(self))
        else:
            self.leave(rows)

    def action_take_or_next(self) -> None:
        if not self._take():
            self.leave(1)

    async def action_submit(self) -> None:
        if self._take():
            return
        if self._is_last:
            self.post_message(self.Last())
        else:
            self.leave(1)

    def _take(self) -> bool:
        """Take what is highlighted; False when that would change nothing."""
        offer = self._offers.chosen if self._offers.is_open else None
        self._offers.close()
        if offer is None or (offer.name == self.value and offer.id == self.chosen):
            return False
        self.known[offer.name] = offer.id
        self.take(completed(self.field, self.value, offer.name), offer.id)
        if self.field.how not in (How.LABELS, How.PEOPLE):
            self.leave(1)
        return True

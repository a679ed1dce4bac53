"""A field of recipients: names and addresses between commas, completed from what the store knows."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final, NamedTuple

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding

from mail import addresses, drafts
from mail.types import Address
from tui.widgets.compose_field import FieldInput
from tui.widgets.compose_suggestions import Suggestions

_SEPARATORS: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|<[^>]*>|\([^)]*\))|([,;])""")
_ADDRESS: Final = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\Z")
_LONGEST_PASTE: Final = 200_000


class Piece(NamedTuple):
    """One recipient as it stands in the text, from character `start` to `end`, blanks around it left out."""

    start: int
    end: int
    text: str


def pieces(text: str) -> list[Piece]:
    """Cut a list of recipients at its commas and semicolons, not at those in quotes, brackets or comments."""
    cuts = [match.start() for match in _SEPARATORS.finditer(text) if match[2]]
    found = []
    for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(text)], strict=True):
        inside = text[start:end]
        stripped = inside.strip()
        begin = start + len(inside) - len(inside.lstrip())
        found.append(Piece(begin, begin + len(stripped), stripped))
    return found


def piece_at(text: str, cursor: int) -> Piece:
    """Return the recipient the cursor is in."""
    return next((piece for piece in pieces(text) if cursor <= piece.end), Piece(cursor, cursor, ""))


def with_address(text: str, cursor: int, person: Address) -> tuple[str, int]:
    """Return the text with a person in place of the recipient at the cursor, and where typing goes on."""
    piece = piece_at(text, cursor)
    written = f"{drafts.written((person,))}, "
    after = text[piece.end :].lstrip(" ,;")
    return f"{text[: piece.start]}{written}{after}", piece.start + len(written)


def read(text: str) -> tuple[Address, ...]:
    """Return the recipients of a field; one that is no address yet has a name and no email.

    Each is read by itself: a name nobody resolved must not become the name of the address after it.
    """
    return tuple(one for piece in pieces(text) for one in _read(piece.text))


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Address, ...]:
    return addresses.parse(text) if text else ()


def is_address(person: Address) -> bool:
    """Say whether mail can go to a person as they stand."""
    return _ADDRESS.match(person.email) is not None


def unresolved(text: str) -> tuple[str, ...]:
    """Return the recipients that are no addresses."""
    return tuple(person.name or person.email for person in read(text) if not is_address(person))


def pasted(text: str) -> str:
    """Return a list of recipients, in whatever way it is separated, as this field writes one."""
    listed = ", ".join(filter(None, (each.strip(" \t,;") for each in text.splitlines())))
    people = addresses.parse(listed)
    return drafts.written(people) if people and all(map(is_address, people)) else listed


class RecipientInput(FieldInput):
    """A line of recipients. What is no address is underlined; Tab or Enter takes the person highlighted below."""

    COMPONENT_CLASSES = {"recipients--unresolved"}
    BINDINGS = [
        Binding("down,ctrl+n", "below(1)", show=False),
        Binding("up,ctrl+p", "below(-1)", show=False),
        Binding("tab", "take_or_next", show=False),
    ]

    def __init__(
        self,
        people: tuple[Address, ...],
        *,
        id: str,
        suggestions: Suggestions,
        complete: Callable[[str], Awaitable[tuple[tuple[Address, str], ...]]],
    ) -> None:
        """`complete` tells people by the beginning of a name, each with what is known of them."""
        super().__init__(drafts.written(people), id=id)
        self.highlighter = self._marked  # type: ignore[assignment]  # any callable will do
        self._suggestions = suggestions
        self._complete = complete
        self._is_taking = False
        self._asked_for = ""

    @property
    def people(self) -> tuple[Address, ...]:
        """Whom the field names."""
        return read(self.value)

    def _marked(self, text: Text | str) -> Text:
        marked = text if isinstance(text, Text) else Text(text)
        typing = piece_at(self.value, self.cursor_position) if self.has_focus else None
        style: Style | None = None
        for piece in pieces(marked.plain):
            if piece.text and piece != typing and any(not is_address(one) for one in _read(piece.text)):
                style = style or self.get_component_rich_style("recipients--unresolved", partial=True)
                marked.stylize(style, piece.start, piece.end)
        return marked

    # -- completing

    def on_input_changed(self) -> None:
        if self._is_taking:
            self._is_taking = False
            return
        self.complete_soon()

    def complete_soon(self) -> None:
        """Look for who is meant, away from the keys."""
        wanted = piece_at(self.value, self.cursor_position).text if self.has_focus else ""
        self._asked_for = wanted
        if not wanted:
            self._suggestions.close()
            return
        self.run_worker(self._look(wanted), group="complete", exclusive=True)

    async def _look(self, wanted: str) -> None:
        found = await self._complete(wanted)
        is_present = wanted == self._asked_for and self.has_focus
        is_known = len(found) == 1 and found[0][0].email == wanted
        if is_present:
            self._suggestions.show(() if is_known else found, below=self)

    def action_below(self, rows: int) -> None:
        if self._suggestions.is_open:
            self._suggestions.move(rows)
        else:
            self.leave(rows)

    def action_take_or_next(self) -> None:
        if not self._take():
            self.leave(1)

    async def action_submit(self) -> None:
        if not self._take():
            self.leave(1)

    def _take(self) -> bool:
        person = self._suggestions.chosen if self._suggestions.is_open else None
        if person is None:
            return False
        self.add(person)
        return True

    def add(self, person: Address) -> None:
        """Put a person in place of what is being typed."""
        text, cursor = with_address(self.value, self.cursor_position, person)
        self._suggestions.close()
        self._asked_for = ""
        self._is_taking = text != self.value
        self.value = text
        self.cursor_position = cursor

    def close_suggestions(self) -> bool:
        """Take the list away; False when none is open."""
        is_open = self._suggestions.is_open
        self._suggestions.close()
        self._asked_for = ""
        return is_open

    def _on_blur(self, event: events.Blur) -> None:
        super()._on_blur(event)
        self.close_suggestions()
        if self.value.rstrip().endswith((",", ";")):
            self.value = self.value.rstrip(" ,;")

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(pasted(event.text[:_LONGEST_PASTE]))

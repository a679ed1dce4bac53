"""The keys of the pipeline board and of the activities, declared once: the screens bind them, help and docs are made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple


class ScreenKey(NamedTuple):
    """Key sequences, the action they run, and what it does in words. `hint` is the word of the status line."""

    keys: tuple[str, ...]
    action: str
    title: str
    hint: str = ""


def _key(keys: str, action: str, title: str, hint: str = "") -> ScreenKey:
    return ScreenKey(tuple(each.strip() for each in keys.split("|")), action, title, hint)


_MOTION: Final = (
    _key("j | down", "move(1)", "Down"),
    _key("k | up", "move(-1)", "Up"),
    _key("g g | home", "top", "To the top"),
    _key("G | end", "bottom", "To the bottom"),
    _key("ctrl+d", "page(0.5)", "Half a page down"),
    _key("ctrl+u", "page(-0.5)", "Half a page up"),
    _key("pagedown | ctrl+f", "page(1)", "A page down"),
    _key("pageup | ctrl+b", "page(-1)", "A page up"),
)
_PROGRAM: Final = (
    _key("z", "undo", "Undo"),
    _key("Z | ctrl+r", "redo", "Redo"),
    _key("ctrl+l", "redraw", "Read and draw everything again"),
    _key("q | escape", "leave", "Back to the mail"),
    _key("?", "help", "These keys", "keys"),
)

BOARD: Final = (
    _key("h | left", "turn(-1)", "The stage before"),
    _key("l | right | tab", "turn(1)", "The next stage"),
    *_MOTION,
    _key("H | <", "shift(-1)", "Move the deal to the stage before"),
    _key("L | >", "shift(1)", "Move the deal to the next stage", "move on"),
    _key("enter | o | O", "open", "Open its page", "open"),
    _key("w", "verb('won')", "Won; of a project: completed", "won"),
    _key("x", "verb('lost')", "Lost, with the reason; of a project: canceled", "lost"),
    _key("e", "verb('edit')", "Edit", "edit"),
    _key("m", "verb('note')", "Write a note"),
    _key("t | T", "verb('activity')", "Plan an activity", "activity"),
    _key("a", "verb('owner')", "Owner"),
    _key("s", "verb('stage')", "Pick the stage, also of another pipeline"),
    _key("g l", "verb('labels')", "Labels"),
    _key("n", "new", "New deal in this stage", "new"),
    _key("p", "pipeline", "Another pipeline, or the projects"),
    _key("f", "mine", "Mine, or everybody's", "mine"),
    _key("/", "narrow", "Narrow to some words", "find"),
    _key("y", "copy", "Copy its address: deal:<id>"),
    *_PROGRAM,
)
"""Keys of the pipeline board."""

ACTIVITIES: Final = (
    *_MOTION,
    _key("enter | o", "open", "Open what it is about", "open"),
    _key("O", "conversation", "Open its own page, with the conversation it came from"),
    _key("x | space", "done", "Done, or not done after all", "done"),
    _key("r", "reschedule", "Another time, in words: tomorrow 9, mon 8:30, in 2 d", "reschedule"),
    _key("e", "edit", "Edit", "edit"),
    _key("t | T | n", "new", "Plan another about the same item", "new"),
    _key("D", "delete", "Delete"),
    _key("f", "mine", "Mine, or everybody's", "mine"),
    *_PROGRAM,
)
"""Keys of the activities."""


def find(keys: Sequence[ScreenKey], pressed: tuple[str, ...]) -> ScreenKey | None:
    """Return what a whole sequence does."""
    wanted = " ".join(pressed)
    return next((each for each in keys if wanted in each.keys), None)


def is_beginning(keys: Sequence[ScreenKey], pressed: tuple[str, ...]) -> bool:
    """Say whether longer sequences begin so."""
    begun = f"{' '.join(pressed)} "
    return any(sequence.startswith(begun) for each in keys for sequence in each.keys)


def hints(keys: Sequence[ScreenKey]) -> list[tuple[str, str]]:
    """Return the keys the status line shows, the help last."""
    return [(each.keys[0], each.hint) for each in keys if each.hint]


def sections() -> Iterator[tuple[str, Sequence[ScreenKey]]]:
    """Yield the screens and their keys, for docs/keys.md."""
    yield "Pipeline board (g P)", BOARD
    yield "Activities (g k)", ACTIVITIES

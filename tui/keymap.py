"""From pressed keys to commands: sequences, keys per pane, and the user's own keys over the defaults."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui.commands.registry import Command, Pane

Keys = tuple[str, ...]

_NAMED = frozenset(
    [
        "space",
        "enter",
        "escape",
        "tab",
        "backspace",
        "delete",
        "insert",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pageup",
        "pagedown",
    ]
)
_MODIFIED = re.compile(r"(?:(?:ctrl|shift|alt)\+)+(?:[a-z0-9]|[a-z]{2,})|f\d{1,2}")


def key_name(key: str, character: str | None) -> str:
    """Return a pressed key as the keymap spells it: "e", "G", "$", "space", "ctrl+r"."""
    if character == " ":
        return "space"
    if character and len(character) == 1 and character.isprintable() and "+" not in key[:-1]:
        return character
    return key


def parse_keys(keys: str) -> Keys:
    """Split "g i" into its keys; ValueError names a key that cannot exist."""
    parts = tuple(keys.split())
    if not parts:
        raise ValueError("empty; write a key such as e, g i or ctrl+r")
    for part in parts:
        if len(part) > 1 and part not in _NAMED and not _MODIFIED.fullmatch(part):
            raise ValueError(
                f"{part!r} is not a key; write e, G, $, space, enter, ctrl+r or a sequence such as g i"
            )
    return parts


@dataclass(frozen=True, slots=True)
class Waiting:
    """The keys pressed so far begin at least one sequence."""


@dataclass(slots=True)
class Keymap:
    """Which command a sequence of keys means in each pane."""

    _commands: dict[tuple[Pane, Keys], Command] = field(default_factory=dict)
    _beginnings: set[tuple[Pane, Keys]] = field(default_factory=set)
    _keys_of: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, pane: Pane, pressed: Keys) -> Command | Waiting | None:
        """Return the command of a whole sequence, Waiting for a part of one, None for neither."""
        found = self._commands.get((pane, pressed))
        if found is not None:
            return found
        return Waiting() if (pane, pressed) in self._beginnings else None

    def keys_of(self, command_id: str) -> tuple[str, ...]:
        """Return the sequences that run a command, the one to show first."""
        return self._keys_of.get(command_id, ())

    def continuations(self, pane: Pane, pressed: Keys) -> list[tuple[str, Command]]:
        """Return what may follow the keys pressed so far, as (remaining keys, command), for the which-key popup."""
        size = len(pressed)
        return [
            (" ".join(keys[size:]), found)
            for (where, keys), found in self._commands.items()
            if where is pane and len(keys) > size and keys[:size] == pressed
        ]

    def clash(self, wanted: Command, keys: Keys) -> Command | None:
        """Return the command that keeps `keys` from meaning `wanted`: the same keys, or a beginning of one another."""
        for pane in wanted.panes:
            for size in range(1, len(keys) + 1):
                found = self._commands.get((pane, keys[:size]))
                if found is not None and (found.id != wanted.id or size < len(keys)):
                    return found
            if (pane, keys) in self._beginnings:
                return self.continuations(pane, keys)[0][1]
        return None

    def bind(self, wanted: Command, keys: str) -> None:
        """Make `keys` mean a command in its panes; ValueError says which command has them already."""
        parts = parse_keys(keys)
        other = self.clash(wanted, parts)
        if other is not None:
            raise ValueError(f"{keys!r} is taken by {other.id} ({other.title})")
        for pane in wanted.panes:
            self._commands[(pane, parts)] = wanted
            self._beginnings.update((pane, parts[:size]) for size in range(1, len(parts)))
        known = self._keys_of.get(wanted.id, ())
        if keys not in known:
            self._keys_of[wanted.id] = (*known, keys)


def default_keymap(commands: Iterable[Command]) -> Keymap:
    """Return the keymap of the commands' own keys; ValueError when two of them clash."""
    keymap = Keymap()
    for each in commands:
        for keys in each.keys:
            keymap.bind(each, keys)
    return keymap


def user_keymap(
    commands: Sequence[Command], user_keys: Mapping[str, str | Sequence[str]]
) -> tuple[Keymap, list[str]]:
    """Return the keymap with the user's keys in place of the defaults, and a sentence for each entry that cannot be.

    `user_keys` maps a command's id to its key, its keys, or "" for none. A key given to one command is taken from
    the command that had it by default. An entry with a mistake leaves that command's defaults as they are.
    """
    known = {each.id: each for each in commands}
    problems: list[str] = []
    wanted: dict[str, tuple[str, ...]] = {}
    for command_id, value in user_keys.items():
        try:
            wanted[_known_id(command_id, known)] = _checked(value)
        except ValueError as error:
            problems.append(f"keys.{command_id}: {error}")
    keymap = Keymap()
    for command_id, keys in wanted.items():
        problems += _bind_all(keymap, known[command_id]._replace(keys=keys))
    for each in commands:
        if each.id not in wanted:
            _bind_free(keymap, each)
    return keymap, problems


def _known_id(command_id: str, known: Mapping[str, Command]) -> str:
    if command_id in known:
        return command_id
    near = difflib.get_close_matches(command_id, known, n=1)
    raise ValueError(f"no such command{f'; did you mean {near[0]}?' if near else '; see ? for the commands'}")


def _checked(value: str | Sequence[str]) -> tuple[str, ...]:
    keys = (value,) if isinstance(value, str) else tuple(value)
    keys = tuple(each for each in keys if each.strip())
    for each in keys:
        parse_keys(each)
    return keys


def _bind_all(keymap: Keymap, wanted: Command) -> list[str]:
    problems = []
    for keys in wanted.keys:
        try:
            keymap.bind(wanted, keys)
        except ValueError as error:
            problems.append(f"keys.{wanted.id}: {error}")
    return problems


def _bind_free(keymap: Keymap, default: Command) -> None:
    """Bind the default keys that no key of the user's has taken."""
    for keys in default.keys:
        if keymap.clash(default, parse_keys(keys)) is None:
            keymap.bind(default, keys)

"""The one file of settings. Each setting is declared once, in Settings; errors, example and docs follow from that."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from store import paths

T = TypeVar("T")


def _setting(
    default: T, sentence: str, *, one_of: tuple[str, ...] = (), between: tuple[int, int] | None = None
) -> T:
    declared: T = field(
        default=default, metadata={"sentence": sentence, "one_of": one_of, "between": between}
    )
    return declared


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user can choose. `keys` maps a command's id to its keys; tui.keymap says what is wrong with them."""

    theme: str = _setting(
        "auto",
        "Colours; ansi keeps to the terminal's own sixteen, none uses no colour; auto goes by what the terminal says.",
        one_of=("auto", "dark", "light", "ansi", "none"),
    )
    glyphs: str = _setting(
        "auto",
        "Signs for unread, starred and borders; ascii suits old terminals and fonts; auto goes by the locale.",
        one_of=("auto", "unicode", "ascii"),
    )
    mouse: bool = _setting(
        False, "Let the mouse click and scroll; the terminal then selects text only with Shift held."
    )
    jump_scroll: bool = _setting(
        False, "Scroll lists by half a page rather than by a line: far fewer octets over a slow connection."
    )
    date_style: str = _setting(
        "short",
        "How lists show times: 08:14 or 22 Nov, 2026-11-22 08:14, or 3 d.",
        one_of=("short", "iso", "relative"),
    )
    preview_pane: bool = _setting(True, "Show the conversation beside or below the list where there is room.")
    mailbox_pane: bool = _setting(True, "Show the mailboxes at the left where there is room.")
    crm_pane: bool = _setting(True, "Show the CRM panel at the right where there is room.")
    after_archive: str = _setting(
        "next",
        "What an open conversation gives way to when it is archived or moved away.",
        one_of=("next", "previous", "list"),
    )
    mark_read_after_s: float = _setting(
        0.0,
        "Seconds a conversation is open before it counts as read; -1 leaves that to you.",
        between=(-1, 60),
    )
    prefer_plain: bool = _setting(
        False, "Show the plain text of a message rather than its HTML where it has both."
    )
    downloads: str = _setting("~/Downloads", "The directory attachments are saved in.")
    opener: str = _setting("xdg-open", "The command that opens a link; the address is its last argument.")
    undo_window_s: int = _setting(
        10, "Seconds in which deleting for good can still be undone.", between=(0, 60)
    )
    secret_cmd: str = _setting(
        "", "A command that writes a password, such as pass show dealbox/{name}; {name} is ADDRESS/password."
    )
    quote: str = _setting(
        "below",
        "Where a reply quotes the message it answers: below what you write, above it, or not at all.",
        one_of=("below", "above", "none"),
    )
    editor: str = _setting(
        "", "The editor Ctrl+o opens a message in, with its arguments; empty means VISUAL or EDITOR."
    )
    markdown: bool = _setting(
        False,
        "Begin messages as Markdown, sent as text and HTML; otherwise as plain text. The review bar switches it.",
    )
    undo_send_s: int = _setting(10, "Seconds in which sending can be taken back.", between=(0, 60))
    attachment_reminder: bool = _setting(
        True, "Ask before sending when a message speaks of an attachment and has none."
    )
    send_archive: bool = _setting(False, "Archive a conversation whenever an answer to it is sent.")
    waiting_days: int = _setting(
        3,
        "Days without an answer from which g w lists a conversation on an open item of yours.",
        between=(0, 365),
    )
    keys: Mapping[str, str | tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


class SettingsError(Exception):
    """The file has mistakes; keep the settings in force. `problems` says of each the line, the key and what is allowed."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        self.path = path
        self.problems = problems
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{path}: {problems[0]}{more}")


def _declared() -> dict[str, Field[Any]]:
    return {each.name: each for each in fields(Settings) if each.name != "keys"}


def default_path(override: str | None = None) -> Path:
    """Return where the settings are: `override`, else as paths.config_file says."""
    return paths.config_file(override)


def load(path: Path) -> Settings:
    """Return the settings of the file, the defaults where there is none. Raises SettingsError."""
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsError(path, (f"cannot be read: {error.strerror}",)) from error
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise SettingsError(path, (f"line {line}: not UTF-8 text",)) from error
    return _read(path, text)


def _read(path: Path, text: str) -> Settings:
    import tomllib  # 5 ms, and most people have no file

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(path, (_syntax(str(error)),)) from error
    declared = _declared()
    problems: list[tuple[int, str]] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        problem = None if key == "keys" else _problem(declared, key, value)
        if problem:
            line = _line_of(text, key)
            problems.append((line, f"line {line}: {key}: {problem}"))
        elif key == "keys":
            values["keys"] = MappingProxyType(_keys(text, value, problems))
        else:
            values[key] = float(value) if isinstance(declared[key].default, float) else value
    if problems:
        raise SettingsError(path, tuple(text for _, text in sorted(problems)))
    return Settings(**values)


def _syntax(message: str) -> str:
    place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if place is None:
        return f"last line: {message.removesuffix(' (at end of document)')}"
    return (
        f"line {place[1]}: {message[: place.start()]} at column {place[2]}; write key = value, text in quotes"
    )


def _problem(declared: Mapping[str, Field[Any]], key: str, value: object) -> str | None:
    if key not in declared:
        near = difflib.get_close_matches(key, [*declared, "keys"], n=1)
        return (
            f"no such setting; {f'did you mean {near[0]}?' if near else 'there are ' + ', '.join(declared)}"
        )
    default, metadata = declared[key].default, declared[key].metadata
    fits = (
        isinstance(value, bool)
        if isinstance(default, bool)
        else isinstance(value, str)
        if isinstance(default, str)
        else isinstance(value, (int, float) if isinstance(default, float) else int)
        and not isinstance(value, bool)
    )
    if metadata["one_of"]:
        fits = fits and value in metadata["one_of"]
    if metadata["between"] and fits:
        low, high = metadata["between"]
        fits = low <= float(str(value)) <= high
    return None if fits else f"{_shown(value)} is not allowed; write {allowed(declared[key])}"


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def allowed(setting: Field[Any]) -> str:
    """Return in words what a setting may be: `"dark", "light" or "none"`."""
    default, metadata = setting.default, setting.metadata
    if metadata["one_of"]:
        *first, last = [f'"{each}"' for each in metadata["one_of"]]
        return f"{', '.join(first)} or {last}"
    if metadata["between"]:
        low, high = metadata["between"]
        return f"a {'number' if isinstance(default, float) else 'whole number'} from {low} to {high}"
    return "true or false" if isinstance(default, bool) else "text in quotes"


def _keys(text: str, value: object, problems: list[tuple[int, str]]) -> dict[str, str | tuple[str, ...]]:
    """Return the table of keys flat: thread.archive = "e" means the same with and without quotes."""
    found: dict[str, str | tuple[str, ...]] = {}
    waiting = [("", value)]
    while waiting:
        name, entry = waiting.pop(0)
        if isinstance(entry, dict):
            waiting += [(f"{name}.{key}" if name else key, each) for key, each in entry.items()]
        elif name and isinstance(entry, str):
            found[name] = entry
        elif name and isinstance(entry, list) and all(isinstance(each, str) for each in entry):
            found[name] = tuple(entry)
        else:
            line = _line_of(text, name or "keys")
            what = f"keys.{name}" if name else "keys"
            problems.append((line, f"line {line}: {what}: write a key in quotes, or several in brackets"))
    return found


def _line_of(text: str, key: str) -> int:
    last = key.rpartition(".")[2]
    for wanted in (key, last):
        pattern = re.compile(rf"""\s*(?:\[\s*)?["']?{re.escape(wanted)}["']?\s*[=.\]]""")
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.match(line):
                return number
    return 1


def example() -> str:
    """Return a file of settings that says everything there is and changes nothing."""
    lines = [
        "# Settings of dealbox. Take the # off a line to change it. Mistakes are shown and change nothing.",
        "",
    ]
    for name, setting in _declared().items():
        lines += [f"# {setting.metadata['sentence']}", f"# Allowed: {allowed(setting)}."]
        lines += [f"# {name} = {_toml(setting.default)}", ""]
    lines += [
        "# Keys by command; a sequence has spaces. The commands are in docs/keys.md and under ? in dealbox.",
        "# [keys]",
        '# "thread.archive" = ["e", "y"]',
    ]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f'"{value}"'
        if isinstance(value, str)
        else str(value)
    )


def documentation() -> str:
    """Return docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "One file: `--config FILE`, else `DEALBOX_CONFIG`, else `$XDG_CONFIG_HOME/dealbox/config.toml`",
        "(`~/.config/dealbox/config.toml`). `dealbox settings` prints one with every setting explained.",
        "A change takes effect in screens that are open. A mistake is told with its line, and the settings stay as they were.",
        "",
        "| setting | default | allowed | what it does |",
        "|---|---|---|---|",
    ]
    for name, setting in _declared().items():
        lines.append(
            f"| `{name}` | `{_toml(setting.default)}` | {allowed(setting)} | {setting.metadata['sentence']} |"
        )
    lines += [
        "",
        'The table `[keys]` gives a command its own keys: `"thread.archive" = ["e", "y"]`; see keys.md.',
        "",
    ]
    return "\n".join(lines)

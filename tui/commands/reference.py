"""Help and docs/keys.md, made from the registry."""

from __future__ import annotations

from tui.commands.registry import Pane, commands
from tui.items import keys as item_keys
from tui.items import worklist_keys
from tui.keymap import Keymap, default_keymap
from tui.writing import keys as compose_keys


def sections(pane: Pane, keymap: Keymap) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the groups of commands that have keys in a pane, each with (keys, title)."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in commands():
        keys = keymap.keys_of(each.id)
        if keys and pane in each.panes:
            groups.setdefault(each.group, []).append(("   ".join(keys), each.title))
    return list(groups.items())


def keys_document() -> str:
    """Return docs/keys.md."""
    keymap = default_keymap(commands())
    lines = [
        "# Keys",
        "",
        "Made from the commands themselves by `dealbox keys`; do not edit. In dealbox, `?` shows the keys of the pane",
        "you are in, Ctrl+p lists every command, and `:` runs one by its name. Rule: vim moves, Gmail acts, Shift",
        "widens or reverses, `g` goes, `*` selects, `y` copies, `,` is CRM. To give a command other keys, name it in",
        'the table `[keys]` of the settings: `"thread.archive" = ["e", "y"]`; `""` takes its keys away.',
        "",
    ]
    groups: dict[str, list[str]] = {}
    for each in commands():
        keys = " ".join(f"`{key}`" if "`" not in key else f"`` {key} ``" for key in keymap.keys_of(each.id))
        where = "everywhere" if len(each.panes) == len(Pane) else ", ".join(sorted(each.panes))
        row = f"| {keys} | {each.title} | {where} | `{each.id}` |"
        groups.setdefault(each.group, []).append(row)
    for group, rows in groups.items():
        lines += [f"## {group}", "", "| keys | what | where | command |", "|---|---|---|---|", *rows, ""]
    for title, keys_of_writing in compose_keys.sections():
        rows = [
            f"| {' '.join(f'`{key}`' for key in keys.split())} | {what} |" for keys, what in keys_of_writing
        ]
        lines += [f"## {title}", "", "| keys | what |", "|---|---|", *rows, ""]
    screens = [
        (title, [(each.keys, each.title) for each in keys]) for title, keys in worklist_keys.sections()
    ]
    screens.append(("Page of an item", [(each.keys, each.title) for each in item_keys.KEYS]))
    for title, keys_of_screen in screens:
        rows = [f"| {' '.join(f'`{key}`' for key in keys)} | {what} |" for keys, what in keys_of_screen]
        lines += [f"## {title}", "", "| keys | what |", "|---|---|", *rows, ""]
    return "\n".join(lines)

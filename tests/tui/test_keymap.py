from __future__ import annotations

from pathlib import Path

import pytest

from tui.commands.reference import keys_document
from tui.commands.registry import EVERYWHERE, Command, Pane, commands
from tui.keymap import Keymap, Waiting, default_keymap, key_name, parse_keys, user_keymap


def a_command(id: str, *keys: str, panes: frozenset[Pane] = EVERYWHERE) -> Command:
    return Command(id, id.title(), keys, panes, lambda screen: None, "Move")


def test_a_sequence_waits_until_its_last_key() -> None:
    inbox = a_command("goto.inbox", "g i")
    keymap = default_keymap([inbox])
    assert keymap.find(Pane.LIST, ("g",)) == Waiting()
    assert keymap.find(Pane.LIST, ("g", "i")) is inbox
    assert keymap.find(Pane.LIST, ("g", "q")) is None


def test_a_key_can_mean_two_things_in_two_panes() -> None:
    opening = a_command("move.open", "enter", panes=frozenset({Pane.LIST}))
    folding = a_command("reader.fold", "enter", panes=frozenset({Pane.READER}))
    keymap = default_keymap([opening, folding])
    assert keymap.find(Pane.LIST, ("enter",)) is opening
    assert keymap.find(Pane.READER, ("enter",)) is folding


@pytest.mark.parametrize(("first", "second"), [("g", "g i"), ("g i", "g"), ("e", "e")])
def test_a_key_that_begins_or_repeats_another_is_refused(first: str, second: str) -> None:
    with pytest.raises(ValueError, match=r"is taken by a\.one"):
        default_keymap([a_command("a.one", first), a_command("a.two", second)])


def test_the_default_keys_of_all_commands_do_not_clash() -> None:
    assert default_keymap(commands()).keys_of("thread.archive") == ("e",)


def test_a_users_key_replaces_the_default_and_is_taken_from_its_owner() -> None:
    archive, star = a_command("thread.archive", "e"), a_command("thread.star", "s")
    keymap, problems = user_keymap([archive, star], {"thread.archive": "s"})
    assert problems == []
    found = keymap.find(Pane.LIST, ("s",))
    assert isinstance(found, Command)
    assert found.id == "thread.archive"
    assert keymap.find(Pane.LIST, ("e",)) is None
    assert keymap.keys_of("thread.star") == ()


def test_an_empty_key_takes_the_keys_of_a_command_away() -> None:
    keymap, problems = user_keymap([a_command("thread.archive", "e")], {"thread.archive": ""})
    assert problems == []
    assert keymap.find(Pane.LIST, ("e",)) is None


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"thread.archve": "e"}, "keys.thread.archve: no such command; did you mean thread.archive?"),
        ({"thread.archive": "ctrl-r"}, "keys.thread.archive: 'ctrl-r' is not a key"),
        ({"thread.archive": ["x", "x y"]}, "keys.thread.archive: 'x y'"),
    ],
)
def test_a_wrong_entry_is_told_and_leaves_the_default(entry: dict[str, str], sentence: str) -> None:
    keymap, problems = user_keymap([a_command("thread.archive", "e")], entry)
    assert len(problems) == 1
    assert problems[0].startswith(sentence)
    if "x y" not in sentence:
        assert isinstance(keymap.find(Pane.LIST, ("e",)), Command)


@pytest.mark.parametrize("keys", ["e", "G", "$", "space", "ctrl+r", "shift+tab", "f5", "g i", ", n d", "\\"])
def test_keys_are_spelled_as_the_keymap_spells_them(keys: str) -> None:
    assert parse_keys(keys) == tuple(keys.split())


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("e", "e", "e"),
        ("G", "G", "G"),
        ("dollar_sign", "$", "$"),
        ("space", " ", "space"),
        ("ctrl+r", "\x12", "ctrl+r"),
        ("enter", "\r", "enter"),
        ("comma", ",", ","),
        ("plus", "+", "+"),
    ],
)
def test_a_pressed_key_has_the_name_of_the_keymap(key: str, character: str, name: str) -> None:
    assert key_name(key, character) == name


def test_what_may_follow_is_told_for_the_popup() -> None:
    keymap = default_keymap(
        [a_command("goto.inbox", "g i"), a_command("goto.sent", "g t"), a_command("a.b", "e")]
    )
    assert [(keys, each.id) for keys, each in keymap.continuations(Pane.LIST, ("g",))] == [
        ("i", "goto.inbox"),
        ("t", "goto.sent"),
    ]


def test_the_keys_document_is_up_to_date() -> None:
    document = Path(__file__).parents[2] / "docs" / "keys.md"
    assert document.read_text(encoding="utf-8") == keys_document()


def test_an_empty_keymap_knows_no_key() -> None:
    assert Keymap().find(Pane.LIST, ("e",)) is None

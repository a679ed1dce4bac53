from __future__ import annotations

from pathlib import Path

import pytest

from store import settings
from store.settings import Settings, SettingsError

ROOT = Path(__file__).parents[2]


def problems_of(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        settings.load(path)
    return caught.value.problems


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "config.toml") == Settings()


def test_a_setting_of_the_file_replaces_the_default(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('\ufefftheme = "light"\nundo_window_s = 30\nmark_read_after_s = 2\n')
    loaded = settings.load(path)
    assert (loaded.theme, loaded.undo_window_s, loaded.mark_read_after_s) == ("light", 30, 2.0)
    assert isinstance(loaded.mark_read_after_s, float)


def test_a_value_that_is_not_allowed_is_named_with_its_line_and_what_is_allowed(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, 'mouse = true\n\ntheme = "drak"\n')
    assert (
        problem
        == """line 3: theme: 'drak' is not allowed; write "auto", "dark", "light", "ansi" or "none\""""
    )


def test_an_unknown_setting_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "preview_pan = true\n")
    assert problem == "line 1: preview_pan: no such setting; did you mean preview_pane?"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('mouse = "yes"', "write true or false"),
        ("undo_window_s = 61", "write a whole number from 0 to 60"),
        ("undo_window_s = 1.5", "write a whole number from 0 to 60"),
        ("undo_window_s = true", "write a whole number from 0 to 60"),
        ("mark_read_after_s = nan", "write a number from -1 to 60"),
        ("downloads = 3", "write text in quotes"),
        ("theme = [1, 2]", 'write "auto"'),
        ("keys = 3", "write a key in quotes"),
        ('[keys]\n"thread.archive" = 3', "write a key in quotes"),
        ("theme = dark", "line 1: Invalid value"),
        ('theme = "dark', "theme"),
    ],
)
def test_every_kind_of_mistake_says_what_to_write(tmp_path: Path, text: str, wanted: str) -> None:
    problems = problems_of(tmp_path, text + "\n")
    assert wanted in problems[0] or problems[0].startswith("line 1: ")


def test_all_mistakes_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, 'them = 1\nmouse = 2\n[keys]\n"a.b" = 4\n')
    assert [problem.split(":")[0] for problem in problems] == ["line 1", "line 2", "line 4"]


def test_text_that_is_not_utf_8_is_refused_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"mouse = true\n# caf\xe9\n")
    with pytest.raises(SettingsError, match="line 2: not UTF-8"):
        settings.load(path)


def test_keys_mean_the_same_with_and_without_quotes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[keys]\n"thread.archive" = ["e", "y"]\nthread.trash = "d"\n')
    assert settings.load(path).keys == {"thread.archive": ("e", "y"), "thread.trash": "d"}


def test_the_example_is_valid_as_it_is_and_with_every_setting_taken_out_of_its_comment(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(settings.example())
    assert settings.load(path) == Settings()
    active = [line[2:] for line in settings.example().splitlines() if " = " in line or "[keys]" in line]
    path.write_text("\n".join(active))
    assert settings.load(path) == Settings(keys={"thread.archive": ("e", "y")})


def test_the_documentation_is_what_the_declarations_say() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings.documentation()

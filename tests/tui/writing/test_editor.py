from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tui.writing import editor
from tui.writing.editor import EditorFailed


def a_script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o700)
    return path


def test_the_setting_goes_before_visual_and_visual_before_editor(tmp_path: Path) -> None:
    program = a_script(tmp_path / "ed", "")
    environment = {"PATH": str(tmp_path), "VISUAL": "ed -v", "EDITOR": "ed -e"}
    assert editor.command("ed -s 'a b'", environment) == [str(program), "-s", "a b"]
    assert editor.command("", environment) == [str(program), "-v"]


def test_an_editor_in_the_current_directory_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_script(tmp_path / "ed", "")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EditorFailed, match="There is no program 'ed'"):
        editor.command("ed", {"PATH": ".::bin"})


def test_a_shell_never_reads_the_arguments(tmp_path: Path) -> None:
    program = a_script(tmp_path / "ed", f'printf "%s\\n" "$@" > {tmp_path}/said')
    file = tmp_path / "editing" / "x.eml"
    editor.put(file, "words")
    editor.run([str(program), "$(touch pwned); &"], file, {"PATH": "/bin:/usr/bin"})
    assert (tmp_path / "said").read_text() == f"$(touch pwned); &\n{file}\n"


def test_the_file_is_private_and_goes_when_the_editor_ended_well(tmp_path: Path) -> None:
    file = tmp_path / "editing" / "x.eml"
    program = a_script(tmp_path / "ed", f'stat -c %a "$1" > {tmp_path}/mode; printf "more\\n" >> "$1"')
    editor.put(file, "words\n")
    assert editor.run([str(program)], file, {"PATH": "/bin:/usr/bin"}) == "words\nmore\n"
    assert (tmp_path / "mode").read_text().strip() == "600"
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.exists()


@pytest.mark.parametrize(
    ("ending", "told"), [("exit 3", "ended with 3"), ("kill -9 $$", "ended by signal 9")]
)
def test_what_an_editor_wrote_before_it_died_is_kept(tmp_path: Path, ending: str, told: str) -> None:
    file = tmp_path / "editing" / "x.eml"
    program = a_script(tmp_path / "ed", f'printf "half" > "$1"; {ending}')
    editor.put(file, "words")
    with pytest.raises(EditorFailed, match=told):
        editor.run([str(program)], file, {"PATH": "/bin:/usr/bin"})
    assert editor.left_over(file) == "half"


def test_an_editor_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(EditorFailed, match="There is no program"):
        editor.command("emacs-of-nobody", {"PATH": str(tmp_path)})

"""The shape of the whole: sizes, layers, import cost, and files that are derived from others."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

from store import settings
from tui.commands.reference import keys_document

ROOT = Path(__file__).parents[1]
PACKAGES = ("mail", "providers", "store", "linking", "sync", "tui")
PROVIDER_LIBRARIES = {"imapclient", "exchangelib", "googleapiclient", "msal", "requests", "httplib2"}
HOST_NAMES = ("pypi", "registry", "mirror", "proxy")


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def imported_by(module: str) -> set[str]:
    """Return the modules that importing `module` in a fresh interpreter pulls in."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}; print(*sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return set(finished.stdout.split())


def test_no_module_is_longer_than_400_lines() -> None:
    files = modules() + sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "bench").rglob("*.py"))
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 50
    ]
    assert too_long == []


@pytest.mark.parametrize("module", ["tui.cli.main", "tui.app"])
def test_the_screen_imports_no_provider_and_no_library_of_one(module: str) -> None:
    tops = {name.split(".")[0] for name in imported_by(module)}
    assert tops & (PROVIDER_LIBRARIES | {"providers", "sync", "peewee"}) == set()


def test_the_command_line_starts_without_textual() -> None:
    assert "textual" not in imported_by("tui.cli.main")


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_else_installed_owns_one_of_our_names(package: str) -> None:
    owners = importlib.metadata.packages_distributions().get(package, [])
    assert set(owners) <= {"dealbox"}
    assert package not in sys.stdlib_module_names


def test_no_init_file_holds_more_than_a_docstring() -> None:
    crowded = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.name == "__init__.py"
        and any(not isinstance(node, ast.Expr) for node in ast.parse(path.read_text("utf-8")).body)
    ]
    assert crowded == []


def test_no_tests_folder_shadows_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_tracked_file_names_a_package_index_or_a_path_of_one_machine() -> None:
    index = re.compile(
        r"(?i)(?:--(?:extra-)?index-url|find-links|trusted-host)[ =]|https?://[^\s\"'>)]*(?:"
        + "|".join(HOST_NAMES)
        + ")"
    )
    machine = re.compile(r"(?<![\w./-])/(?:work|root)/")
    offenders = []
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in {".eml", ".png", ".svg", ".pdf"}:
            continue
        text = path.read_text("utf-8", errors="replace")
        offenders += [
            f"{path.relative_to(ROOT)}: {hit[0]}" for hit in (index.search(text), machine.search(text)) if hit
        ]
    assert offenders == []


def test_the_reference_of_keys_is_the_one_the_commands_make() -> None:
    assert (ROOT / "docs" / "keys.md").read_text("utf-8").rstrip() == keys_document().rstrip()


def test_the_reference_of_settings_is_the_one_the_settings_make() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8").rstrip() == settings.documentation().rstrip()

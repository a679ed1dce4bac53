"""Every fault that mail accounts are proof against has a test that names it (sync.md §4)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
# F51 to F56 are those of accounts spoken to over HTTP.
FAULTS = (*range(1, 51), *range(57, 66))


def numbers_told(path: Path) -> set[int]:
    """Return the faults that the docstrings of a file, and of the tests in it, name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    told = [ast.get_docstring(one) or "" for one in tests if one.name.startswith("test_")]
    told.append(ast.get_docstring(tree) or "")
    return {int(number) for text in told for number in re.findall(r"\bF(\d{1,2})\b", text)}


def test_every_fault_is_named_by_a_test() -> None:
    told = set().union(*map(numbers_told, TESTS.rglob("test_*.py")))
    assert [number for number in FAULTS if number not in told] == []

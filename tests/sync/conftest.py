from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.parsers import ParsingChildren


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParsingChildren]:
    """A real parsing child, shared by the tests of a module."""
    child = ParsingChildren()
    yield child
    child.close()

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.parsers import ParsingChild


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParsingChild]:
    """A real parsing child, shared by the tests of a module."""
    child = ParsingChild()
    yield child
    child.close()

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sending import Sending

from sync.parsers import ParsingChildren


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParsingChildren]:
    """A real parsing child, shared by the tests of a module."""
    child = ParsingChildren()
    yield child
    child.close()


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    """An account in memory that sends through a server of ours, and has been looked at once."""
    with Sending(tmp_path) as started:
        started.look()
        yield started

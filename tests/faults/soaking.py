"""How long the tests of reliability take: a while with `make test`, an hour with `make soak`."""

from __future__ import annotations

import os

IS_SOAK = bool(os.environ.get("DEALBOX_SOAK"))

SENDS_KILLED = 80
"""How often a worker is killed while it sends, at the least: see test_kill.py and test_kill_servers.py."""

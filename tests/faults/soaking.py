"""How long the tests of reliability take: a while with `make test`, an hour with `make soak`."""

from __future__ import annotations

import os

IS_SOAK = bool(os.environ.get("DEALBOX_SOAK"))

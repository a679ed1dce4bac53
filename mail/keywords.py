"""Keywords of an Email (RFC 8621 §4.1.1): lower case, the system ones begin with "$"."""

from __future__ import annotations

from typing import Final

SEEN: Final = "$seen"
FLAGGED: Final = "$flagged"
DRAFT: Final = "$draft"
ANSWERED: Final = "$answered"
FORWARDED: Final = "$forwarded"

"""What servers offer and do wrong, by the end of their name."""

from __future__ import annotations

from typing import Final

# iCloud writes VANISHED wrongly and does not say that it enabled anything.
_WRONG: Final = {
    ".mail.me.com": frozenset({"QRESYNC"}),
    ".icloud.com": frozenset({"QRESYNC"}),
}


def without_wrong(capabilities: frozenset[str], host: str) -> frozenset[str]:
    """Return what of `capabilities` can be used at `host`."""
    name = f".{host.lower().rstrip('.')}"
    for ending, wrong in _WRONG.items():
        if name.endswith(ending):
            capabilities -= wrong
    return capabilities

"""How a command is refused."""

from __future__ import annotations


class No(Exception):
    """The command was understood and is not carried out: the text follows NO."""

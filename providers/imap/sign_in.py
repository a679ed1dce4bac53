"""Signing in: a password or a token, and nothing said in clear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in and how; `secret` is asked for each time, and gives a password or a fresh token."""

    username: str
    kind: Literal["password", "xoauth2", "oauthbearer"]
    secret: Callable[[], str] = field(repr=False)

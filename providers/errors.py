"""What can go wrong with an account, named by what the caller does next. The text is for the user."""

from __future__ import annotations


class ProviderError(Exception):
    """The account could not do what was asked."""


class RetryLater(ProviderError):
    """It may work later; nothing was lost. `after_s` is the account's own wish, if it had one."""

    def __init__(self, text: str, after_s: float | None = None) -> None:
        super().__init__(text)
        self.after_s = after_s


class Renumbered(RetryLater):
    """The account calls these messages by other keys now: the next look tells them, and only then it may work."""


class SignInAgain(ProviderError):
    """The account refuses us until the user does something: a password, a permission, a path."""


class StateExpired(ProviderError):
    """The account forgot the state we gave: ask again with None."""


class Rejected(ProviderError):
    """The operation will never work as asked: put the cache back and tell the user."""


class Unsupported(ProviderError):
    """This kind of account cannot do that."""


class OutcomeUnknown(ProviderError):
    """It may have been done: find out, and do not ask again before that is known."""

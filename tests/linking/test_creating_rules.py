"""When mail of strangers makes something."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from linking.creating_rules import Skip, Standing, refusal, refusal_of_copy, title_of
from mail.types import AccountId, EmailId, ThreadId
from store.links.account_crm import AccountCrm
from store.links.auto_created import FirstMail

MAIL = FirstMail(
    ThreadId(1),
    AccountId(1),
    EmailId(1),
    100,
    "Re: AW: Offer for forty seats",
    "ana@acme.example",
    "Ana Lima",
    (("me@corp.example", "Me"),),
    is_outgoing=False,
    is_automatic=False,
    is_in_sight=True,
    is_linked=False,
    has_made=False,
    is_copy=False,
    is_verified=False,
)
ON = Standing(AccountCrm(AccountId(1), creates="lead", creates_since=100))


def with_(**changes: Any) -> FirstMail:
    return replace(MAIL, **changes)


def test_the_first_mail_of_a_stranger_makes_a_lead() -> None:
    assert refusal(MAIL, ON) is None


@pytest.mark.parametrize(
    ("mail", "standing", "reason"),
    [
        (MAIL, Standing(AccountCrm(AccountId(1))), Skip.OFF),
        (with_(at=99), ON, Skip.TOO_OLD),
        (with_(has_made=True), ON, Skip.MADE),
        (with_(is_linked=True), ON, Skip.LINKED),
        (with_(is_in_sight=False), ON, Skip.OUT_OF_SIGHT),
        (with_(is_outgoing=True), ON, Skip.OWN),
        (with_(is_copy=True), ON, Skip.OWN),
        (with_(sender=""), ON, Skip.NOBODY),
        (with_(sender="not an address"), ON, Skip.NOBODY),
        (with_(is_automatic=True), ON, Skip.AUTOMATIC),
        (with_(sender="no-reply@acme.example"), ON, Skip.AUTOMATIC),
        (with_(sender="mailer-daemon@acme.example"), ON, Skip.AUTOMATIC),
        (MAIL, replace(ON, is_spam_the_inbox=True), Skip.SPAM_IS_INBOX),
        (MAIL, replace(ON, is_internal=True), Skip.OWN),
        (MAIL, replace(ON, is_exception=True), Skip.EXCEPTION),
        (MAIL, replace(ON, is_known=True), Skip.KNOWN),
    ],
)
def test_other_mail_makes_nothing(mail: FirstMail, standing: Standing, reason: Skip) -> None:
    assert refusal(mail, standing) is reason


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (with_(is_copy=True, is_verified=True), None),
        (with_(is_copy=True), Skip.NOT_VERIFIED),
        (with_(is_copy=True, is_verified=True, at=99), Skip.TOO_OLD),
        (with_(is_copy=True, is_verified=True, is_in_sight=False), Skip.OUT_OF_SIGHT),
    ],
)
def test_a_copy_from_the_owner_adds_the_strangers_it_went_to(mail: FirstMail, reason: Skip | None) -> None:
    assert refusal_of_copy(mail, ON) is reason


def test_a_copy_adds_nobody_where_mail_makes_nothing() -> None:
    mail = with_(is_copy=True, is_verified=True)
    assert refusal_of_copy(mail, Standing(AccountCrm(AccountId(1)))) is Skip.OFF


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Re: AW: Offer for forty seats", "Offer for forty seats"),
        ("Fwd: Re: Offer", "Offer"),
        ("Offer", "Offer"),
        ("Re:", "Mail of Ana Lima"),
        ("", "Mail of Ana Lima"),
    ],
)
def test_the_title_is_the_subject_without_its_marks(subject: str, title: str) -> None:
    assert title_of(with_(subject=subject), "Ana Lima") == title


def test_a_title_is_not_longer_than_a_line() -> None:
    assert len(title_of(with_(subject="very " * 200), "Ana")) <= 200

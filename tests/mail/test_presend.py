from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import addresses, presend
from mail.build import Unbuildable, recipients
from mail.drafts import Draft, DraftFile, DraftKind
from mail.presend import SendFacts, Severity
from mail.presend_words import ATTACHED
from mail.text import is_safe
from mail.types import Address, SafeText

NOW = 1_795_331_640
FACTS = SendFacts(NOW)
FILE = DraftFile("a.pdf", "application/pdf", 1_000, "0" * 64)


def people(line: str) -> tuple[Address, ...]:
    return addresses.parse(line)


def a_draft(**changes: object) -> Draft:
    draft = Draft(
        people("Me <me@dealbox.example>")[0], people("ana@acme.example"), subject="Offer", body="Hello.\n"
    )
    return replace(draft, **changes)  # type: ignore[arg-type] # given by name


def asked(draft: Draft, facts: SendFacts = FACTS) -> list[str]:
    return [question.id for question in presend.questions(draft, facts)]


def sentence(draft: Draft, facts: SendFacts = FACTS) -> str:
    (question,) = presend.questions(draft, facts)
    return question.sentence


REPLY = a_draft(kind=DraftKind.REPLY)
TO_ALL = a_draft(kind=DraftKind.REPLY_ALL)
IN_THREAD = replace(
    FACTS, thread_domains=frozenset({"acme.example"}), own_domains=frozenset({"dealbox.example"})
)


def test_nothing_is_asked_of_an_ordinary_message() -> None:
    assert (
        presend.questions(a_draft(attachments=(FILE,), body="See the attached file.\n\n> old"), IN_THREAD)
        == ()
    )


@pytest.mark.parametrize(
    ("draft", "facts", "said"),
    [
        (a_draft(to=()), FACTS, "This mail goes to nobody yet: say to whom."),
        (a_draft(to=people("Ana, Bob")), FACTS, "No address is known for Ana, Bob."),
        (a_draft(cc=(Address(SafeText(""), SafeText("eve@")),)), FACTS,
         "“eve@” is no address: an address needs a name, an @ and a domain."),
        (a_draft(sender=Address(SafeText("Me"), SafeText(""))), FACTS,
         "This mail has no sender yet: say who writes it."),
        (a_draft(reply_to=people("me@-x.example")), FACTS, "“me@-x.example” is no address: its domain is not one."),
        (a_draft(subject=" \n"), FACTS, "The subject is empty. Send it anyway?"),
        (a_draft(body="\n\nOn 1 May 2026, Ana wrote:\n> please\n"), FACTS, "You wrote nothing. Send it anyway?"),
        (a_draft(body="\n\nMe\n\n> please\n", signature="Me"), FACTS, "You wrote nothing. Send it anyway?"),
        (a_draft(body="\n-- \nMe\nCEO\n", signature="Me\nCEO"), FACTS, "You wrote nothing. Send it anyway?"),
        (a_draft(body="The offer is attached."), FACTS, "You wrote “attached” and attached nothing. Send it anyway?"),
        (a_draft(subject="Offer attached"), FACTS, "You wrote “attached” and attached nothing. Send it anyway?"),
        (a_draft(body="Dear {{first_name}},"), FACTS, "{{first_name}} was not filled in. Send it anyway?"),
        (a_draft(subject="Offer for {{ org }}"), FACTS, "{{ org }} was not filled in. Send it anyway?"),
        (replace(REPLY, cc=people("eve@rival.example")), IN_THREAD,
         "eve@rival.example: nobody there was part of this conversation before. Send it anyway?"),
        (replace(TO_ALL, to=people(", ".join(f"p{n}@acme.example" for n in range(21)))), FACTS,
         "Your answer goes to 21 people. Send it to all?"),
        (REPLY, replace(FACTS, addressed_to=frozenset({"sales@dealbox.example"})),
         "They wrote to sales@dealbox.example; you answer as me@dealbox.example. Send it anyway?"),
        (REPLY, replace(FACTS, original_bcc=frozenset({"ana@acme.example"})),
         "ana@acme.example got the mail as a blind copy. Show everybody?"),
        (TO_ALL, replace(FACTS, was_blind_copy=True), "You got this mail as a blind copy. Let everybody see that?"),
        (a_draft(to=people("no-reply@acme.example")), FACTS,
         "Mail to no-reply@acme.example is probably read by nobody. Send it anyway?"),
        (a_draft(to=people("noreply-billing@acme.example")), FACTS,
         "Mail to noreply-billing@acme.example is probably read by nobody. Send it anyway?"),
        (a_draft(attachments=(replace(FILE, size_octets=30_000_000),)), FACTS,
         "This mail has about 41 MB: many servers refuse that. Send it anyway?"),
        (a_draft(), replace(FACTS, recent=(("other", NOW), (presend.digest(a_draft()), NOW - 599))),
         "You sent the same mail a few minutes ago. Send it again?"),
    ],
)  # fmt: skip
def test_a_question_says_what_may_be_wrong(draft: Draft, facts: SendFacts, said: str) -> None:
    assert sentence(draft, facts) == said


@pytest.mark.parametrize(
    ("draft", "facts"),
    [
        (a_draft(body="Thanks.\n\nOn 1 May 2026, Ana wrote:\n> It is attached, dear {{name}}.\n"), FACTS),
        (a_draft(body="Fine.\n\nAttachment Ltd\n", signature="Attachment Ltd"), FACTS),
        (replace(REPLY, subject="Re: Offer attached"), FACTS),
        (a_draft(body="We grew attachment-free and unattached."), FACTS),
        (a_draft(kind=DraftKind.FORWARD, body="\n\n---------- Forwarded message ----------\nFrom: x\n"), FACTS),
        (a_draft(cc=people("eve@rival.example")), IN_THREAD),
        (replace(REPLY, cc=people("bob@dealbox.example")), IN_THREAD),
        (replace(REPLY, cc=people("eve@rival.example")), FACTS),
        (REPLY, replace(FACTS, addressed_to=frozenset({"me@dealbox.example"}))),
        (replace(REPLY, to=people("ana@x.example"), bcc=people("ana@acme.example")),
         replace(FACTS, original_bcc=frozenset({"ana@acme.example"}))),
        (REPLY, replace(FACTS, was_blind_copy=True)),
        (a_draft(), replace(FACTS, recent=((presend.digest(a_draft()), NOW - 600),))),
        (a_draft(), replace(FACTS, recent=((presend.digest(a_draft()), NOW + 5),))),
        (a_draft(), replace(FACTS, recent=((presend.digest(a_draft(body="Hello!\n")), NOW),))),
    ],
)  # fmt: skip
def test_nothing_is_asked_where_nothing_is_wrong(draft: Draft, facts: SendFacts) -> None:
    assert asked(draft, facts) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Please see the attachment."),
        ("de", "Anbei das Angebot."),
        ("de", "Ich habe die angehängten Dateien geprüft."),
        ("fr", "Vous trouverez ci-joint notre offre."),
        ("es", "Le adjunto la oferta."),
        ("pt", "Segue em anexo a proposta."),
        ("it", "In allegato trova l'offerta."),
        ("nl", "Zie de bijlage."),
        ("pl", "Oferta w załączniku."),
        ("sv", "Jag bifogar offerten."),
        ("cs", "Nabídka je v příloze."),
        ("ru", "Предложение во вложении."),
        ("tr", "Teklif ektedir."),
    ],
)
def test_a_forgotten_file_is_noticed_in_many_languages(language: str, text: str) -> None:
    assert language in ATTACHED
    assert asked(a_draft(body=text)) == ["nothing_attached"]


def test_what_keeps_a_message_from_going_out_comes_first() -> None:
    found = presend.questions(a_draft(to=people("x@y@@z, Ana"), subject="", body=""), FACTS)
    assert [(one.id, one.severity) for one in found] == [
        ("unresolved_name", Severity.BLOCKS),
        ("invalid_address", Severity.BLOCKS),
        ("empty_subject", Severity.ASKS),
        ("empty_body", Severity.ASKS),
    ]


def test_a_question_names_the_first_few_of_many() -> None:
    many = people(", ".join(f"p{n}@rival.example" for n in range(9)))
    assert sentence(replace(REPLY, to=many), IN_THREAD).startswith(
        "p0@rival.example, p1@rival.example, p2@rival.example and 6 more: nobody there"
    )


ANYBODY = st.builds(
    lambda name, email: Address(SafeText(name), SafeText(email)),
    st.text(max_size=5),
    st.text(max_size=12) | st.sampled_from(["ana@acme.example", "a@b c", "x@y\n"]),
)


@given(
    ANYBODY,
    st.lists(ANYBODY, max_size=3).map(tuple),
    st.text(max_size=80),
    st.text(max_size=80),
    st.sampled_from(DraftKind),
)
def test_a_message_that_nothing_blocks_has_recipients_it_can_be_sent_to(
    sender: Address, to: tuple[Address, ...], subject: str, body: str, kind: DraftKind
) -> None:
    draft = Draft(sender, to, subject=subject, body=body, kind=kind)
    found = presend.questions(draft, IN_THREAD)
    assert all(is_safe(one.sentence) for one in found)
    if all(one.severity is Severity.ASKS for one in found):
        assert recipients(draft)
    else:
        assert not to or _is_unsendable(draft)


def _is_unsendable(draft: Draft) -> bool:
    try:
        recipients(replace(draft, cc=(draft.sender,)))
    except Unbuildable:
        return True
    return False


def test_the_same_words_to_the_same_people_are_the_same_mail() -> None:
    draft = a_draft(cc=people("bob@acme.example"), signature="x", cursor=3)
    assert presend.digest(draft) == presend.digest(a_draft(to=people("BOB@acme.example, ana@acme.example")))
    assert presend.digest(draft) != presend.digest(replace(draft, attachments=(FILE,)))
    assert presend.digest(a_draft(body="\ud800"))


def test_a_very_long_text_is_checked_at_once() -> None:
    started = time.process_time()
    presend.questions(a_draft(body="attach {{ " * 100_000), FACTS)
    assert time.process_time() - started < 5

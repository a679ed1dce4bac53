from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import addresses, plain, quotes, reply
from mail.addresses import normalise
from mail.drafts import Draft, DraftFile, DraftKind, Identity
from mail.reply import NoMailingList, Original, Quote
from mail.types import Address, BlockKind, SafeText

CET = timezone(timedelta(hours=1))
SENT_AT = 1_795_331_640  # 22 November 2026, 07:14 UTC


def people(line: str) -> tuple[Address, ...]:
    return addresses.parse(line)


def lines(found: tuple[Address, ...]) -> list[str]:
    return [one.email for one in found]


(ME,) = people("Me <me@dealbox.example>")
ACCOUNT = Identity(ME, "Me\nCEO", ("sales@dealbox.example",))
PRIVATE = Identity(people("Yours <me@home.example>")[0])
FILE = DraftFile("offer.pdf", "application/pdf", 3, "0" * 64)
ANA = "Ana Lima <ana@acme.example>"


def an_original(**changes: object) -> Original:
    original = Original(
        "m1@acme.example",
        subject="Offer",
        from_=people(ANA),
        to=people("me@dealbox.example"),
        sent_at=SENT_AT,
        text="Hello\n\nBye",
    )
    return replace(original, **changes)  # type: ignore[arg-type] # given by name


def replied(original: Original, *, to_all: bool = False, quote: Quote = Quote.BELOW) -> Draft:
    return reply.reply(original, (ACCOUNT, PRIVATE), to_all=to_all, quote=quote, now_zone=CET)


def test_a_reply_goes_to_its_sender_and_quotes_below() -> None:
    assert replied(an_original()) == Draft(
        ME,
        people(ANA),
        subject="Re: Offer",
        body="\n\nMe\nCEO\n\nOn 22 Nov 2026, 08:14, Ana Lima wrote:\n> Hello\n>\n> Bye\n",
        in_reply_to="m1@acme.example",
        references=("m1@acme.example",),
        signature="Me\nCEO",
        kind=DraftKind.REPLY,
    )


def test_a_quote_above_leaves_the_writer_below_it_and_the_signature_at_the_end() -> None:
    draft = replied(an_original(), quote=Quote.ABOVE)
    assert draft.body[: draft.cursor] == "On 22 Nov 2026, 08:14, Ana Lima wrote:\n> Hello\n>\n> Bye\n\n"
    assert draft.body[draft.cursor :] == "\n\n-- \nMe\nCEO\n"


@pytest.mark.parametrize(("quote", "text"), [(Quote.NONE, "Hello"), (Quote.BELOW, "")])
def test_a_reply_without_quote_is_an_empty_message(quote: Quote, text: str) -> None:
    draft = replied(an_original(text=text), quote=quote)
    assert (draft.body, draft.cursor) == ("\n\n-- \nMe\nCEO\n", 0)


def test_the_placing_of_the_quote_may_be_said_in_words() -> None:
    assert reply.reply(an_original(), (PRIVATE,), to_all=False, quote="above", now_zone=UTC).body.startswith(
        "On 22"
    )


def test_what_a_reply_quotes_is_folded_as_a_quote_by_its_readers() -> None:
    body = replied(an_original(text="Hello\n> old\n>> older")).body
    blocks = quotes.split(plain.document(body, flowed=False, delsp=False)).blocks
    assert [block.kind for block in blocks] == [BlockKind.TEXT, BlockKind.QUOTE]
    assert blocks[1].text.endswith("> Hello\n>> old\n>>> older")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"from_": people("ana@acme.example")}, "On 22 Nov 2026, 08:14, ana@acme.example wrote:"),
        ({"sent_at": None}, "Ana Lima wrote:"),
        ({"sent_at": 10**15}, "Ana Lima wrote:"),
        ({"sent_at": None, "from_": ()}, "Somebody wrote:"),
    ],
)
def test_a_quote_says_who_wrote_it_and_when(changes: dict[str, object], said: str) -> None:
    assert said in replied(an_original(**changes)).body.split("\n")


# Who is answered


def test_an_answer_to_all_goes_to_everybody_once_and_never_to_oneself() -> None:
    original = an_original(
        to=people("ME@dealbox.example, bob@acme.example, Ana <ANA@acme.example>, me+x@dealbox.example"),
        cc=people("eve@acme.example, sales@DEALBOX.example, Bob@acme.example, me@home.example, nobody"),
    )
    draft = replied(original, to_all=True)
    assert (lines(draft.to), lines(draft.cc)) == (
        ["ana@acme.example", "bob@acme.example"],
        ["eve@acme.example"],
    )
    assert draft.kind is DraftKind.REPLY_ALL


def test_a_reply_goes_where_the_sender_wants_it() -> None:
    original = an_original(
        reply_to=people("desk@acme.example, Ana <ana2@acme.example>"), cc=people("bob@acme.example")
    )
    assert lines(replied(original).to) == ["desk@acme.example", "ana2@acme.example"]
    draft = replied(original, to_all=True)
    assert (lines(draft.to), lines(draft.cc)) == (
        ["desk@acme.example", "ana2@acme.example"],
        ["bob@acme.example"],
    )


def test_a_reply_to_somebody_on_a_list_is_not_for_the_list() -> None:
    original = an_original(
        reply_to=people("list@lists.example"),
        list_post=people("list@lists.example"),
        to=people("list@lists.example"),
    )
    assert lines(replied(original).to) == ["ana@acme.example"]
    assert lines(replied(original, to_all=True).to) == ["ana@acme.example", "list@lists.example"]


def test_a_reply_to_oneself_goes_to_those_who_got_the_mail() -> None:
    original = an_original(
        from_=(ME,), to=people("ana@acme.example, bob@acme.example"), cc=people("eve@acme.example")
    )
    draft = replied(original)
    assert (lines(draft.to), draft.cc) == (["ana@acme.example", "bob@acme.example"], ())
    assert lines(replied(original, to_all=True).cc) == ["eve@acme.example"]


@pytest.mark.parametrize(
    ("original", "to"),
    [
        (an_original(from_=(ME,), to=(ME,)), ["me@dealbox.example"]),
        (an_original(from_=(ME,), to=(), bcc=people("ana@acme.example")), ["ana@acme.example"]),
        (an_original(from_=(ME,), to=()), ["me@dealbox.example"]),
        (an_original(reply_to=(ME,)), ["me@dealbox.example"]),
        (an_original(from_=()), []),
        (an_original(reply_to=people("nobody")), ["ana@acme.example"]),
    ],
)
def test_somebody_is_answered_whenever_somebody_is_named(original: Original, to: list[str]) -> None:
    assert lines(replied(original).to) == to
    assert lines(replied(original, to_all=True).to) == to


def test_copies_become_recipients_when_there_is_no_other() -> None:
    draft = replied(an_original(from_=(ME,), to=(ME,), cc=people("eve@acme.example")), to_all=True)
    assert (lines(draft.to), draft.cc) == (["eve@acme.example"], ())


def test_a_list_is_answered_only_when_asked_for() -> None:
    original = an_original(to=people("list@lists.example"), list_post=people("list@lists.example"))
    draft = reply.reply_to_list(original, (ACCOUNT,), quote=Quote.NONE, now_zone=UTC)
    assert (lines(draft.to), draft.cc, draft.kind) == (["list@lists.example"], (), DraftKind.REPLY_ALL)
    followed = replace(
        original, followup_to=people("list@lists.example, ana@acme.example, me@dealbox.example")
    )
    draft = reply.reply_to_list(followed, (ACCOUNT,), quote=Quote.NONE, now_zone=UTC)
    assert lines(draft.to) == ["list@lists.example", "ana@acme.example"]


@pytest.mark.parametrize("list_post", ["", "NO (posting not allowed)", "<https://lists.example/post>"])
def test_a_list_that_takes_no_mail_is_not_answered(list_post: str) -> None:
    with pytest.raises(NoMailingList):
        reply.reply_to_list(
            an_original(list_post=people(list_post)), (ACCOUNT,), quote=Quote.NONE, now_zone=UTC
        )


def test_a_list_is_answered_where_its_field_says() -> None:
    original = an_original(list_post=people("<mailto:list@lists.example>"))
    assert lines(reply.reply_to_list(original, (ACCOUNT,), quote="none", now_zone=UTC).to) == [
        "list@lists.example"
    ]


# Who answers


@pytest.mark.parametrize(
    ("changes", "sender"),
    [
        ({}, "me@dealbox.example"),
        ({"to": people("Sales <SALES@dealbox.example>")}, "sales@dealbox.example"),
        ({"to": people("ana@x.example"), "cc": people("me@home.example")}, "me@home.example"),
        ({"to": people("Me+Shop@dealbox.example")}, "me+shop@dealbox.example"),
        ({"to": people("list@lists.example"), "delivered_to": people("me@home.example")}, "me@home.example"),
        ({"to": people("me@home.example, sales@dealbox.example")}, "sales@dealbox.example"),
        ({"to": people("list@lists.example")}, "me@dealbox.example"),
        ({"from_": people("me@home.example"), "to": people("ana@acme.example")}, "me@home.example"),
        ({"to": ()}, "me@dealbox.example"),
    ],
)
def test_the_address_that_was_written_to_answers(changes: dict[str, object], sender: str) -> None:
    assert replied(an_original(**changes)).sender.email == sender


@pytest.mark.parametrize("to_all", [False, True])
def test_mail_between_accounts_of_the_users_is_answered_to_the_other_account(to_all: bool) -> None:
    received = an_original(from_=people("me@home.example"), is_incoming=True)
    answer = replied(received, to_all=to_all)
    assert lines(answer.to) == ["me@home.example"] and not answer.cc
    assert answer.sender == ME


def test_what_another_account_of_the_users_wrote_to_others_is_answered_to_them() -> None:
    copy = an_original(
        from_=people("me@home.example"), to=people(f"{ANA}, me@dealbox.example"), is_incoming=True
    )
    assert lines(replied(copy).to) == ["ana@acme.example"]


def test_an_identity_answers_with_its_own_name_and_signature() -> None:
    draft = replied(an_original(to=people("Whatever <me@home.example>")))
    assert (draft.sender, draft.signature) == (PRIVATE.address, "")


EMAILS = st.sampled_from(
    ["me@dealbox.example", "ME+a@Dealbox.example", "sales@dealbox.example", "me@home.example", "ana@acme.example",
     "Ana@Acme.example", "bob@acme.example", "eve@acme.example", "list@lists.example", "broken"]
)  # fmt: skip
GROUPS = st.lists(EMAILS.map(lambda email: Address(SafeText(""), SafeText(email))), max_size=5).map(tuple)


@given(
    st.builds(
        Original,
        st.none() | st.just("m@x"),
        from_=GROUPS,
        reply_to=GROUPS,
        to=GROUPS,
        cc=GROUPS,
        list_post=GROUPS,
    )
)
def test_nobody_is_answered_twice_and_oneself_only_when_there_is_nobody_else(original: Original) -> None:
    own = {"me@dealbox.example", "me+a@dealbox.example", "sales@dealbox.example", "me@home.example"}
    for to_all in (False, True):
        draft = replied(original, to_all=to_all)
        answered = [normalise(one.email) for one in (*draft.to, *draft.cc)]
        assert len(set(answered)) == len(answered)
        assert "" not in answered
        assert not set(answered) & own or set(answered) <= own
        assert draft.to or not draft.cc
        assert normalise(draft.sender.email) in own


# What it belongs to


@pytest.mark.parametrize(
    ("references", "in_reply_to", "message_id", "chain"),
    [
        (("a", "b"), ("b",), "m", ("a", "b", "m")),
        ((), ("b",), "m", ("b", "m")),
        ((), ("a", "b"), "m", ("m",)),
        (("a",), (), None, ("a",)),
        ((), (), None, ()),
        (("a", "m", "b"), (), "m", ("a", "b", "m")),
    ],
)
def test_an_answer_refers_to_what_it_answers(
    references: tuple[str, ...], in_reply_to: tuple[str, ...], message_id: str | None, chain: tuple[str, ...]
) -> None:
    original = an_original(references=references, in_reply_to=in_reply_to, message_id=message_id)
    assert replied(original).references == chain
    assert replied(original).in_reply_to == message_id


def test_a_very_long_conversation_keeps_its_root_and_the_nearest() -> None:
    draft = replied(an_original(references=tuple(f"r{n}" for n in range(300)), message_id="m"))
    assert draft.references == ("r0", *(f"r{n}" for n in range(252, 300)), "m")
    assert len(draft.references) == 50


# Passing on


def test_a_forward_passes_on_the_text_the_files_and_what_they_belong_to() -> None:
    original = an_original(cc=people("Bob <bob@acme.example>"), subject="AW: Offer")
    draft = reply.forward(original, (ACCOUNT,), files=[FILE], now_zone=CET)
    assert draft == Draft(
        ME,
        subject="Fwd: AW: Offer",
        body=(
            "\n\nMe\nCEO\n\n---------- Forwarded message ----------\nFrom: Ana Lima <ana@acme.example>\n"
            "Date: 22 Nov 2026, 08:14 +0100\nSubject: AW: Offer\nTo: me@dealbox.example\nCc: Bob <bob@acme.example>\n"
            "\nHello\n\nBye\n"
        ),
        attachments=(FILE,),
        references=("m1@acme.example",),
        signature="Me\nCEO",
        kind=DraftKind.FORWARD,
        forwards="m1@acme.example",
    )
    blocks = quotes.split(plain.document(draft.body, flowed=False, delsp=False)).blocks
    assert [block.kind for block in blocks] == [BlockKind.TEXT, BlockKind.FORWARD]


def test_a_forward_names_the_first_of_very_many_recipients() -> None:
    many = tuple(people(f"p{n}@acme.example")[0] for n in range(60))
    body = reply.forward(an_original(to=many, sent_at=None), (ACCOUNT,), now_zone=CET).body
    assert "p49@acme.example and 10 more\n" in body
    assert "Date:" not in body


def test_messages_are_passed_on_whole_as_files() -> None:
    draft = reply.forward_as_attachment(
        [an_original(), an_original(subject="x")], (ACCOUNT,), files=[FILE, FILE]
    )
    assert draft == Draft(
        ME, subject="Fwd: Offer", body="\n\n-- \nMe\nCEO\n", attachments=(FILE, FILE), references=("m1@acme.example",),
        signature="Me\nCEO", kind=DraftKind.FORWARD, forwards="m1@acme.example",
    )  # fmt: skip


def test_a_message_can_be_written_again_as_a_new_one() -> None:
    original = an_original(
        from_=people("me@home.example"), to=people(ANA), cc=people("bob@acme.example"), bcc=people("eve@acme.example"),
        reply_to=people("desk@home.example"), text="Hello", references=("a",), in_reply_to=("a",),
    )  # fmt: skip
    assert reply.edit_as_new(original, (ACCOUNT, PRIVATE), files=[FILE]) == Draft(
        PRIVATE.address, original.to, original.cc, original.bcc, "Offer", "Hello",
        attachments=(FILE,), reply_to=original.reply_to,
    )  # fmt: skip
    signed = replace(original, from_=(ME,), text="Hello\n-- \nMe\nCEO")
    assert reply.edit_as_new(signed, (ACCOUNT,)).signature == "Me\nCEO"


def test_a_draft_of_another_program_stays_in_its_conversation() -> None:
    original = an_original(from_=(ME,), references=("a", "b"), in_reply_to=("b",))
    draft = reply.resume(original, (ACCOUNT,), files=[FILE])
    assert (draft.kind, draft.in_reply_to, draft.references) == (DraftKind.REPLY, "b", ("a", "b"))
    assert reply.resume(an_original(), (ACCOUNT,)).kind is DraftKind.NEW

from __future__ import annotations

import makers

from linking.deciding import Explanation, Judged
from linking.rules import Decision, Reason
from mail.types import EmailId, SafeText, ThreadId
from store.links.decisions import Outcome
from tui.screens.why import lines

EVIL = "\x1b[2J[bold]x[/bold]\u202e\n\x9b"


def a_judged(number: int, words: str = "nobody here is in the CRM", text: str = "Quote") -> Judged:
    decision = Decision(Reason.UNKNOWN_CONTACT, EmailId(number))
    return Judged(EmailId(number), makers.NOW, SafeText(text), SafeText(text), decision, words)


def an_explanation(
    *messages: Judged, origin: str = "", words: str = "nobody here is in the CRM"
) -> Explanation:
    decided = Outcome(ThreadId(1), EmailId(2), Reason.UNKNOWN_CONTACT, ())
    return Explanation(ThreadId(1), None, origin, decided, words, "Add the sender.", messages, ())


def texts(explanation: Explanation) -> list[str]:
    return [one.plain for one in lines(explanation, makers.NOW)]


def test_the_message_that_decided_is_marked() -> None:
    shown = texts(an_explanation(a_judged(1), a_judged(2)))
    assert shown[:3] == ["Not linked", "Nobody here is in the CRM.", "Add the sender."]
    assert [text for text in shown if "this one decided" in text] == [
        "  nobody here is in the CRM   <- this one decided"
    ]


def test_a_conversation_unlinked_by_hand_says_so() -> None:
    assert texts(an_explanation(origin="manual"))[0] == "Unlinked by hand"


def test_of_very_many_messages_the_newest_are_shown() -> None:
    shown = texts(an_explanation(*(a_judged(number) for number in range(1_000))))
    assert "800 older messages not shown" in shown
    assert len(shown) < 700


def test_nothing_a_message_says_can_drive_the_terminal() -> None:
    shown = texts(an_explanation(a_judged(1, EVIL, EVIL), words=EVIL))
    assert all(text.isprintable() for text in shown)
    assert any("[bold]x[/bold]" in text for text in shown)

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import subjects
from mail.threading import base_subject

MARKS = st.sampled_from(
    ["Re: ", "AW: ", "Fwd: ", "re[2]: ", "Sv:", "[list] ", "RE : ", "回复：", "Antw.: ", "offer ", ""]
)


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Offer", "Re: Offer"),
        ("Re: Offer", "Re: Offer"),
        ("RE: AW: Sv: Offer", "Re: Offer"),
        ("Re[3]: Offer", "Re: Offer"),
        ("回复：报价", "Re: 报价"),
        ("Fwd: Offer", "Re: Fwd: Offer"),
        ("[list] Re: Offer", "Re: [list] Offer"),
        ("Re: [list] Re: Offer", "Re: [list] Offer"),
        ("[list] Re: [list] Offer", "Re: [list] Offer"),
        ("Ref: 4711", "Re: Ref: 4711"),
        ("Regarding: x", "Re: Regarding: x"),
        ("", "Re:"),
        (" a\r\n  b ", "Re: a b"),
    ],
)
def test_an_answer_has_one_mark(subject: str, answer: str) -> None:
    assert subjects.of_reply(subject) == answer


@pytest.mark.parametrize(
    ("subject", "forward"),
    [("Offer", "Fwd: Offer"), ("WG: Fw: Offer", "Fwd: Offer"), ("Re: Offer", "Fwd: Re: Offer")],
)
def test_a_forward_has_one_mark(subject: str, forward: str) -> None:
    assert subjects.of_forward(subject) == forward


@given(st.lists(MARKS, max_size=8).map("".join) | st.text(max_size=60))
def test_an_answer_belongs_to_the_same_subject_and_answering_it_adds_nothing(subject: str) -> None:
    answer = subjects.of_reply(subject)
    assert base_subject(answer) == base_subject(subject)
    assert subjects.of_reply(answer) == answer
    assert base_subject(subjects.of_forward(subject)) == base_subject(subject)


def test_every_mark_is_one_that_threads_know() -> None:
    for mark in re.findall(r"[^|()?:]+", subjects._REPLIES + "|" + subjects._FORWARDS):
        assert base_subject(f"{mark}: offer") == "offer"

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.query import EVERYTHING, Query, QuerySyntaxError, parse, to_text
from mail.query_tree import (
    After,
    And,
    Before,
    Comparison,
    Fact,
    Field,
    HasAttachment,
    In,
    Is,
    Larger,
    Mark,
    MessageId,
    Newer,
    Not,
    Older,
    On,
    Or,
    Participant,
    Party,
    Smaller,
    Text,
)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("offer", Text("offer")),
        ("offer price", And((Text("offer"), Text("price")))),
        ("offer AND price", And((Text("offer"), Text("price")))),
        ("offer OR price", Or((Text("offer"), Text("price")))),
        ("a b OR c", Or((And((Text("a"), Text("b"))), Text("c")))),
        ("a (b OR c)", And((Text("a"), Or((Text("b"), Text("c")))))),
        ('"price list"', Text("price list")),
        ('"price li"*', Text("price li", is_prefix=True)),
        ("quo*", Text("quo", is_prefix=True)),
        ("-offer", Not(Text("offer"))),
        ("NOT offer", Not(Text("offer"))),
        ("-(a OR b)", Not(Or((Text("a"), Text("b"))))),
        ("a - b", And((Text("a"), Text("b")))),
        ("from:acme", Participant(Party.FROM, "acme")),
        ("From:Ana.Ruiz@acme.example", Participant(Party.FROM, "Ana.Ruiz@acme.example")),
        ('to:"Ana Ruiz"', Participant(Party.TO, "Ana Ruiz")),
        ("cc:x bcc:y with:z", And((Participant(Party.CC, "x"), Participant(Party.BCC, "y"), Participant(Party.WITH, "z")))),
        ("from:(ana OR bob)", Or((Participant(Party.FROM, "ana"), Participant(Party.FROM, "bob")))),
        ("subject:(offer -price*)", And((Text("offer", False, Field.SUBJECT), Not(Text("price", True, Field.SUBJECT))))),
        ("subject:quo*", Text("quo", True, Field.SUBJECT)),
        ("filename:pdf", Text("pdf", False, Field.FILENAME)),
        ("has:attachment", HasAttachment()),
        ("has:deal", Fact("item", Comparison.EQUAL, "deal")),
        ("is:unread is:Flagged", And((Is(Mark.UNREAD), Is(Mark.STARRED)))),
        ('in:"Sales/2026"', In("Sales/2026")),
        ("before:2026-05-31", Before(date(2026, 5, 31))),
        ("before:2026", Before(date(2026, 1, 1))),
        ("after:31.05.2026", After(date(2026, 5, 31))),
        ("on:2026-02", On(date(2026, 2, 1), date(2026, 2, 28))),
        ("on:2026-02-03..2026-03", On(date(2026, 2, 3), date(2026, 3, 31))),
        ("newer:2d older:1w", And((Newer(48), Older(168)))),
        ("larger:5M smaller:10k", And((Larger(5 * 1024**2), Smaller(10 * 1024)))),
        ("id:<a@b.example>", MessageId("a@b.example")),
        (
            "from:acme deal.stage:proposal deal.value:>10k waiting:>2d opened:no",
            And(
                (
                    Participant(Party.FROM, "acme"),
                    Fact("deal.stage", Comparison.EQUAL, "proposal"),
                    Fact("deal.value", Comparison.MORE, "10k"),
                    Fact("waiting", Comparison.MORE, "2d"),
                    Fact("opened", Comparison.EQUAL, "no"),
                )
            ),
        ),
        ("10:30", Text("10:30")),
        ("https://acme.example/x", Text("https://acme.example/x")),
        ("ORDER ANDORRA", And((Text("ORDER"), Text("ANDORRA")))),
        ("契約書", Text("契約書")),
    ],
)  # fmt: skip
def test_a_query_is_read(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ('offer "price', 6, "quotation mark"),
        ("a (b c", 2, "not closed"),
        ("a b)", 3, "closes nothing"),
        ("OR a", 3, "OR stands between"),
        ("a OR", 4, "OR stands between"),
        ("a -()", 2, "not wanted is missing"),
        ("colour:red", 0, "no field"),
        ("x from:", 2, "needs a value"),
        ("is:purple", 3, "unread"),
        ("before:2026-02-30", 7, "no day"),
        ("before:soon", 7, "2026-05-31"),
        ("on:2026-05..2025-01", 3, "after the last"),
        ("larger:big", 7, "500k"),
        ("newer:now", 6, "7d"),
        ("has:fun", 4, "attachment"),
        ("subject:(is:unread)", 0, "only words"),
        ("(" * 60, 50, "parentheses"),
        ("x" * 5000, 4000, "4000"),
    ],
)
def test_an_error_says_where_and_why(text: str, position: int, reason: str) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        parse(text)

    assert reason in raised.value.reason
    assert abs(raised.value.position - position) <= 1


WORDS = st.text(min_size=1, max_size=12).filter(lambda word: word.strip() != "")
NAMES = st.sampled_from(["deal.stage", "deal.value", "item", "waiting"])
DAYS = st.dates()
LEAVES = st.one_of(
    st.builds(Text, WORDS, st.booleans(), st.sampled_from(Field)),
    st.builds(Participant, st.sampled_from(Party), WORDS),
    st.just(HasAttachment()),
    st.builds(Is, st.sampled_from(Mark)),
    st.builds(In, WORDS),
    st.builds(Before, DAYS),
    st.builds(After, DAYS),
    st.tuples(DAYS, DAYS).map(lambda days: On(min(days), max(days))),
    st.builds(Newer, st.integers(0, 9999)),
    st.builds(Larger, st.integers(0, 10**8)),
    st.builds(
        Fact,
        NAMES,
        st.sampled_from(Comparison),
        WORDS.map(str.strip).filter(lambda word: word[0] not in "<>="),
    ),
)
QUERIES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.builds(Not, parts),
        st.lists(parts, min_size=2, max_size=3).map(lambda several: And(tuple(several))),
        st.lists(parts, min_size=2, max_size=3).map(lambda several: Or(tuple(several))),
    ),
    max_leaves=8,
)


@given(QUERIES)
def test_a_tree_written_and_read_again_is_the_same(query: Query) -> None:
    assert parse(to_text(query)) == query


@given(st.text(alphabet='ab-*:"\\ ()ORNTfromis.>1 ', max_size=30))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text: str) -> None:
    try:
        query = parse(text)
    except QuerySyntaxError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert parse(to_text(query)) == query


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("subject:()", "subject: needs a value"),
        ("deal.stage:>=", "deal.stage: needs a value"),
        ("before:32.1.2026", "there is no day 32.1.2026"),
        ("on:2026-13", "there is no day 2026-13"),
    ],
)
def test_a_field_without_a_value_is_refused(text: str, reason: str) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        parse(text)
    assert reason in raised.value.reason


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("has:deal", Fact("item", Comparison.EQUAL, "deal")),
        ("has:item", Is(Mark.LINKED)),
        ("has:files", HasAttachment()),
        ("id:<a@b>", MessageId("a@b")),
        (
            "from:(ana OR -bob)",
            Or((Participant(Party("from"), "ana"), Not(Participant(Party("from"), "bob")))),
        ),
    ],
)
def test_more_ways_of_asking_are_read(text: str, query: Query) -> None:
    assert parse(text) == query


def test_one_day_and_several_are_written_as_they_are_read() -> None:
    for text in ("on:2026-05-31", "on:2026-05-01..2026-05-31", "larger:500", "newer:24h", "id:a@b"):
        assert to_text(parse(text)) == text

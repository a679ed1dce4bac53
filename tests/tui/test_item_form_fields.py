"""What the texts of a form mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store.crm.item_forms import CustomValue, FormFacts
from store.crm.item_parts import Labelled
from store.crm.item_refs import PageKind
from tui.screens.item_form_fields import (
    BadField,
    Field,
    How,
    Money,
    Named,
    completed,
    completions,
    meaning,
    read,
)
from tui.screens.item_form_kinds import Somebody, Start, columns, custom, fields_of, labels, newcomer

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
STAGES = (Named("1", "Qualified"), Named("2", "Proposal made"), Named("3", "Proposal"))


def a_field(how: How, **changes: object) -> Field:
    return Field(**{"name": "x", "label": "Thing", "how": how, **changes})  # type: ignore[arg-type]  # any of its fields


def facts(**changes: object) -> FormFacts:
    empty: dict[str, object] = {
        "values": {},
        "person": "",
        "organization": "",
        "participants": (),
        "emails": (),
        "phones": (),
        "domains": (),
        "marked": (),
        "custom": (),
        "steps": (),
        "users": (),
        "me": "",
        "labels": (),
        "currency": "EUR",
    }
    return FormFacts(**{**empty, **changes})  # type: ignore[arg-type]  # any of its fields


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("12,400 EUR", "12400", "EUR"),
        ("eur 12400", "12400", "EUR"),
        ("1.234,50 usd", "1234.50", "USD"),
        ("12.4k", "12400", ""),
        ("1.5m GBP", "1500000", "GBP"),
        ("€12", "12", "EUR"),
        ("12400EUR", "12400", "EUR"),
    ],
)
def test_an_amount_is_read_with_its_currency(text: str, value: str, currency: str) -> None:
    assert read(a_field(How.MONEY), text, NOW) == Money(value, currency)


@pytest.mark.parametrize("text", ["abc", "-5 EUR", "1e5", "EUR", "12 EUR or so", "9" * 40])
def test_what_is_no_amount_is_said_in_a_sentence_with_an_example(text: str) -> None:
    with pytest.raises(BadField, match=r"Thing: .*12,400 EUR"):
        read(a_field(How.MONEY), text, NOW)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-12-24", "2026-12-24"),
        ("24 dec", "2026-12-24"),
        ("fri", "2026-11-27"),
        ("2020-01-01", "2020-01-01"),
    ],
)
def test_a_date_is_read_in_words_or_numbers(text: str, date: str) -> None:
    assert read(a_field(How.DATE), text, NOW) == date


@pytest.mark.parametrize("text", ["someday", "2026-13-40", "32 dec"])
def test_a_date_that_is_none_says_how_to_write_one(text: str) -> None:
    with pytest.raises(BadField, match="2026-12-24, 24 dec"):
        read(a_field(How.DATE), text, NOW)


def test_a_time_to_come_is_read_in_words() -> None:
    at = read(a_field(How.MOMENT), "tomorrow 9:00", NOW)
    assert at == int(datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp())


def test_a_time_in_the_past_is_read_in_numbers_as_what_was_done_had_one() -> None:
    at = read(a_field(How.MOMENT), "2026-11-20 14:00", NOW)
    assert at == int(datetime(2026, 11, 20, 14, 0, tzinfo=UTC).timestamp())
    assert meaning(a_field(How.MOMENT), "2026-11-20 14:00", NOW).endswith("in the past")


def test_what_a_time_in_words_comes_to_is_said_while_it_is_typed() -> None:
    assert meaning(a_field(How.MOMENT), "tomorrow 9:00", NOW) == "Mon 23 Nov 2026 09:00 UTC, in 23 h"
    assert "“whenever” is no time" in meaning(a_field(How.MOMENT), "whenever", NOW)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30", 30), ("30 min", 30), ("1 h", 60), ("1h30", 90), ("1:30", 90), ("2 hours", 120)],
)
def test_how_long_it_takes_is_read_as_people_write_it(text: str, minutes: int) -> None:
    assert read(a_field(How.MINUTES), text, NOW) == minutes


@pytest.mark.parametrize("text", ["0", "a while", "-5", "1:99", "h"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadField):
        read(a_field(How.MINUTES), text, NOW)


def test_a_choice_is_the_one_called_so_or_the_only_one_that_begins_so() -> None:
    field = a_field(How.CHOICE, choices=STAGES)
    assert read(field, "proposal", NOW) == "3"
    assert read(field, "qual", NOW) == "1"
    with pytest.raises(BadField, match="could be Proposal made, Proposal"):
        read(field, "prop", NOW)
    with pytest.raises(BadField, match="is none of Qualified, Proposal made, Proposal"):
        read(field, "won", NOW)


def test_labels_keep_the_spelling_of_those_that_are_there() -> None:
    field = a_field(How.LABELS, choices=(Named("Hot", "Hot"),))
    assert read(field, "hot, new one,, HOT", NOW) == ("Hot", "new one")


def test_addresses_are_read_one_by_one_and_a_bad_one_is_named() -> None:
    field = a_field(How.EMAILS)
    assert read(field, "Ana <Ana@ACME.example>; b@acme.example", NOW) == (
        Labelled("ana@acme.example", ""),
        Labelled("b@acme.example", ""),
    )
    with pytest.raises(BadField, match="nobody is no address"):
        read(field, "ana@acme.example, nobody", NOW)


def test_an_empty_field_means_nothing_unless_it_is_required() -> None:
    assert read(a_field(How.MONEY), "  ", NOW) is None
    assert read(a_field(How.LABELS), "", NOW) == ()
    with pytest.raises(BadField, match="Thing is missing"):
        read(a_field(How.TEXT, is_required=True), " ", NOW)


def test_what_a_terminal_acts_on_is_left_out_of_a_text() -> None:
    assert read(a_field(How.TEXT), "a\x1b]0;x\x07b\u202ec", NOW) == "a]0;xbc"


def test_a_text_that_was_pasted_by_mistake_is_refused() -> None:
    with pytest.raises(BadField, match="at most 1,000"):
        read(a_field(How.TEXT), "x" * 1001, NOW)


def test_completions_begin_with_what_begins_so() -> None:
    field = a_field(How.CHOICE, choices=STAGES)
    assert [each.name for each in completions(field, "prop")] == ["Proposal made", "Proposal"]
    assert [each.name for each in completions(field, "made")] == ["Proposal made"]


def test_a_label_is_completed_at_the_end_of_the_list() -> None:
    field = a_field(How.LABELS, choices=(Named("Hot", "Hot"), Named("Renewal", "Renewal")))
    assert [each.name for each in completions(field, "Hot, ren")] == ["Renewal"]
    assert completed(field, "Hot, ren", "Renewal") == "Hot, Renewal"


def test_the_form_of_a_new_deal_begins_with_what_the_conversation_says() -> None:
    start = Start("Quote", Somebody("p1", "Ana Lima"), Somebody("o1", "Acme"))
    fields = {each.name: each for each in fields_of(PageKind.DEAL, facts(steps=STAGES_OF), start)}
    assert fields["title"].text == "Quote"
    assert (fields["person_id"].text, fields["person_id"].chosen) == ("Ana Lima", "p1")
    assert (fields["org_id"].text, fields["org_id"].chosen) == ("Acme", "o1")
    assert fields["stage_id"].text == "Qualified"


STAGES_OF = (("1", "Qualified"), ("2", "Demo"))


def test_the_form_of_a_deal_says_what_the_deal_says() -> None:
    values = {"id": "d", "title": "Renewal", "value": "12400.50", "currency": "USD", "stage_id": "2"}
    fields = {each.name: each for each in fields_of(PageKind.DEAL, facts(values=values, steps=STAGES_OF))}
    assert (fields["value"].text, fields["stage_id"].text) == ("12,400.50 USD", "Demo")


def test_an_amount_without_a_currency_gets_the_one_the_item_has_or_the_usual_one() -> None:
    filled = {"value": Money("5", "")}
    assert columns(filled, facts(values={"currency": "USD"}))["currency"] == "USD"
    assert columns(filled, facts())["currency"] == "EUR"


def test_labels_and_fields_of_the_users_own_are_kept_apart_from_columns() -> None:
    filled = {"title": "Quote", "labels": ("hot",), "custom-f1": "blue", "custom-f2": None}
    assert columns(filled, facts()) == {"title": "Quote"}
    assert labels(filled) == ("hot",)
    assert custom(filled, facts()) == {"f1": "blue", "f2": ""}
    assert custom({"custom-f3": Money("5", "")}, facts()) == {"f3": "5 EUR"}


def test_a_field_of_the_users_own_offers_its_choices() -> None:
    own = CustomValue("f1", "Colour", "choice", ("red", "blue"), "blue")
    field = fields_of(PageKind.DEAL, facts(custom=(own,)))[-1]
    assert (field.name, field.label, field.how, field.text) == ("custom-f1", "Colour", How.CHOICE, "blue")


def test_a_newcomer_is_made_with_what_the_mail_tells_of_them_unless_another_name_was_typed() -> None:
    start = Start("", Somebody("", "Ana Lima", {"emails": ["ana@acme.example"]}))
    assert newcomer(Somebody("", "Ana Lima"), start, "person_id") == {
        "name": "Ana Lima",
        "emails": ["ana@acme.example"],
    }
    assert newcomer(Somebody("", "Bo Kern"), start, "person_id") == {"name": "Bo Kern"}


def test_a_newcomer_may_be_typed_with_an_address() -> None:
    assert newcomer(Somebody("", "Bo <bo@x.example>"), None, "person_id") == {
        "name": "Bo",
        "emails": ["bo@x.example"],
    }


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("15.1.2027", "2027-01-15"),
        ("15.01.27", "2027-01-15"),
        ("15/1/2027", "2027-01-15"),
        ("1/15/2027", "2027-01-15"),
        ("3/3/2027", "2027-03-03"),
    ],
)
def test_a_date_may_be_written_as_in_other_countries(text: str, date: str) -> None:
    assert read(a_field(How.DATE), text, NOW) == date


def test_a_date_that_is_another_in_another_country_is_asked_about() -> None:
    with pytest.raises(BadField, match="could be 2027-02-01 or 2027-01-02"):
        read(a_field(How.DATE), "1/2/2027", NOW)


def test_a_time_may_have_its_day_as_numbers() -> None:
    read_at = read(a_field(How.MOMENT), "15.1.2027 14:00", NOW)
    assert read_at == int(datetime(2027, 1, 15, 14, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("text", ["120", "-1", "half", "50.5"])
def test_a_probability_is_a_whole_number_of_percent(text: str) -> None:
    assert read(a_field(How.PERCENT), "65 %", NOW) == 65
    with pytest.raises(BadField, match="0 to 100"):
        read(a_field(How.PERCENT), text, NOW)


@pytest.mark.parametrize(
    ("text", "number", "label"),
    [
        ("+44 1632 960944 (work)", "+44 1632 960944", "work"),
        ("mobile: 0171 555", "0171 555", "mobile"),
        ("+49 (0)30 1234", "+49 (0)30 1234", ""),
        ("030 1234 (ext 5)", "030 1234 (ext 5)", ""),
    ],
)
def test_a_number_may_say_what_it_is_for(text: str, number: str, label: str) -> None:
    assert read(a_field(How.PHONES), text, NOW) == (Labelled(number, label),)


def test_a_person_s_form_shows_what_numbers_and_addresses_are_for() -> None:
    known = facts(
        emails=(Labelled("a@x.example", "home"),), phones=(Labelled("123", "work"), Labelled("45", ""))
    )
    texts = {each.name: each.text for each in fields_of(PageKind.PERSON, known)}
    assert (texts["emails"], texts["phones"]) == ("a@x.example (home)", "123 (work), 45")


def test_a_deal_s_form_shows_its_probability() -> None:
    texts = {each.name: each.text for each in fields_of(PageKind.DEAL, facts(values={"probability": "40"}))}
    assert texts["probability"] == "40"

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linking.exchange import locales


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1.234,50 €", "1234.50", "EUR"),
        ("$1,234.50", "1234.50", "USD"),
        ("12 400 EUR", "12400", "EUR"),
        ("12\u00a0400,5 zł", "12400.5", "PLN"),
        ("CHF 1'200.00", "1200.00", "CHF"),
        ("R$ 1.000,00", "1000.00", "BRL"),
        ("-5", "-5", ""),
        ("(12.50)", "-12.50", ""),
        ("€ -3,20", "-3.20", "EUR"),
        ("1.234", "1234", ""),
        ("1,234", "1234", ""),
        ("0.125", "0.125", ""),
        ("1.234.567", "1234567", ""),
        ("1234.567", "1234.567", ""),
        ("12 500 ₽", "12500", "RUB"),
        ("", None, ""),
    ],
)
def test_amounts_are_read_as_they_are_written_in_many_countries(
    text: str, amount: str | None, currency: str
) -> None:
    assert locales.amount(text) == (amount, currency)


@pytest.mark.parametrize(("decimal", "amount"), [(",", "1.234"), (".", "1234")])
def test_who_knows_the_decimal_mark_says_so(decimal: str, amount: str) -> None:
    assert locales.amount("1,234", decimal) == (amount, "")


@pytest.mark.parametrize("text", ["twelve", "12x4", "€", "1.2.3,4,5 €", "EUR 5 USD", "1" * 17])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        locales.amount(text, "," if "." in text else "")


@pytest.mark.parametrize(
    ("text", "code"), [("€", "EUR"), ("eur", "EUR"), ("US Dollar (USD)", "USD"), ("руб.", "RUB"), ("", "")]
)
def test_a_currency_is_named_by_letters_sign_or_in_brackets(text: str, code: str) -> None:
    assert locales.currency(text) == code


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2026-11-22 08:14:00", "", "2026-11-22T08:14:00"),
        ("2026-11-22T08:14:00+02:00", "", "2026-11-22T06:14:00"),
        ("2026-11-22", "", "2026-11-22T00:00:00"),
        ("22.11.2026 08:14", "", "2026-11-22T08:14:00"),
        ("03.04.2026", "", "2026-04-03T00:00:00"),
        ("22/11/2026", "", "2026-11-22T00:00:00"),
        ("11/22/2026 08:14:05 pm", "", "2026-11-22T20:14:05"),
        ("12/25/2026 12:05 AM", "", "2026-12-25T00:05:00"),
        ("03/04/2026", "dmy", "2026-04-03T00:00:00"),
        ("03/04/2026", "mdy", "2026-03-04T00:00:00"),
        ("04/04/2026", "", "2026-04-04T00:00:00"),
        ("2026/11/22", "", "2026-11-22T00:00:00"),
        ("26-11-22", "ymd", "2026-11-22T00:00:00"),
        ("22 Nov 2026", "", "2026-11-22T00:00:00"),
        ("November 22nd, 2026 8:14 PM", "", "2026-11-22T20:14:00"),
    ],
)
def test_dates_are_read_in_every_order_that_can_be_told(text: str, order: str, expected: str) -> None:
    at = locales.moment(text, order)
    assert at is not None
    assert datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S") == expected


def test_a_date_that_could_be_two_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="“03/04/2026” could be two dates: say --date-order"):
        locales.moment("03/04/2026")


@pytest.mark.parametrize(
    "text", ["soon", "31.02.2026", "13/13/2026", "22 Foo 2026", "10:00", "2026-11-22 25:00"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="“"):
        locales.moment(text)


def test_a_date_and_a_time_of_the_day_may_stand_in_two_columns() -> None:
    at = locales.moment("2026-11-22", "", "8:14 pm")
    assert at == locales.moment("2026-11-22 20:14")
    with pytest.raises(ValueError, match="“late” is not a time of the day"):
        locales.moment("2026-11-22", "", "late")


def test_a_date_alone_has_no_time() -> None:
    assert (locales.date("22.11.2026 23:59"), locales.date("")) == ("2026-11-22", None)

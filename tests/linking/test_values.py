from __future__ import annotations

from collections.abc import Callable

import pytest

from linking.exchange import values


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("", None),
        ("  ", None),
        ("0", "0"),
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50 €", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("CHF 1'234.50", "1234.50"),
        ("1,234", "1234"),
        ("12,34", "12.34"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        (".5", "0.5"),
        ("-12", "-12"),
        ("999999999999999", "999999999999999"),
    ],
)
def test_amounts_are_read_as_people_of_many_countries_write_them(written: str, amount: str | None) -> None:
    assert values.money(written) == amount


@pytest.mark.parametrize(
    ("read", "written", "reason"),
    [
        (values.money, "a lot", "“a lot” is not an amount"),
        (values.money, "1-2", "“1-2” is not an amount"),
        (values.money, "1000000000000000", "“1000000000000000” is too large an amount"),
        (values.money, "9" * 17, "is too large an amount"),
        (values.email, "nobody", "“nobody” is not an e-mail address"),
        (values.email, "no body@x.example", "is not an e-mail address"),
        (values.moment, "later", "is not a time; write 2026"),
        (values.date, "31.12.2026", "“31.12.2026” is not a date; write 2026-11-22"),
        (values.truth, "perhaps", "“perhaps” is neither yes nor no; write 1 or 0"),
        (values.whole, "1.5", "“1.5” is not a whole number"),
        (values.currency, "Euro", "is not a currency"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    read: Callable[[str], object], written: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        read(written)


def test_times_without_a_zone_are_utc_and_with_one_are_told_in_it() -> None:
    assert values.moment("2023-11-14T22:13:20") == 1_700_000_000
    assert values.moment("2023-11-14T23:13:20+01:00") == 1_700_000_000
    assert values.moment("") is None
    assert values.moment("0001-01-01T00:00:00+23:59") == -62135683140
    assert values.moment("9999-12-31T23:59:59-23:59") == 253402387139


def test_dates_lose_their_time_of_day() -> None:
    assert (values.date("2026-11-22T10:00:00"), values.date(" ")) == ("2026-11-22", None)


@pytest.mark.parametrize(
    ("written", "is_yes"),
    [("1", True), ("Yes", True), ("x", True), ("", False), ("0", False), ("no", False)],
)
def test_yes_and_no_are_read(written: str, is_yes: bool) -> None:
    assert values.truth(written) is is_yes


def test_whole_numbers_may_be_percentages() -> None:
    assert [values.whole(each) for each in ("", "40 %", "-3", "30.0")] == [None, 40, -3, 30]


def test_several_values_stand_between_semicolons_commas_or_lines_and_each_counts_once() -> None:
    assert values.several("a; b, c;a") == ["a", "b, c"]
    assert values.several("a, b\nc") == ["a", "b", "c"]
    assert values.several("") == []


def test_text_and_notes_are_cut_to_what_anyone_reads() -> None:
    assert len(values.text("x" * 10_000)) == 500
    assert len(values.note("x\n" * 100_000)) <= 50_000


@pytest.mark.parametrize("parts", [["a"], ["a, b", "c"], ['say "x"', "b; c", "two"], ["a\\b"], []])
def test_what_is_joined_comes_apart_the_same(parts: list[str]) -> None:
    assert values.several(values.joined(parts)) == parts


def test_quotes_that_are_part_of_the_text_part_nothing() -> None:
    assert values.several('5" pipe, 6" pipe') == ['5" pipe', '6" pipe']

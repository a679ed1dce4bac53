from __future__ import annotations

import pytest

from tui import one_time_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your verification code is 482913. It expires in 10 minutes.", "482913"),
        ("482 913 is your one-time code", "482913"),
        ("Tu código de verificación: 5521\nCalle Mayor 1234, 2024", "5521"),
        ("Kod: 77-12 nie działa, użyj G7K-2QX jako kod", "G7K-2QX"),
        ("Your PIN\n\n    904211\n\n(c) 2025 Acme Inc, 12345 Main St", "904211"),
    ],
)
def test_the_code_nearest_to_the_word_that_announces_it_is_found(text: str, code: str) -> None:
    assert one_time_code.find(text) == code


@pytest.mark.parametrize(
    "text",
    ["Invoice 482913 is due on 2025-04-01", "Use discount code SPRING in 2025", "Total: 12,400 EUR", ""],
)
def test_numbers_that_no_word_announces_are_not_codes(text: str) -> None:
    assert one_time_code.find(text) is None

from __future__ import annotations

import time

import pytest
from rich.cells import cell_len

from tui.wrap import wrap


def rows(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


def test_words_are_kept_whole_where_they_fit() -> None:
    assert rows("hello world this is   a test", 8) == ["hello", "world", "this is", "a test"]


def test_the_indentation_of_a_line_is_kept() -> None:
    assert rows("    indented text that wraps", 12) == ["    indented", "text that", "wraps"]


def test_a_word_wider_than_the_row_is_cut() -> None:
    assert rows("a" * 25 + " bb", 10) == ["a" * 10, "a" * 10, "aaaaa bb"]


def test_an_indented_word_wider_than_the_row_begins_on_the_first_row() -> None:
    assert rows("  " + "a" * 12, 10) == ["  " + "a" * 8, "aaaa"]


def test_chinese_breaks_between_characters_but_not_before_a_closing_mark() -> None:
    assert rows("日本語の文章は、どこでも。", 14) == ["日本語の文章", "は、どこでも。"]


def test_an_empty_line_is_one_empty_row() -> None:
    assert rows("", 10) == [""]


@pytest.mark.parametrize(
    "text",
    [
        "naïve café " * 40,
        "混ぜた text と 日本語 " * 30,
        "e\u0301" * 200,
        "한국어 문장 " * 30,
        "👩\u200d💻 " * 50,
        " " * 90 + "é",
    ],
)
@pytest.mark.parametrize("width", [10, 37, 80])
def test_no_row_is_wider_than_the_screen_and_no_letter_is_lost(text: str, width: int) -> None:
    assert all(cell_len(row) <= width for row in rows(text, width))
    assert "".join("".join(rows(text, width)).split()) == "".join(text.split())


@pytest.mark.no_cover
@pytest.mark.parametrize("text", ["x" * 2_000_000, "日" * 700_000, " " * 2_000_000 + "é", "é" * 1_000_000])
def test_the_first_rows_of_a_line_of_megabytes_cost_next_to_nothing(text: str) -> None:
    started = time.process_time()
    first = [row for row, _ in zip(wrap(text, 80), range(50), strict=False)]
    assert first
    assert time.process_time() - started < 1.0

import sqlite3
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail import folding
from mail.folding import excerpt, fold, fold_for_index, needs_prefix, phrases


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Quarterly  REPORT, v2.1\n(final)", "quarterly report v2 1 final"),
        ("ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "zazolc gesla jazn"),
        ("Straße, Ærø, Œuvre, Đorđe, Ħal, ıstanbul İzmir", "strasse aero oeuvre dorde hal istanbul izmir"),
        ("résumé re\u0301sume\u0301 \ufb01n", "resume resume fin"),
        ("Ёлка йод", "елка иод"),
        ("契約書", "契約 約書"),
        ("王", "王"),
        ("新しいiPhone15を買う", "新し しい iphone15 を買 買う"),
        ("견적서 보냅니다", "견적 적서 보냅 냅니 니다"),
        ("ｶﾞｲﾄﾞ ガイド", "ガイ イド ガイ イド"),
        ("co\u00adoperate zero\u200bwidth", "cooperate zerowidth"),
        ("１２３ ٣٤", "123 34"),
        ("snake_case a.b@c.de", "snake case a b c de"),
        ("👍🏽 ok", "ok"),
        ("", ""),
    ],
)
def test_a_text_folds_to_words(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_single_spaces(text: str) -> None:
    folded = fold(text)

    assert fold(folded) == folded
    assert folded == " ".join(folded.split())


@given(st.text(st.characters(categories=["L", "N", "P", "Z"]), min_size=1))
def test_case_and_composition_make_no_difference(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def found(body: str, term: str) -> bool:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(
            "CREATE VIRTUAL TABLE t USING fts5 (b, content='', tokenize=\"unicode61 remove_diacritics 0\")"
        )
        connection.execute("INSERT INTO t (rowid, b) VALUES (1, ?)", (fold_for_index(body),))
        asked = " AND ".join(
            '"' + " ".join(words) + '"' + ("*" if needs_prefix(words) else "") for words in phrases(term)
        )
        return connection.execute("SELECT count(*) FROM t WHERE t MATCH ?", (asked,)).fetchone()[0] == 1
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("body", "term"),
    [
        ("请查收附件中的契約書，谢谢", "契約"),
        ("请查收附件中的契約書，谢谢", "契約書"),
        ("请查收附件中的契約書，谢谢", "書"),
        ("请查收附件", "附"),
        ("見積書を送付します", "見積"),
        ("견적서를 보냅니다", "견적"),
        ("Proszę o ofertę na łódź", "lodz"),
        ("Proszę o ofertę na lodz", "ŁÓDŹ"),
        ("新しいiPhoneケース", "iPhoneケース"),
        ("ราคาสินค้าใหม่", "สินค้า"),
        ("मूल्य सूची", "मूल्य"),
        ("Grüße aus STRASSE", "straße"),
        ("see invoice no. 2024/17-b today", "2024/17-b"),
    ],
)
def test_the_index_finds_the_word(body: str, term: str) -> None:
    assert found(body, term)


def test_characters_that_do_not_stand_side_by_side_are_not_a_word() -> None:
    assert not found("書契約", "契書")


@settings(max_examples=60)
@given(st.text(st.sampled_from("aé ł契約書한글ガ1-_ก"), max_size=30), st.data())
def test_any_piece_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    words = text.split()
    term = data.draw(st.sampled_from(words)) if words else ""
    if fold(term):
        assert found(text, term)


def test_an_excerpt_shows_the_first_hit_on_one_line() -> None:
    text = "Dear all,\n\n" + "filler words here " * 40 + "the Łódź invoice is attached " + "more filler " * 40

    piece = excerpt(text, ("lodz",), 60)

    assert "Łódź invoice" in piece
    assert len(piece) <= 60
    assert piece.startswith("…") and piece.endswith("…")
    assert "\n" not in piece


def test_an_excerpt_prefers_the_whole_word_over_one_that_begins_with_it() -> None:
    assert "the pro version" in excerpt(
        "a process " + "x " * 100 + "the pro version " + "y " * 100, ("pro",), 40
    )


def test_an_excerpt_finds_hits_behind_letters_that_fold_to_two() -> None:
    assert "Ziel" in excerpt("ß" * 300 + " das Ziel ist da " + "ß " * 300, ("ziel",), 40)


def test_an_excerpt_finds_unspaced_words_and_falls_back_to_the_beginning() -> None:
    text = "あ" * 200 + "契約書" + "い" * 200
    assert "契約" in excerpt(text, ("契約", "約書"), 30)
    assert excerpt("b" * 50 + " c", ("zzz",), 20) == "b" * 19 + "…"


@given(st.text(), st.lists(st.text(max_size=4), max_size=3), st.integers(1, 80))
def test_an_excerpt_is_never_wider_than_asked(text: str, words: list[str], width: int) -> None:
    assert len(excerpt(text, tuple(fold(word) for word in words), width)) <= width


def test_letters_and_words_fold_the_same_when_too_many_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folding, "_CACHED_LETTERS", 0)
    monkeypatch.setattr(folding, "_CACHED_WORDS", 0)
    assert fold("Ǆoka Ẅelt Ẅelt") == "dzoka welt welt"
    assert fold("é" * 100) == "e" * 100


def test_an_excerpt_finds_hits_far_behind_letters_that_fold_to_more() -> None:
    text = "Ǆ" * 256 + "ß" * 300 + " Ziel " + "x " * 300
    assert "Ziel" in excerpt(text, ("ziel",), 40)

from __future__ import annotations

from makers import a_body

from store.ingest_rows import pack
from store.snippets import WIDTH, snippet


def around(text: str, *words: str) -> str:
    return snippet(pack(a_body(text)), words)


FILLING = "nothing to see here " * 200


def test_a_snippet_shows_a_word_deep_in_the_text() -> None:
    shown = around(f"{FILLING}the OFFER we made{FILLING}", "offer")
    assert "the OFFER we made" in shown
    assert len(shown) <= WIDTH and shown.startswith("…") and shown.endswith("…")


def test_a_whole_word_is_preferred_over_the_beginning_of_one() -> None:
    assert "the offer we" in around(f"offerings galore {FILLING}the offer we made{FILLING}", "offer")
    assert "offerings galore" in around(f"{FILLING}offerings galore{FILLING}", "offer")


def test_a_word_inside_another_is_not_shown() -> None:
    assert "a car" in around(f"the scary scarf {FILLING} a car {FILLING}", "car")


def test_letters_with_strokes_are_found_by_plain_ones() -> None:
    assert "Łódź" in around(f"{FILLING[:1000]} z miasta Łódź {FILLING}", "lodz")


def test_without_the_words_the_beginning_is_shown() -> None:
    assert around(f"Dear Ana, {FILLING}", "offer").startswith("Dear Ana,")
    assert around(f"Dear Ána, {FILLING}", "offer").startswith("Dear Ána,")
    assert around(f"Dear Ana, {FILLING}").startswith("Dear Ana,")
    assert around("", "offer") == ""


def test_of_a_body_too_long_to_read_whole_the_beginning_is_looked_through() -> None:
    text = "\n".join(f'line {n} of the "offer" \x01 {n * 7919}' for n in range(20_000))
    assert "line 900 of" in around(text, str(900 * 7919))
    assert around(text, str(19_999 * 7919)).startswith("line 0 of")

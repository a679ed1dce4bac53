from __future__ import annotations

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tui.guard import AsciiSigns, OutputGuard, PlainDefaults

BLACK = Color(0, 0, 0)


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]52;c;UFdORUQ=\x07",
        "\x9b2J",
        "a\u202eb",
        "a\u200bb",
        "a\rb",
        "\x1b[2J",
        "a\u2066b",
        "\ufeffx",
        "\U000e0041",
    ],
)
def test_nothing_a_terminal_acts_on_passes(hostile: str) -> None:
    (segment,) = OutputGuard().apply([Segment(f"ok {hostile}")], BLACK)
    assert segment.text.isprintable()
    assert segment.text.startswith("ok ")


def test_plain_segments_pass_untouched() -> None:
    segments = [Segment("Zoë 您好 ●", Style(bold=True)), Segment("plain")]
    assert OutputGuard().apply(segments, BLACK) is segments


def test_a_link_that_is_not_plain_loses_its_address_and_keeps_its_text() -> None:
    link = Style(link="https://example.org/\x1b[2J")
    (segment,) = OutputGuard().apply([Segment("here", link)], BLACK)
    assert segment.text == "here"
    assert segment.style is not None
    assert not segment.style.link


def test_the_terminals_own_colours_are_not_named() -> None:
    default = Style.from_color(RichColor.parse("default"), RichColor.parse("default"))
    plain, bold, red = PlainDefaults().apply(
        [
            Segment("a", default),
            Segment("b", default + Style(bold=True)),
            Segment("c", Style(color="red", bgcolor="default")),
        ],
        BLACK,
    )
    assert plain.style == Style()
    assert bold.style == Style(bold=True)
    assert red.style == Style(color="red")


def test_signs_become_ascii_and_words_keep_their_letters() -> None:
    (segment,) = AsciiSigns().apply([Segment("● Zoë │ ▸")], BLACK)
    assert segment.text == "o Zoë | >"

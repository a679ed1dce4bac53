from __future__ import annotations

from itertools import product

import pytest

from tui.layout import Wishes, arrange, breakpoint_of


@pytest.mark.parametrize(
    ("size", "reading", "boxes"),
    [
        ((60, 20), False, {"list": (60, 17), "strip": (60, 1)}),
        ((60, 20), True, {"reader": (60, 17), "strip": (60, 1)}),
        ((80, 24), False, {"list": (80, 21), "strip": (80, 1)}),
        ((80, 24), True, {"reader": (80, 21), "strip": (80, 1)}),
        ((100, 30), False, {"list": (68, 28), "panel": (31, 28)}),
        ((100, 30), True, {"reader": (68, 28), "panel": (31, 28)}),
        ((100, 36), False, {"list": (68, 11), "rule": (68, 1), "reader": (68, 22), "panel": (31, 34)}),
        (
            (120, 40),
            False,
            {"mailboxes": (17, 38), "list": (66, 12), "rule": (66, 1), "reader": (66, 25), "panel": (35, 38)},
        ),
        ((120, 40), True, {"list": (84, 12), "rule": (84, 1), "reader": (84, 25), "panel": (35, 38)}),
        (
            (160, 45),
            False,
            {
                "mailboxes": (17, 43),
                "list": (106, 14),
                "rule": (106, 1),
                "reader": (106, 28),
                "panel": (35, 43),
            },
        ),
        ((160, 45), True, {"list": (124, 14), "rule": (124, 1), "reader": (124, 28), "panel": (35, 43)}),
        (
            (200, 50),
            False,
            {"mailboxes": (19, 48), "list": (59, 48), "reader": (82, 48), "panel": (37, 48)},
        ),
    ],
)
def test_panes_have_the_sizes_of_the_breakpoints(
    size: tuple[int, int], reading: bool, boxes: dict[str, tuple[int, int]]
) -> None:
    places = arrange(*size, Wishes(is_reading=reading))
    shown = {
        name: (box.width, box.height) for name, box in places.boxes().items() if name not in ("top", "status")
    }
    assert shown == boxes


@pytest.mark.parametrize("reading", [False, True])
def test_panes_and_lines_cover_the_screen_once(reading: bool) -> None:
    for width, height in product(range(40, 240, 7), range(10, 70, 6)):
        places = arrange(width, height, Wishes(is_reading=reading))
        cells = [
            (x, y)
            for box in (*places.boxes().values(), *places.separators)
            for y in range(box.y, box.y + box.height)
            for x in range(box.x, box.x + box.width)
        ]
        assert len(cells) == len(set(cells)) == width * height, (width, height)


def test_the_panel_lies_over_a_list_that_is_too_narrow_for_both() -> None:
    places = arrange(80, 24, Wishes(is_panel_wanted=True))
    assert places.is_panel_overlay
    assert places.panel == (44, 1, 36, 21)
    assert arrange(60, 20, Wishes(is_panel_wanted=True)).panel == (0, 1, 60, 17)


def test_mailboxes_open_as_a_drawer_where_they_have_no_room() -> None:
    places = arrange(80, 24, Wishes(is_mailboxes_wanted=True))
    assert places.is_mailboxes_overlay
    assert places.mailboxes == (0, 1, 32, 21)


def test_a_hidden_panel_leaves_its_room_to_list_and_reader_and_a_strip() -> None:
    places = arrange(120, 40, Wishes(is_panel_wanted=False))
    assert places.panel is None
    assert places.strip is not None
    assert places.list is not None
    assert places.list.width == 102


def test_without_a_preview_the_list_has_all_the_room_until_something_is_read() -> None:
    assert arrange(120, 40, Wishes(is_preview_wanted=False)).reader is None
    assert arrange(120, 40, Wishes(is_preview_wanted=False, is_reading=True)).reader is not None


def test_rows_have_two_lines_only_where_the_list_is_narrow_and_tall() -> None:
    assert arrange(200, 50, Wishes()).row_lines == 2
    assert arrange(200, 40, Wishes()).row_lines == 1
    assert arrange(120, 50, Wishes()).row_lines == 1


def test_choices_are_remembered_by_size() -> None:
    assert breakpoint_of(80, 24) == "s-short"
    assert breakpoint_of(200, 50) == "xl-tall"

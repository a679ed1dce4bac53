from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content

from tui.widgets.choice_list import ChoiceList


class ListApp(App[None]):
    CSS = "ChoiceList { width: 20; height: auto; max-height: 4; }"

    def __init__(self) -> None:
        super().__init__()
        self.choices = ChoiceList()
        self.drawn: list[int] = []
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.choices

    def show(self, count: int) -> None:
        self.choices.show(count, self.label, "nothing found")

    def label(self, index: int) -> Content:
        self.drawn.append(index)
        return Content(f"row {index}")

    def on_choice_list_chosen(self, event: ChoiceList.Chosen) -> None:
        self.chosen.append(event.index)

    def lines(self) -> list[str]:
        return [self.choices.render_line(y).text.rstrip() for y in range(self.choices.size.height)]


async def test_only_the_rows_that_are_seen_are_drawn() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.show(10_000)
        await pilot.pause()
        assert app.lines() == ["row 0", "row 1", "row 2", "row 3"]
        assert set(app.drawn) == {0, 1, 2, 3}


async def test_the_list_scrolls_with_the_highlighted_row_and_stops_at_its_ends() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.show(9)
        await pilot.pause()
        app.choices.move(5)
        assert app.lines() == ["row 2", "row 3", "row 4", "row 5"]
        app.choices.move(100)
        assert (app.choices.highlighted, app.lines()[-1]) == (8, "row 8")
        app.choices.move(-100)
        assert (app.choices.highlighted, app.lines()[0]) == (0, "row 0")


async def test_without_rows_the_list_says_why_and_nothing_is_highlighted() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.show(3)
        app.show(0)
        await pilot.pause()
        app.choices.move(1)
        assert (app.lines(), app.choices.highlighted) == (["nothing found"], None)


async def test_the_list_is_as_high_as_it_has_rows() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        for count, height in ((2, 2), (9, 4), (0, 1)):
            app.show(count)
            await pilot.pause()
            assert app.choices.size.height == height


async def test_a_click_takes_the_row_under_the_mouse() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.show(9)
        await pilot.pause()
        app.choices.move(5)
        await pilot.click(ChoiceList, offset=(2, 1))
        await pilot.pause()
        assert app.chosen == [3]


async def test_a_reversed_cell_at_the_right_tells_which_part_is_seen() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        app.show(8)
        await pilot.pause()
        styles = [list(app.choices.render_line(y))[-1].style for y in range(4)]
        assert [bool(style and style.reverse) for style in styles] == [True, True, False, False]

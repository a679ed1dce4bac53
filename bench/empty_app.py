"""The reference of start-up: a Textual app with nothing in it."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """One word."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        yield Static("EMPTY-APP")


if __name__ == "__main__":
    EmptyApp().run(mouse=False)

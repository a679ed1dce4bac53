"""Keys of writing mail: in the fields, where letters are text, and in the review bar, where each letter does something.

The screens bind what stands here, and the help and docs/keys.md are made of it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from textual.binding import Binding


class WritingKey(NamedTuple):
    """Keys as the framework names them, the action they run, and what it does in words."""

    keys: str
    action: str
    title: str
    hint: str = ""


FIELDS: Final = (
    WritingKey("ctrl+x", "review", "Send, send later, attach, link...: the review bar", "send..."),
    WritingKey("ctrl+o", "editor", "Write the text in your $EDITOR", "editor"),
    WritingKey("escape", "put_aside", "Put aside, kept as it is: E comes back", "put aside"),
    WritingKey("f1", "help", "These keys", "keys"),
)
"""Keys while fields and text are written."""

MOVING: Final = (
    ("tab", "Next field; takes the person offered"),
    ("shift+tab", "Previous field"),
    ("up down", "Field above or below; another person of those offered"),
    ("ctrl+z ctrl+y", "Undo and redo in the text"),
)
"""What the fields do by themselves."""

REVIEW: Final = (
    WritingKey("y", "choose('send')", "Send", "send"),
    WritingKey("Y", "choose('send_archive')", "Send, and archive the conversation", "send+archive"),
    WritingKey("l", "choose('later')", "Send later: tomorrow 9, mon 8:30, in 2 h", "later"),
    WritingKey("e", "choose('edit')", "Go on writing", "edit"),
    WritingKey("E", "choose('editor')", "Write in your $EDITOR", "$EDITOR"),
    WritingKey("a", "choose('attach')", "Attach files", "attach"),
    WritingKey("d", "choose('detach')", "Take an attachment away", "detach"),
    WritingKey("P", "choose('preview')", "Preview, as the recipients get it", "preview"),
    WritingKey("f", "choose('from')", "Who writes", "from"),
    WritingKey("t", "choose('to')", "To", "to"),
    WritingKey("c", "choose('cc')", "Cc", "cc"),
    WritingKey("b", "choose('bcc')", "Bcc", "bcc"),
    WritingKey("s", "choose('subject')", "Subject", "subject"),
    WritingKey("m", "choose('markdown')", "Markdown on or off", "markdown"),
    WritingKey("L", "choose('link')", "Link to an item; it supplies the recipient", "link"),
    WritingKey("v", "choose('visibility')", "Visibility: private or shared", "visibility"),
    WritingKey("C", "choose('clear')", "Clear fields", "clear"),
    WritingKey("p", "choose('postpone')", "Postpone: keep it in Drafts", "postpone"),
    WritingKey("q", "choose('leave')", "Discard or postpone...", "discard..."),
)
"""Keys of the review bar."""


def bindings(keys: tuple[WritingKey, ...], *, are_text: bool) -> list[Binding]:
    """Return the keys as bindings; with `are_text` they go before what a field makes of them."""
    return [
        Binding(each.keys, each.action, each.title, show=False, priority=are_text and each.keys != "escape")
        for each in keys
    ]


def sections() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the keys with their titles for help and docs."""
    fields = [(each.keys, each.title) for each in FIELDS]
    return [
        ("While writing", [*fields, *MOVING]),
        ("Review bar (Ctrl+x)", [(each.keys, each.title) for each in REVIEW]),
    ]

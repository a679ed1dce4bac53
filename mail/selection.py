"""Which parts of a message are read and which are attached (RFC 8621 §4.1.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from mail.structure import Part

CALENDARS = frozenset({"text/calendar", "application/ics"})
_INLINE_MEDIA = ("image/", "audio/", "video/")
_READABLE = frozenset({"text/plain", "text/html"})


@dataclass(slots=True)
class Selection:
    """The leaves of a message by what is done with them; `plain` and `html` are two renderings of the same text."""

    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    related: set[str] = field(default_factory=set)


def select(root: Part) -> Selection:
    """Decide what each leaf is for; when nothing is to be read, the first text is, attached or not."""
    selection = Selection()
    is_alternative = root.media_type == "multipart/alternative"
    _visit(root, root.parts or [root], is_alternative, selection.plain, selection.html, selection)
    if not selection.plain and not selection.html:
        texts = [part for part in root.leaves() if part.media_type.startswith("text/")]
        texts = [part for part in texts if part.media_type not in CALENDARS and part.start < part.end]
        selection.plain = selection.html = texts[:1]
    return selection


def _visit(
    parent: Part,
    parts: list[Part],
    in_alternative: bool,
    plain: list[Part] | None,
    html: list[Part] | None,
    selection: Selection,
) -> None:
    kind = parent.media_type.removeprefix("multipart/") if parent.parts else "mixed"
    plain_before, html_before = len(plain or ()), len(html or ())
    for position, part in enumerate(parts):
        if part.parts:
            _visit(
                part,
                part.parts,
                in_alternative or part.media_type == "multipart/alternative",
                plain,
                html,
                selection,
            )
            continue
        if kind == "related" and position > 0:
            selection.related.add(part.number)
        if not _is_inline(part, kind, position):
            selection.attached.append(part)
        elif kind == "alternative":
            chosen = {"text/plain": plain, "text/html": html}.get(part.media_type)
            (selection.attached if chosen is None else chosen).append(part)
        else:
            if in_alternative and plain is not None and html is not None:
                html = None if part.media_type == "text/plain" else html
                plain = None if part.media_type == "text/html" else plain
            _add(part, plain, html, selection)
    if kind == "alternative" and plain is not None and html is not None:
        _complete(plain, plain_before, html, html_before)


def _add(part: Part, plain: list[Part] | None, html: list[Part] | None, selection: Selection) -> None:
    if part.media_type.startswith(_INLINE_MEDIA):
        selection.attached.append(part)
        return
    for chosen in (plain, html):
        if chosen is not None:
            chosen.append(part)


def _complete(plain: list[Part], plain_before: int, html: list[Part], html_before: int) -> None:
    """Let the one rendering that an alternative has stand for the other."""
    if len(plain) == plain_before:
        plain.extend(html[html_before:])
    elif len(html) == html_before:
        html.extend(plain[plain_before:])


def _is_inline(part: Part, kind: str, position: int) -> bool:
    is_media = part.media_type.startswith(_INLINE_MEDIA)
    if not is_media and part.media_type not in _READABLE:
        return False
    disposition, parameters = part.disposition
    if disposition == "attachment":
        return False
    if position == 0:
        return True
    return kind != "related" and (is_media or not (_has_name(parameters) or _has_name(part.parameters)))


def _has_name(parameters: dict[str, str]) -> bool:
    return any(name.startswith(("name", "filename")) for name in parameters)

"""Which elements a mail's style says are not to be seen. A linear scanner: real style sheets have made regexes explode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_MAX_RULES: Final = 300
_MAX_SHEET: Final = 400_000
_SIMPLE: Final = re.compile(
    r"(?P<tag>[a-z][a-z0-9]*|\*)?(?P<mark>[.#])(?P<name>[\w-]+)|(?P<only>[a-z][a-z0-9]*)", re.ASCII
)
_NOTHING: Final = re.compile(r"(?:0+\.?0*|\.0+)(?:px|pt|em|rem|%|vh|vw|cm|mm|in)?(?=$|[\s!])")
_TINY: Final = re.compile(r"(?:[01]|0?\.\d+|0+|1\.0*)(?:px|pt)?(?=$|[\s!])")
_RELATIVE: Final = re.compile(r"[\d.]+(?:em|%|ex|ch)|inherit|smaller|larger|unset")
_DECLARATION: Final = re.compile(
    r"(?:^|;)\s*(display|visibility|opacity|(?:max-)?(?:height|width)|overflow|font(?:-size)?|white-space|mso-hide)\s*:\s*([^;]*)"
)

_NO_MARGIN: Final = re.compile(r"margin(?:-bottom)?:\s*0(?:px|pt|in|cm|em)?\s*(?:;|$|!|0)")
_LARGE_ENOUGH: Final = re.compile(r"\d\d(?:px|pt)|[2-9](?:px|pt)|r?em|%")
_MAX_STYLE: Final = 4_000

_KEPT: Final = frozenset(
    (
        "display",
        "visibility",
        "opacity",
        "max-height",
        "font-size",
        "font",
        "white-space",
        "mso-hide",
        "overflow",
    )
)

Declarations = dict[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """How an element is drawn. None leaves it to what is around the element."""

    is_hidden: bool = False
    is_kept_from_outlook: bool = False
    is_tiny: bool | None = None
    keeps_spaces: bool | None = None
    has_no_margin: bool = False


PLAIN: Final = Look()
HIDDEN: Final = Look(is_hidden=True)
NO_MARGIN: Final = Look(has_no_margin=True)


def look(rules: Declarations, style: str, classes: str) -> Look:
    """Return how an element is drawn by the style sheets' `rules` and its own style, which is the stronger."""
    style = style[:_MAX_STYLE]
    own = _declarations(style)
    merged = {
        **rules,
        **{name: value for name, value in own.items() if _is_stronger(value, rules.get(name, ""))},
    }
    has_no_margin = (
        classes.lower().startswith(("mso", "x_mso")) or _NO_MARGIN.search(style.lower()) is not None
    )
    if not merged:
        return NO_MARGIN if has_no_margin else PLAIN
    white_space = merged.get("white-space")
    return Look(
        is_hidden=_hides(merged),
        is_kept_from_outlook=merged.get("mso-hide", "").startswith("all"),
        is_tiny=_is_tiny(merged),
        keeps_spaces=None if white_space is None else white_space.startswith(("pre", "break-spaces")),
        has_no_margin=has_no_margin,
    )


def _declarations(style: str) -> Declarations:
    found: Declarations = {}
    for name, value in _DECLARATION.findall(style.lower()):
        if _is_stronger(value, found.get(name, "")):
            found[name] = value
    return found


def _is_stronger(value: str, than: str) -> bool:
    return "!important" in value or "!important" not in than


def _hides(style: Declarations) -> bool:
    if style.get("display", "").startswith("none") or style.get("visibility", "").startswith(
        ("hidden", "collapse")
    ):
        return True
    if _is_nothing(style, "opacity") or _is_nothing(style, "max-height"):
        return True
    is_cut = style.get("overflow", "").startswith(("hidden", "clip"))
    return is_cut and (
        _is_nothing(style, "height") or _is_nothing(style, "width") or _is_nothing(style, "max-width")
    )


def _is_nothing(style: Declarations, name: str) -> bool:
    value = style.get(name)
    return value is not None and _NOTHING.match(value) is not None


def _is_tiny(style: Declarations) -> bool | None:
    """Tell whether text is too small to see.

    Whole newsletters stand in a font-size of 0 that their cells undo, so this is inherited rather than hiding.
    """
    size = style.get("font-size")
    if size is None:
        return False if _LARGE_ENOUGH.search(style.get("font", "")) else None
    if _TINY.match(size):
        return True
    return None if _RELATIVE.match(size) and "rem" not in size else False


class StyleSheet:
    """The few rules of a mail's style sheets that hide elements, by tag, class or id."""

    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], Declarations] = {}

    def read(self, sheet: str) -> None:
        """Take in the simple selectors of a sheet outside any @media block: those inside are for other screens."""
        sheet = _without_comments(sheet[:_MAX_SHEET])
        position = 0
        while (brace := sheet.find("{", position)) >= 0:
            selectors = sheet[position:brace].rpartition(";")[2]
            if "@" in selectors:
                position = _block_end(sheet, brace)
                continue
            end = sheet.find("}", brace)
            if end < 0:
                return
            self._add(selectors.rpartition("}")[2], sheet[brace + 1 : end])
            position = end + 1

    def _add(self, selectors: str, body: str) -> None:
        style = _declarations(body)
        kept = {name: value for name, value in style.items() if name in _KEPT or "overflow" in style}
        if not kept or len(selectors) > 5_000:
            return
        for selector in selectors.lower().split(","):
            simple = _SIMPLE.fullmatch(selector.strip())
            if simple is None:
                continue
            key = (simple["only"] or simple["tag"] or "*", f"{simple['mark'] or ''}{simple['name'] or ''}")
            if key in self.rules or len(self.rules) < _MAX_RULES:
                self.rules.setdefault(key, {}).update(kept)

    def style(self, tag: str, classes: str, identity: str) -> Declarations:
        """Return what the rules say of an element, ids over classes over tags."""
        if not self.rules:
            return {}
        names = ["", *(f".{name}" for name in classes.lower().split()[:20])]
        if identity:
            names.append(f"#{identity.lower()}")
        found: Declarations = {}
        for name in names:
            for one in ("*", tag):
                found.update(self.rules.get((one, name), {}))
        return found


def _without_comments(sheet: str) -> str:
    pieces = sheet.replace("<!--", " ").replace("-->", " ").split("/*")
    return pieces[0] + "".join(piece.partition("*/")[2] for piece in pieces[1:])


def _block_end(sheet: str, brace: int) -> int:
    """Return where the block that opens at `brace` has ended, counting the blocks in it."""
    depth = 0
    for mark in re.compile(r"[{}]").finditer(sheet, brace):
        depth += 1 if mark[0] == "{" else -1
        if depth == 0:
            return mark.end()
    return len(sheet)

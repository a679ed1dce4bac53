from __future__ import annotations

import pytest

from mail.html import document
from mail.html_css import StyleSheet


def rules(sheet: str) -> dict[tuple[str, str], dict[str, str]]:
    found = StyleSheet()
    found.read(sheet)
    return found.rules


@pytest.mark.parametrize(
    ("sheet", "selectors"),
    [
        (".a{display:none}", [("*", ".a")]),
        ("p.a, #b{display:none}", [("p", ".a"), ("*", "#b")]),
        ("p{display:none}", [("p", "")]),
        ("p > .a{display:none} .b{display:none}", [("*", ".b")]),
        (".a{color:red} .b{display:none}", [("*", ".b")]),
        ("@import url(x); .a{display:none}", [("*", ".a")]),
        ("@media print{.a{display:none}} .b{display:none}", [("*", ".b")]),
        ("/* .a{display:none} */ .b{display:none}", [("*", ".b")]),
        (".a{display:none", []),
        ("@media print{.a{display:none}", []),
        (",".join(["." + "a" * 50] * 200) + "{display:none}", []),
    ],
)
def test_simple_rules_that_hide_are_kept(sheet: str, selectors: list[tuple[str, str]]) -> None:
    assert list(rules(sheet)) == selectors


def test_more_rules_than_any_mail_needs_are_not_kept_but_known_ones_still_change() -> None:
    sheet = "".join(f".a{n}{{display:none}}" for n in range(400)) + ".a0{display:block}"
    found = rules(sheet)
    assert len(found) == 300
    assert found["*", ".a0"]["display"] == "block"


@pytest.mark.parametrize(
    ("style", "is_shown"),
    [
        ("display:none", False),
        ("display:none; display:block", True),
        ("display:none !important; display:block", False),
        ("display:block; display:none !important", False),
        ("overflow:hidden; max-height:0", False),
        ("overflow:hidden; width:0px", False),
        ("overflow:visible; height:0", True),
        ("font-size:0", False),
        ("font-size:12px", True),
        ("opacity:0", False),
    ],
)
def test_the_stronger_declaration_decides_what_is_seen(style: str, is_shown: bool) -> None:
    html = f'<p>always</p><p style="{style}">sometimes</p>'
    text = "\n".join(block.text for block in document(html).blocks)
    assert ("sometimes" in text) is is_shown


def test_ids_decide_over_classes_and_classes_over_tags() -> None:
    html = (
        "<style>p{display:none} .a{display:block} #b{display:none}</style>"
        "<p lang=en>tag</p><p class=a>class</p><p class=a id=b>id</p>"
    )
    assert "".join(block.text for block in document(html).blocks) == "class"

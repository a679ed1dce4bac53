from __future__ import annotations

import pytest

from mail.html_flat import flat_text, is_too_tangled


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<p>c</p><b>d</b>", "a\nb\nc\nd"),
        ("before<style>p{}</style>after<SCRIPT>x<b></Script>end", "beforeafterend"),
        ("shown<style>never closed <p>hidden", "shown"),
        ("a<!-- x > y -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("a<b", "a"),
        ("1 < 2 > 0 &amp; more", "1 0 & more"),
        ("</p></style>a", "a"),
        ("", ""),
    ],
)
def test_the_text_between_the_tags_is_kept_with_a_line_for_each_block(html: str, text: str) -> None:
    assert flat_text(html) == text


@pytest.mark.parametrize(
    ("html", "is_tangled"),
    [
        ("<div>" * 2_001, True),
        ("<div>" * 1_999, False),
        ("<div></div>" * 5_000, False),
        ("</div>" * 5_000, False),
        ("<br><p><td>" * 5_000, False),
        ("<p " + " ".join(f"a{n}" for n in range(400)) + ">", True),
        ("<p " + "a" * 5_000 + ">", False),
        ("<p title='>' " + " ".join(f"a{n}='1'" for n in range(400)) + ">", True),
        ("<p>" + "word > word " * 500, False),
        ("<a href='x>y'>" + "word " * 500, False),
    ],
)
def test_only_html_that_would_take_quadratic_time_is_tangled(html: str, is_tangled: bool) -> None:
    assert is_too_tangled(html) is is_tangled

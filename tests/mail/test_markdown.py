from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mail import markdown

SAFE_TAGS = frozenset(
    {"html", "head", "meta", "body", "p", "br", "em", "strong", "a", "blockquote", "div", "ul", "ol", "li", "code", "pre",
     "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td", "s"}
)  # fmt: skip


def body(text: str) -> str:
    html = markdown.to_html(text)
    return html[html.index("<body>\n") + 7 : html.index("</body>")]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("It is *urgent*.", "<p>It is <em>urgent</em>.</p>\n"),
        ("one\ntwo", "<p>one<br />\ntwo</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("~~old~~", "<p><s>old</s></p>\n"),
        ("[us](https://dealbox.example)", '<p><a href="https://dealbox.example">us</a></p>\n'),
        (
            "see https://dealbox.example",
            '<p>see <a href="https://dealbox.example">https://dealbox.example</a></p>\n',
        ),
        ("see parse.py", "<p>see parse.py</p>\n"),
        ("Ana\n--\nZoë", "<p>Ana<br />\n--<br />\nZoë</p>\n"),
        ("Hi\n-- \n*Ana*", "<p>Hi</p>\n<div>-- <br>\n*Ana*</div>\n"),
    ],
)
def test_own_words_are_markdown(text: str, html: str) -> None:
    assert body(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](https://t.example/p.gif)",
        "[x](data:text/html;base64,AAAA)", "<javascript:alert(1)>", "> <script>x</script>", "-- \n<script>x</script>",
        "[x]: javascript:alert(1)\n\n[x]", "<!-- x --><style>*{}</style>", '[x](https://a.example "\\"onclick=\\"x")',
    ],
)  # fmt: skip
def test_html_and_pictures_are_shown_and_not_obeyed(text: str) -> None:
    assert_safe(markdown.to_html(text))


@given(
    st.text(
        st.sampled_from(list("<>![]()`*_-=#&\"'\\ \n:/ax1|~")) | st.characters(exclude_categories=("Cs",)),
        max_size=200,
    )
)
def test_no_text_becomes_more_than_plain_elements(text: str) -> None:
    assert_safe(markdown.to_html(text))


def assert_safe(html: str) -> None:
    tree = LexborHTMLParser(html)
    assert tree.root is not None
    for node in tree.root.traverse():
        assert node.tag in SAFE_TAGS
        assert set(node.attributes) <= {"href", "title", "type", "style", "charset", "class", "start"}
        href = node.attributes.get("href")
        assert href is None or not href.lower().startswith(("javascript:", "data:", "vbscript:", "file:"))


def test_quotes_are_quotes_and_not_markdown() -> None:
    html = body("> a *b*\n>> <c>\nmine")
    assert html.count("<blockquote") == html.count("</blockquote>") == 2
    assert "<div>a *b*</div>" in html
    assert "<div>&lt;c&gt;</div>" in html
    assert html.endswith("<p>mine</p>\n")


def test_a_forwarded_message_is_shown_as_it_is() -> None:
    html = body(
        "See below.\n\n---------- Forwarded message ----------\nSubject: *x*\n\n# Hi\n> quoted\n# there"
    )
    assert "<p>See below.</p>" in html
    assert "# Hi</div>" in html
    assert "<div># there</div>" in html


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "*a " * 20_000, "`" * 20_000, "> " * 5_000, "- " * 5_000, "![[]()" * 5_000]
)
def test_text_made_to_be_slow_is_not(text: str) -> None:
    started = time.process_time()
    markdown.to_html(text)
    assert time.process_time() - started < 5

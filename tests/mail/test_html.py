import email
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.html import document, render
from mail.links import target
from mail.text import is_safe
from mail.types import BlockKind, Link

MAIL = Path(__file__).parents[2] / "../shared/mail"
needs_mail = pytest.mark.skipif(not MAIL.exists(), reason="the shared test mail is not beside the project")


def text(html: str) -> str:
    return "\n".join(block.text for block in document(html).blocks)


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>Dear  Bob,\n<p>the <b>offer</b>", "Dear Bob,\n\nthe offer"),
        ("a<br>b<br><br><br><br>c", "a\nb\n\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>b</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>c</p>", "a\nb\nc"),
        ("<h1>Title</h1>text", "Title\n\ntext"),
        ("<ul><li>one<li>two<ul><li>three</ul></ul>after", "• one\n• two\n  • three\n\nafter"),
        ("<ol start=9><li>nine<li><p>ten</p><p>more</p></ol>", "9. nine\n\n10. ten\n\n    more"),
        ("<table><tr><th>Item<th>Price<tr><td>Seats<td>40 EUR</table>", "Item | Price\nSeats | 40 EUR"),
        ("<table><tr><td><p>one</p><p>two</p><td>side</table>", "one\n\ntwo\n\nside"),
        ("<table role=presentation><tr><td><table><tr><td>a</table><tr><td>b</table>", "a\nb"),
        ("<pre>  x = 1\n\n\ty</pre>", "  x = 1\n\n        y"),
        ("a<hr>b", "a\n────────────────────────\nb"),
        ("<blockquote>saying<blockquote>deeper</blockquote></blockquote>me", "> saying\n\n> > deeper\n\nme"),
        ('<blockquote style="margin:0 0 0 40px;border:none">set in</blockquote>', "  set in"),
        ("<dl><dt>Term<dd>meaning</dl>", "Term\n  meaning"),
        ('<img alt="Our team" src=x><img alt="" src=y><img alt="logo.png" src=z>', "[Our team]"),
        ('<img src="cid:1">', "[image]"),
        ('<a href="https://acme.example"><img src=x></a>', "[image]"),
        ('see<img src=x width=1 height=1 alt="pixel of doom">', "see"),
        ('<div style="display:none">preheader</div>body', "body"),
        ('<div style="DISPLAY : none !important">preheader</div>body', "body"),
        ('<span style="visibility:hidden">x</span><p style="max-height:0px;overflow:hidden">y</p><i style="opacity:0">z</i>body', "body"),
        ('<div style="height:0;overflow:hidden">x</div><div style="height:0">body</div>', "body"),
        ('<div style="font-size:0">gone<p style="font-size:14px">body</p>gone</div>', "body"),
        ('<div style="font-size:1px;line-height:1px">gone</div>body <i style="font-size:.9em">small</i>', "body small"),
        ('<div style="mso-hide:all">preheader</div><a style="mso-hide:all" href="https://acme.example">Button</a>', "Button"),
        ("<p hidden>x</p>body<template>y</template><script>z</script><!-- c -->", "body"),
        ("<style>.pre, #top{display:none} p.off{display:none}</style><div class='a pre'>x</div><b id=top>y</b><p class=off>z</p><p>body</p>", "body"),
        ("<style>@media (max-width:600px){.wide{display:none}} .m{display:none}</style><p class=wide>body</p><p class=m>phone</p>", "body"),
        ("<style>.m{display:none}</style><p class=m style='display:block'>body</p>", "body"),
        ("&#847; &zwnj; &#847; &zwnj; &#847; &zwnj; body", "body"),
        ("a &amp; b &lt;c&gt; &copy;", "a & b <c> ©"),
        ("<input type=submit value=Go><input type=hidden value=secret>", "[Go]"),
        ("x\x1b]0;evil\x07y\u202ez", "x]0;evilyz"),
    ],
)  # fmt: skip
def test_html_reads_as_lines(html: str, shown: str) -> None:
    assert text(html) == shown


def test_links_are_numbered_in_reading_order_with_the_host_they_reach() -> None:
    found = document(
        '<a href="https://gone.example"></a>See <a href="http://b.example/x y">our <b>offer</b></a> or '
        '<a href="mailto:ana@acme.example?subject=Hi">write</a>, <a href="http://b.example/x y">again</a>, '
        '<a href="javascript:alert(1)">not</a> <a href="#top">this</a>'
    )

    assert found.links == (
        Link(1, "http://b.example/x%20y", "b.example"),
        Link(2, "mailto:ana@acme.example?subject=Hi", "ana@acme.example"),
    )
    (block,) = found.blocks
    linked = [(block.text[span.start : span.end], span.number) for span in block.links]
    assert linked == [("our offer", 1), ("write", 2), ("again", 1)]


def test_a_link_over_several_lines_leads_from_each() -> None:
    (block,) = document(
        '<ul><li><a href="https://a.example">one<br>two</a></ul><table><tr><td>x<td><a href="https://b.example">y</a></table>'
    ).blocks

    assert [(block.text[span.start : span.end], span.number) for span in block.links] == [
        ("one", 1),
        ("two", 1),
        ("y", 2),
    ]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://acme.example/a?b=c#d", ("https://acme.example/a?b=c#d", "acme.example")),
        (" HTTP://ACME.example:8080 ", ("http://acme.example:8080", "acme.example")),
        ("https:\\\\good.example\\@evil.example/", ("https://good.example/@evil.example/", "good.example")),
        ("https://good.example@evil.example/", ("https://good.example@evil.example/", "evil.example")),
        ("https:///evil.example", ("https://evil.example", "evil.example")),
        ("ht\ntps://acme.exa\tmple", ("https://acme.example", "acme.example")),
        ("//acme.example/x", ("https://acme.example/x", "acme.example")),
        (
            "https://bücher.example/ä?ö",
            ("https://xn--bcher-kva.example/%C3%A4?%C3%B6", "xn--bcher-kva.example"),
        ),
        ("https://acme%2eexample/", ("https://acme.example/", "acme.example")),
        ("http://[::1]/x", ("http://[::1]/x", "[::1]")),
        ("tel:+34 600", ("tel:+34%20600", "+34 600")),
        ("https://a b.example/", None),
        ("https://", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("offer.html", None),
        ("https://" + "a" * 20_000, None),
    ],
)
def test_an_address_is_plain_or_no_link(url: str, found: tuple[str, str] | None) -> None:
    assert target(url) == found


def test_a_message_hidden_by_its_style_is_shown() -> None:
    found, is_unpruned = render('<div style="display:none">All there is</div>')

    assert ([block.text for block in found.blocks], is_unpruned) == (["All there is"], True)


def test_what_programs_mark_as_quoted_or_signed_becomes_blocks() -> None:
    found = document(
        'Yes<div class="gmail_signature">Bob</div><blockquote type="cite">offer?<blockquote>older</blockquote></blockquote>No'
    )

    assert [(block.kind, block.text) for block in found.blocks] == [
        (BlockKind.TEXT, "Yes"),
        (BlockKind.SIGNATURE, "Bob"),
        (BlockKind.QUOTE, "offer?\n\n> older"),
        (BlockKind.TEXT, "No"),
    ]


@given(st.text(alphabet="<>/abdiptrlueo='\"&; \n!-", max_size=200))
def test_any_text_is_read_as_safe_lines_without_trailing_spaces(html: str) -> None:
    for block in document(html).blocks:
        assert is_safe(block.text)
        assert "\n\n\n" not in block.text
        assert all(line == line.rstrip() for line in block.text.split("\n"))
        assert all(0 <= span.start < span.end <= len(block.text) for span in block.links)


ELEMENTS = ["<div>", "</div>", "<p>", "<table><tr><td>", "<td>", "</table>", "<ul><li>", "<li>", "</ul>", "<blockquote>", "</blockquote>",
            '<a href="https://a.example">', "</a>", "<br>", "<pre>", "</pre>", "word", " ", "e\u0301\u0301", "\u200d", "👩", "\u0301", "<b>", "<img alt=x>"]  # fmt: skip


@given(st.lists(st.sampled_from(ELEMENTS), max_size=40))
def test_any_nesting_of_elements_keeps_its_words(pieces: list[str]) -> None:
    found = document("".join(pieces))

    assert sum(block.text.count("word") for block in found.blocks) == pieces.count("word")
    for block in found.blocks:
        assert is_safe(block.text)
        assert all(0 <= span.start < span.end <= len(block.text) for span in block.links)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "hostile",
    ["<" * 1_000_000, "<![CDATA[" * 100_000, "<div>" * 100_000 + "end", "<b><p>" * 50_000, "<table><tr><td>" * 50_000, "<style>" + "a{" * 300_000,
     "<style>" + "@media x{a{b:c}}" * 50_000, "<div " + " ".join(f"a{n}=1" for n in range(60_000)) + ">end", "<br>" * 300_000,
     "<script>" * 100_000, "<!--" * 200_000, "<blockquote>" * 1_900 + "x<br>" * 5_000, "<table><tr>" + "<td>a" * 40_000, "word " * 900_000],
    ids=range(14),
)  # fmt: skip
def test_hostile_html_is_read_in_seconds(hostile: str) -> None:
    began = time.process_time()
    found = document(hostile)
    assert time.process_time() - began < 5
    assert sum(len(block.text) for block in found.blocks) < 5_000_000


def test_too_deep_html_is_read_flat() -> None:
    assert (
        text("<style>a{}</style>" + "<div>" * 3_000 + "deep &amp; down<p>end" + "<script>no</script>")
        == "deep & down\nend"
    )


@needs_mail
def test_real_html_is_never_blank_and_always_safe() -> None:
    bodies = [path.read_text(encoding="utf-8", errors="replace") for path in MAIL.glob("templates/**/*.html")]
    for path in sorted((MAIL / "stdlib-js+datasets-spam-assassin/spam-1").iterdir())[:400]:
        message = email.message_from_bytes(path.read_bytes())
        bodies += [
            bytes(part.get_payload(decode=True) or b"").decode("latin-1")
            for part in message.walk()
            if part.get_content_type() == "text/html"
        ]
    assert len(bodies) > 100

    for html in bodies:
        found = document(html)
        assert found.blocks or "<img" in html.lower() or len(html) < 300, html[:300]
        assert all(is_safe(block.text) for block in found.blocks)


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<a href='https://a.example'> two <b>words</b> </a>end", "two words end"),
        ("a<input type=submit value=Send><input type=button><input type=text value=no>", "a[Send][button]"),
        ("a<img src='cid:1'>", "a[image]"),
        ("a<img alt='😀' src=x>", "a😀"),
        ("a<img width=1 height=1 alt=spy src=x>", "a"),
        ("a<div id=Signature>me</div>", "a\nme"),
        ("<a href='https://a.example'><img src=x></a>", "[image]"),
        ("<ol start=x><li>one</ol>", "1. one"),
        ("<div hidden>no</div><p>yes", "yes"),
        ("<div style='white-space:pre'>a  b</div>", "a  b"),
        ("<blockquote>" * 40 + "deep", "> " * 20 + "deep"),
        ("a<hr id=stopSpelling>quoted", "a\n────────────────────────\nquoted"),
        ("", ""),
    ],
)
def test_more_elements_are_read_as_a_browser_shows_them(html: str, shown: str) -> None:
    assert text(html) == shown


def test_only_the_beginning_of_endless_html_is_shown_and_it_says_so() -> None:
    shown = text("<p>begin</p>" + "<br>" * 250_000 + "end")
    assert shown.startswith("begin") and "end" not in shown.removeprefix("begin").split()
    assert shown != "begin"


def test_tangled_html_without_words_has_nothing_to_show() -> None:
    assert document("<div>" * 3_000).blocks == ()


def test_hidden_text_is_shown_when_there_is_no_other() -> None:
    found, is_hidden_text = render("<div style='display:none'>only this</div>")
    assert ([block.text for block in found.blocks], is_hidden_text) == (["only this"], True)
    assert render("<p style='display:none'></p>")[1] is False


@pytest.mark.parametrize(
    ("html", "kinds"),
    [
        ("Yes<div id=reply-intro>Ana:</div>offer?", [BlockKind.TEXT, BlockKind.QUOTE, BlockKind.TEXT]),
        ("Yes<div id=Signature>me</div>", [BlockKind.TEXT, BlockKind.SIGNATURE]),
        ("Yes<div class=protonmail_quote>a<div class=gmail_signature>Ana</div></div>", [BlockKind.TEXT, BlockKind.QUOTE]),
        ("Yes<hr id=stopSpelling>offer?", [BlockKind.TEXT, BlockKind.QUOTE]),
    ],
)  # fmt: skip
def test_elements_that_say_what_they_are_are_believed(html: str, kinds: list[BlockKind]) -> None:
    assert [block.kind for block in document(html).blocks] == kinds


def test_links_keep_their_numbers_where_another_block_has_none() -> None:
    found = document("<div class=protonmail_quote>old</div>see <a href='https://a.example'>here</a>")
    assert [[span.number for span in block.links] for block in found.blocks] == [[], [1]]


def test_a_pile_of_accents_made_of_two_elements_is_cut_with_its_link() -> None:
    pile = "\u0301" * 30
    found = document(f"e<b>{pile}</b><a href='https://a.example'>{pile}</a>")
    for block in found.blocks:
        assert is_safe(block.text)
        assert all(0 <= span.start < span.end <= len(block.text) for span in block.links)

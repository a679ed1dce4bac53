import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import html
from mail.quotes import split
from mail.text import safe_block
from mail.types import Block, BlockKind, Document, Link, LinkSpan, SafeText

MAIL = Path(__file__).parents[2] / "../shared/mail"
TRIMMER = MAIL / "discourse+email_reply_trimmer"
TEXT, QUOTE, FORWARD, SIGNATURE = BlockKind.TEXT, BlockKind.QUOTE, BlockKind.FORWARD, BlockKind.SIGNATURE
needs_mail = pytest.mark.skipif(not MAIL.exists(), reason="the shared test mail is not beside the project")


def plain(text: str) -> Document:
    return Document((Block(TEXT, safe_block(text)),))


def parts(text: str) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in split(plain(text)).blocks]


def words(document: Document) -> str:
    return "".join("".join(block.text.split()) for block in document.blocks)


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def reply(document: Document) -> str:
    """Return what a person wrote, with the quotes it answers; of those only the marked lines."""
    own = [number for number, block in enumerate(document.blocks) if block.kind is TEXT]
    shown = document.blocks[: own[-1] + 1] if own else document.blocks
    return "\n".join(
        "\n".join(
            line
            for line in block.text.split("\n")
            if block.kind is not QUOTE or line.lstrip().startswith(">")
        )
        for block in shown
    )


@needs_mail
def test_of_sixty_four_replies_at_least_sixty_are_trimmed_exactly_and_none_loses_a_line() -> None:
    exact, lost = 0, []
    for path in sorted((TRIMMER / "emails").glob("*.txt")):
        whole = plain(path.read_text(encoding="utf-8", errors="replace"))
        expected = lines(
            safe_block((TRIMMER / "trimmed" / path.name).read_text(encoding="utf-8", errors="replace"))
        )
        found = split(whole)
        assert words(found) == words(whole)
        exact += lines(reply(found)) == expected
        shown = lines("\n".join(block.text for block in found.blocks if block.kind in (TEXT, FORWARD)))
        lost += [path.name for line in expected if line not in shown and not line.startswith(">")]

    assert (exact >= 60, lost) == (True, [])


@needs_mail
def test_every_one_of_a_hundred_and_ninety_forwards_is_found() -> None:
    bodies = sorted((MAIL / "crisp-oss+email-forward-parser/fixtures").glob("*body*.txt"))
    missed = []
    for path in bodies:
        found = split(plain(path.read_text(encoding="utf-8")))
        own = "\n".join(block.text for block in found.blocks if block.kind is TEXT)
        missed += [path.name] if "Aenean quis diam" in own or "john.doe" in own else []

    assert (len(bodies), missed) == (190, [])


@needs_mail
@pytest.mark.parametrize(
    "source", ["zapier+email-reply-parser", "github+email_reply_parser", "alfonsrv+mail-parser-reply"]
)
def test_outlook_headers_right_under_the_reply_are_a_quote(source: str) -> None:
    found = split(plain((MAIL / source / "test/emails/email_2_2.txt").read_text(encoding="utf-8")))

    assert [(block.kind, block.text.split("\n")[0][:8]) for block in found.blocks] == [
        (TEXT, "Outlook "),
        (QUOTE, "________"),
    ]


@pytest.mark.parametrize(
    "attribution",
    [
        "On Tue, 5 May 2020 at 10:00, Ana Ruiz <ana@acme.example> wrote:",
        "On Tue, 5 May 2020 at 10:00, Ana Ruiz\n<ana@acme.example> wrote:",
        "On 5/5/2020 10:00 AM, Ana Ruiz wrote:",
        "On May 5, 2020, at 10:00 AM, Ana Ruiz\nvia Sales <ana@acme.example>\nwrote:",
        "El mar, 5 may 2020 a las 10:00, Ana Ruiz (<ana@acme.example>) escribió:",
        "El 05/05/2020 a las 10:00, Ana Ruiz escribió:",
        "Em ter., 5 de mai. de 2020 às 10:00, Ana Ruiz <ana@acme.example>\nescreveu:",
        "Em 5 de maio de 2020 10:00, Ana Ruiz escreveu:",
        "wt., 5 maj 2020 o 10:00 Ana Ruiz <ana@acme.example> napisał(a):",
        "W dniu 05.05.2020 o 10:00, Ana Ruiz pisze:",
        "W dniu 5 maja 2020 10:00 użytkownik Ana Ruiz <ana@acme.example>\nnapisał:",
        "Il giorno mar 5 mag 2020 alle ore 10:00 Ana Ruiz <ana@acme.example> ha scritto:",
        "Il 05/05/2020 10:00, Ana Ruiz ha scritto:",
        "Am Di., 5. Mai 2020 um 10:00 Uhr schrieb Ana Ruiz <ana@acme.example>:",
        "Am 05.05.2020 um 10:00 schrieb Ana Ruiz:",
        "Am Dienstag, 5. Mai 2020, 10:00:00 MESZ hat Ana Ruiz <ana@acme.example> Folgendes geschrieben:",
        "Le mar. 5 mai 2020 à 10:00, Ana Ruiz <ana@acme.example> a écrit :",
        "Le 05/05/2020 à 10:00, Ana Ruiz a écrit\u00a0:",
        "Op di 5 mei 2020 om 10:00 schreef Ana Ruiz <ana@acme.example>:",
        "Den tis 5 maj 2020 kl 10:00 skrev Ana Ruiz <ana@acme.example>:",
        "вт, 5 мая 2020 г. в 10:00, Ana Ruiz <ana@acme.example>:",
        "05.05.2020 10:00, Ana Ruiz пишет:",
        "út 5. 5. 2020 v 10:00 odesílatel Ana Ruiz <ana@acme.example> napsal:",
        "tir. 5. mai 2020 kl. 10:00 skrev Ana Ruiz <ana@acme.example>:",
        "ti 5. toukok. 2020 klo 10.00 Ana Ruiz (ana@acme.example) kirjoitti:",
        "Ana Ruiz <ana@acme.example> 于2020年5月5日周二 10:00写道：",
        "2020年5月5日(火) 10:00 Ana Ruiz <ana@acme.example>:",
    ],
)  # fmt: skip
def test_an_attribution_goes_with_the_quote_and_the_line_above_it_stays(attribution: str) -> None:
    own = "On Monday 4 May we met, as planned, and here is\nthe offer we spoke about"

    assert parts(f"{own}\n{attribution}\n> Dear Bob,\n> your offer?\n") == [
        (TEXT, own),
        (QUOTE, safe_block(f"{attribution}\n> Dear Bob,\n> your offer?")),
    ]
    assert parts(f"{own}\n\n{attribution}\n\nDear Bob,\nyour offer?")[0] == (TEXT, own)


@pytest.mark.parametrize(
    "headers",
    [
        "From: Ana Ruiz <a@acme.example>\nSent: Tuesday, 5 May 2020 10:00\nTo: Bob\nSubject: Offer",
        "De: Ana Ruiz <a@acme.example>\nEnviado el: martes, 5 de mayo de 2020 10:00\nPara: Bob\nAsunto: Oferta",
        "De: Ana Ruiz <a@acme.example>\nEnviada em: terça-feira, 5 de maio de 2020 10:00\nPara: Bob\nAssunto: Oferta",
        "Od: Ana Ruiz <a@acme.example>\nWysłano: wtorek, 5 maja 2020 10:00\nDo: Bob\nTemat: Oferta",
        "Da: Ana Ruiz <a@acme.example>\nInviato: martedì 5 maggio 2020 10:00\nA: Bob\nOggetto: Offerta",
        "Von: Ana Ruiz <a@acme.example>\nGesendet: Dienstag, 5. Mai 2020 10:00\nAn: Bob\nBetreff: Angebot",
        "De : Ana Ruiz <a@acme.example>\nEnvoyé : mardi 5 mai 2020 10:00\nÀ : Bob\nObjet : Offre",
        "*Van:* Ana Ruiz\n*Verzonden:* dinsdag 5 mei 2020 10:00\n*Aan:* Bob\n*Onderwerp:* Offerte",
        "发件人: Ana Ruiz\n发送时间: 2020年5月5日 10:00\n收件人: Bob\n主题: 报价",
        "差出人: Ana Ruiz\n送信日時: 2020年5月5日 10:00\n宛先: Bob\n件名: 見積",
    ],
)
def test_a_header_block_begins_a_quote_below_text_and_a_forward_without(headers: str) -> None:
    rule = "________________________________"

    assert parts(f"Thanks!\n\n{rule}\n{headers}\n\nDear Bob") == [
        (TEXT, "Thanks!"),
        (QUOTE, f"{rule}\n{headers}\n\nDear Bob"),
    ]
    assert parts(f"{headers}\n\nDear Bob") == [(FORWARD, f"{headers}\n\nDear Bob")]


def test_a_travel_plan_is_no_header_block() -> None:
    plan = "Your trip\n\nFrom: Berlin\nTo: Porto\nDate: 5 May\n\nHave fun"

    assert parts(plan) == [(TEXT, plan)]


@pytest.mark.parametrize(
    "text",
    [
        "In 2015 we had a deal.\nThen Bob wrote:\nno more",
        "As I wrote: fine.",
        "On 5 May he wrote to us the following:\n\nplease go on",
        "Meeting at 10:00: agenda below",
        "We agreed on this:\n- one\n- two",
        "Sent by courier yesterday, so it should arrive on Monday and you can sign it there and then return it with the same courier; he waits for it, I was told so by his office.",
        "Tools>Options>Mail",
        "A -- B",
        "Von meinem Chef kam noch nichts.",
    ],
)
def test_the_authors_own_words_stay_text(text: str) -> None:
    assert parts(text) == [(TEXT, text)]


def test_answers_between_quoted_lines_stay_text() -> None:
    assert parts("On 5/5/2020 10:00, Ana wrote:\n> one?\n\nYes.\n\n> two?\n\nNo.\n\n-- \nBob") == [
        (QUOTE, "On 5/5/2020 10:00, Ana wrote:\n> one?"),
        (TEXT, "Yes."),
        (QUOTE, "> two?"),
        (TEXT, "No."),
        (SIGNATURE, "-- \nBob"),
    ]


def test_a_signature_above_the_quote_is_found() -> None:
    assert parts("Fine.\n\nSent from my iPhone\n\n> On 5 May 2020, at 10:00, Ana wrote:\n> \n> ok?") == [
        (TEXT, "Fine."),
        (SIGNATURE, "Sent from my iPhone"),
        (QUOTE, "> On 5 May 2020, at 10:00, Ana wrote:\n> \n> ok?"),
    ]


def test_a_message_that_is_only_a_signature_stays_text() -> None:
    assert [kind for kind, _ in parts("Sent from my iPhone")] == [TEXT]


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Forwarded message ----------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "---------- Treść przekazanej wiadomości ----------",
    ],
)
def test_what_stands_under_words_for_forwarding_is_a_forward(marker: str) -> None:
    assert parts(f"See below\n\n{marker}\nFrom: Ana\n\nDear Bob") == [
        (TEXT, "See below"),
        (FORWARD, f"{marker}\nFrom: Ana\n\nDear Bob"),
    ]


def test_links_lead_from_the_same_words_after_the_split() -> None:
    text = SafeText("see one and\n\nOn 5/5/2020 10:00, Ana wrote:\n> two")
    spans = (LinkSpan(4, 7, 1), LinkSpan(text.index("Ana"), len(text), 2))
    links = (Link(1, "https://a.example", "a.example"), Link(2, "https://b.example", "b.example"))

    found = split(Document((Block(TEXT, text, spans),), links))

    linked = [
        (block.text[span.start : span.end], span.number) for block in found.blocks for span in block.links
    ]
    assert linked == [("one", 1), ("Ana wrote:\n> two", 2)]
    assert found.links == links


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ('Yes<div class="gmail_quote"><div class="gmail_attr">On 5/5/2020 Ana wrote:</div><blockquote>offer?</blockquote></div>', [TEXT, QUOTE]),
        ("Yes<div class=gmail_quote>On 5/5/2020 10:00 Ana wrote:<br><blockquote class=gmail_quote>offer?</blockquote></div>and more", [TEXT, QUOTE, TEXT]),
        ('FYI<div class="gmail_quote">---------- Forwarded message ---------<br>From: Ana<br><br>offer?</div>', [TEXT, FORWARD]),
        ("Yes<div class=moz-cite-prefix>Am 5.5.20 schrieb Ana:</div><blockquote type=cite>offer?</blockquote>no<pre class=moz-signature>-- \nBob</pre>", [TEXT, QUOTE, TEXT, SIGNATURE]),
        ('Yes<hr><div id="divRplyFwdMsg"><b>From:</b> Ana<br><b>Subject:</b> x</div><div>offer?</div>', [TEXT, QUOTE]),
        ('<p>Yes</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> Ana<br><b>Sent:</b> today<br><b>To:</b> Bob</p></div></div><p>offer?</p>', [TEXT, QUOTE]),
        ("<p>Yes</p><p><b>Von:</b> Ana<br><b>Gesendet:</b> heute<br><b>An:</b> Bob<br><b>Betreff:</b> x</p><p>offer?</p>", [TEXT, QUOTE]),
        ("Yes<div class=yahoo_quoted>On Tuesday Ana wrote: offer?</div>", [TEXT, QUOTE]),
        ("Yes<div class=protonmail_signature_block>Bob</div><div class=protonmail_quote>offer?</div>", [TEXT, SIGNATURE, QUOTE]),
        ("<blockquote>A saying</blockquote>is all I wrote", [QUOTE, TEXT]),
    ],
)  # fmt: skip
def test_quotes_of_html_mail_are_found(source: str, kinds: list[BlockKind]) -> None:
    whole = html.document(source)

    found = split(whole)

    assert [block.kind for block in found.blocks] == kinds
    assert "".join(sorted(words(found))) == "".join(sorted(words(whole)))
    assert "offer?" not in "".join(block.text for block in found.blocks if block.kind is TEXT)


PIECES = st.lists(
    st.sampled_from(
        ["text", "> quote", "", "  ", "On 5/5/2020 10:00, Ana <a@b.c> wrote:", "On 5 May", "<a@b.c>", "wrote:", "-- ", "____________",
         "From: a@b.c", "To: b", "Subject: x", "Sent: now", "-----Original Message-----", "Begin forwarded message:", "Sent from my iPad",
         "| cell", "\tindented", "中文：", "a" * 500]
    ),
    max_size=14,
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(list(BlockKind)), PIECES), max_size=3))
def test_no_character_is_lost_and_splitting_again_changes_nothing_of_the_text(
    blocks: list[tuple[BlockKind, list[str]]],
) -> None:
    whole = Document(tuple(Block(kind, safe_block("\n".join(rows))) for kind, rows in blocks))

    found = split(whole)

    assert words(found) == words(whole)
    assert words(split(found)) == words(whole)
    assert all(block.text.strip() for block in found.blocks)


def test_the_order_of_lines_is_kept() -> None:
    text = "\n".join(
        f"{mark}line {number}" for number, mark in enumerate(["", "> ", "", "> ", "> ", ""] * 20)
    )

    assert "\n".join(block.text for block in split(plain(text)).blocks) == text


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "hostile",
    ["On 5/5/2020 " * 90_000, "On 5/5/2020 10:00 a\n" * 50_000, "> " * 500_000, "From: a\n" * 120_000, "-" * 1_000_000, "-- \n" * 250_000,
     "\n" * 1_000_000, "a\n\n" * 300_000, "On 5, <\n\n" * 100_000, "wrote:\n" * 150_000, "Sent from my \n" * 70_000, "> a\nb\n" * 150_000],
    ids=range(12),
)  # fmt: skip
def test_a_megabyte_of_hostile_lines_is_read_in_seconds(hostile: str) -> None:
    whole = plain(hostile)
    began = time.process_time()
    split(whole)
    assert time.process_time() - began < 6  # about 1 s on an idle machine; quadratic would be minutes


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Yes\n\nFrom: Ana\nTo: Bob\n" + "more\n" * 9 + "Subject: x\n\noffer?", [TEXT]),
        ("Yes\n\nFrom: Ana <a@b.c>\nFrom: Bob\nno headers", [TEXT]),
        ("Yes\n\nCc: a@b.c\nFrom: Ana\nTo: Bob\nnothing", [TEXT]),
        ("Yes\n\nOn 5 May 2020 10:00, " + "very " * 300 + "long wrote:\noffer?", [TEXT]),
        ("Yes\n\nOn 5 May 2020 at 10:00,\nFrom: nobody\n", [TEXT]),
        ("Yes\n\nOn 5/5/2020 10:00, Ana <\n\na@b.c> wrote:\n> offer?", [TEXT, QUOTE]),
        ("Yes\n\n2020-05-05 10:00 GMT+02:00 Ana Lima <a@b.c>:\n> offer?", [TEXT, QUOTE]),
        ("Yes\n\n2020-05-05 10:00 GMT+2 Ana Lima\n> offer?", [TEXT, QUOTE]),
        ("We met on 2020-05-05 and it was good.\nSee you.", [TEXT]),
        ("Ana wrote:\n\n> offer?\n\nYes", [QUOTE, TEXT]),
        ("This is what Ana wrote:\n\n", [TEXT]),
    ],
)
def test_what_only_resembles_an_attribution_or_headers_stays_the_authors(
    text: str, kinds: list[BlockKind]
) -> None:
    assert [kind for kind, _ in parts(text)] == kinds


def test_a_forward_that_came_marked_as_a_quote_is_a_forward() -> None:
    whole = Document(
        (
            Block(TEXT, safe_block("See below")),
            Block(QUOTE, safe_block("---------- Forwarded message ----------\nFrom: Ana\n\noffer?")),
            Block(TEXT, safe_block("after")),
        )
    )
    assert [block.kind for block in split(whole).blocks] == [TEXT, FORWARD, TEXT]


def test_quoted_headers_below_the_authors_words_end_with_the_quote() -> None:
    text = "Yes\n\nFrom: Ana <a@b.c>\nTo: Bob\nSubject: x\n\n> offer?\n\nAnd that is all I have to say."
    assert [kind for kind, _ in parts(text)] == [TEXT, QUOTE, TEXT]


def test_beyond_what_anybody_writes_a_line_is_what_the_line_before_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mail.quotes._MOST_LINES", 2)
    assert [kind for kind, _ in parts("Yes\n> offer?\nmore\nand more")] == [TEXT, QUOTE]
    marked = Document((Block(TEXT, safe_block("Yes\nno\nperhaps")), Block(QUOTE, safe_block("offer?"))))
    assert [block.kind for block in split(marked).blocks] == [TEXT, QUOTE]

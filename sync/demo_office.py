"""The rest of a mailbox: colleagues, newsletters, robots, invitations, bounces, strangers and junk."""

from __future__ import annotations

import html
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sync import demo_files
from sync.demo_letters import File, Letter
from sync.demo_stories import DAY_S, a_matter, fill, office_hours, slots
from sync.demo_world import Person, World, data

INVITATIONS = (
    ("Weekly sales round", "Room Aire", "Tom Ashworth"),
    ("Product update", "Online", "Piotr Zieliński"),
    ("Customer visit {company}", "{city}", "Nadia Kerrigan"),
    ("Call {company}: open questions", "Online", "them"),
    ("Go-live {company}", "{city}", "Jonas Weber"),
    ("One to one", "Room Calder", "Tom Ashworth"),
    ("Trade fair preparation", "Room Aire", "Claire Dubois"),
)
AUTO_REPLIES = {
    "en": (
        "Automatic reply: {subject}",
        "I am out of the office until {date} and read mail once a day. In urgent cases please write to {colleague}.",
    ),
    "de": (
        "Automatische Antwort: {subject}",
        "Ich bin bis {date} nicht im Büro. In dringenden Fällen wenden Sie sich bitte an {colleague}.",
    ),
    "fr": (
        "Réponse automatique : {subject}",
        "Je suis absent jusqu'au {date}. En cas d'urgence, merci de contacter {colleague}.",
    ),
    "es": (
        "Respuesta automática: {subject}",
        "Estaré fuera de la oficina hasta el {date}. Para algo urgente, escriba a {colleague}.",
    ),
    "it": (
        "Risposta automatica: {subject}",
        "Sono fuori ufficio fino al {date}. Per urgenze potete scrivere a {colleague}.",
    ),
    "pt": (
        "Resposta automática: {subject}",
        "Estou ausente até {date}. Em caso de urgência, contacte {colleague}.",
    ),
    "pl": (
        "Odpowiedź automatyczna: {subject}",
        "Jestem poza biurem do {date}. W pilnych sprawach proszę o kontakt z {colleague}.",
    ),
}


def internal(rng: random.Random, world: World, start: float, told: set[tuple[str, str]]) -> list[Letter]:
    """Return a conversation among colleagues that begins at `start`; `told` is what they had about whom before."""
    scripts = data("office")["internal"]
    (script,) = rng.choices(scripts, [script["weight"] for script in scripts])
    english = [company for company in world.companies if company.language == "en"]
    fresh = [company for company in english if (script["subject"], company.name) not in told]
    matter = a_matter(rng, world, rng.choice(fresh or english))
    told.add((script["subject"], matter.company.name))
    first = world.colleague(script["by"])
    other = world.owner if first is not world.owner else world.colleague("Tom Ashworth")
    letters: list[Letter] = []
    at = start
    for turn, text in enumerate(script["texts"]):
        sender, receiver = (first, other) if turn % 2 == 0 else (other, first)
        at = office_hours(at, rng) if not letters else letters[-1].at + rng.randint(600, 20_000)
        values = slots(rng, matter, int(at), matter.person)
        subject = letters[0].subject if letters else fill(script["subject"], values, rng)
        letters.append(
            Letter(
                at=int(at),
                sender=sender,
                to=(receiver,),
                subject=f"Re: {subject}" if letters else subject,
                text=f"{fill(text, values, rng)}\n\n{sender.first}",
                parent=letters[-1] if letters else None,
                wrote=data("stories_en")["wrote"],
            )
        )
    return letters


def newsletter(rng: random.Random, world: World, at: float, *, number: int) -> Letter:
    """Return an issue of one of the newsletters, HTML with everything that senders put into it."""
    papers = data("office")["newsletter"]
    paper = papers[number % len(papers)]
    first = number // len(papers) % len(paper["headlines"])
    headlines = (paper["headlines"][first:] + paper["headlines"][:first])[:4]
    sender = Person(9000, paper["name"], paper["email"])
    site = paper["email"].partition("@")[2]
    issue = int(at) // (7 * DAY_S) % 900
    stories = "".join(
        f'<tr><td style="padding:12px 24px"><h2 style="font-size:18px">{html.escape(headline)}</h2>'
        f"<p>{_teaser(rng, headline)}</p>"
        f'<p><a href="https://www.{site}/{issue}/{n}">Read on</a></p></td></tr>'
        for n, headline in enumerate(headlines, 1)
    )
    page = (
        f'<html><body style="margin:0;background:#eee"><div style="display:none;max-height:0">{html.escape(headlines[1])}'
        f' &middot; {html.escape(headlines[2])}</div><table width="600" align="center" style="background:#fff">'
        f'<tr><td style="padding:24px"><h1>{html.escape(paper["name"])}</h1><p>No. {issue}. {html.escape(paper["lead"])}</p>'
        f"</td></tr>{stories}"
        f'<tr><td style="padding:24px;font-size:11px">You receive this because you signed up with '
        f'{world.owner.email}. <a href="https://www.{site}/u/{issue}">Unsubscribe</a> '
        f'<img src="https://www.{site}/o/{issue}.gif" width="1" height="1"></td></tr></table></body></html>\n'
    )
    return Letter(
        at=int(at),
        sender=sender,
        to=(world.owner,),
        subject=headlines[0],
        text="\n\n".join(f"* {headline}" for headline in headlines),
        html=page,
        headers=(
            ("List-Id", f"<weekly.{site}>"),
            ("List-Unsubscribe", f"<https://www.{site}/u/{issue}>"),
            ("Precedence", "bulk"),
        ),
        signed=False,
    )


def _teaser(rng: random.Random, headline: str) -> str:
    remarks = (
        f"{rng.randint(2, 9)} minutes to read.",
        f"With figures from {rng.randint(40, 400)} companies.",
        "Our most read article of the week.",
        "With a checklist to print.",
        "Readers' letters at the end.",
    )
    return f"{html.escape(headline.rstrip('.?!'))} - {rng.choice(remarks)}"


def single(rng: random.Random, world: World, kind: str, at: float, *, number: int) -> Letter:
    """Return one message from a robot, a stranger (`cold`) or a cheat (`spam`)."""
    scripts = data("office")[kind]
    script = scripts[number % len(scripts)]
    matter = a_matter(rng, world, rng.choice(world.companies))
    values = slots(rng, matter, int(at), world.owner)
    automatic = (("Auto-Submitted", "auto-generated"),) if kind == "robot" else ()
    return Letter(
        at=int(at),
        sender=Person(9100, script["name"], script["email"]),
        to=(world.owner,),
        subject=fill(script["subject"], values, rng),
        text=fill(script["text"], values, rng),
        headers=automatic,
        signed=False,
        mailbox="junk" if kind == "spam" else "inbox",
    )


def invitation(rng: random.Random, world: World, at: float) -> Letter:
    """Return a meeting request."""
    title, place, by = rng.choice(INVITATIONS)
    matter = a_matter(rng, world, rng.choice(world.companies))
    sender = matter.person if by == "them" else world.colleague(by)
    guest = matter.person if sender is world.owner else world.owner
    sent_at = office_hours(at, rng)
    values = slots(rng, matter, sent_at, guest)
    title, place = fill(title, values, rng), fill(place, values, rng)
    start = office_hours(sent_at + rng.randint(2, 9) * DAY_S, rng) // 1800 * 1800
    begins, ends = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + 2700, UTC)
    request = demo_files.calendar(
        uid=f"{sent_at}-{matter.reference}@{sender.email.partition('@')[2]}",
        title=title,
        place=place,
        start=begins,
        end=ends,
        organizer=sender.email,
        guest=guest.email,
    )
    return Letter(
        at=sent_at,
        sender=sender,
        to=(guest,),
        subject=f"Invitation: {title} @ {begins:%a %d %b %H:%M}",
        text=f"{title}\n\nWhen: {begins:%A %d %B, %H:%M} - {ends:%H:%M} UTC\nWhere: {place}\nOrganizer: {sender.name}",
        files=(File("invite.ics", "text/calendar; charset=utf-8; method=REQUEST", request.encode("utf-8")),),
        signed=False,
    )


def auto_reply(rng: random.Random, world: World, to: Letter) -> Letter:
    """Return the automatic answer of whom the owner's letter `to` was sent to."""
    person = to.to[0]
    subject, text = AUTO_REPLIES[person.language]
    matter = a_matter(rng, world, world.company(person.organization))
    values = {**slots(rng, replace(matter, person=person), to.at, person), "subject": to.subject}
    return Letter(
        at=to.at + 20,
        sender=person,
        to=(world.owner,),
        subject=fill(subject, values, rng),
        text=fill(text, values, rng),
        headers=(
            ("Auto-Submitted", "auto-replied"),
            ("In-Reply-To", to.message_id),
            ("References", to.message_id),
        ),
    )


def bounce(world: World, to: Letter) -> Letter:
    """Return the report that `to` could not be delivered (RFC 3464)."""
    report = (
        f"Reporting-MTA: dns; mx.hallamvoss.example\n\nFinal-Recipient: rfc822; {to.to[0].email}\n"
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n"
    )
    return Letter(
        at=to.at + 65,
        sender=Person(9200, "Mail Delivery System", "mailer-daemon@hallamvoss.example"),
        to=(world.owner,),
        subject="Undelivered Mail Returned to Sender",
        text=(
            "This is the mail system at host mx.hallamvoss.example.\n\nI'm sorry to have to inform you that your message "
            f"could not be delivered to one or more recipients.\n\n<{to.to[0].email}>: host said: 550 5.1.1 user unknown"
        ),
        files=(File("details.txt", "message/delivery-status", report.encode()),),
        headers=(
            ("Auto-Submitted", "auto-replied"),
            ("In-Reply-To", to.message_id),
            ("References", to.message_id),
        ),
        signed=False,
    )


def drafts(world: World, now: int) -> Iterator[Letter]:
    """Yield what the owner has begun to write."""
    for n, script in enumerate(data("office")["draft"]):
        yield Letter(
            at=now - (2 + 19 * n) * 3600,
            sender=world.owner,
            to=(world.company(script["with"]).people[0],),
            subject=script["subject"],
            text=script["text"],
            mailbox="drafts",
            flags="DS",
            signed=False,
        )

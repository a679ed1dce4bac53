"""Conversations with customers: what is said in which order, and when."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sync import demo_files
from sync.demo_letters import File, Letter
from sync.demo_world import SYMBOLS, Company, Person, Product, World, data

DAY_S = 86_400
WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes"),
    "it": ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
    "pl": ("poniedziałek", "wtorek", "środa", "czwartek", "piątek"),
}
# who speaks, what is said, days after the message before
Step = tuple[str, str, float]
OPENING: tuple[Step, ...] = (
    ("them", "inquiry", 0),
    ("me", "answer", 0.3),
    ("them", "details", 2),
    ("me", "quote", 2),
)
HAGGLING: tuple[Step, ...] = (("them", "pushback", 5), ("me", "concession", 1))
WAITING: tuple[Step, ...] = (("me", "chase", 9), ("them", "chase_reply", 2))
WON: tuple[Step, ...] = (("them", "order", 6), ("me", "confirm", 0.2), ("logistics", "shipped", 12))
LOST: tuple[Step, ...] = (("them", "loss", 8), ("me", "regret", 0.3))
THANKED: tuple[Step, ...] = (("them", "thanks", 6),)
SUPPORT: tuple[Step, ...] = (
    ("them", "problem", 0),
    ("support", "diagnose", 0.15),
    ("them", "solved", 0.8),
    ("support", "closing", 0.1),
)
RENEWAL: tuple[Step, ...] = (("me", "renewal", 0), ("them", "renewal_reply", 3))
INVOICE: tuple[Step, ...] = (("them", "invoice_q", 0), ("finance", "invoice_a", 0.5))
VISIT: tuple[Step, ...] = (("me", "visit", 0), ("them", "visit_ok", 0.6))
OUTREACH: tuple[Step, ...] = (("me", "outreach", 0), ("them", "outreach_reply", 1.5))
COLLEAGUES = {
    "logistics": "Dev Patel",
    "support": "Ingrid Solberg",
    "finance": "Marta Oliveira",
    "engineer": "Piotr Zieliński",
}


@dataclass(frozen=True, slots=True)
class Matter:
    """What a conversation with one person of a customer is about."""

    company: Company
    person: Person
    product: Product
    quantity: int
    reference: int

    @property
    def value(self) -> int:
        """Return what it is worth in the company's currency."""
        return round(self.product.price * self.quantity * self.company.currency[1])


def a_matter(rng: random.Random, world: World, company: Company, kind: str = "hardware") -> Matter:
    """Return something of that kind that `company` might ask about."""
    product = rng.choice([product for product in world.products if product.kind == kind])
    quantity = (
        rng.choice((2, 3, 4, 6, 8, 10, 12))
        if product.price > 1000
        else rng.choice((6, 8, 10, 15, 20, 25, 40))
    )
    return Matter(company, rng.choice(company.people[:2]), product, quantity, rng.randint(1000, 9899))


def amount(value: float, company: Company) -> str:
    """Return money as `company` would read it."""
    currency = company.currency[0]
    figure = f"{round(value):,}"
    if company.language == "en" or currency == "CHF":
        return f"{SYMBOLS[currency]}{figure}"
    separator = "." if company.language in {"de", "es", "it"} else "\N{NO-BREAK SPACE}"
    return f"{figure.replace(',', separator)} {SYMBOLS[currency].strip()}"


def day(at: float, language: str) -> str:
    """Return a date as people of that language write it in a letter."""
    then = datetime.fromtimestamp(at, UTC)
    return (
        f"{then.day} {then:%B}"
        if language == "en"
        else f"{then:%d.%m.%Y}"
        if language in "de pl"
        else f"{then:%d/%m/%Y}"
    )


def office_hours(at: float, rng: random.Random) -> int:
    """Return a moment on the day of `at`, or on the Monday after it, at which people answer mail."""
    weekday = datetime.fromtimestamp(at, UTC).weekday()
    midnight = int(at) // DAY_S * DAY_S + (7 - weekday) * DAY_S * (weekday >= 5)
    return midnight + rng.randint(7 * 3600, 63_000)


def slots(rng: random.Random, matter: Matter, at: int, receiver: Person) -> dict[str, str]:
    """Return what stands in a text for its {slots}."""
    company, rate, language = matter.company, matter.company.currency[1], matter.company.language
    others = [person for person in company.people if person is not matter.person]
    year = datetime.fromtimestamp(at, UTC).strftime("%y")
    reference = matter.reference
    return {
        "first": receiver.first,
        "full": matter.person.name,
        "company": company.name,
        "city": company.city,
        "product": matter.product.name,
        "qty": str(matter.quantity),
        "price": amount(matter.product.price * rate, company),
        "total": amount(matter.value, company),
        "total2": amount(matter.value * 0.93, company),
        "budget": amount(matter.value * 0.9, company),
        "small": amount(rng.randint(70, 260), company),
        "small_n": str(rng.randint(2, 9)),
        "colleague": others[reference % 2].first,
        "weekday": WEEKDAYS[language][reference % 5],
        "date": day(at + (14 + reference % 17) * DAY_S, language),
        "month": datetime.fromtimestamp(at, UTC).strftime("%B"),
        "week": datetime.fromtimestamp(at, UTC).strftime("%V"),
        "clock": f"{8 + reference % 9:02}:{reference % 60:02}",
        "quote": f"Q-{year}-{reference}",
        "order": f"{45 if reference % 2 else 'PO-'}{reference * 7 + 10000}",
        "invoice": f"HV-{year}-{reference}",
        "ticket": f"HV-{10000 + reference}",
        "serial": str(200000 + reference * 3),
        "pallets": f"{1 + matter.quantity // 8} pallet{'s' if matter.quantity >= 8 else ''}",
    }


def fill(text: str, values: dict[str, str], rng: random.Random) -> str:
    """Return `text` with one of each [[a|b]] chosen and its {slots} filled."""
    chosen = re.sub(r"\[\[(.*?)\]\]", lambda found: rng.choice(found[1].split("|")), text, flags=re.DOTALL)
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), chosen)


def converse(
    rng: random.Random, world: World, matter: Matter, steps: Sequence[Step], start: float, until: float
) -> list[Letter]:
    """Return a conversation that follows `steps`, as far as it has come by `until`."""
    language = (
        matter.company.language if steps[0][1] in data(f"stories_{matter.company.language}")["text"] else "en"
    )
    texts, at = data(f"stories_{language}"), start
    subject = ""
    letters: list[Letter] = []
    for who, stage, days in steps:
        at = office_hours(at + days * DAY_S * rng.uniform(0.5, 1.5), rng)
        if letters:
            at = max(at, letters[-1].at + rng.randint(900, 9000))
        if at > until:
            break
        sender, receiver = _parties(who, matter, world)
        values = slots(rng, matter, at, receiver)
        if not subject:
            subject = fill(
                rng.choice(texts["subjects"].get(stage) or texts["subjects"]["inquiry"]), values, rng
            )
        local = texts if stage in texts["text"] and who != "logistics" else data("stories_en")
        said = _said(rng, local, stage, sender, values, is_first=not letters)
        letters.append(
            Letter(
                at=int(at),
                sender=sender,
                to=(receiver,),
                cc=_copied(who, said, matter, world),
                subject=f"Re: {subject}" if letters else subject,
                text=said,
                parent=letters[-1] if letters else None,
                wrote=local["wrote"],
                with_html=sender.id % 2 == 0 and sender is not world.owner,
                files=enclosed(stage, matter, values, sender),
            )
        )
    return letters


def _parties(who: str, matter: Matter, world: World) -> tuple[Person, Person]:
    if who == "them":
        return matter.person, world.owner
    sender = world.owner if who == "me" else world.colleague(COLLEAGUES[who])
    return sender, matter.person


def _copied(who: str, said: str, matter: Matter, world: World) -> tuple[Person, ...]:
    if who == "them":
        mentioned = [person for person in matter.company.people if person is not matter.person]
        return tuple(person for person in mentioned if person.first in said and matter.reference % 3 == 0)
    named = [world.colleague(name) for name in COLLEAGUES.values() if name.split(" ")[0] in said]
    return tuple(named) if who == "me" else (world.owner,)


def _said(
    rng: random.Random,
    texts: dict[str, object],
    stage: str,
    sender: Person,
    values: dict[str, str],
    *,
    is_first: bool,
) -> str:
    assert (
        isinstance(texts["text"], dict)
        and isinstance(texts["hello"], list)
        and isinstance(texts["bye"], list)
    )
    body = fill(rng.choice(texts["text"][stage]), values, rng)
    hello = fill(rng.choice(texts["hello"]), values, rng)
    if not is_first and len(body) < 90 and rng.random() < 0.6:
        return f"{body}\n\n{sender.first}"
    return f"{hello}\n\n{body}\n\n{rng.choice(texts['bye'])}\n{sender.first}"


def enclosed(stage: str, matter: Matter, values: dict[str, str], sender: Person) -> tuple[File, ...]:
    """Return the files that go with a message of that kind."""
    line = f"{matter.quantity} x {matter.product.name}    {values['price']}    {values['total']}"
    company, reference = (
        values["company"],
        {"order": values["order"], "invoice_a": values["invoice"]}.get(stage, values["quote"]),
    )
    valid = f"Valid until {values['date']}"
    match stage:
        case "quote" | "concession":
            return (
                _document(f"Quotation {reference}", reference, company, values["city"], "", line, "", valid),
            )
        case "order":
            return (
                _document(
                    f"Order {reference}", reference, "To: Hallam & Voss, Leeds", "", line, "", sender.name
                ),
            )
        case "invoice_a":
            return (
                _document(f"Invoice {reference}", reference, company, "", line, "", "Payable within 30 days"),
            )
        case "contract":
            return (
                _document(
                    "Agreement", "agreement", f"between Hallam & Voss, Leeds, and {company}", "", "1. Subject"
                ),
            )
        case "details" | "photo":
            return (
                File(f"IMG_{values['serial']}.png", "image/png", demo_files.png(matter.reference * 7919)),
            )
        case "table":
            rows = [
                (code, name, f"{price * 1.025:.2f}") for name, code, price, _ in data("world")["products"]
            ]
            return (File("price-list.csv", "text/csv", demo_files.csv([("code", "name", "EUR"), *rows])),)
        case "log":
            times = [(f"02:{minute}", "head 84 C" if minute < 41 else "error 34") for minute in range(31, 47)]
            return (File(f"LP8-{values['serial']}.csv", "text/csv", demo_files.csv(times)),)
        case _:
            return ()


def _document(title: str, name: str, *lines: str) -> File:
    return File(f"{name}.pdf", "application/pdf", demo_files.pdf(title, lines))

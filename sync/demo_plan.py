"""Two years of a sales mailbox: which conversations there are, what they are about, and where each message lies."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sync import demo_office, demo_recent, demo_stories, demo_world
from sync.demo_letters import Letter
from sync.demo_stories import DAY_S, Matter
from sync.demo_world import World

SPAN_S = 730 * DAY_S
INBOX_S = 52 * DAY_S
DEALS, LEADS, PROJECTS = 60, 30, 10
INTERNAL = 260
DEAL_TITLES = (
    "{qty} x {code}, {city}",
    "{product}, {company}",
    "Label printers {city}",
    "New packing line, {city}",
    "Trackline for {company}",
    "Scanners, second shift",
    "Replacement of old printers",
    "Goods-in labelling {city}",
    "Mobile printing, drivers",
)
PROJECT_TITLES = (
    "Rollout {city}",
    "Go-live Trackline {company}",
    "Installation {city}",
    "Migration {company}",
)
LEAD_SOURCES = ("Web form", "Trade fair", "Outreach", "Referral")
LOST_REASONS = ("Price", "Bundled with conveyor", "Project stopped", "No budget this year")


@dataclass(frozen=True, slots=True)
class Item:
    """A deal, lead or project. `stage` counts from 1; `thread` is the Message-ID of its conversation's first message."""

    kind: str
    id: int
    title: str
    matter: Matter
    status: str
    stage: int
    created_at: int
    closed_at: int | None
    thread: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be written down."""

    world: World
    letters: tuple[Letter, ...]
    items: tuple[Item, ...]


class _Draft:
    """A plan while it grows."""

    def __init__(self, rng: random.Random, world: World, now: int) -> None:
        self.rng, self.world, self.now = rng, world, now
        self.conversations: list[list[Letter]] = []
        self.items: list[Item] = []

    def a_moment(self, newest_days: float, oldest_days: float) -> int:
        return self.now - int(self.rng.uniform(newest_days, oldest_days) * DAY_S)

    def tell(self, matter: Matter, steps: Sequence[demo_stories.Step], start: int) -> list[Letter]:
        letters = demo_stories.converse(self.rng, self.world, matter, steps, start, self.now - 3 * 3600)
        if letters:
            self.conversations.append(letters)
        return letters

    def count(self, kind: str) -> int:
        return sum(item.kind == kind for item in self.items)


def make_plan(rng: random.Random, world: World, now: int, messages: int) -> Plan:
    """Return a plan of exactly `messages` messages up to `now`, if that is enough for all the stories."""
    draft = _Draft(rng, world, now)
    _recent(draft)
    _deals(draft)
    _leads(draft)
    _projects(draft)
    _customers(draft)
    _office(draft)
    letters = [letter for talk in draft.conversations for letter in _placed(draft, talk)]
    letters += demo_office.drafts(world, now)
    letters += _noise(draft, messages - len(letters))
    return Plan(world, tuple(_distinct(letters)), tuple(draft.items))


def _distinct(letters: list[Letter]) -> Iterator[Letter]:
    """Yield the letters, newest last, no two of one Message-ID."""
    seen: set[str] = set()
    for letter in sorted(letters, key=lambda each: (each.at, each.subject)):
        unique = letter
        while unique.message_id in seen and letter.parent is None:
            unique = replace(unique, at=unique.at - 1)
        seen.add(unique.message_id)
        yield unique


def _recent(draft: _Draft) -> None:
    for thread, matter, letters in demo_recent.told(draft.rng, draft.world, draft.now):
        draft.conversations.append(letters)
        kind = "deal" if "deal" in thread else "lead" if "lead" in thread else None
        if kind is None:
            continue
        item = _item(draft, kind, str(thread[kind]), matter, letters)
        draft.items.append(replace(item, stage=draft.rng.choice((3, 4, 4, 5)) if kind == "deal" else 0))


def _item(draft: _Draft, kind: str, title: str, matter: Matter, letters: Sequence[Letter]) -> Item:
    return Item(
        kind=kind,
        id=draft.count(kind) + 1,
        title=title,
        matter=matter,
        status="open",
        stage=1,
        created_at=letters[0].at - 1200,
        closed_at=None,
        thread=letters[0].message_id,
        source=draft.rng.choice(LEAD_SOURCES),
    )


def _title(draft: _Draft, titles: Sequence[str], matter: Matter) -> str:
    values = {
        "qty": str(matter.quantity),
        "code": matter.product.code,
        "product": matter.product.name,
        "city": matter.company.city,
        "company": matter.company.name,
    }
    return demo_stories.fill(draft.rng.choice(titles), values, draft.rng)


def _deals(draft: _Draft) -> None:
    rng, companies = draft.rng, list(draft.world.companies)
    rng.shuffle(companies)
    while (number := draft.count("deal")) < DEALS:
        is_open = number % 5 < 2
        matter = demo_stories.a_matter(rng, draft.world, companies[number % len(companies)])
        steps = demo_stories.OPENING
        if rng.random() < 0.6:
            steps += demo_stories.HAGGLING
        if rng.random() < 0.4:
            steps += demo_stories.WAITING
        is_won = rng.random() < 0.65
        if not is_open:
            steps += (
                demo_stories.WON + demo_stories.THANKED * (rng.random() < 0.5)
                if is_won
                else demo_stories.LOST
            )
        letters = draft.tell(matter, steps, draft.a_moment(6, 60) if is_open else draft.a_moment(70, 720))
        if not letters:
            continue
        item = _item(draft, "deal", _title(draft, DEAL_TITLES, matter), matter, letters)
        if is_open:
            stage = min(5, 1 + len(letters) // 2)
            draft.items.append(replace(item, stage=stage))
        else:
            draft.items.append(
                replace(item, status="won" if is_won else "lost", stage=5, closed_at=letters[-1].at)
            )


def _leads(draft: _Draft) -> None:
    rng = draft.rng
    while (number := draft.count("lead")) < LEADS:
        status = ("open", "open", "archived", "converted")[number % 4]
        matter = demo_stories.a_matter(rng, draft.world, rng.choice(draft.world.companies))
        matter = replace(matter, person=matter.company.people[2])
        is_asked = matter.company.language != "en" or rng.random() < 0.4
        steps = demo_stories.OPENING[:2] if is_asked else demo_stories.OUTREACH
        letters = draft.tell(
            matter, steps, draft.a_moment(3, 80) if status == "open" else draft.a_moment(90, 700)
        )
        item = _item(draft, "lead", _title(draft, DEAL_TITLES, matter), matter, letters)
        closed_at = None if status == "open" else letters[-1].at + 5 * DAY_S
        draft.items.append(replace(item, status=status, closed_at=closed_at))


def _projects(draft: _Draft) -> None:
    won = [item for item in draft.items if item.status == "won" and item.kind == "deal" and item.closed_at]
    for deal in sorted(won, key=lambda item: -item.created_at)[:PROJECTS]:
        start = min((deal.closed_at or 0) + 3 * DAY_S, draft.now - 5 * DAY_S)
        steps = demo_stories.VISIT + demo_stories.SUPPORT + demo_stories.THANKED
        letters = draft.tell(deal.matter, steps, start)
        item = _item(draft, "project", _title(draft, PROJECT_TITLES, deal.matter), deal.matter, letters)
        is_open = draft.now - start < 130 * DAY_S or item.id <= 4
        closed_at = None if is_open else letters[-1].at
        draft.items.append(replace(item, status="open" if is_open else "completed", closed_at=closed_at))


def _customers(draft: _Draft) -> None:
    """Add what happens apart from deals: support, renewals, invoices, visits, strangers' prospecting by the owner."""
    for company in draft.world.companies:
        for steps, times in (
            (demo_stories.SUPPORT, 4),
            (demo_stories.INVOICE, 2),
            (demo_stories.VISIT, 1),
        ):
            for _ in range(draft.rng.randint(max(1, times - 2), times + 1)):
                draft.tell(
                    demo_stories.a_matter(draft.rng, draft.world, company), steps, draft.a_moment(1, 720)
                )
        yearly = demo_stories.a_matter(draft.rng, draft.world, company, "yearly")
        draft.tell(yearly, demo_stories.RENEWAL, draft.a_moment(1, 720))
    english = [company for company in draft.world.companies if company.language == "en"]
    for company in draft.rng.choices(english, k=70):
        draft.tell(
            demo_stories.a_matter(draft.rng, draft.world, company),
            demo_stories.OUTREACH[:1],
            draft.a_moment(2, 700),
        )


def _office(draft: _Draft) -> None:
    rng, world = draft.rng, draft.world
    told: set[tuple[str, str]] = set()
    for _ in range(INTERNAL):
        draft.conversations.append(demo_office.internal(rng, world, draft.a_moment(2, 725), told))
    draft.conversations += [[demo_office.invitation(rng, world, draft.a_moment(1, 720))] for _ in range(150)]
    answered = [
        letter
        for talk in draft.conversations[len(demo_world.data("recent")["thread"]) :]
        for letter in talk
        if letter.sender is world.owner and letter.to[0].organization != world.owner.organization
    ]
    for letter in rng.sample(answered, min(70, len(answered))):
        draft.conversations.append([demo_office.auto_reply(rng, world, letter)])
    for letter in rng.sample(answered, min(25, len(answered))):
        draft.conversations.append([demo_office.bounce(world, letter)])


def _noise(draft: _Draft, wanted: int) -> list[Letter]:
    """Return `wanted` single messages: newsletters, robots, strangers and junk."""
    letters: list[Letter] = []
    issues = 0
    for n in range(max(0, wanted)):
        at = demo_stories.office_hours(draft.now - (n + 0.5) / max(1, wanted) * SPAN_S, draft.rng)
        at = min(at, draft.now - draft.rng.randint(1800, 90_000))
        kind = draft.rng.choices(("newsletter", "robot", "cold", "spam"), (38, 46, 9, 7))[0]
        if kind == "newsletter":
            issues += 1
            letter = demo_office.newsletter(draft.rng, draft.world, at, number=issues)
        else:
            letter = demo_office.single(draft.rng, draft.world, kind, at, number=n)
        letters.append(_single_placed(draft, letter))
    return letters


def _single_placed(draft: _Draft, letter: Letter) -> Letter:
    age = draft.now - letter.at
    is_unread = age < 6 * DAY_S and draft.rng.random() < 0.5
    if letter.mailbox == "junk":
        return replace(letter, flags="" if age < 20 * DAY_S else "S")
    chance = draft.rng.random()
    mailbox = "trash" if chance < 0.25 else "archive" if age > INBOX_S or chance < 0.4 else "inbox"
    return replace(letter, mailbox="inbox" if is_unread else mailbox, flags="" if is_unread else "S")


def _placed(draft: _Draft, talk: Sequence[Letter]) -> Iterator[Letter]:
    """Yield a conversation's messages where they lie: our own in Sent, the rest in the inbox while it is young."""
    is_old = draft.now - talk[-1].at > INBOX_S
    mailbox = "archive" if is_old else "inbox"
    if is_old and draft.rng.random() < 0.04:
        mailbox = "trash"
    is_starred = draft.rng.random() < 0.03
    for letter, following in zip(talk, [*talk[1:], None], strict=True):
        is_own = letter.sender is draft.world.owner
        flags = {"S"} | (set(letter.flags) - {"u"})
        if following is not None and following.sender is draft.world.owner and not is_own:
            flags.add("R")
        if following is None and is_starred and not is_own:
            flags.add("F")
        if "u" in letter.flags or (following is None and not is_own and draft.now - letter.at < DAY_S):
            flags.discard("S")
        yield replace(letter, mailbox="sent" if is_own else mailbox, flags="".join(sorted(flags)))

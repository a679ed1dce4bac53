"""The page of an item as lines of text, each with where it leads. Pure, so that every width and state can be tested."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from rich.cells import cell_len

from mail.text import safe_block
from mail.types import ThreadId
from store.crm.item_details import Fact, amount
from store.crm.item_page import ActivityLine, NoteLine, PageFacts, ProductLine
from store.crm.item_refs import PageKind, PageRef
from store.crm.item_relations import PersonLine, Related
from tui.content import line
from tui.format import count, fit, iso_date, short_date, shorten
from tui.widgets.crm_lines import Look, money, stage_bar
from tui.wrap import wrap

NAMES: Final = {
    PageKind.DEAL: "Deal",
    PageKind.LEAD: "Lead",
    PageKind.PROJECT: "Project",
    PageKind.PERSON: "Person",
    PageKind.ORGANIZATION: "Organization",
    PageKind.ACTIVITY: "Activity",
    PageKind.PRODUCT: "Product",
}
_BAR_CELLS: Final = 15
_CAPTION: Final = 22
_NOTE_LINES: Final = 8
_NAMED: Final = 3


class OpenPage(NamedTuple):
    """Show the page of something else."""

    page: PageRef


class OpenThread(NamedTuple):
    """Read a conversation."""

    thread_id: ThreadId


class ShowText(NamedTuple):
    """Show a note in full."""

    note_id: str
    title: str


class ShowLine(NamedTuple):
    """Show a line in full that may be cut off."""

    text: str
    title: str


Target: TypeAlias = OpenPage | OpenThread | ShowText | ShowLine


class ItemLine(NamedTuple):
    """One line of a page, how it looks, and what Enter on it does."""

    text: str
    look: Look = Look.PLAIN
    target: Target | None = None


# -- the head


def title(facts: PageFacts) -> str:
    """Return "Deal: Acme renewal"."""
    return f"{NAMES[facts.page.kind]}: {line(facts.title) or '(no name)'}"


def standing(facts: PageFacts) -> str:
    """Return what stands against the right side of the title: "open  12,400 EUR"."""
    value = money(facts.value, facts.currency) if facts.value is not None else ""
    return "  ".join(filter(None, (line(facts.status), value)))


def head_lines(facts: PageFacts, width: int, now: int, *, keys: dict[str, str]) -> tuple[ItemLine, ...]:
    """Return the lines under the title, none wider than `width`: where it stands, whose it is, what is next."""
    lines = [*_trouble(facts, keys), *_place(facts), *_whose(facts, width), *_next(facts.activities, now)]
    return tuple(each._replace(text=shorten(each.text, width)) for each in lines)


def _trouble(facts: PageFacts, keys: dict[str, str]) -> Iterator[ItemLine]:
    into = next((each for each in facts.related if each.how == "merged into"), None)
    if into is not None:
        yield ItemLine(f"Merged into {line(into.title)}: its mail is there.", Look.WARN, OpenPage(into.page))
    elif facts.is_deleted:
        key = keys.get("restore", "")
        back = f"; {key} restores it" if key and facts.page.item else ""
        yield ItemLine(
            f"This {facts.page.kind.value} was deleted. Its conversations are not listed{back}.", Look.WARN
        )


def _place(facts: PageFacts) -> Iterator[ItemLine]:
    parts = _reach(facts)
    if facts.stage and facts.stage_count:
        bar = stage_bar(facts.stage_position, facts.stage_count, _BAR_CELLS)
        parts.append(f"{line(facts.stage)} [{bar}] {facts.stage_position} of {facts.stage_count}")
    elif facts.stage:
        parts.insert(0, line(facts.stage))
    if facts.expected_close and facts.is_open:
        parts.append(f"expected {line(facts.expected_close)}")
    if facts.status == "lost":
        parts += [
            f"lost because {line(fact.text)}" for fact in facts.details if fact.caption == "lost because"
        ]
    if facts.totals:
        sums = " + ".join(money(total, currency) for currency, total in facts.totals)
        parts.append(f"products {sums}")
    parts += [
        f"{each.how}: {line(each.title)}"
        for each in facts.related
        if each.how in ("source lead", "converted to")
    ]
    if parts:
        yield ItemLine("   ".join(parts))


def _reach(facts: PageFacts) -> list[str]:
    """Return how a person or an organization is reached: the first of each."""
    if facts.page.kind not in (PageKind.PERSON, PageKind.ORGANIZATION):
        return []
    first: dict[str, str] = {}
    for fact in facts.details:
        if fact.caption in ("address", "phone", "domain") and fact.text:
            first.setdefault(fact.caption, line(fact.text))
    return list(first.values())


def _whose(facts: PageFacts, width: int) -> Iterator[ItemLine]:
    """Yield people and owner on one line where they fit, else on two."""
    names = ", ".join(dict.fromkeys(line(each.name) for each in _first(facts.people)))
    more = facts.people_count - min(len(facts.people), _NAMED)
    if names and more > 0:
        names += f" and {count(more)} more"
    seen_by = _SEEN_BY.get(facts.visible_to, line(facts.visible_to))
    parts = [
        f"owner {line(facts.owner)}" if facts.owner else "",
        f"visible to {seen_by}" if seen_by else "",
        f"labels {', '.join(map(line, facts.labels))}" if facts.labels else "",
        f"followed by {', '.join(map(line, facts.followers))}" if facts.followers else "",
    ]
    rest = "   ".join(filter(None, parts))
    both = "   ".join(filter(None, (names, rest)))
    if cell_len(both) <= width or not names:
        if both:
            yield ItemLine(both)
        return
    yield ItemLine(names)
    yield ItemLine(rest, Look.DIM)


_SEEN_BY: Final = {"owner": "its owner", "team": "the team", "company": "all"}


def _first(people: Sequence[PersonLine]) -> list[PersonLine]:
    """Return the main person and the organization, the others after them."""
    return sorted(people, key=lambda each: (not each.is_main, each.page.kind is not PageKind.ORGANIZATION))[
        :3
    ]


def _next(activities: Sequence[ActivityLine], now: int) -> Iterator[ItemLine]:
    if activities:
        text, look = activity_text(activities[0], now)
        yield ItemLine(f"next: {text}", look, OpenPage(activities[0].page))


# -- about: people, activities, notes, products, items around


def about_lines(facts: PageFacts, width: int, now: int) -> tuple[ItemLine, ...]:
    """Return who and what the item is connected with, in sections, wrapped to `width`."""
    sections = (
        _section("People", [*_people(facts.people, now)], facts.people_count - len(facts.people)),
        _section(
            "Open activities",
            [*_activities(facts.activities, now)],
            facts.activity_count - len(facts.activities),
        ),
        _section("Notes", [*_notes(facts.notes, now)], facts.note_count - len(facts.notes)),
        _section("Products", [*_products(facts)], 0),
        _section("Connected with", [*_related(facts.related)], facts.related_count - len(facts.related)),
    )
    lines: list[ItemLine] = []
    for section in sections:
        wrapped = [row for each in section for row in _wrapped(each, width)]
        if wrapped and lines:
            lines.append(ItemLine(""))
        lines += wrapped
    return tuple(lines) or (ItemLine("Nobody and nothing yet", Look.DIM),)


def _section(heading: str, lines: list[ItemLine], more: int) -> list[ItemLine]:
    if not lines:
        return []
    rest = [ItemLine(f"and {count(more)} more", Look.DIM)] if more > 0 else []
    return [ItemLine(heading, Look.TITLE), *lines, *rest]


def _people(people: Sequence[PersonLine], now: int) -> Iterator[ItemLine]:
    for each in people:
        target = OpenPage(each.page)
        name = line(each.name) or line(each.email)
        main = " (main)" if each.is_main and len(people) > 2 else ""
        yield ItemLine(f"{name}{main}", Look.ACCENT, target)
        there = _local_time(each.time_zone, now)
        for detail in (
            line(each.title),
            line(each.email),
            "  ".join(filter(None, (line(each.phone), there))),
        ):
            if detail and detail != name:
                yield ItemLine(f"  {detail}", Look.DIM, target)


def _local_time(zone: str, now: int) -> str:
    if not zone:
        return ""
    from datetime import datetime
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return f"{datetime.fromtimestamp(now, ZoneInfo(zone)):%H:%M} there"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""


def activity_text(activity: ActivityLine, now: int) -> tuple[str, Look]:
    """Return "call 24 Nov Ring Ana back", and how it looks: late ones warn."""
    due = f" {short_date(activity.due_at, now).strip()}" if activity.due_at is not None else ""
    is_late = activity.due_at is not None and activity.due_at < now
    text = f"{line(activity.type)}{due}{' (late)' if is_late else ''} {line(activity.subject)}"
    return text, Look.WARN if is_late else Look.PLAIN


def _activities(activities: Sequence[ActivityLine], now: int) -> Iterator[ItemLine]:
    for each in activities:
        text, look = activity_text(each, now)
        yield ItemLine(text, look, OpenPage(each.page))
        entered = f"entered {moment_text(each.entered_at, now)}"
        by = f", {line(each.responsible)}" if each.responsible else ""
        about = f"{line(each.about)}, " if each.about else ""
        yield ItemLine(f"  {about}{entered}{by}", Look.DIM, OpenPage(each.page))


def _notes(notes: Sequence[NoteLine], now: int) -> Iterator[ItemLine]:
    for each in notes:
        pinned = "pinned, " if each.is_pinned else ""
        head = f"{pinned}{short_date(each.at, now).strip()} {line(each.author)}".rstrip()
        target = ShowText(each.id, f"Note, {head}")
        yield ItemLine(head, Look.DIM, target)
        texts = [text for text in safe_block(each.body).split("\n") if text.strip()]
        for text in texts[:_NOTE_LINES]:
            yield ItemLine(text, Look.PLAIN, target)
        if len(texts) > _NOTE_LINES:
            yield ItemLine("... Enter shows all of it", Look.DIM, target)


def _products(facts: PageFacts) -> Iterator[ItemLine]:
    for each in facts.products:
        yield ItemLine(_product_text(each), Look.PLAIN, OpenPage(each.page))
    for currency, total in facts.totals:
        yield ItemLine(f"total {money(total, currency)}", Look.TITLE)


def _product_text(product: ProductLine) -> str:
    price = f" x {money(product.price, product.currency)}" if product.price is not None else ""
    total = f" = {money(product.total, product.currency)}" if product.total is not None else ""
    return f"{line(product.name)}: {product.quantity:f}{price}{total}"


def _related(related: Sequence[Related]) -> Iterator[ItemLine]:
    for each in related:
        value = amount(each.value)
        worth = f"  {money(value, each.currency)}" if value is not None else ""
        status = f" ({line(each.status)})" if each.status not in ("open", "") else ""
        look = Look.PLAIN if each.status in ("open", "") else Look.DIM
        yield ItemLine(f"{each.how}: {line(each.title)}{status}{worth}", look, OpenPage(each.page))


# -- details


def detail_lines(facts: PageFacts, width: int, now: int) -> tuple[ItemLine, ...]:
    """Return every field: its name in a column, its text beside it, wrapped."""
    lines: list[ItemLine] = []
    own = [Fact("title" if facts.page.item else "name", facts.title)]
    if facts.value is not None:
        own.append(Fact("value", money(facts.value, facts.currency)))
    if facts.status:
        own.append(Fact("status", facts.status))
    for fact in (*own, *facts.details, Fact("address here", facts.page.address)):
        lines += _detail(fact, width, now)
    return tuple(lines)


def _detail(fact: Fact, width: int, now: int) -> Iterator[ItemLine]:
    column = min(_CAPTION, width // 3)
    text = iso_date(fact.at, now) if fact.at is not None else fact.text
    target = OpenPage(fact.page) if fact.page is not None else None
    caption = fit(shorten(line(fact.caption), column - 1), column)
    for paragraph in safe_block(text).split("\n"):
        for start, end in _rows(paragraph, max(width - column, 8)):
            look = Look.ACCENT if target else Look.PLAIN
            yield ItemLine(f"{caption}{paragraph[start:end]}", look, target)
            caption = " " * column


# -- times


def moment_text(at: int, now: int) -> str:
    """Return a time as "22 Nov 08:14", of another year as "22 Nov 2025 08:14", in local time."""
    local, today = time.localtime(at), time.localtime(now)
    year = "" if local.tm_year == today.tm_year else f" {local.tm_year}"
    return f"{local.tm_mday} {time.strftime('%b', local)}{year} {local.tm_hour:02}:{local.tm_min:02}"


# -- wrapping


def _wrapped(one: ItemLine, width: int) -> Iterator[ItemLine]:
    """Yield a line on as many rows as it takes, those after the first set in."""
    indent = "  " if one.look is Look.DIM and one.text.startswith("  ") else ""
    for number, (start, end) in enumerate(_rows(one.text, max(width - 2, 8))):
        yield one._replace(text=(indent + "  " if number else "") + one.text[start:end])


def _rows(text: str, width: int) -> list[tuple[int, int]]:
    if cell_len(text) <= width:
        return [(0, len(text))]
    return list(wrap(text, width))[:_MOST_ROWS]


_MOST_ROWS: Final = 200

"""The newest conversations, which are written out message by message."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sync.demo_letters import Letter
from sync.demo_stories import Matter, a_matter, enclosed, fill, slots
from sync.demo_world import Company, Person, World, data


def told(
    rng: random.Random, world: World, now: int
) -> Iterator[tuple[dict[str, object], Matter, list[Letter]]]:
    """Yield each conversation with what demo_data/recent.toml says about it, and what it is about."""
    for thread in data("recent")["thread"]:
        inside = str(thread["with"]).startswith("colleague:")
        company = rng.choice(world.companies) if inside else world.company(thread["with"])
        other = world.colleague(thread["with"].partition(":")[2]) if inside else company.people[0]
        matter = _matter(rng, world, company, thread)
        letters: list[Letter] = []
        for message in thread["messages"]:
            letters.append(_told_letter(rng, world, matter, other, thread, message, letters, now))
        if thread.get("flagged"):
            letters[-1] = replace(letters[-1], flags="F")
        if thread.get("unread"):
            letters[-1] = replace(letters[-1], flags=letters[-1].flags + "u")
        yield thread, matter, letters


def _matter(rng: random.Random, world: World, company: Company, thread: dict[str, object]) -> Matter:
    matter = replace(a_matter(rng, world, company), person=company.people[0])
    if "product" not in thread:
        return matter
    product = next(product for product in world.products if product.code == thread["product"])
    return replace(matter, product=product, quantity=int(str(thread["quantity"])))


def _told_letter(
    rng: random.Random,
    world: World,
    matter: Matter,
    other: Person,
    thread: dict[str, object],
    message: dict[str, object],
    before: Iterable[Letter],
    now: int,
) -> Letter:
    letters, by = list(before), str(message["by"])
    texts = data(f"stories_{other.language}")
    names = {"me": world.owner, "them": other}
    sender = names.get(by) or world.colleague(by.partition(":")[2])
    receiver = world.owner if sender is other else other
    at = working_time_before(now, float(str(message["hours"])))
    values = slots(rng, matter, at, receiver)
    hello = fill(rng.choice(texts["hello"]), values, rng)
    text = fill(str(message["text"]), values, rng).strip("\n")
    if text.split(",")[0] != receiver.first and len(text) > 120:
        text = f"{hello}\n\n{text}\n\n{rng.choice(texts['bye'])}\n{sender.first}"
    subject = str(thread["subject"])
    copied = [world.colleague(str(message["cc"]))] if "cc" in message else []
    copied += [world.owner] if sender not in (world.owner, other) else []
    return Letter(
        at=at,
        sender=sender,
        to=(receiver,),
        cc=tuple(copied),
        subject=f"Re: {subject}" if letters and not subject.startswith("Re: ") else subject,
        text=text,
        parent=letters[-1] if letters else None,
        wrote=texts["wrote"],
        with_html=sender.id % 2 == 0 and sender is not world.owner,
        files=enclosed(str(message.get("attach", "")), matter, values, sender),
    )


def working_time_before(now: int, hours: float) -> int:
    """Return the moment `hours` ago; beyond the last six, nights and weekends pass without a message."""
    at = now - min(hours, 6) * 3600
    left_s = max(0.0, hours - 6) * 1800  # half of each day is worked
    while left_s > 0:
        at -= min(left_s, 600)
        left_s -= 600
        then = datetime.fromtimestamp(at, UTC)
        if then.weekday() >= 5 or not 7 <= then.hour < 19:
            left_s += 600
    return int(at)

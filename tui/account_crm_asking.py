"""What the settings screen of an account asks: one dialog for each setting, and what is to be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from textual.app import App
from textual.content import Content

from store.crm.activities import TYPES
from store.links.account_crm import MOST_DAYS, VISIBILITIES
from store.links.account_crm_names import Named
from store.links.exceptions import EFFECTS
from tui import account_crm_words
from tui.content import line
from tui.screens.pick import Choice, Picker
from tui.screens.sign_in import AskLine

_DONE: Final = ""
_SAID: Final[dict[str, dict[Any, str]]] = {
    "auto_link": {
        True: "Mail that comes from now on is linked by itself.",
        False: "No mail is linked by itself; what is linked stays.",
    },
    "creates": {
        "off": "Mail of strangers makes nothing.",
        "lead": "The first mail of a stranger makes a lead, from now on.",
        "deal": "The first mail of a stranger makes a deal, from now on.",
    },
    "scope": {
        "personal": "What is not shared is seen by you alone now.",
        "team": "Its members see all of it now; what is shared is seen by others too.",
    },
}


async def ask(app: App[Any], named: Named, name: str) -> dict[str, Any]:
    """Let the user choose another value of a setting; empty when nothing is to be changed."""
    chosen = named.settings
    match name:
        case "auto_link":
            return {name: not chosen.auto_link}
        case "creates":
            return await _one(
                app, "What does the first mail of a stranger make?", name, account_crm_words.MAKES
            )
        case "stage_id":
            names = {stage.id: stage.name for stage in named.stages}
            return await _one(app, "Where do such deals begin?", name, names)
        case "responsible":
            return await _ask_responsible(app, named)
        case "scope":
            return await _one(app, "Whose is the account?", name, account_crm_words.SCOPES)
        case "members":
            return await _ask_members(app, named)
        case "activity_type":
            return await _ask_activity(app, named)
        case "default_visibility":
            allowed = {one: account_crm_words.SEEN_BY[one] for one in VISIBILITIES[chosen.scope]}
            return await _one(app, "What are conversations that begin from now on?", name, allowed)
        case _:
            return await _ask_alias(app, named)


def said(changes: dict[str, Any]) -> str:
    """Return what to tell once settings are changed, "" where the list says it all."""
    return next((_SAID[name][value] for name, value in changes.items() if name in _SAID), "")


async def _one(app: App[Any], title: str, name: str, values: dict[str, str]) -> dict[str, Any]:
    lines = [Choice(value, Content(line(text)), text) for value, text in values.items()]
    picked = await app.push_screen_wait(Picker(title, lines))
    return {} if picked is None else {name: picked}


async def _ask_responsible(app: App[Any], named: Named) -> dict[str, Any]:
    """Let the user mark colleagues one after the other; several take turns."""

    def done(marked: Sequence[str]) -> str:
        return "These take turns" if len(marked) > 1 else "Done" if marked else account_crm_words.NOBODY

    title = "Who is responsible for what is made? Esc leaves"
    marked = await _mark(app, named, title, named.settings.responsible, done)
    return {} if marked is None else {"responsible": marked}


async def _ask_members(app: App[Any], named: Named) -> dict[str, Any]:
    """Let the user mark who works in the account."""
    title = "Who works in the account, and sees all of it? Esc leaves"
    marked = await _mark(app, named, title, named.settings.members, lambda _: "Done")
    return {} if marked is None else {"members": marked}


async def _mark(
    app: App[Any], named: Named, title: str, marked: Sequence[str], done: Callable[[Sequence[str]], str]
) -> tuple[str, ...] | None:
    """Return the colleagues that are marked in the end, None when it was given up; `done` is what the first line says."""
    found = list(marked)
    while True:
        lines = [
            Choice(
                user.id,
                Content(f"{'[x]' if user.id in found else '[ ]'} {line(user.name)}  {line(user.email)}"),
                f"{user.name} {user.email}",
            )
            for user in named.users
        ]
        said = done(found)
        picked = await app.push_screen_wait(Picker(title, [Choice(_DONE, Content(said), said), *lines]))
        if picked is None:
            return None
        if picked == _DONE:
            return tuple(found)
        if picked in found:
            found.remove(picked)
        else:
            found.append(picked)


async def _ask_activity(app: App[Any], named: Named) -> dict[str, Any]:
    types = {one: one for one in dict.fromkeys([*TYPES, named.settings.activity_type])}
    kind = await _one(app, "What is planned for the answer?", "activity_type", types)
    if not kind:
        return {}
    days = await _ask_days(app, named.settings.activity_days)
    return {} if days is None else {**kind, "activity_days": days}


async def _ask_days(app: App[Any], days: int) -> int | None:
    question = "Due how many days after the mail?"
    problem, typed = "", str(days)
    while True:
        answer = await app.push_screen_wait(AskLine([question, *filter(None, [problem])], text=typed))
        if answer is None:
            return None
        if answer.isdecimal() and int(answer) <= MOST_DAYS:
            return int(answer)
        problem, typed = f"A number from 0 to {MOST_DAYS}.", answer


async def _ask_alias(app: App[Any], named: Named) -> dict[str, Any]:
    lines = [
        "Which address of yours is for Smart BCC alone? Empty: an address below your own is used.",
        "It has to deliver to this account, with and without + and more before the @.",
    ]
    answer = await app.push_screen_wait(
        AskLine(lines, text=named.settings.bcc_address, may_be_empty=True, placeholder="crm@example.com")
    )
    return {} if answer is None else {"bcc_address": answer}


async def ask_exception(app: App[Any]) -> tuple[str, str] | None:
    """Ask for an address or domain and what is to hold for it; None when it was given up."""
    typed = await app.push_screen_wait(
        AskLine(["Which address, or domain as @example.com, is treated apart?"])
    )
    if not typed:
        return None
    lines = [Choice(effect, Content(words), words) for effect, words in EFFECTS.items()]
    effect = await app.push_screen_wait(Picker(f"Mail of {line(typed)} ..", lines))
    return None if effect is None else (typed, effect)


async def ask_apart(app: App[Any], patterns: Sequence[str]) -> tuple[str, str] | None:
    """Ask which of some addresses and domains is treated apart, and how; None when it was given up."""
    lines = [
        Choice((pattern, effect), Content(f"{line(pattern)} {words}"), f"{pattern} {words}")
        for pattern in patterns
        for effect, words in EFFECTS.items()
    ]
    return await app.push_screen_wait(Picker("From now on, mail of ..", lines))

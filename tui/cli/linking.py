"""dealbox why and dealbox relink."""

from __future__ import annotations

import argparse
import json
import time
from typing import Final

from linking import deciding, relinking
from linking.conversation import moment
from linking.deciding import Explanation
from store import threads
from store.crm.items import ItemCard
from tui.cli.main import note, say
from tui.cli.stores import opened, thread_id

_ORIGINS: Final = {
    "auto": "by rule",
    "manual": "by hand",
    "compose": "when it was written",
    "bcc": "by a Smart BCC address",
    "conversion": "when the lead was converted",
    "import": "by an import",
}


def why(options: argparse.Namespace) -> int:
    """Print why a conversation is linked or not, message by message."""
    with opened(options) as db:
        found = thread_id(db, options.id)
        explanation = deciding.explain(db, found)
        if options.json:
            say(json.dumps(_as_json(explanation), indent=2, ensure_ascii=False))
            return 0
        row = threads.get(db, found)
        say(f"{found}  {row.subject if row else ''}")
        for line in _lines(explanation):
            say(line)
    return 0


def _lines(explanation: Explanation) -> list[str]:
    return [
        _head(explanation),
        *([explanation.advice] if explanation.advice and explanation.item is None else []),
        "",
        *(
            f"{_when(each.at)}  {each.from_}: {each.words}  [{each.decision.reason}]"
            for each in explanation.messages
        ),
        *(["", "Items it is about:"] if explanation.candidates else []),
        *(f"  {_item(card)}" for card in explanation.candidates),
    ]


def _head(explanation: Explanation) -> str:
    if explanation.item is None:
        unlinked = "Unlinked by hand" if explanation.origin else "Not linked"
        return (
            f"{unlinked}: {explanation.words}."
            if not explanation.origin
            else f"{unlinked}: no rule links it again."
        )
    how = _ORIGINS.get(explanation.origin, "")
    reason = f": {explanation.words}" if explanation.origin == "auto" and explanation.decided else ""
    return f"Linked {how} to {_item(explanation.item)}{reason}."


def _item(card: ItemCard) -> str:
    name = f"{card.kind.value}:{card.external_ref or card.id}"
    since = time.strftime("%Y-%m-%d", time.localtime(card.created_at))
    return f"{name} {card.title} ({card.status}, of {since})"


def _when(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _as_json(explanation: Explanation) -> dict[str, object]:
    decided = explanation.decided
    return {
        "id": explanation.thread_id,
        "item": None if explanation.item is None else _item_json(explanation.item),
        "origin": explanation.origin or None,
        "code": None if decided is None else decided.reason,
        "reason": explanation.words,
        "advice": explanation.advice or None,
        "candidates": [_item_json(card) for card in explanation.candidates],
        "messages": [
            {
                "id": each.email_id,
                "received_at": moment(each.at),
                "from": each.from_,
                "subject": each.subject,
                "code": each.decision.reason.value,
                "reason": each.words,
                "candidates": [f"{ref.kind.value}:{ref.id}" for ref in each.decision.candidates],
            }
            for each in explanation.messages
        ],
    }


def _item_json(card: ItemCard) -> dict[str, object]:
    return {
        "kind": card.kind.value,
        "id": card.id,
        "external_ref": card.external_ref,
        "title": card.title,
        "status": card.status,
        "created_at": moment(card.created_at),
    }


def relink(options: argparse.Namespace) -> int:
    """List what the rules would link of old mail; link it when told."""
    with opened(options) as db:
        proposals = []
        for each in relinking.plan(db):
            say(f"{each.thread_id:>7}  {each.subject}  ->  {_item(each.item)}: {each.reason}")
            proposals.append(each)
        if options.apply:
            say(f"{relinking.apply(db, proposals).title}.")
        elif proposals:
            note(
                f"{len(proposals):,} would be linked; dealbox relink --apply links them, and undo takes it back."
            )
        else:
            note("There is nothing to link.")
    return 0

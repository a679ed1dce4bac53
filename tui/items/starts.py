"""What the form of a new item begins with when it is made from a conversation. Pure."""

from __future__ import annotations

from mail.addresses import domain
from mail.freemail import is_freemail
from mail.text import safe_line
from mail.threading import base_subject
from store.crm.item_refs import PageKind
from store.links.contacts import PersonCard
from store.links.panel import Newcomer, PanelFacts
from tui.screens.item_form_kinds import Somebody, Start


def title_of(subject: str) -> str:
    """Return a subject without reply and forward marks, as it was written."""
    whole = " ".join(safe_line(subject).split())
    base, folded = base_subject(whole), whole.casefold()
    at = folded.find(base)
    return whole[at : at + len(base)] if at >= 0 and len(folded) == len(whole) else base


def start(kind: PageKind, subject: str, facts: PanelFacts) -> Start:
    """Return the beginning of an item of a conversation: its subject, its main person, and their organization."""
    known = next((each for each in facts.people if each.id), None)
    if kind is PageKind.PERSON:
        return of_person(facts.newcomer) if facts.newcomer else Start()
    if kind is PageKind.ORGANIZATION:
        return of_organization(facts, known)
    if known is not None:
        return Start(title_of(subject), _known(known), _organization_of(known))
    if facts.newcomer is not None:
        return Start(title_of(subject), _new(facts.newcomer), _organization_of(facts.newcomer))
    return Start(title_of(subject))


def _known(card: PersonCard) -> Somebody:
    return Somebody(card.id or "", card.name)


def _new(newcomer: Newcomer) -> Somebody:
    details: dict[str, object] = {"emails": [newcomer.email]}
    if newcomer.phone:
        details["phones"] = [newcomer.phone]
    if newcomer.title:
        details["title"] = newcomer.title
    return Somebody("", safe_line(newcomer.name) or newcomer.email, details)


def _organization_of(who: PersonCard | Newcomer) -> Somebody | None:
    """Return somebody's organization; one that is not there yet gets the domain they write from."""
    if not who.organization:
        return None
    return Somebody(who.organization_id or "", safe_line(who.organization), _domain(who.email))


def _domain(email: str) -> dict[str, object]:
    found = domain(email)
    return {"domains": [found]} if found and not is_freemail(found) else {}


def of_person(newcomer: Newcomer) -> Start:
    """Return the beginning of a person the CRM does not know."""
    return Start(
        title=safe_line(newcomer.name),
        organization=_organization_of(newcomer),
        details={"title": safe_line(newcomer.title)},
        emails=(newcomer.email,),
        phones=(newcomer.phone,) if newcomer.phone else (),
    )


def of_organization(facts: PanelFacts, known: PersonCard | None) -> Start:
    """Return the beginning of the organization somebody writes from that the CRM does not know."""
    who = facts.newcomer if facts.newcomer and not facts.newcomer.organization_id else known
    if who is None or who.organization_id:
        return Start()
    found = domain(who.email)
    if not found or is_freemail(found):
        return Start(title=safe_line(who.organization))
    return Start(title=safe_line(who.organization) or found.split(".")[0].title(), domains=(found,))

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from makers import NOW
from rich.cells import cell_len
from textual.app import App, ComposeResult

from mail.types import ThreadId
from store.crm.items import ItemCard, ItemKind, NextActivity
from store.links.contacts import PersonCard
from store.links.panel import LinkState, Newcomer, NoteCard, PanelFacts, Suggestion, Touch
from tui.widgets.crm_lines import Look, money, panel_lines, stage_bar
from tui.widgets.crm_panel import CrmPanel

ITEM = ItemCard(
    kind=ItemKind.DEAL,
    id="d1",
    title="Acme renewal",
    status="open",
    stage="Proposal",
    stage_position=4,
    stage_count=5,
    value=Decimal(12400),
    currency="EUR",
    owner="Bo Berg",
    person="Ana Lima",
    person_id="p1",
    organization="Acme",
    organization_id="o1",
    expected_close="2023-12-24",
    created_at=NOW,
    next_activity=NextActivity("call", "Ask for the signature", NOW - 86_400),
    external_ref=None,
)
ANA = PersonCard("p1", "Ana Lima", "Buyer", "Acme", "o1", "ana@acme.example", "+34 600 1", "Europe/Madrid")


def facts(**changes: Any) -> PanelFacts:
    whole = PanelFacts(
        thread_id=ThreadId(1),
        state=LinkState.LINKED,
        why="linked by hand",
        origin="manual",
        linked_at=NOW,
        visibility="private",
        item=ITEM,
        suggestions=(),
        people=(ANA,),
        touches=(Touch(NOW, "in", "Re: Quote"),),
        notes=(NoteCard(NOW, "Bo", "Wants 40 seats\nby May", is_pinned=True),),
    )
    return replace(whole, **changes)


def texts(shown: PanelFacts | None, *, is_short: bool = False) -> list[str]:
    return [one.text for one in panel_lines(shown, 34, NOW, is_short=is_short)]


def test_the_panel_goes_from_the_link_over_the_item_and_people_to_touches_and_notes() -> None:
    shown = texts(
        facts(suggestions=(Suggestion(replace(ITEM, id="d2", title="Acme extra"), "deal of Acme"),))
    )
    order = [
        "Linked to a deal, private",
        "Deal: Acme renewal",
        "People",
        "Could also be about",
        "Last touches",
        "Notes",
    ]
    assert [text for text in shown if text in order] == order
    assert "linked by hand" in shown


def test_a_card_shows_stage_value_and_what_is_late() -> None:
    shown = panel_lines(facts(), 34, NOW, is_short=False)
    assert "Proposal #########..." in [one.text for one in shown]
    assert "12,400 EUR" in [one.text for one in shown]
    late = next(one for one in shown if one.text.startswith("next: call"))
    assert "(late)" in late.text
    assert late.look is Look.WARN


def test_a_short_screen_shows_only_link_item_and_suggestions() -> None:
    shown = texts(facts(), is_short=True)
    assert "Deal: Acme renewal" in shown
    assert not {"People", "Last touches", "Notes"} & set(shown)


def test_a_conversation_that_is_not_linked_says_why_and_what_it_could_be_about() -> None:
    shown = texts(
        facts(
            state=LinkState.AMBIGUOUS,
            why="2 open items: choose one",
            item=None,
            suggestions=(Suggestion(ITEM, "deal of Ana Lima"), Suggestion(ITEM, "x")),
        )
    )
    assert shown[:2] == ["Not linked, private", "2 open items: choose one"]
    assert "Could be about" in shown
    assert any(text.startswith("1 [D] Acme renewal") for text in shown)


def test_somebody_the_crm_does_not_know_is_said_to_be_unknown() -> None:
    stranger = PersonCard(None, "", "", "", None, "x@nowhere.example", "", "")
    assert any("not in the CRM" in text for text in texts(facts(people=(stranger,))))


def test_what_people_typed_cannot_drive_the_terminal() -> None:
    evil = "\x1b[2J[bold]x[/bold]\u202e\n\x9b"
    shown = texts(
        facts(
            why=evil,
            item=replace(
                ITEM, title=evil, stage=evil, owner=evil, next_activity=NextActivity(evil, evil, None)
            ),
            people=(replace(ANA, name=evil, title=evil, phone=evil, time_zone=evil),),
            touches=(Touch(NOW, evil, evil),),
            notes=(NoteCard(NOW, evil, evil, is_pinned=False),),
            suggestions=(Suggestion(replace(ITEM, title=evil), evil),),
            newcomer=Newcomer("x@y.example", evil, evil, evil, evil),
            main_organization=replace(ITEM, kind=ItemKind.ORGANIZATION, title=evil),
        )
    )
    assert all(text.isprintable() for text in shown)
    assert any("[bold]x[/bold]" in text for text in shown)


@pytest.mark.parametrize("width", [12, 30, 34, 36])
def test_no_line_is_wider_than_the_panel(width: int) -> None:
    wide = replace(ITEM, title="日本語の案件 " * 9, organization="x" * 90)
    lines = panel_lines(
        facts(item=wide, suggestions=(Suggestion(wide, "x" * 99),)), width, NOW, is_short=False
    )
    assert max(cell_len(one.text) for one in lines) <= width


def test_money_has_its_thousands_apart_and_cents_only_where_there_are_any() -> None:
    assert money(Decimal("12400.00"), "EUR") == "12,400 EUR"
    assert money(Decimal("0.5"), "USD") == "0.50 USD"


def test_an_item_without_stages_has_an_empty_bar() -> None:
    assert stage_bar(0, 0, 4) == "...."
    assert stage_bar(4, 4, 4) == "####"


class PanelApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.panel = CrmPanel(now=lambda: NOW)

    def compose(self) -> ComposeResult:
        yield self.panel


async def test_a_panel_longer_than_the_screen_scrolls() -> None:
    async with PanelApp().run_test(size=(35, 34)) as pilot:
        panel: CrmPanel = pilot.app.panel  # type: ignore[attr-defined]
        panel.show(facts(notes=(NoteCard(NOW, "Bo", "\n".join("abcd"), is_pinned=False),) * 12))
        assert panel.render_line(0).text.strip() == ">Linked to a deal, private"
        panel.bottom()
        assert panel.render_line(33).text.strip() == ">d"
        panel.top()
        assert panel.render_line(0).text.strip() == ">Linked to a deal, private"


async def test_without_a_conversation_the_panel_says_so() -> None:
    async with PanelApp().run_test(size=(35, 34)) as pilot:
        panel: CrmPanel = pilot.app.panel  # type: ignore[attr-defined]
        panel.show(None)
        assert panel.render_line(0).text.strip() == ">No conversation"

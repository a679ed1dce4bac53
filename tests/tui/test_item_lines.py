from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from rich.cells import cell_len

from mail.types import ThreadId
from store.crm.item_details import Fact
from store.crm.item_page import ActivityLine, NoteLine, PageFacts, ProductLine
from store.crm.item_refs import PageKind, PageRef
from store.crm.item_relations import PersonLine, Related
from store.crm.timeline_entries import Entry, EntryKind, Moment
from tui.widgets import item_lines, timeline_lines
from tui.widgets.crm_lines import Look
from tui.widgets.item_lines import OpenPage, OpenThread, ShowLine, ShowText

NOW = int(time.mktime((2026, 11, 22, 12, 0, 0, 0, 0, -1)))
HOUR, DAY = 3600, 86_400
DEAL = PageRef(PageKind.DEAL, "d")
ANA = PersonLine(PageRef(PageKind.PERSON, "p"), "Ana Lima", "Buyer", "ana@acme.example", "+49 1", "", True)
ACME = PersonLine(PageRef(PageKind.ORGANIZATION, "o"), "Acme GmbH", "Hamburg", "", "", "", False)
CALL = ActivityLine("a", "call", "Ring Ana", NOW - HOUR, NOW - DAY, "Bo")
FACTS = PageFacts(
    page=DEAL,
    title="Renewal",
    status="open",
    stage="Proposal",
    stage_position=4,
    stage_count=5,
    value=Decimal(12400),
    currency="EUR",
    owner="Bo Kern",
    expected_close="2027-01-31",
    visible_to="team",
    created_at=NOW - 9 * DAY,
    labels=("Hot",),
    followers=("Cy",),
    people=(ANA, ACME),
    people_count=2,
    related=(),
    related_count=0,
    activities=(CALL,),
    activity_count=1,
    notes=(NoteLine("n", NOW - DAY, "Bo", "Wants 40 seats\nby January", is_pinned=True),),
    note_count=1,
    products=(),
    totals=(),
    details=(),
)


def head(facts: PageFacts, width: int = 120) -> list[str]:
    return [each.text for each in item_lines.head_lines(facts, width, NOW, keys={"restore": "R"})]


def about(facts: PageFacts, width: int = 60) -> list[str]:
    return [each.text for each in item_lines.about_lines(facts, width, NOW)]


def test_the_head_says_stage_people_who_sees_it_and_what_is_next() -> None:
    assert head(FACTS) == [
        "Proposal [############...] 4 of 5   expected 2027-01-31",
        "Ana Lima, Acme GmbH   owner Bo Kern   visible to the team   labels Hot   followed by Cy",
        "next: call 11:00 (late) Ring Ana",
    ]


def test_a_narrow_head_gives_people_a_line_of_their_own() -> None:
    assert head(FACTS, 40)[1] == "Ana Lima, Acme GmbH"


@pytest.mark.parametrize("width", [8, 20, 40, 80, 200])
def test_no_line_is_wider_than_it_may_be(width: int) -> None:
    facts = replace(FACTS, title="大" * 90, people=(replace_name(ANA, "大" * 90), ACME))
    entry = Entry(EntryKind.NOTE, NOW, "大" * 90, by="大" * 90, moments=(Moment("written", NOW),))
    lines = (
        *item_lines.head_lines(facts, width, NOW, keys={}),
        *item_lines.about_lines(facts, max(width, 20), NOW),
        *item_lines.detail_lines(facts, max(width, 20), NOW),
        *timeline_lines.entry_lines(entry, width, NOW),
    )
    assert max(cell_len(each.text) for each in lines) <= max(width, 20)


def replace_name(person: PersonLine, name: str) -> PersonLine:
    return person._replace(name=name)


def test_a_person_is_headed_by_position_address_and_telephone() -> None:
    facts = replace(
        FACTS,
        page=ANA.page,
        stage="Buyer",
        stage_count=0,
        expected_close=None,
        details=(
            Fact("address", "ana@acme.example"),
            Fact("address", "ana@home.example"),
            Fact("phone", "+49 1"),
        ),
    )
    assert head(facts)[0] == "Buyer   ana@acme.example   +49 1"


def test_a_deleted_item_says_how_it_comes_back_and_a_merged_one_where_its_mail_is() -> None:
    assert head(replace(FACTS, status="deleted"))[0].endswith("R restores it.")
    into = Related("merged into", PageRef(PageKind.DEAL, "e"), "Big deal", "open", None, "")
    merged = item_lines.head_lines(replace(FACTS, status="deleted", related=(into,)), 80, NOW, keys={})
    assert merged[0].text == "Merged into Big deal: its mail is there."
    assert merged[0].target == OpenPage(into.page)


def test_people_activities_and_notes_lead_to_where_they_are_told_in_full() -> None:
    targets = [each.target for each in item_lines.about_lines(FACTS, 60, NOW) if each.target is not None]
    assert list(dict.fromkeys(targets)) == [
        OpenPage(ANA.page),
        OpenPage(ACME.page),
        OpenPage(CALL.page),
        ShowText("n", "Note, pinned, 21 Nov Bo"),
    ]


def test_what_is_not_listed_is_counted() -> None:
    assert "and 1,198 more" in about(replace(FACTS, people_count=1200))


def test_products_are_listed_with_what_they_come_to() -> None:
    seat = ProductLine(
        PageRef(PageKind.PRODUCT, "s"), "Seat", Decimal(40), Decimal(100), "EUR", Decimal(4000)
    )
    shown = about(replace(FACTS, products=(seat,), totals=(("EUR", Decimal(4000)),)))
    assert shown[-2:] == ["Seat: 40 x 100 EUR = 4,000 EUR", "total 4,000 EUR"]


def test_a_late_activity_warns() -> None:
    assert item_lines.activity_text(CALL, NOW)[1] is Look.WARN
    assert item_lines.activity_text(CALL._replace(due_at=NOW + 1), NOW)[1] is Look.PLAIN


def test_times_name_the_day_only_where_it_changes_and_the_year_only_of_another() -> None:
    moments = (
        Moment("received", NOW - 400 * DAY),
        Moment("in the CRM", NOW - DAY),
        Moment("linked", NOW - DAY + HOUR),
    )
    assert timeline_lines.times_text(moments, NOW) == (
        "received 18 Oct 2025 12:00, in the CRM 21 Nov 12:00, linked 13:00"
    )


def test_an_event_says_what_it_was_from_whom_and_when() -> None:
    entry = Entry(
        EntryKind.MAIL_IN,
        NOW - HOUR,
        "Quote",
        by="Ana Lima",
        moments=(Moment("received", NOW - HOUR), Moment("in the CRM", NOW)),
        preview="We accept",
        thread_id=ThreadId(7),
    )
    first, second = timeline_lines.entry_lines(entry, 80, NOW)
    assert first.text == " 11:00  mail in  Ana Lima: Quote - We accept"
    assert second.text == "        received 22 Nov 11:00, in the CRM 12:00"
    assert first.target == second.target == OpenThread(ThreadId(7))


def test_links_told_together_lead_nowhere() -> None:
    entry = Entry(EntryKind.LINK, NOW, "9 conversations linked by rule", thread_id=ThreadId(7), count=9)
    assert timeline_lines.entry_lines(entry, 80, NOW)[0].target is None


def test_a_change_that_is_cut_off_leads_to_its_whole_text() -> None:
    text = "description: none -> " + "word " * 40
    entry = Entry(EntryKind.CHANGE, NOW, text, by="Bo", moments=(Moment("changed", NOW),))
    target = timeline_lines.entry_lines(entry, 80, NOW)[0].target
    assert target == ShowLine(text, "Changed 22 Nov 12:00, by Bo")


def test_the_head_of_a_lost_deal_says_why() -> None:
    lost = replace(FACTS, status="lost", details=(Fact("lost because", "too dear"),))
    head = item_lines.head_lines(lost, 120, NOW, keys={})
    assert "lost because too dear" in head[0].text

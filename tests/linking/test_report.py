from __future__ import annotations

import json

from linking.exchange.report import Count, ImportReport, Remark, Remarks, overtaken


def a_report(*, is_dry_run: bool = False) -> ImportReport:
    rejects = (Remark("deals.csv", 3, "has no id"),)
    notices = (Remark("notes.csv", 0, "is odd"),)
    return ImportReport(is_dry_run, (Count("deal", 1_200, 3, 4),), rejects, notices)


def test_a_report_tells_people_what_came_in_and_what_did_not() -> None:
    assert a_report().as_text().splitlines() == [
        "deal: 1,200 added, 3 changed, 4 unchanged",
        "1 left out",
        "left out: deals.csv:3: has no id",
        "note: notes.csv: is odd",
    ]


def test_a_dry_run_tells_what_would_come_in() -> None:
    lines = a_report(is_dry_run=True).as_text().splitlines()
    assert lines[0] == "deal: 1,200 would be added, 3 would be changed, 4 unchanged"


def test_a_report_without_anything_says_so() -> None:
    assert ImportReport(False, (), (), ()).as_text() == "nothing to import was found"


def test_scripts_get_the_same_as_json() -> None:
    told = json.loads(json.dumps(a_report().as_json()))
    assert told["counts"] == [{"kind": "deal", "added": 1200, "changed": 3, "unchanged": 4}]
    assert told["rejects"] == [{"file": "deals.csv", "line": 3, "reason": "has no id"}]
    assert told["is_dry_run"] is False


def test_rows_that_found_no_place_any_more_are_told() -> None:
    remarks = Remarks()
    remarks.extend(overtaken("a.csv", 0))
    remarks.extend(overtaken("a.csv", 1_200))
    (remark,) = remarks.listed
    assert str(remark).startswith(
        "a.csv: 1,200 parts are left out, as what they belong to was deleted meanwhile"
    )

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import makers
import pytest
import stored

from linking import service
from linking.exchange import csv_items, export, json_items
from mail.types import Role, ThreadId
from store.crm import import_runs, items
from store.database import Database, open_store
from store.links import awaited, slots, thread_people

FILES = {
    "users": "id,name,email,alias,role,team,edits,can_manage\n1,Noa,noa@corp.example,sales@corp.example,admin,2,own,1\n",
    "organizations": "id,name,domain,labels,followers,address\n1,\"Acme; \"\"Sons\"\", Ltd\",acme.example;acme.test,hot,1,\"1 Road\"\n",
    "persons": (
        "id,name,emails,email_labels,email_status,phone,phone_labels,org_id,notes,labels,custom:Birthday,created_at\n"
        "1,Ana Lima,ana@acme.example;ana@home.example,ana@home.example: home,ana@home.example: bounced,"
        "+49 1;+49 2,+49 2: mobile,1,\"two\nlines\",\"\"\"a, b\"\"; vip\",1980-01-02,2026-01-01T00:00:00Z\n"
        "2,=HYPERLINK(1),,,,,,,,,,2026-01-01T00:00:00Z\n3,''=quoted,,,,,,,,,,2026-01-01T00:00:00Z\n"
    ),
    "products": "id,name,code,price,currency,tax\n1,Kit,SKU-1,-5.50,EUR,19\n",
    "leads": "id,title,status,closed_at,converted_deal_id,person_id\n1,A lead,converted,2026-02-01T00:00:00Z,1,1\n",
    "deals": (
        "id,title,status,closed_at,value,currency,stage,person_id,participants,source_lead_id,closed_periods,owner_id,deleted_at,archived_at\n"
        "1,Printers,won,2026-03-01T00:00:00Z,1234.50,EUR,Proposal,1,2;3,1,2026-01-01T00:00:00Z/2026-01-02T00:00:00Z,1,,\n"
        "2,Gone,open,,,,2,2,,,,,2026-03-01T00:00:00Z,\n3,Aside,open,,12,USD,,,,,,,,2026-03-02T00:00:00Z\n"
    ),
    "deal_products": "deal_id,product_id,quantity,price,discount,tax,position\n1,1,3,10,5,7,1\n",
    "projects": "id,title,status,stage,start_date,end_date,description,closed_at\n1,Move,completed,Planning,2026-01-01,2026-02-01,Boxes,2026-02-01T00:00:00Z\n",
    "activities": "id,type,subject,due_at,done_at,deal_id,owner_id,note,created_at\n1,call,Call,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,1,1,hi,2026-01-01T00:00:00Z\n",
    "notes": "id,body,deal_id,pinned,owner_id\n1,\"-- call\nback\",1,1,1\n",
    "links": (
        "message_id,kind,item,conversation,origin,by,at,reason\nm1@x.example,deal,1,c1,manual,1,2026-01-01T00:00:00Z,said so\n"
        "m2@x.example,,,c2,manual,,2026-01-01T00:00:00Z,\n"
    ),
    "conversations": (
        "message_id,conversation,what,email,value,by,at\nm1@x.example,c1,person,ana@acme.example,1,1,2026-01-01T00:00:00Z\n"
        "m1@x.example,c1,person,bot@acme.example,,,2026-01-01T00:00:00Z\nm1@x.example,c1,main_org,,1,,2026-01-01T00:00:00Z\n"
        "m1@x.example,c1,visibility,,private,1,2026-01-01T00:00:00Z\n"
    ),
    "exceptions": "id,pattern,effect,comment\n1,@bank.example,block,no business\n2,Boss@acme.example,never_share,\n",
    "history": "at,by,what,kind,item,details\n2026-01-01T00:00:00Z,1,created,deal,1,\"{\"\"name\"\": \"\"Printers\"\"}\"\n",
}  # fmt: skip


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    store = open_store(tmp_path / "other", is_screen=False)
    yield store
    store.close()


def filled(db: Database, tmp_path: Path) -> Database:
    crm = tmp_path / "crm"
    crm.mkdir()
    for name, text in FILES.items():
        (crm / f"{name}.csv").write_text(text)
    report = csv_items.import_directory(db, crm, dry_run=False)
    assert (report.rejects, report.notices) == ((), ())
    return db


def contents(directory: Path, *, without: str = "references.csv") -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(directory.iterdir()) if path.name != without}


def a_table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines(keepends=True)))


def test_what_is_exported_and_imported_elsewhere_is_exported_there_just_the_same(
    db: Database, other: Database, tmp_path: Path
) -> None:
    export.export(filled(db, tmp_path), tmp_path / "out")
    report = csv_items.import_directory(other, tmp_path / "out", dry_run=False)
    assert (report.rejects, report.notices) == ((), ())
    export.export(other, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")
    assert contents(tmp_path / "again", without="") == contents(tmp_path / "out", without="")


def test_the_same_comes_back_from_json(db: Database, other: Database, tmp_path: Path) -> None:
    export.export(filled(db, tmp_path), tmp_path / "out", ["json"])
    report = json_items.import_file(other, tmp_path / "out" / "dealbox.json", dry_run=False)
    assert (report.rejects, report.notices) == ((), ())
    export.export(other, tmp_path / "again", ["json"])
    assert contents(tmp_path / "again") == contents(tmp_path / "out")


def test_importing_an_export_where_it_came_from_changes_no_id_and_doubles_nothing(
    db: Database, tmp_path: Path
) -> None:
    export.export(filled(db, tmp_path), tmp_path / "out")
    csv_items.import_directory(db, tmp_path / "out", dry_run=False)
    export.export(db, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")


def test_items_are_still_known_by_the_ids_they_once_came_with(
    db: Database, other: Database, tmp_path: Path
) -> None:
    export.export(filled(db, tmp_path), tmp_path / "out")
    csv_items.import_directory(other, tmp_path / "out", dry_run=False)
    assert items.find(other, "deal:1") == items.find(db, "deal:1")
    again = csv_items.import_directory(other, tmp_path / "crm", dry_run=True)
    assert {count.kind: count.unchanged for count in again.counts}["deal"] == 3


def test_a_formula_in_a_cell_is_text_to_a_spreadsheet_and_to_us(db: Database, tmp_path: Path) -> None:
    export.export(filled(db, tmp_path), tmp_path / "out", ["csv"])
    names = {row["name"] for row in a_table(tmp_path / "out" / "persons.csv")}
    assert names == {"Ana Lima", "'=HYPERLINK(1)", "''=quoted"}
    (price,) = (row["price"] for row in a_table(tmp_path / "out" / "products.csv"))
    assert price == "-5.50"


def test_files_are_private_and_a_directory_with_something_in_it_is_refused(
    db: Database, tmp_path: Path
) -> None:
    report = export.export(filled(db, tmp_path), tmp_path / "out")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert (modes, stat.S_IMODE((tmp_path / "out").stat().st_mode)) == ({0o600}, 0o700)
    assert {"README.txt", "persons.csv", "dealbox.json", "persons.vcf"} <= set(report.files)
    assert report.counts["deal"] == 3
    with pytest.raises(export.NotEmpty, match="is not empty"):
        export.export(db, tmp_path / "out")


def test_only_the_formats_asked_for_are_written(db: Database, tmp_path: Path) -> None:
    report = export.export(filled(db, tmp_path), tmp_path / "out", ["vcf"])
    assert report.files == ("README.txt", "persons.vcf")


def test_json_has_lists_numbers_and_nothing_where_csv_has_text(db: Database, tmp_path: Path) -> None:
    export.export(filled(db, tmp_path), tmp_path / "out", ["json"])
    found = json.loads((tmp_path / "out" / "dealbox.json").read_text())
    (ana,) = (row for row in found["person"] if row["name"] == "Ana Lima")
    assert ana["emails"] == ["ana@acme.example", "ana@home.example"]
    assert ana["labels"] == ["a, b", "vip"]
    assert ana["custom"] == {"Birthday": "1980-01-02"}
    assert ana["deleted_at"] is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "is not what export writes"),
        ('{"format": "other"}', "is not what export writes"),
    ],
)
def test_other_json_is_refused(db: Database, tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(json_items.Unreadable, match=reason):
        json_items.import_file(db, path, dry_run=False)


def test_a_file_of_json_larger_than_any_is_refused(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "MOST_OCTETS", 1)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(json_items.Unreadable, match="is larger than 0 MB"):
        json_items.import_file(db, tmp_path / "x.json", dry_run=False)


def test_rows_of_json_that_cannot_be_are_left_out_with_why(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(
        json.dumps({"format": "dealbox 1", "deal": [7, {"id": "1"}, {"id": "2", "title": "A", "x": [[]]}]})
    )
    report = json_items.import_file(db, path, dry_run=False)
    assert [str(each) for each in report.rejects] == [
        "x.json deal:1: is not an object",
        "x.json deal:2: has no title",
    ]


def a_conversation(db: Database, message_id: str) -> ThreadId:
    account_id = makers.an_account(db)
    boxes = stored.mailboxes_of(db, account_id)
    found = stored.a_stored_email(db, account_id, boxes[Role.INBOX])
    with db.write() as connection:
        connection.execute("UPDATE email SET message_id = ? WHERE id = ?", (message_id, found.email_id))
    return found.thread_id


def test_links_are_exported_by_message_id_and_come_back_with_the_mail(
    db: Database, other: Database, tmp_path: Path
) -> None:
    linked, unlinked = a_conversation(filled(db, tmp_path), "a@x.example"), a_conversation(db, "b@x.example")
    deal = items.find(db, "deal:3")
    assert deal is not None
    for thread_id in (linked, unlinked):
        service.link(db, thread_id, deal)
    service.unlink(db, unlinked)
    export.export(db, tmp_path / "out")
    csv_items.import_directory(other, tmp_path / "out", dry_run=False)
    threads = [a_conversation(other, message_id) for message_id in ("a@x.example", "b@x.example")]
    with other.write() as connection:
        awaited.link(connection, 1, threads)
    found = [slots.read(other.read(), thread_id) for thread_id in threads]
    before = [slots.read(db.read(), thread_id) for thread_id in (linked, unlinked)]
    assert found == before
    assert [slot.item_id for slot in found if slot] == [deal.id, None]


def test_what_was_chosen_for_conversations_comes_back_with_the_mail(
    db: Database, other: Database, tmp_path: Path
) -> None:
    thread_id = a_conversation(filled(db, tmp_path), "a@x.example")
    ana, acme = items.find(db, "person:1"), items.find(db, "organization:1")
    assert ana is not None and acme is not None
    thread_people.set_main(db, thread_id, acme)
    thread_people.set_person(db, thread_id, "ana@acme.example", None)
    thread_people.set_person(db, thread_id, "bob@acme.example", ana.id)
    service.set_visibility(db, thread_id, "shared")
    export.export(db, tmp_path / "out")
    report = csv_items.import_directory(other, tmp_path / "out", dry_run=False)
    assert [str(notice) for notice in report.notices] == [
        "conversations.csv: 1 conversations are shown to others, as they were where this was exported"
    ]
    came = a_conversation(other, "a@x.example")
    with other.write() as connection:
        assert awaited.link(connection, 1, [came]) == {came}
    assert thread_people.chosen(other.read(), came) == thread_people.chosen(db.read(), thread_id)
    assert other.read().execute("SELECT visibility FROM thread WHERE id = ?", (came,)).fetchone() == (
        "shared",
    )
    export.export(other, tmp_path / "again")
    choices = [
        [{**row, "conversation": ""} for row in a_table(tmp_path / name / "conversations.csv")]
        for name in ("out", "again")
    ]
    assert sorted(map(str, choices[0])) == sorted(map(str, choices[1]))


def test_what_was_chosen_here_goes_before_what_an_export_says(db: Database, tmp_path: Path) -> None:
    filled(db, tmp_path)
    thread_id = a_conversation(db, "m1@x.example")
    service.set_visibility(db, thread_id, "shared")
    with db.write() as connection:
        connection.execute("UPDATE awaited_choice SET value = 'team' WHERE what = 'visibility'")
        awaited.link(connection, 1, [thread_id])
    assert db.read().execute("SELECT visibility FROM thread").fetchall() == [("shared",)]


def test_choices_and_history_that_cannot_be_are_left_out_with_why(db: Database, tmp_path: Path) -> None:
    filled(db, tmp_path)
    place = tmp_path / "more"
    place.mkdir()
    (place / "conversations.csv").write_text(
        "message_id,what,email,value\n,person,a@x.example,1\nm@x,boat,,\nm@x,main_person,,99\nm@x,visibility,,all\nm@x,person,,1\n"
    )
    (place / "history.csv").write_text(
        "at,what,kind,item,details\n,created,deal,1,\n2026-01-01,created,boat,1,\n2026-01-01,created,deal,1,[\n"
        '2026-01-01,edited,deal,1,[]\n2026-01-01,edited,deal,1,"{""a"": [""x\u202ey"", 1]}"\n'
    )
    (place / "exceptions.csv").write_text(
        "id,pattern,effect\n7,@bank.example,block\n8,@x.example,burn\n9,,block\n"
    )
    report = csv_items.import_directory(db, place, dry_run=False)
    needed = "needs a time, a word for what happened, the kind and id of an item, and details as JSON"
    chosen = (
        "needs a message_id, and what was chosen: person, main_person, main_org, lead_history or visibility"
    )
    assert [str(each) for each in report.rejects] == [
        f"conversations.csv:2: {chosen}",
        f"conversations.csv:3: {chosen}",
        "conversations.csv:4: there is no person “99”",
        "conversations.csv:5: “all” is not allowed; write private, shared, team",
        "conversations.csv:6: “” is not an e-mail address",
        "exceptions.csv:3: “burn” is not allowed; write block, no_create, never_share",
        "exceptions.csv:4: has no pattern",
        *(f"history.csv:{line}: {needed}" for line in (2, 3, 4, 5)),
    ]
    assert '{"a": ["xy", 1]}' in {row[0] for row in db.read().execute("SELECT details FROM audit")}
    assert db.read().execute("SELECT count(*) FROM crm_exception").fetchone() == (2,)


def test_what_timelines_tell_is_taken_back_with_the_import_that_brought_it(
    db: Database, tmp_path: Path
) -> None:
    filled(db, tmp_path)
    import_runs.take_back(db)
    tables = (
        "deal",
        "person",
        "label",
        "awaited_link",
        "awaited_choice",
        "crm_exception",
        "external_ref",
        "workspace_user",
    )
    assert [db.read().execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables] == [
        0
    ] * len(tables)
    assert db.read().execute("SELECT count(*) FROM audit WHERE what = 'created'").fetchone() == (0,)


def test_a_link_that_somebody_chose_goes_before_one_that_a_rule_made(
    db: Database, other: Database, tmp_path: Path
) -> None:
    filled(other, tmp_path)
    deal, gone = items.find(other, "deal:1"), items.find(other, "deal:2")
    assert deal is not None and gone is not None
    thread_id = a_conversation(other, "m1@x.example")
    with other.write() as connection:
        slots.put(connection, thread_id, slots.Slot("deal", gone.id, "auto", "", 1, ""))
        assert awaited.link(connection, 1, [thread_id]) == {thread_id}
    slot = slots.read(other.read(), thread_id)
    assert slot is not None and (slot.item_id, slot.origin, slot.reason) == (deal.id, "manual", "said so")

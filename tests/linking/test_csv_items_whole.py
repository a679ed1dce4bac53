from __future__ import annotations

from pathlib import Path

import pytest

from linking.exchange import csv_items
from linking.exchange.report import ImportReport
from store.crm import items
from store.crm.items import ItemCard
from store.database import Database

SHARED = Path(__file__).parents[3] / "shared" / "corpus" / "make_corpus.py"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "crm").mkdir()
    return tmp_path / "crm"


def imported(db: Database, directory: Path, *, dry_run: bool = False, **files: str | bytes) -> ImportReport:
    for name, text in files.items():
        octets = text if isinstance(text, bytes) else text.encode()
        (directory / f"{name}.csv").write_bytes(octets)
    return csv_items.import_directory(db, directory, dry_run=dry_run)


def counts(report: ImportReport) -> dict[str, tuple[int, int, int]]:
    return {count.kind: (count.added, count.changed, count.unchanged) for count in report.counts}


def reasons(report: ImportReport) -> list[str]:
    return [str(reject) for reject in report.rejects]


def card(db: Database, text: str) -> ItemCard:
    ref = items.find(db, text)
    assert ref is not None
    found = items.get(db, ref)
    assert found is not None
    return found


def test_pipelines_stages_labels_and_fields_of_the_same_name_are_the_same(
    db: Database, directory: Path
) -> None:
    report = imported(
        db,
        directory,
        pipelines="id,name,position\np,Sales,1\nq,Renewals,2\n",
        stages="id,pipeline_id,name,position,probability\ns,p,Demo,3,50\nt,q,Asked,1,\nu,nowhere,Lost,1,\n",
        phases="id,name,position\nf,Planning,2\n",
        labels="id,name,colour\nl,hot,red\n",
        custom_fields="id,item_kind,name,type,choices\nc,deal,Wood,choice,Oak;Elm\n",
        deals="id,title,pipeline_id,stage_id,labels,custom:Wood,custom:Other\n1,A,p,s,hot,Oak,x\n2,B,p,gone,,,\n",
    )
    assert reasons(report) == ["stages.csv:4: has no pipeline"]
    assert card(db, "deal:1").stage == "Demo"
    assert db.read().execute("SELECT probability FROM stage WHERE name = 'Demo'").fetchall() == [(50,)]
    assert db.read().execute("SELECT name, type, choices FROM custom_field ORDER BY name").fetchall() == [
        ("Other", "text", "[]"),
        ("Wood", "choice", '["Oak", "Elm"]'),
    ]
    again = imported(
        db,
        directory,
        labels="id,name,colour\nm,hot,blue\n",
        custom_fields="id,item_kind,name\nd,deal,Other\n",
    )
    assert counts(again)["label"] == counts(again)["custom_field"] == (0, 1, 0)
    assert db.read().execute("SELECT colour FROM label").fetchall() == [("blue",)]
    again = imported(db, directory, labels="id,name\nl,cold\nn,new\nm,new\n", pipelines="id,name\nq,Sales\n")
    assert "labels.csv:4: there is another label “new”" in reasons(again)


def test_products_of_deals_come_in_beside_the_one_a_deal_names(db: Database, directory: Path) -> None:
    report = imported(
        db,
        directory,
        products="id,name\n1,Kit\n2,Case\n",
        deal_products="deal_id,product_id,quantity,price,discount,tax,position\n1,1,3,10,5,19,1\n1,9,1,,,,\n,1,1,,,,\n1,1,many,,,,\n",
        deals="id,title,product_id,quantity\n1,A,2,7\n2,B,1,\n",
    )
    assert reasons(report) == [
        "deal_products.csv:3: needs the id of a deal and that of a product",
        "deal_products.csv:4: needs the id of a deal and that of a product",
        "deal_products.csv:5: “many” is not an amount",
    ]
    rows = db.read().execute(
        "SELECT d.title, p.name, quantity, x.price, discount FROM deal_product x JOIN deal d ON d.id = x.deal_id"
        " JOIN product p ON p.id = x.product_id ORDER BY 1, 2"
    )
    assert rows.fetchall() == [
        ("A", "Case", "7", None, None),
        ("A", "Kit", "3", "10", "5"),
        ("B", "Kit", "1", None, None),
    ]


def test_what_a_file_has_no_column_for_stays_as_it_was_chosen_here(db: Database, directory: Path) -> None:
    imported(db, directory, persons="id,name,emails\n1,Ana,a@x.example\n")
    ref = items.find(db, "person:1")
    assert ref is not None
    with db.write() as connection:
        connection.execute("UPDATE person SET notes = 'ours', time_zone = 'Europe/Madrid', deleted_at = 5")
        connection.execute("INSERT INTO label (id, name, created_at, updated_at) VALUES ('l', 'hot', 1, 1)")
        connection.execute("INSERT INTO item_label VALUES ('person', ?, 'l')", (ref.id,))
    imported(db, directory, persons="id,name,emails\n1,Ana Lima,a@x.example\n")
    assert db.read().execute("SELECT name, notes, time_zone, deleted_at FROM person").fetchall() == [
        ("Ana Lima", "ours", "Europe/Madrid", 5)
    ]
    assert db.read().execute("SELECT count(*) FROM item_label").fetchone() == (1,)


def test_a_user_with_the_address_of_one_here_is_that_user(db: Database, directory: Path) -> None:
    imported(db, directory, users="id,name,email\n1,Noa,noa@corp.example\n")
    (directory / "users.csv").unlink()
    report = imported(
        db,
        directory,
        users="id,name,email\nx,Noa V,NOA@corp.example\n",
        organizations="id,name\n1,Acme\n",
        deals="id,title,owner_id\n1,A,x\n",
    )
    assert counts(report)["user"] == (0, 1, 0)
    assert db.read().execute("SELECT name FROM workspace_user").fetchall() == [("Noa V",)]
    assert card(db, "deal:1").owner == "Noa V"


def test_references_and_times_that_are_none_are_left_out(db: Database, directory: Path) -> None:
    report = imported(
        db,
        directory,
        deals="id,title,closed_periods,merged_into\n1,A,,\n2,B,2026-01-02,\n3,C,,9\n",
        references="system,kind,external_id,id,hash\npipedrive,deal,77,1,xyz\n,deal,78,1,\npipedrive,boat,1,1,\n",
    )
    assert reasons(report) == [
        "deals.csv:3: “2026-01-02” is no time something was closed; write 2026-01-02T00:00:00Z/2026-02-02T00:00:00Z",
        "references.csv:3: needs a system, a kind, the id there and the id of a row here",
        "references.csv:4: needs a system, a kind, the id there and the id of a row here",
    ]
    assert items.find(db, "deal:77") == items.find(db, "deal:1")
    assert db.read().execute("SELECT merged_into FROM deal WHERE title = 'C'").fetchone() == (None,)


def test_a_link_taken_away_by_hand_stays_away_when_its_mail_comes(db: Database, directory: Path) -> None:
    imported(db, directory, links="message_id,kind,item,origin\nm@x.example,,,manual\n")
    rows = db.read().execute("SELECT message_id, item_kind, item_id, origin FROM awaited_link").fetchall()
    assert rows == [("m@x.example", "", "", "manual")]


def test_a_file_without_a_status_neither_closes_nor_opens_deals(db: Database, directory: Path) -> None:
    imported(db, directory, deals="id,title,status,closed_at,stage\n1,A,won,2026-01-02T00:00:00Z,Demo\n")
    imported(db, directory, deals="id,title\n1,B\n")
    found = card(db, "deal:1")
    assert (found.title, found.status, found.stage) == ("B", "won", "Demo")
    assert db.read().execute("SELECT won_at FROM deal").fetchone() == (1_767_312_000,)

from __future__ import annotations

from pathlib import Path

import crm_rows
import pytest
from imported import counts, imported, rows

from store.database import Database

DEALS = (
    "Deal - ID,Deal - Title,Deal - Organization,Deal - Contact person,Person - Email - Work,Deal - Value,Deal - Currency,"
    "Deal - Stage,Deal - Status,Deal - Owner,Deal - Deal created,Deal - Won time,Deal - Label\n"
    '1,Printers,Acme,Ana Lima,ana@acme.example,"1.234,50",EUR,Proposal,Open,Noa,2026-01-02 10:00:00,,hot\n'
    "2,Desks,Acme,Ana Lima,ana@acme.example,12 400 EUR,,Demo,Won,Noa,2026-01-02 10:00:00,2026-02-02 10:00:00,\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


# -- rarer things


def test_a_deal_that_changes_its_state_forgets_when_it_was_closed_before(db: Database, place: Path) -> None:
    text = "ID,Title,Status,Closed on\n1,A,{},{}\n"
    for status, closed, expected in (
        ("Won", "2026-01-02", (1767312000, None)),
        ("Lost", "2026-01-03", (None, 1767398400)),
        ("Open", "", (None, None)),
    ):
        imported(db, place, text.format(status, closed), kind="deal")
        assert rows(db, "SELECT won_at, lost_at FROM deal") == [expected]


def test_a_state_that_was_changed_here_stays_with_its_time(db: Database, place: Path) -> None:
    imported(db, place, "ID,Title,Status\n1,A,Open\n", kind="deal")
    with db.write() as connection:
        connection.execute("UPDATE deal SET status = 'won', won_at = 5")
    report = imported(db, place, "ID,Title,Status,Lost time\n1,A,Lost,2026-01-03\n", kind="deal")
    assert [each.reason for each in report.conflicts] == ["deal A: status stays “won”, the file says “lost”"]
    assert rows(db, "SELECT status, won_at, lost_at FROM deal") == [("won", 5, None)]


def test_statuses_that_are_not_known_are_told_and_taken_as_open(db: Database, place: Path) -> None:
    report = imported(db, place, "Title,Status\nA,Somewhere\nB,Deleted\nC,Archived\n", kind="deal")
    assert [each.reason for each in report.notices] == ["status “Somewhere” is not known: taken as open"]
    assert rows(db, "SELECT title, status, deleted_at IS NULL, archived_at IS NULL FROM deal ORDER BY 1") == [
        ("A", "open", 1, 1), ("B", "open", 0, 1), ("C", "open", 1, 0),
    ]  # fmt: skip


def test_a_project_of_a_status_nobody_knows_is_open(db: Database, place: Path) -> None:
    report = imported(db, place, "Title,Status\nA,Somewhere\n", kind="project")
    assert [each.reason for each in report.notices] == ["status “Somewhere” is not known: taken as open"]


def test_a_lead_without_a_title_is_called_as_its_person_or_company(db: Database, place: Path) -> None:
    text = "Title,First name,Last name,Organization\n,Ana,Lima,\n,,,Acme\n,,,\nX,,,\n"
    report = imported(db, place, text.replace(",,,\n", ",,,\n"), kind="lead")
    assert rows(db, "SELECT title FROM lead ORDER BY title") == [("Acme",), ("Ana Lima",), ("X",)]
    assert report.rejects == ()
    report = imported(db, place, "Title,Value\n,5\n", kind="lead")
    assert report.rejects[0].reason == "has no title"


def test_names_in_two_columns_become_one(db: Database, place: Path) -> None:
    imported(db, place, "Name,Last name,Email\nAna,Lima,a@acme.example\n,,b@acme.example\n", kind="person")
    assert rows(db, "SELECT name FROM person ORDER BY name") == [("Ana Lima",), ("b@acme.example",)]
    report = imported(db, place, "Name,Email,Phone\n,nothing,1\n", kind="person")
    assert report.rejects[0].reason == "has no name and no address"
    assert report.notices[0].reason == "“nothing” is not an e-mail address: left out"


def test_ids_of_one_source_tell_people_companies_and_products_apart(db: Database, place: Path) -> None:
    persons = "ID,Name,Email,Organization,Organization ID\n1,Ana Lima,a@acme.example,Acme,10\n"
    imported(db, place, persons + "2,Ana Lima,a@acme.example,Acme,10\n", kind="person")
    assert rows(db, "SELECT count(*) FROM person") == [(2,)]
    companies = "ID,Name,Domain\n10,Acme,acme.example\n11,Acme,acme.example\n"
    report = imported(db, place, companies, kind="organization")
    assert counts(report)["organization"] == (1, 1, 0)
    imported(db, place, "ID,Name,Code\n1,Kit,\n2,Kit,\n,,x\n", kind="product")
    assert rows(db, "SELECT count(*) FROM product") == [(2,)]
    report = imported(
        db,
        place,
        "Title,Organization,Company domain,Contact,Contact ID\nA,Acme,,Ana Lima,1\nB,,acme.example,,\n",
        kind="deal",
    )
    assert [each.reason for each in report.notices] == [
        "2 organizations are called “Acme”: one of them is taken",
        "2 organizations have the domain acme.example: the oldest is taken",
    ]


def test_who_is_known_by_name_is_known_by_the_id_from_then_on(db: Database, place: Path) -> None:
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    imported(db, place, "Name\nAcme\n", kind="organization")
    deal = "Title,Contact,Contact ID,Contact email,Organization,Organization ID\nA,Ana Lima,51,ana@acme.example,Acme,9\nB,Somebody else,51,,Else,9\n"
    imported(db, place, deal, kind="deal")
    assert rows(db, "SELECT count(DISTINCT person_id), count(DISTINCT org_id) FROM deal") == [(1, 1)]


def test_activities_of_several_deals_with_one_title_go_by_person_and_by_id(db: Database, place: Path) -> None:
    imported(db, place, "ID,Title,Contact\n1,Printers,Ana\n2,Printers,Bob\n", kind="deal")
    text = "Subject,Deal,Contact,Deal ID\nCall,Printers,Bob,\nMeet,,,99;1\n,,,\nWrite,Printers,,\n"
    report = imported(db, place, text, kind="activity")
    assert rows(db, "SELECT a.subject, p.name FROM activity a JOIN deal d ON d.id = a.deal_id JOIN person p ON p.id = d.person_id ORDER BY 1") == [
        ("Call", "Bob"), ("Meet", "Ana"),
    ]  # fmt: skip
    assert "there is no one deal “Printers” here" in report.notices[0].reason
    assert imported(db, place, "Subject,Type\n,Call\n", kind="activity").rejects[0].reason == "has no subject"
    assert imported(db, place, "Note,Deal\n,Printers\n", kind="note").rejects[0].reason == "has no words"
    assert imported(db, place, "Name,Code\n,x\n", kind="product").rejects[0].reason == "has no name"


def test_a_field_of_ones_own_stays_unless_the_row_is_newer(db: Database, place: Path) -> None:
    text = "ID,Name,Shoe,Updated at\n1,Ana,{},{}\n"
    maps = ("shoe=custom:Shoe",)
    imported(db, place, text.format(38, ""), kind="person", maps=maps)
    report = imported(db, place, text.format(39, "2001-01-01"), kind="person", maps=maps)
    assert [each.reason for each in report.conflicts] == ["a custom field stays “38”, the file says “39”"]
    imported(db, place, text.format(40, "2036-01-01"), kind="person", maps=maps)
    assert rows(db, "SELECT value FROM custom_value") == [("40",)]
    imported(db, place, text.format(40, "2036-01-02"), kind="person", maps=maps)


def test_what_a_person_has_here_stays_where_the_file_says_something_else(db: Database, place: Path) -> None:
    imported(db, place, "Name,Email,Organization\nAna Lima,ana@acme.example,Acme\n", kind="person")
    crm_rows.a_person(db, "Bob Ng", "ana@acme.example")
    text = (
        "Name,Email,Organization,Created at\nAna,ana@acme.example,Vega,2001-01-01\nBob,ana@acme.example,,\n"
    )
    report = imported(db, place, text, kind="person")
    assert [each.reason for each in report.conflicts] == [
        "person Ana Lima: name stays “Ana Lima”, the file says “Ana”",
        "person Ana Lima: organization stays",
        "person Bob Ng: name stays “Bob Ng”, the file says “Bob”",
    ]
    assert rows(db, "SELECT count(*) FROM person") == [(2,)]


def test_a_stage_may_name_its_pipeline_and_a_store_may_have_none(db: Database, place: Path) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO pipeline (id, name, position, created_at, updated_at) VALUES ('p2', 'Renewals', 2, 1, 1)"
        )
        connection.execute(
            "INSERT INTO stage (id, pipeline_id, name, position, created_at, updated_at) VALUES ('s2', 'p2', 'Asked', 1, 1, 1)"
        )
    imported(db, place, "Title,Stage\nA,Asked (Renewals)\n", kind="deal")
    assert rows(db, "SELECT pipeline_id, stage_id FROM deal") == [("p2", "s2")]
    report = imported(db, place, "Title,Phase\nX,Nowhere\nY,\n", kind="project")
    assert "there is no phase “Nowhere”: put into Kick-off" in report.notices[0].reason
    with db.write() as connection:
        for table in ("project", "deal", "stage", "pipeline", "phase"):
            connection.execute(f"DELETE FROM {table}")
    imported(db, place, "Title,Stage\nB,Demo\n", kind="deal")
    imported(db, place, "Title,Phase\nZ,Planning\n", kind="project")
    assert (
        rows(db, "SELECT pipeline_id, stage_id FROM deal")
        == rows(db, "SELECT phase_id, NULL FROM project")
        == [(None, None)]
    )
    with db.write() as connection:
        connection.execute(
            "INSERT INTO pipeline (id, name, position, created_at, updated_at) VALUES ('p3', 'Bare', 1, 1, 1)"
        )
    imported(db, place, "Title,Stage\nC,Demo\n", kind="deal")
    assert rows(db, "SELECT pipeline_id, stage_id FROM deal WHERE title = 'C'") == [("p3", None)]


def test_two_users_of_one_name_are_told_apart_by_address_only(db: Database, place: Path) -> None:
    with db.write() as connection:
        for user in ("u1", "u2"):
            connection.execute(
                "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES (?, 'Noa', ?, 1, 1)",
                (user, f"{user}@corp.example"),
            )
    report = imported(db, place, "Title,Owner\nA,Noa\nB,u2@corp.example\n", kind="deal")
    assert "owner “Noa” is no user here" in report.notices[0].reason
    assert rows(db, "SELECT owner_id FROM deal ORDER BY title") == [("",), ("u2",)]


def test_a_line_longer_than_any_row_is_left_out(db: Database, place: Path) -> None:
    report = imported(db, place, "Name,Email\n" + "x," * 600_000 + "a\nAna,a@acme.example\n", kind="person")
    assert report.rejects[0].reason == "is longer than a million characters"
    assert rows(db, "SELECT name FROM person") == [("Ana",)]


def test_a_first_line_that_names_the_delimiter_is_no_heading(db: Database, place: Path) -> None:
    imported(db, place, "sep=|\nName|Email\nAna, Lima|a@acme.example\n", kind="person")
    assert rows(db, "SELECT name FROM person") == [("Ana, Lima",)]


def test_rows_of_one_person_that_is_here_add_up(db: Database, place: Path) -> None:
    imported(db, place, "Full name,Email\nAna,ana@acme.example\n")
    text = "Full name,Email,Phone,Shoe\nAna,ana@acme.example,+34 1,38\nAna,ana@acme.example,+34 2,\n"
    report = imported(db, place, text, maps=("Shoe=custom:Shoe",))
    assert counts(report)["person"] == (0, 2, 0)
    assert rows(db, "SELECT phone FROM person_phone ORDER BY 1") == [("+34 1",), ("+34 2",)]
    report = imported(db, place, "Full name,Email,Phone\nBob,bob@x.example,+1\nBob,bob@x.example,+2\n")
    assert counts(report)["person"] == (1, 1, 0)
    assert len(rows(db, "SELECT phone FROM person_phone")) == 4


@pytest.mark.parametrize(
    ("cell", "person", "others"),
    [
        ("Ana Lima (ana@acme.example);Bob Ng (bob@acme.example)", "Ana Lima", ["Bob Ng"]),
        ("Ana Lima (ana@acme.example), Bob Ng (bob@acme.example)", "Ana Lima", ["Bob Ng"]),
        ("Lima, Ana", "Lima, Ana", []),
        ("", None, []),
    ],
)
def test_of_several_contacts_of_a_deal_the_first_is_the_main_one(
    db: Database, place: Path, cell: str, person: str | None, others: list[str]
) -> None:
    imported(db, place, f'Deal Name,Associated Contact,Associated Company\nPaper,"{cell}",Acme\n')
    found = rows(db, "SELECT p.name FROM deal d LEFT JOIN person p ON p.id = d.person_id")
    assert found == [(person,)]
    took_part = rows(db, "SELECT p.name FROM deal_participant x JOIN person p ON p.id = x.person_id")
    assert [name for (name,) in took_part] == others

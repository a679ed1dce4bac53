from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import crm_rows
import pytest

from linking.exchange import csv_file, mapping
from linking.exchange.csv_cells import Settings
from linking.exchange.csv_file import Options
from linking.exchange.report import ImportReport
from linking.exchange.sheets import Unreadable
from store import accounts, items
from store.database import Database
from store.items import ItemKind

DEALS = (
    "Deal - ID,Deal - Title,Deal - Organization,Deal - Contact person,Person - Email - Work,Deal - Value,Deal - Currency,"
    "Deal - Stage,Deal - Status,Deal - Owner,Deal - Deal created,Deal - Won time,Deal - Label\n"
    '1,Printers,Acme,Ana Lima,ana@acme.example,"1.234,50",EUR,Proposal,Open,Noa,2026-01-02 10:00:00,,hot\n'
    "2,Desks,Acme,Ana Lima,ana@acme.example,12 400 EUR,,Demo,Won,Noa,2026-01-02 10:00:00,2026-02-02 10:00:00,\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def imported(
    db: Database, place: Path, text: str | bytes, *, kind: str | None = None, file: str = "file.csv",
    dry_run: bool = False, maps: tuple[str, ...] = (), **options: Any,
) -> ImportReport:  # fmt: skip
    path = place / file
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    how = Options(**options)
    headings, _ = csv_file.samples(path, how)
    chosen = mapping.with_options(mapping.guess(headings, kind, file=file), maps)
    return csv_file.import_file(db, path, chosen, how, dry_run=dry_run)


def counts(report: ImportReport) -> dict[str, tuple[int, int, int]]:
    return {count.kind: (count.added, count.changed, count.unchanged) for count in report.counts}


def rows(db: Database, query: str) -> list[Any]:
    return db.read().execute(query).fetchall()


def a_colleague(db: Database, name: str = "Noa", email: str = "noa@corp.example") -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, created_at, updated_at) VALUES ('u1', ?, ?, 1, 1)",
            (name, email),
        )


# -- what comes in


def test_deals_of_pipedrive_come_in_with_the_people_and_companies_they_name(
    db: Database, place: Path
) -> None:
    a_colleague(db)
    report = imported(db, place, DEALS)
    assert (report.rejects, report.notices, report.conflicts) == ((), (), ())
    assert counts(report) == {"deal": (2, 0, 0), "organization": (1, 0, 0), "person": (1, 0, 0)}
    (printers,) = items.search(db, "printers")
    assert (printers.person, printers.organization, printers.stage, str(printers.value), printers.currency) == (
        "Ana Lima", "Acme", "Proposal", "1234.50", "EUR",
    )  # fmt: skip
    assert rows(db, "SELECT status, won_at, owner_id FROM deal WHERE title = 'Desks'") == [
        ("won", 1770026400, "u1")
    ]
    assert rows(db, "SELECT DISTINCT system FROM external_ref") == [("csv:pipedrive",)]


def test_importing_twice_changes_nothing(db: Database, place: Path) -> None:
    imported(db, place, DEALS)
    assert counts(imported(db, place, DEALS)) == {"deal": (0, 0, 2)}


def test_a_dry_run_counts_the_same_and_writes_nothing(db: Database, place: Path) -> None:
    report = imported(db, place, DEALS, dry_run=True)
    assert counts(report) == {"deal": (2, 0, 0), "organization": (1, 0, 0), "person": (1, 0, 0)}
    assert items.search(db, "") == ()
    assert rows(db, "SELECT count(*) FROM external_ref") == [(0,)]


def test_a_corrected_file_changes_what_nobody_touched_and_leaves_what_was_chosen_here(
    db: Database, place: Path
) -> None:
    imported(db, place, DEALS)
    with db.write() as connection:
        connection.execute("UPDATE deal SET title = 'Ours' WHERE title = 'Desks'")
    report = imported(db, place, DEALS.replace("Printers", "Plotters").replace("Desks", "Tables"))
    assert counts(report)["deal"] == (0, 1, 1)
    assert [str(each) for each in report.conflicts] == [
        "file.csv:3: deal Ours: title stays “Ours”, the file says “Tables”"
    ]
    assert rows(db, "SELECT title FROM deal ORDER BY title") == [("Ours",), ("Plotters",)]


def test_a_row_that_was_changed_later_than_here_replaces_what_is_here(db: Database, place: Path) -> None:
    text = "Person - Name,Person - Email,Person - Title,Person - Update time\nAna Lima,ana@acme.example,Chief,{}\n"
    crm_rows.a_person(db, "Ana Lima", "ana@acme.example")
    assert len(imported(db, place, text.format("2001-01-01 00:00:00")).conflicts) == 1
    assert imported(db, place, text.format("2036-01-01 00:00:00")).conflicts == ()
    assert rows(db, "SELECT title FROM person") == [("Chief",)]


def test_contacts_and_deals_of_hubspot_find_each_other_by_their_ids(db: Database, place: Path) -> None:
    imported(
        db, place,
        "Record ID,First Name,Last Name,Email,Phone Number,Associated Company,Associated Company IDs\n"
        "51,Ana,Lima,ana@acme.example,+1 555 0100,Acme,9\n",
    )  # fmt: skip
    imported(
        db, place,
        "Record ID,Deal Name,Deal Stage,Amount,Close Date,Associated Contact,Associated Contact IDs,Associated Company IDs\n"
        '7,Printers,Closed won (Sales Pipeline),"$1,234.50",2026-01-05 00:00,Ana (ana@acme.example),51,9\n',
    )  # fmt: skip
    assert rows(db, "SELECT d.status, d.value, d.currency, p.name, o.name FROM deal d JOIN person p ON p.id = d.person_id"
                    " JOIN organization o ON o.id = d.org_id") == [("won", "1234.50", "USD", "Ana Lima", "Acme")]  # fmt: skip
    assert rows(db, "SELECT won_at FROM deal") == [(1767571200,)]


@pytest.mark.parametrize(
    ("encoding", "text", "title"),
    [
        ("cp1251", "ID;Название сделки;Сумма;Валюта;Контакт;Компания;Ответственный;Дата создания\n"
                   "1;Поставка станков;12 400,00;RUB;Анна Петрова;ООО «Ромашка»;Иван;22.11.2025 08:14:00\n", "Поставка станков"),
        ("utf-8-sig", "ID;Name des Auftrags;Betrag;Währung;Kontakt;Unternehmen;Verantwortliche Person;Erstellt am\n"
                      "1;Türen;12.400,00;EUR;Jörg Groß;Größe AG;Eva;22.11.2025 08:14:00\n", "Türen"),
        ("cp1252", "ID;Nombre de la negociación;Monto;Moneda;Contacto;Compañía;Persona responsable;Creado el\n"
                   "1;Señal;12400.00;EUR;Íñigo Núñez;Peña;Eva;22.11.2025 08:14:00\n", "Señal"),
        ("utf-16", "ID\tNome dell'affare\tImporto\tValuta\tContatto\tAzienda\tPersona responsabile\tCreato il\n"
                   "1\tPerché\t12400\tEUR\tNicolò\tCittà\tEva\t22.11.2025 08:14:00\n", "Perché"),
        ("utf-16-le", "ID;Nome do negócio;Quantia;Moeda;Contato;Empresa;Pessoa responsável;Criado em\n"
                      "1;Ação;12400;BRL;João;Pão;Eva;22.11.2025 08:14:00\n", "Ação"),
    ],
)  # fmt: skip
def test_deals_of_bitrix24_are_read_in_their_language_and_encoding(
    db: Database, place: Path, encoding: str, text: str, title: str
) -> None:
    report = imported(db, place, text.encode(encoding))
    assert report.rejects == ()
    assert counts(report) == {"deal": (1, 0, 0), "organization": (1, 0, 0), "person": (1, 0, 0)}
    assert rows(db, "SELECT title, value, created_at FROM deal")[0][0] == title
    assert rows(db, "SELECT value + 0.0, created_at FROM deal") == [(12400.0, 1763799240)]
    assert rows(db, "SELECT DISTINCT system FROM external_ref") == [("csv:bitrix24",)]


def test_a_japanese_file_is_read_as_shift_jis(db: Database, place: Path) -> None:
    text = "ID,Name,Email,会社\n1,山田太郎,yamada@acme.example,株式会社テスト\n"
    report = imported(db, place, text.encode("cp932"), kind="person", maps=("会社=organization",))
    assert report.rejects == ()
    assert rows(db, "SELECT p.name, o.name FROM person p JOIN organization o ON o.id = p.org_id") == [
        ("山田太郎", "株式会社テスト")
    ]


def test_an_encoding_that_is_only_guessed_is_told_and_one_that_is_none_refused(
    db: Database, place: Path
) -> None:
    text = "Name,Email\n名称名称,a@acme.example\n".encode("gb18030")
    assert "is read as" in imported(db, place, text, kind="person", dry_run=True).notices[0].reason
    assert imported(db, place, text, kind="person", encoding="gb18030").notices == ()
    with pytest.raises(Unreadable, match="there is no encoding 'klingon'"):
        imported(db, place, text, kind="person", encoding="klingon")


def test_activities_and_notes_find_what_they_are_about(db: Database, place: Path) -> None:
    imported(db, place, DEALS)
    report = imported(
        db, place,
        "Activity - Subject,Activity - Type,Activity - Due date,Activity - Due time,Activity - Duration,Activity - Done,Activity - Deal\n"
        "Call Ana,Call,2026-01-05,10:30,01:15,Done,Printers\nNobody,Task,,,,To do,Unknown\n",
    )  # fmt: skip
    assert [str(each) for each in report.notices] == [
        "file.csv:3: there is no one deal “Unknown” here: left empty; import the deals first",
        "file.csv:3: is about nothing that is known here",
    ]
    assert rows(
        db,
        "SELECT type, due_at, duration_min, done_at, d.title FROM activity a JOIN deal d ON d.id = a.deal_id",
    ) == [("call", 1767609000, 75, 1767609000, "Printers")]
    imported(db, place, "Note - Content,Note - Deal,Note - Contact person\nCall back,Printers,Ana Lima\n")
    assert rows(
        db,
        "SELECT body, d.title, p.name FROM note n JOIN deal d ON d.id = n.deal_id JOIN person p ON p.id = n.person_id",
    ) == [("Call back", "Printers", "Ana Lima")]


def test_leads_projects_and_products_come_in(db: Database, place: Path) -> None:
    imported(
        db,
        place,
        "Lead - Title,Lead - Person,Lead - Value,Lead - Source,Lead - Status\nFair,Ana,5 EUR,Fair,Archived\n",
    )
    imported(
        db,
        place,
        "Project - Title,Project - Phase,Project - Status,Project - Start date\nMove,Planning,Completed,2026-01-01\n",
    )
    imported(db, place, "Product name,Product code,Unit price,Tax\nKit,SKU-1,£3.50,20%\n")
    assert rows(db, "SELECT title, value, source, status FROM lead") == [("Fair", "5", "Fair", "archived")]
    assert rows(db, "SELECT p.title, p.status, s.name FROM project p JOIN phase s ON s.id = p.phase_id") == [
        ("Move", "completed", "Planning")
    ]
    assert rows(db, "SELECT name, code, price, currency, tax FROM product") == [
        ("Kit", "SKU-1", "3.50", "GBP", "20")
    ]


def test_a_column_can_become_a_field_of_ones_own_and_a_note(db: Database, place: Path) -> None:
    text = "Name,Email,Shoe size,Notes\nAna,ana@acme.example,38,Likes tea\n"
    imported(db, place, text, kind="person", maps=("shoe size=custom:Shoe size",))
    assert rows(
        db, "SELECT f.name, v.value FROM custom_value v JOIN custom_field f ON f.id = v.field_id"
    ) == [("Shoe size", "38")]
    assert rows(db, "SELECT body, p.name FROM note n JOIN person p ON p.id = n.person_id") == [
        ("Likes tea", "Ana")
    ]


# -- bad input


def test_two_persons_with_one_address_are_both_kept_and_told(db: Database, place: Path) -> None:
    report = imported(
        db,
        place,
        "ID,Name,Email\n1,Ana Lima,office@acme.example\n2,Bob Ng,office@acme.example\n",
        kind="person",
    )
    assert counts(report)["person"] == (2, 0, 0)
    assert [str(each) for each in report.notices] == [
        "file.csv:3: office@acme.example is the address of Ana Lima too: both are kept; dealbox duplicates lists them"
    ]


def test_a_person_is_known_by_any_address_and_by_name_only_within_the_organization(
    db: Database, place: Path
) -> None:
    imported(
        db, place, "Name,Email,Organization\nAna Lima,ana@acme.example; a@home.example,Acme\n", kind="person"
    )
    again = "Name,Email,Organization,Phone\nAna,A@HOME.example,,1\nAna Lima,,Acme,2\nAna Lima,,Vega,3\n"
    assert counts(imported(db, place, again, kind="person"))["person"] == (1, 2, 0)
    assert rows(db, "SELECT p.name, o.name, count(*) FROM person p JOIN organization o ON o.id = p.org_id"
                    " JOIN person_phone t ON t.person_id = p.id GROUP BY p.id ORDER BY o.name") == [
        ("Ana Lima", "Acme", 2), ("Ana Lima", "Vega", 1),
    ]  # fmt: skip


def test_a_person_with_my_own_address_is_refused_with_the_reason(db: Database, place: Path) -> None:
    accounts.add(db, "maildir", "Work", "me@corp.example", {}, ["sales@corp.example"])
    report = imported(db, place, "Name,Email\nMe,Sales@corp.example\n", kind="person")
    assert "sales@corp.example is an address of your own" in report.rejects[0].reason
    report = imported(db, place, "Title,Contact,Contact email\nDeal,Me,me@corp.example\n", kind="deal")
    assert "that address is left out" in report.notices[0].reason
    assert rows(db, "SELECT count(*) FROM person_email") == [(0,)]


def test_a_row_that_cannot_be_brings_nothing_in_not_even_its_company(db: Database, place: Path) -> None:
    rejects = place / "left.csv"
    text = 'Title,Value,Organization\nA,12x4,Acme\n"=HYPERLINK(""x"")",many,Vega\n,,Omega\nB,5,Beta\n'
    report = imported(db, place, text, kind="deal", rejects=rejects)
    assert [str(each) for each in report.rejects] == [
        "file.csv:2: “12x4” is not an amount",
        "file.csv:3: “many” is not an amount",
        "file.csv:4: has no title",
    ]
    assert rows(db, "SELECT name FROM organization") == [("Beta",)]
    assert list(csv.reader(rejects.read_text().splitlines())) == [
        ["line", "reason", "Title", "Value", "Organization"],
        ["2", "“12x4” is not an amount", "A", "12x4", "Acme"],
        ["3", "“many” is not an amount", '\'=HYPERLINK("x")', "many", "Vega"],
        ["4", "has no title", "", "", "Omega"],
    ]
    assert rejects.stat().st_mode & 0o777 == 0o600


def test_a_formula_in_a_cell_is_kept_as_text(db: Database, place: Path) -> None:
    imported(db, place, "Name,Email\n=HYPERLINK(1),a@acme.example\n'=A1,b@acme.example\n", kind="person")
    assert rows(db, "SELECT name FROM person ORDER BY name") == [("=A1",), ("=HYPERLINK(1)",)]


def test_an_organization_without_a_name_is_refused(db: Database, place: Path) -> None:
    report = imported(
        db,
        place,
        "Record ID,Company name,Company Domain Name\n1,,acme.example\n2,Vega,https://www.vega.example/de\n",
    )
    assert [str(each) for each in report.rejects] == ["file.csv:2: has no name: an organization needs one"]
    assert rows(db, "SELECT domain FROM organization_domain") == [("vega.example",)]


def test_money_in_three_currencies_and_ways_of_writing(db: Database, place: Path) -> None:
    text = 'Title,Value\nA,"1.234,50 €"\nB,"$1,234.50"\nC,12 400 CHF\nD,\n'
    imported(db, place, text, kind="deal")
    assert rows(db, "SELECT value, currency FROM deal ORDER BY title") == [
        ("1234.50", "EUR"), ("1234.50", "USD"), ("12400", "CHF"), (None, ""),
    ]  # fmt: skip
    report = imported(db, place, "Title,Value,Currency\nE,5 €,USD\n", kind="deal")
    assert report.rejects[0].reason == "is in EUR by its amount and in USD by its currency"


def test_a_stage_that_is_not_here_is_told_and_the_first_one_taken_unless_it_is_mapped(
    db: Database, place: Path
) -> None:
    text = "Title,Stage,Pipeline\nA,Haggling,Renewals\nB,Demo,\n"
    report = imported(db, place, text, kind="deal")
    assert [str(each) for each in report.notices] == [
        "file.csv:2: there is no pipeline “Renewals”: put into Sales",
        "file.csv:2: there is no stage “Haggling” in the pipeline Sales: put into Qualified; or say --stage-map",
    ]
    imported(db, place, text.replace("A,", "C,"), kind="deal", stage_map={"haggling": "Negotiation"})
    assert rows(db, "SELECT d.title, s.name FROM deal d JOIN stage s ON s.id = d.stage_id ORDER BY 1") == [
        ("A", "Qualified"), ("B", "Demo"), ("C", "Negotiation"),
    ]  # fmt: skip


def test_an_owner_nobody_knows_is_told_once_and_the_item_is_mine(db: Database, place: Path) -> None:
    a_colleague(db, "Me", "me@corp.example")
    accounts.add(db, "maildir", "Work", "me@corp.example", {})
    report = imported(db, place, "Title,Owner\nA,Zoe\nB,Zoe\nC,me@corp.example\n", kind="deal")
    assert len(report.notices) == 1 and "owner “Zoe” is no user here" in report.notices[0].reason
    assert rows(db, "SELECT DISTINCT owner_id FROM deal") == [("u1",)]


def test_dates_that_could_be_two_are_refused_until_the_order_is_said(db: Database, place: Path) -> None:
    text = "Title,Expected close date\nA,03/04/2026\nB,25/04/2026\n"
    report = imported(db, place, text, kind="deal")
    assert "could be two dates: say --date-order" in report.rejects[0].reason
    imported(db, place, text, kind="deal", settings=Settings(date_order="mdy"), source="us")
    assert rows(db, "SELECT expected_close FROM deal ORDER BY title") == [("2026-03-04",), ("2026-04-25",)]


def test_nothing_comes_in_more_visible_than_it_was(db: Database, place: Path) -> None:
    imported(
        db, place, "Title,Visible to\nA,Entire company\nB,Item owner\nC,Something new\nD,\n", kind="deal"
    )
    assert rows(db, "SELECT visible_to FROM deal ORDER BY title") == [
        ("company",),
        ("owner",),
        ("owner",),
        ("owner",),
    ]


def test_ragged_rows_nuls_and_quotes_never_closed_are_refused_line_by_line(db: Database, place: Path) -> None:
    text = 'Name,Email\nA\0na,a@acme.example\nBob,b@acme.example,more\n"Eve,e@acme.example\nDan,d@acme.example\nZoe\n'
    report = imported(db, place, text, kind="person")
    assert [str(each) for each in report.rejects] == [
        "file.csv:3: has 3 fields where the heading has 2",
        "file.csv:4: opens a quote that is never closed",
    ]
    assert rows(db, "SELECT name FROM person ORDER BY name") == [("Ana",), ("Dan",), ("Zoe",)]


def test_headings_that_are_missing_or_there_twice_are_told(db: Database, place: Path) -> None:
    report = imported(db, place, "Name,,Name,Email\nAna,x,Anna,a@acme.example\n", kind="person")
    assert [each.reason for each in report.notices] == [
        "column 2 has no heading and is left out",
        "column “Name” is one more for name: it counts where the first is empty",
    ]
    assert rows(db, "SELECT name FROM person") == [("Ana",)]


def test_a_needed_heading_that_is_not_known_refuses_the_file_with_the_list(db: Database, place: Path) -> None:
    with pytest.raises(
        mapping.CannotMap, match=r"no column is the title of a deal: say which with --map.*'Foo', 'Bar'"
    ):
        imported(db, place, "Foo,Bar\n1,2\n", kind="deal")
    assert counts(imported(db, place, "Foo,Bar\n1,2\n", kind="deal", maps=("foo=title",)))["deal"] == (
        1,
        0,
        0,
    )


def test_an_empty_file_is_refused(db: Database, place: Path) -> None:
    with pytest.raises(Unreadable, match="is empty"):
        imported(db, place, "", kind="deal")


def test_rows_without_an_id_are_the_same_next_time_and_alike_ones_are_several(
    db: Database, place: Path
) -> None:
    text = "Title,Contact,Value\nPrinters,Ana,5\nPrinters,Ana,7\nPrinters,Ana,7\n"
    assert counts(imported(db, place, text, kind="deal"))["deal"] == (2, 0, 1)
    assert counts(imported(db, place, text, kind="deal"))["deal"] == (0, 0, 3)
    report = imported(db, place, "ID,Title\n1,A\n1,B\n", kind="deal")
    assert [str(each) for each in report.rejects] == [
        "file.csv:3: id 1 stands on line 2 already, with other values"
    ]


def test_an_interrupted_import_leaves_nothing_behind(
    db: Database, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("store.item_index.reindex_items", fail)
    with pytest.raises(KeyboardInterrupt):
        imported(db, place, DEALS)
    assert rows(db, "SELECT count(*) FROM person") == rows(db, "SELECT count(*) FROM label") == [(0,)]


def test_remarks_beyond_the_first_are_counted(db: Database, place: Path) -> None:
    report = imported(db, place, "Title,Value\n" + "A,x\n" * 250, kind="deal")
    assert (len(report.rejects), report.unlisted) == (200, {"rejects": 50})
    assert "250 left out" in report.as_text() and "left out: ... and 50 more" in report.as_text()


def test_new_items_are_found_by_the_picker(db: Database, place: Path) -> None:
    imported(db, place, DEALS)
    assert [card.title for card in items.search(db, "acme", kinds=[ItemKind.PERSON])] == ["Ana Lima"]


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

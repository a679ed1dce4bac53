from __future__ import annotations

from pathlib import Path

import crm_rows
import pytest
from imported import a_colleague, counts, imported, rows

from linking.exchange.sheets import Unreadable
from store.crm import items
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


def test_notes_that_another_program_keeps_as_html_come_in_as_text(db: Database, place: Path) -> None:
    text = (
        "Note - Content,Note - Person\n"
        '"<p>Called <b>Ana</b>, wants 3 &lt; 5</p><ul><li>one</li></ul><script>no</script>",Ana\n'
        '"1 < 2 and <3",Ana\n'
    )
    imported(db, place, text)
    assert [body for (body,) in rows(db, "SELECT body FROM note ORDER BY body")] == [
        "1 < 2 and <3",
        "Called Ana, wants 3 < 5\n\n• one",
    ]

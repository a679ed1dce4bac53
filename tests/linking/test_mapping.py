from __future__ import annotations

from pathlib import Path

import pytest

from linking.exchange import mapping


def fields(headings: str, kind: str | None = None, file: str = "") -> tuple[str, list[str]]:
    found = mapping.guess(headings.split(","), kind, file=file)
    return found.kind, [column.field for column in found.columns]


@pytest.mark.parametrize(
    ("headings", "kind", "expected"),
    [
        ("Person - Name*,Person - Email (Work),Person - Organization", "person", ["name", "email.work", "organization"]),
        ("Deal – Title,Organization - Name,Person - Email - Home", "deal", ["title", "organization", "person_email"]),
        ("Organization - Name,Organization - Address", "organization", ["name", "address"]),
        ("Activity - Subject,Activity - Deal,Deal - ID", "activity", ["subject", "deal", "deal_id"]),
        ("Record ID,Company name,Company Domain Name", "organization", ["id", "name", "domain"]),
        ("ID,Nachname,Vorname,Telefon geschäftlich", "person", ["id", "last_name", "first_name", "phone.work"]),
        ("Название сделки,Стадия сделки,Ответственный,Что-то", "deal", ["title", "stage", "owner", ""]),
        ("Product name,Unit price", "product", ["name", "price"]),
    ],
)  # fmt: skip
def test_headings_tell_the_kind_and_the_fields(headings: str, kind: str, expected: list[str]) -> None:
    assert fields(headings) == (kind, expected)


def test_the_name_of_the_file_decides_between_kinds_that_fit_alike(tmp_path: Path) -> None:
    headings = "Title,Value,Person,Organization"
    assert fields(headings, file="my_leads.csv")[0] == "lead"
    with pytest.raises(mapping.CannotMap, match=r"say --kind deal\|lead\|project"):
        fields(headings)


def test_headings_of_nothing_known_are_listed() -> None:
    with pytest.raises(mapping.CannotMap, match=r"it is not clear what the rows are.*'foo', 'bar'"):
        fields("foo,bar")


@pytest.mark.parametrize(
    ("headings", "source"),
    [
        ("Deal - Title", "pipedrive"),
        ("Record ID,Deal Name", "hubspot"),
        ("ID,Ответственный", "bitrix24"),
        ("Title,Value", "csv"),
    ],
)
def test_the_program_that_wrote_a_file_is_told_by_its_headings(headings: str, source: str) -> None:
    assert mapping.source_of(headings.split(",")) == source


def test_what_was_chosen_is_remembered_for_just_these_headings(tmp_path: Path) -> None:
    chosen = mapping.with_options(mapping.guess(["Name", "Shoe"], "person"), ["shoe=custom:Shoe size"])
    mapping.remember(tmp_path, chosen)
    assert mapping.recall(tmp_path, ["NAME ", "shoe"]) == mapping.Chosen(
        "person", (mapping.Column("NAME ", "name"), mapping.Column("shoe", "custom:Shoe size"))
    )
    assert mapping.recall(tmp_path, ["Name"]) is None
    assert (tmp_path / "import-mappings.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}'])
def test_a_broken_memory_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "import-mappings.json").write_text(text)
    assert mapping.recall(tmp_path, ["Name"]) is None


def test_every_field_and_heading_of_the_table_is_one_that_can_be_asked_for() -> None:
    for kind in mapping.KINDS:
        for field in mapping.fields(kind):
            assert mapping.guess([field], kind).columns[0].field, (kind, field)


def test_what_was_remembered_of_fewer_columns_is_forgotten(tmp_path: Path) -> None:
    mapping.remember(tmp_path, mapping.guess(["Name", "Email"], "person"))
    path = tmp_path / "import-mappings.json"
    path.write_text(path.read_text().replace('"name",', ""))
    assert mapping.recall(tmp_path, ["Name", "Email"]) is None


def unknown(headings: str) -> tuple[str, list[str]]:
    """Return the kind that is guessed, and the headings that are not known."""
    chosen = mapping.guess(
        headings.split(";"), file="COMPANY_2026.csv" if "компании" in headings else "export.csv"
    )
    assert not chosen.missing()
    return chosen.kind, [column.heading for column in chosen.columns if not column.field]


# Headings as programs that read such exports name them.
@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        (
            "deal",
            "Deal - ID;Deal - Title;Deal - Organization;Deal - Organization ID;Deal - Contact person;Deal - Contact person ID;Deal - Value;"
            "Deal - Currency;Deal - Currency of value;Deal - Pipeline;Deal - Stage;Deal - Status;Deal - Owner;Deal - Deal created;"
            "Deal - Update time;Deal - Won time;Deal - Lost time;Deal - Deal closed on;Deal - Lost reason;Deal - Expected close date;"
            "Deal - Probability;Deal - Label;Deal - Visible to;Deal - Participants;Person - Email - Work;Person - Email - Home;"
            "Person - Phone - Mobile;Person - ID;Organization - Name",
        ),
        (
            "deal",
            "Deal - Title;Deal - Value;Organization*;Contact person*;Deal - Owner;Deal - Stage (pipeline);Deal - Creation date;"
            "Deal - Closed on;Deal - Pipedrive System ID",
        ),
        (
            "deal",
            "Deal - Titel;Deal - Organisation;Deal - Wert;Deal - Status;Deal - Verlustgrund;Deal - Besitzer;Deal - Deal erstellt;"
            "Deal - Datum des verlorenen Deals;Deal - Phase;Deal - Kontaktperson;Deal - Deal abgeschlossen am;Deal - ID;Deal - Label;"
            "Deal - Wahrscheinlichkeit;Deal - Zeit der Aktualisierung;Deal - Sichtbar für;Deal - Pipeline;"
            "Deal - Datum des gewonnenen Deals",
        ),
        (
            "person",
            "Person - Name;Person - Vorname;Person - Nachname;Person - Position;Person - ID;Person - Telefon - Büro;Person - Telefon - Privat;"
            "Person - Telefon - Mobil;Person - Telefon - Sonstiger;Person - E-Mail-Adresse - Büro;Person - E-Mail-Adresse - Privat;"
            "Person - E-Mail-Adresse - Sonstiger;Person - Label",
        ),
        (
            "deal",
            "Negócio - ID;Negócio - Título;Negócio - Etiqueta;Negócio - Pessoa de contato;Negócio - Organização;Negócio - Valor;"
            "Negócio - Etapa;Negócio - Funil;Negócio - Status;Negócio - Negócio criado em;Negócio - Atualizado em;Negócio - Ganho em;"
            "Negócio - Data de perda;Negócio - Proprietário;Negócio - Data de fechamento esperada;Negócio - Motivo da perda;"
            "Pessoa - Nome;Pessoa - Telefone - Celular;Pessoa - E-mail - Trabalho;Organização - Nome",
        ),
        (
            "person",
            "Pessoa - Nome;Pessoa - Organização;Pessoa - Cargo;Pessoa - E-mail - Trabalho;Pessoa - E-mail - Residencial;"
            "Pessoa - E-mail - Outros;Pessoa - Telefone - Trabalho;Pessoa - Telefone - Residencial;Pessoa - Email - Work;"
            "Pessoa - Phone - Mobile",
        ),
        (
            "deal",
            "Affaire - Titre;Affaire - Valeur;Affaire - Organisation;Affaire - Personne à contacter;Affaire - Étape;Affaire - Statut;"
            "Affaire - Date de clôture prévue;Affaire - Raison de la perte;Affaire - Raison de perte;Affaire - Affaire créée;"
            "Affaire - Date de gain;Affaire - Heure de l'échec;Affaire - Visible par",
        ),
        (
            "person",
            "Personne - Nom;Personne - Prénom;Personne - Organisation;Personne - E-mail;Personne - E-mail - travail;"
            "Personne - Téléphone - mobile;Personne - Téléphone - domicile;Personne - Intitulé du poste;Personne - Étiquette",
        ),
        (
            "deal",
            "Trato - ID;Trato - Título;Trato - Valor;Trato - Moneda;Trato - Etapa;Trato - Estado;Trato - Fecha de cierre prevista;"
            "Trato - Propietario",
        ),
        (
            "deal",
            "Negocio - ID;Negocio - Título;Negocio - Propietario;Negocio - Fecha de ganado;Negocio - Negocio creado el;Persona - Nombre;"
            "Persona - Teléfono;Persona - Correo electrónico;Negocio - Etapa;Negocio - Valor",
        ),
        (
            "activity",
            "Activity - ID;Activity - Subject;Activity - Type;Activity - Due date;Activity - Due time;Activity - Duration;Activity - Done;"
            "Activity - Note;Activity - Assigned to user;Activity - Organization;Activity - Marked as done time;"
            "Activity - Creation date;Deal - Title;Person - Name;Person - Email;Organization - Name",
        ),
        (
            "person",
            "Record ID - Contact;First Name;Last Name;Email;Phone Number;Contact owner;Create Date;Record ID - Company;Company name;Job Title",
        ),
        (
            "person",
            "Record ID;First Name;Last Name;Mobile Phone Number;Work email;Phone Number;Contact owner;Website URL;Job Title;Email;"
            "Associated Company;Associated Company IDs;Primary Associated Company ID",
        ),
        (
            "deal",
            "Record ID;Deal Name;Deal Stage;Close Date;Deal owner;Amount;Pipeline;Create Date;Associated Company;"
            "Associated Company IDs (Primary);Associated Contact;Associated Contact IDs",
        ),
        (
            "organization",
            "ID;Название компании;Рабочий телефон;Рабочий e-mail;Корпоративный сайт;Ответственный;Дата создания",
        ),
        ("deal", "ID;Название сделки;Стадия сделки;Ответственный;Сумма;Валюта;Компания;Предполагаемая дата закрытия;Комментарии"),
    ],
)  # fmt: skip
def test_headings_of_real_exports_are_known(kind: str, headings: str) -> None:
    told, left = unknown(headings)
    assert told == kind
    # An organization has no address or telephone of its own here.
    assert left == (["Рабочий телефон", "Рабочий e-mail"] if kind == "organization" else [])


@pytest.mark.parametrize(
    "heading",
    ["Negócio - Título", "Affaire - Titre", "Trato - Título", "Pessoa - Nome", "Record ID - Contact"],
)
def test_the_program_is_told_in_other_languages(heading: str) -> None:
    assert mapping.source_of([heading]) == ("hubspot" if heading.startswith("Record") else "pipedrive")

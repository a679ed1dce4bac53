from __future__ import annotations

import crm_rows
import pytest

from store.crm import duplicates
from store.database import Database


def a_person(db: Database, name: str, *, email: str = "", phone: str = "", org: str | None = None) -> str:
    person_id = crm_rows.a_person(db, name, email or f"{name}@{len(name)}.example".replace(" ", ""))
    with db.write() as connection:
        connection.execute("UPDATE person SET org_id = ? WHERE id = ?", (org, person_id))
        if phone:
            connection.execute(
                "INSERT INTO person_phone (person_id, phone) VALUES (?, ?)", (person_id, phone)
            )
    return person_id


def a_company(db: Database, company_id: str, name: str, *domains: str) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO organization (id, name, created_at, updated_at) VALUES (?, ?, 1, 1)",
            (company_id, name),
        )
        for domain in domains:
            connection.execute("INSERT INTO organization_domain VALUES (?, ?)", (company_id, domain))


def reasons(db: Database) -> list[str]:
    return [group.reason for group in duplicates.find(db)]


def test_persons_with_one_address_one_telephone_or_one_name_at_one_company_are_alike(db: Database) -> None:
    a_company(db, "o1", "Acme")
    ids = {a_person(db, "José Núñez", email="j@acme.example", phone="+34 900 100-200", org="o1")}
    ids.add(a_person(db, "JOSE NUNEZ", email="j@home.example", phone="0034900100200", org="o1"))
    (group,) = duplicates.find(db)
    assert {ref.id for ref in group.refs} == ids
    assert group.reason.startswith("the telephone 34900100200 and the name “")


@pytest.mark.parametrize("phone", ["", "12", "ext. 7"])
def test_what_is_empty_or_an_extension_makes_nobody_alike(db: Database, phone: str) -> None:
    for name in ("Ana Lima", "Bob Ng"):
        a_person(db, name, phone=phone)
    assert reasons(db) == []


def test_two_of_one_name_without_a_company_are_two(db: Database) -> None:
    a_person(db, "Ana Lima", email="a@x.example")
    a_person(db, "Ana Lima", email="b@x.example")
    assert reasons(db) == []


def test_companies_with_one_domain_or_one_name_are_alike_unless_deleted(db: Database) -> None:
    a_company(db, "o1", "Acme", "acme.example")
    a_company(db, "o2", "Acme Ltd", "acme.example")
    a_company(db, "o3", "ÁCME")
    a_company(db, "o4", "", "")
    a_company(db, "o5", "", "")
    assert reasons(db) == ["the domain acme.example", "the name “Acme”"]
    with db.write() as connection:
        connection.execute("UPDATE organization SET deleted_at = 2 WHERE id = 'o2'")
    assert reasons(db) == ["the name “Acme”"]
